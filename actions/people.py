"""Somebody reports trouble, or wants a person, not a program."""

from __future__ import annotations

from actions.base import Event, HotlineAction, Turn
from actions.offers import recheck
from actions.reports import report
from actions.smalltalk import says_nothing_yet
from actions.topics import goes_on
from actions.words import puzzled
from bot.cases.rules import CASE_KINDS
from nlu.decision import kind_of


class OpenCase(HotlineAction):
    """Opens or enriches a case for a report."""

    action_name = "action_open_case"

    async def answer(self, turn: Turn) -> list[Event]:
        """Report it; the first answer goes out through the outbox. To the model "I don't understand" is a cry."""
        if (again := await recheck(turn)) is not None:
            return again
        if goes_on(turn, urgent=True) or await puzzled(turn) or await says_nothing_yet(turn):
            return []
        kind = kind_of(turn.intent)
        await report(turn, next((known for known in CASE_KINDS if known == kind), "distress"))
        return []


class RequestOperator(HotlineAction):
    """Opens a case of kind human; in an open case it is noted."""

    action_name = "action_request_operator"

    async def answer(self, turn: Turn) -> list[Event]:
        """Report the wish; "mau tanya kak" is none."""
        if not await says_nothing_yet(turn):
            await report(turn, "human")
        return []
