"""Rows by state: the balance of the tests. What an installation watches is in `bot/watch`."""

from __future__ import annotations

from sqlalchemy import func, select

from bot.storage.models import Case, Outgoing, Update
from bot.storage.session import session


async def counts() -> dict[str, dict[str, int]]:
    """Rows by state: updates, discards, outbox, cases (open ones by priority)."""
    async with session() as s:
        by_state = await s.execute(select(Update.state, func.count()).group_by(Update.state))
        discards = await s.execute(
            select(Update.discard, func.count()).where(Update.discard.is_not(None)).group_by(Update.discard)
        )
        outbox = await s.execute(select(Outgoing.state, func.count()).group_by(Outgoing.state))
        cases = await s.execute(
            select(Case.priority, func.count())
            .where(Case.state == "new")
            .group_by(Case.priority)
            .order_by(Case.priority)
        )
        held = await s.scalar(select(func.count()).where(Case.holder_id.is_not(None), Case.state != "closed"))
        return {
            "updates": {str(key): int(value) for key, value in by_state},
            "discards": {str(key): int(value) for key, value in discards},
            "outbox": {str(key): int(value) for key, value in outbox},
            "waiting cases": {f"P{key}": int(value) for key, value in cases},
            "held cases": {"count": int(held or 0)},
        }
