"""Greetings, thanks, yes, no, insults and what is none of our business. In an open case they are part of the case."""

from __future__ import annotations

from actions.adverts import turned_away
from actions.base import PERSON, Event, HotlineAction, Turn
from actions.chat import MENU
from actions.offers import check, recheck
from actions.reports import note
from actions.words import answered, say_place_alone
from bot.offers.assess import assess
from nlu.openers import asks_more, opener
from nlu.text import dialogue

#: What stands under an answer: what one can do; a person, for a "no" that may have been more ("no receipt").
BUTTONS = {"greet": MENU, "out_of_scope": MENU, "deny": [[PERSON]]}


async def says_nothing_yet(turn: Turn) -> bool:
    """Answer "apa kabar" or "nama saya Budi", whatever they are to the model. False for anything else."""
    intent = opener(turn.text)
    if intent is None:
        return False
    if not await note(turn):
        turn.say(f"small_{intent}", buttons=BUTTONS.get(intent, ()))
    return True


class SmallTalk(HotlineAction):
    """One short sentence for each intent."""

    action_name = "action_small_talk"

    async def answer(self, turn: Turn) -> list[Event]:
        """Note it in an open case, else answer it. "No, Japan" is a denial to the model, and a question to us."""
        if (again := await recheck(turn)) is not None:
            return again
        if await answered(turn) or await note(turn) or turned_away(turn):
            return []
        if turn.intent == "abuse" and turn.forwarded and assess(turn.text).kind == "offer":
            # A recruiter's words, passed on by somebody to whom they were written.
            return await check(turn)
        if turn.intent == "out_of_scope" and (await says_nothing_yet(turn) or _goes_on(turn)):
            return []
        turn.say(f"small_{turn.intent}", buttons=BUTTONS.get(turn.intent, ()))
        return []


def _goes_on(turn: Turn) -> bool:
    """Say that there is no more to "how long?" below an answer; ask what is meant by "and to Korea?" without one."""
    how = dialogue.bare(turn.text)
    if turn.chat.last_topic and asks_more(turn.text):
        turn.say("answer_again", [[PERSON]])
    elif how is not None and how.asks and turn.places():
        say_place_alone(turn, turn.places()[0])
    else:
        return False
    return True
