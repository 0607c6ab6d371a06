"""Somebody wants a person, not a program."""

from __future__ import annotations

from actions.base import Event, HotlineAction, Turn
from actions.reports import report


class RequestOperator(HotlineAction):
    """Opens a case of kind human; in an open case it is noted."""

    action_name = "action_request_operator"

    async def answer(self, turn: Turn) -> list[Event]:
        """Report the wish."""
        await report(turn, "human")
        return []
