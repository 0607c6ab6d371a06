"""What opens a case because Rasa understood it so. What the lexicon knows has opened one at intake already."""

from __future__ import annotations

from sqlalchemy import exists, select

from actions.base import Event, HotlineAction, Turn
from actions.topics import goes_on
from bot.cases.rules import CASE_KINDS, Kind
from bot.storage.models import Outgoing
from bot.turns import case_flow, distress
from nlu.decision import kind_of


class OpenCase(HotlineAction):
    """Opens or enriches a case for a report."""

    action_name = "action_open_case"

    async def answer(self, turn: Turn) -> list[Event]:
        """Report it; the first answer goes out through the outbox."""
        if goes_on(turn, urgent=True):
            return []
        kind = kind_of(turn.intent)
        await report(turn, next((known for known in CASE_KINDS if known == kind), "distress"))
        return []


async def report(turn: Turn, kind: Kind) -> None:
    """Open, raise or enrich the chat's case, and see that the worker hears of it once."""
    reported = await distress.understood(turn.s, turn.chat, turn.update, kind, turn.text, lang=turn.heard)
    answered = exists().where(Outgoing.update_id == turn.update.id, Outgoing.purpose == "receipt")
    if not reported.opened and not reported.raised and not await turn.s.scalar(select(answered)):
        await case_flow.follow_up(turn.s, turn.chat, turn.update, reported.case, turn.text)
    turn.silent()


async def note(turn: Turn) -> bool:
    """Take a message as part of the open case: keep it and ask the next question. False when no case is open."""
    if turn.case is None:
        return False
    await case_flow.follow_up(turn.s, turn.chat, turn.update, turn.case, turn.text)
    turn.silent()
    return True
