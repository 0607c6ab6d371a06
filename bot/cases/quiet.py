"""Cases that are listed without ringing: of a chat that an operator blocked, or that just had one which was none.

Such a case is a case: it is stored, triaged, answered with a number, on the list and given to whoever takes it. It only
wakes nobody.
"""

from __future__ import annotations

import datetime as dt
from typing import Final

from sqlalchemy import bindparam, select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.storage.models import Case, Chat

#: Hours after a case that was none, in which the next one of its chat does not ring. Short: operators err too.
#: Source of this and the next: docs/operators.md, Floods.
QUIET_HOURS: Final = 2.0
#: Hours for which an operator blocks a chat.
BLOCK_HOURS: Final = 24.0


def blocked(chat: Chat, now: dt.datetime) -> bool:
    """Whether an operator blocked a chat, and the time is not over."""
    return chat.blocked_until is not None and now < chat.blocked_until


async def stays_quiet(s: AsyncSession, chat: Chat, now: dt.datetime, *, priority: int, minor: bool) -> bool:
    """Whether a case of this priority that a chat opens, or raises, rings nobody.

    Something worse than what was found to be none rings, unless the chat is blocked.
    """
    if blocked(chat, now):
        return True
    since = now - dt.timedelta(hours=QUIET_HOURS)
    last: Case | None = await s.scalar(_LAST, {"chat": chat.id, "since": since})
    if last is None or last.outcome != "not_a_case" or not last.quiet:
        return False
    return priority >= last.priority and (last.minor or not minor)


_LAST = (
    select(Case)
    .where(Case.chat_id == bindparam("chat"), Case.state == "closed", Case.closed_at > bindparam("since"))
    .order_by(Case.closed_at.desc())
    .limit(1)
)
