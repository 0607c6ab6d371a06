"""Counting what happened, so that counters outlive restarts and forgotten rows; and dead letters given another try.

Counting goes in whole minutes, a minute or two behind: a minute is counted once no transaction that began in it is
still open, so that each row is counted exactly once. Marks and counts change in one transaction; a crash repeats
nothing. Nothing is counted while a person waits: the tables are read afterwards, by an index on time.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from sqlalchemy import delete, func, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from bot import log as logs
from bot.cases import service as cases
from bot.storage import audit, jobs
from bot.storage.models import Beat, Case, Chat, Update
from bot.storage.session import session
from bot.turns import dead_letters
from bot.watch import tallies

log = logs.get(__name__)

#: Seconds a minute rests before it is counted. Clocks of several machines may differ by less.
LAG_SECONDS = 60.0
#: Rows of one such span are counted in one transaction; an installation that never counted has many.
STEP = dt.timedelta(days=1)
#: Number of the lock under which one process counts; ours alone.
COUNT_LOCK = 0x686F7463
#: Beats of processes that ended are forgotten after so long.
BEATS_KEPT = dt.timedelta(days=1)

_OLDEST_OPEN = text(
    "select min(xact_start) from pg_stat_activity where datname = current_database() "
    "and backend_type = 'client backend' and pid <> pg_backend_pid()"
)
_FIRST = text(
    "select least((select min(received_at) from updates), (select min(sent_at) from outbox where sent_at is not null), "
    "(select min(opened_at) from cases))"
)


async def count(lag_seconds: float = LAG_SECONDS) -> None:
    """Count what happened since the last time."""
    while await _count_step(lag_seconds):
        pass


async def _count_step(lag_seconds: float) -> bool:
    """Count one span. True when another follows it."""
    async with session() as s:
        if not await s.scalar(select(func.pg_try_advisory_xact_lock(COUNT_LOCK))):
            return False
        now = await s.scalar(select(func.clock_timestamp()))
        assert now is not None
        open_since = await s.scalar(_OLDEST_OPEN)
        until = min(now - dt.timedelta(seconds=lag_seconds), open_since or now)
        if lag_seconds >= 60:
            until = until.replace(second=0, microsecond=0)
        since = await tallies.through(s) or await s.scalar(_FIRST)
        if since is None or until <= since:
            return False
        end = min(until, since + STEP)
        await tallies.add(s, since, end)
        await s.execute(delete(Beat).where(Beat.at < now - BEATS_KEPT))
        await s.commit()
    return bool(end < until)


async def replay(ids: Sequence[int] | None) -> list[int]:
    """Give dead letters a job again; None means all of workers' chats. Returns which were.

    What an operator did in the group is repeated only when it is named: they were told that nothing was sent, and may
    have done it again by hand. Safe to run twice: a letter that is no longer dead is left alone.
    """
    done: list[int] = []
    async with session() as s:
        for update, chat in await _dead(s, ids):
            if ids is None and chat.kind != "private":
                continue
            update.state, update.attempts, update.error, update.finished_at = "pending", 0, dead_letters.REPLAYED, None
            task = "turns.take" if chat.kind == "private" else "desk.take"
            await jobs.defer(s, task, queue_name=jobs.TURNS, lock=f"turn:{chat.id}", update=update.id)
            await _note(s, update, "dead_letter_replayed")
            done.append(update.id)
        if done:
            audit.record(s, "dead_letters_replayed", updates=done)
        await s.commit()
    for update_id in done:
        log.info("dead_letter_replayed", update=update_id)
    return done


async def settle(ids: Sequence[int]) -> list[int]:
    """A person dealt with these dead letters: they count no longer, their class of error stays. Returns which."""
    done: list[int] = []
    async with session() as s:
        for update, _ in await _dead(s, ids):
            update.state = "done"
            await _note(s, update, "dead_letter_settled")
            done.append(update.id)
        if done:
            audit.record(s, "dead_letters_settled", updates=done)
        await s.commit()
    for update_id in done:
        log.info("dead_letter_settled", update=update_id)
    return done


async def _dead(s: AsyncSession, ids: Sequence[int] | None) -> list[tuple[Update, Chat]]:
    query = (
        select(Update, Chat)
        .join(Chat, Chat.id == Update.chat_id)
        .where(Update.state == "dead")
        .order_by(Update.id)
        .with_for_update(of=Update)
    )
    if ids is not None:
        query = query.where(Update.id.in_(ids))
    return [(update, chat) for update, chat in await s.execute(query)]


async def _note(s: AsyncSession, update: Update, what: str) -> None:
    """The record of the case says who was given another try, and when."""
    case = await s.get(Case, update.case_id) if update.case_id is not None else None
    if case is not None:
        cases.record(s, case, what, "bot", update=update.id)
