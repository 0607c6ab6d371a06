"""Greetings, thanks, yes, no, insults and what is none of our business. In an open case they are part of the case."""

from __future__ import annotations

from actions.adverts import turned_away
from actions.base import Event, HotlineAction, Turn
from actions.chat import MENU
from actions.offers import check
from actions.reports import note
from actions.topics import goes_on, place_alone
from bot.offers.assess import assess

#: Intents whose answer shows what one can do.
WITH_MENU = frozenset({"greet", "out_of_scope"})


class SmallTalk(HotlineAction):
    """One short sentence for each intent."""

    action_name = "action_small_talk"

    async def answer(self, turn: Turn) -> list[Event]:
        """Note it in an open case, else answer it. "No, Japan" is a denial to the model, and a question to us."""
        if goes_on(turn) or place_alone(turn) or await note(turn) or turned_away(turn):
            return []
        if turn.intent == "abuse" and turn.forwarded and assess(turn.text).kind == "offer":
            # A recruiter's words, passed on by somebody to whom they were written.
            return await check(turn)
        turn.say(f"small_{turn.intent}", buttons=MENU if turn.intent in WITH_MENU else ())
        return []
