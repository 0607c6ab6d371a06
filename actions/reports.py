"""A case for what Rasa understood as one. What the lexicon knows has opened one at intake already."""

from __future__ import annotations

from sqlalchemy import exists, select

from actions.base import Turn
from bot.cases.rules import Kind
from bot.storage.models import Outgoing
from bot.turns import case_flow, distress
from nlu.decision import of_kind
from nlu.questions import with_whom


async def report(turn: Turn, kind: Kind) -> None:
    """Open, raise or enrich the chat's case, and see that the worker hears of it once."""
    decided = with_whom(turn.text, of_kind(kind, turn.chances), turn.chances)
    reported = await distress.understood(turn.s, turn.chat, turn.update, decided, turn.text, lang=turn.heard)
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
