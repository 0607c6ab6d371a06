"""Against floods of reports that are none: many are closed with one press, and a chat is blocked for a day.

Part of the service of this room (service.py): the same rules, in the caller's transaction.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from bot import log as logs
from bot.cases import holding, quiet
from bot.cases import service as cases
from bot.outbox import service as outbox
from bot.storage.models import Case, CaseEvent, Chat, Operator

log = logs.get(__name__)


async def close_unclaimed(
    s: AsyncSession, case_ids: Sequence[int], operator: Operator, *, bulk: int, alike: bool
) -> list[Case]:
    """Close cases that nobody holds as no cases, all with one press; `bulk` is the row id of that press.

    One that was claimed meanwhile stays as it is. `alike`: somebody read another one with the same words, so the next
    report of these chats does not ring for a while; of chats that nobody read it does.
    """
    waiting = select(Case).where(Case.id.in_(case_ids), Case.state == "new", Case.holder_id.is_(None))
    found = list(await s.scalars(waiting.order_by(Case.id).with_for_update(key_share=True)))
    for case in found:
        case.state, case.outcome, case.closed_at = "closed", "not_a_case", dt.datetime.now(dt.UTC)
        case.waiting_since, case.asked, case.quiet = None, None, alike
        cases.record(s, case, "closed", f"operator:{operator.id}", outcome="not_a_case", bulk=bulk)
        if case.chat_id is not None:
            await outbox.unsay(s, case.chat_id)
    log.info("cases_closed_together", count=len(found), operator=operator.id)
    return found


async def open_again(s: AsyncSession, bulk: int, operator: Operator) -> list[Case]:
    """Take back what one press closed: the cases wait for somebody again. A chat with another open one keeps that."""
    of_press = select(CaseEvent.case_id).where(
        CaseEvent.what == "closed", CaseEvent.detail["bulk"].as_integer() == bulk
    )
    closed = select(Case).where(Case.id.in_(of_press), Case.state == "closed", Case.chat_id.is_not(None))
    again = []
    for case in (await s.scalars(closed.order_by(Case.id).with_for_update(key_share=True))).all():
        assert case.chat_id is not None
        if await cases.open_case_of(s, case.chat_id) is None:
            case.outcome = case.closed_at = None
            await holding.back_to_queue(s, case, "handed_over", f"operator:{operator.id}", bulk=bulk)
            await s.flush()
            again.append(case)
    return again


async def block(s: AsyncSession, case: Case, operator: Operator) -> None:
    """Let the chat of a case ring nobody for a day. It is heard, triaged and listed all the same."""
    chat = await s.get_one(Chat, case.chat_id, with_for_update={"key_share": True})
    chat.blocked_until = dt.datetime.now(dt.UTC) + dt.timedelta(hours=quiet.BLOCK_HOURS)
    cases.record(s, case, "blocked", f"operator:{operator.id}", hours=quiet.BLOCK_HOURS)


async def unblock(s: AsyncSession, case: Case, operator: Operator) -> bool:
    """Let the chat of a case ring again. False when it was not blocked."""
    chat = await s.get_one(Chat, case.chat_id, with_for_update={"key_share": True})
    if not quiet.blocked(chat, dt.datetime.now(dt.UTC)):
        return False
    chat.blocked_until = None
    cases.record(s, case, "unblocked", f"operator:{operator.id}")
    return True
