"""Greetings, thanks, yes, no, insults and what is none of our business. In an open case they are part of the case."""

from __future__ import annotations

from bot.dialogue.reports import note
from bot.dialogue.short_messages import say_place_alone
from bot.dialogue.steering import MENU
from bot.dialogue.turn import PERSON, Event, Turn
from nlu.understanding.openers import asks_more

#: What stands under an answer: what one can do; a person, for a "no" that may have been more ("no receipt").
BUTTONS = {"greet": MENU, "out_of_scope": MENU, "deny": [[PERSON]]}


async def says_nothing_yet(turn: Turn) -> list[Event] | None:
    """Answer "apa kabar" or "nama saya Budi", whatever they are to the model. None for anything else."""
    intent = turn.understood.opener
    if intent is None:
        return None
    if not await note(turn):
        turn.say(f"small_{intent}", buttons=BUTTONS.get(intent, ()))
    return []


async def out_of_scope(turn: Turn) -> list[Event] | None:
    """What is none of our business may be a greeting, or go on from the last answer. None for anything else."""
    if turn.intent != "out_of_scope":
        return None
    return await says_nothing_yet(turn) if turn.understood.opener else _goes_on(turn)


async def small_talk(turn: Turn) -> list[Event]:
    """One short sentence for each intent."""
    turn.say(f"small_{turn.intent}", buttons=BUTTONS.get(turn.intent, ()))
    return []


def _goes_on(turn: Turn) -> list[Event] | None:
    """Say that there is no more to "how long?" below an answer; ask what is meant by "and to Korea?" without one."""
    how = turn.understood.bare
    if turn.chat.last_topic and asks_more(turn.text):
        turn.say("answer_again", [[PERSON]])
    elif how is not None and how.asks and turn.places:
        say_place_alone(turn, turn.places[0])
    else:
        return None
    return []
