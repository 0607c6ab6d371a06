"""How things stand at this moment, read in a few small statements: each uses an index that holds only what is open."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from bot.cases.service import WAITS_SINCE
from bot.storage.session import session
from bot.watch import tallies
from bot.watch.tallies import LANGS, Counts

#: Hours for which a message that could not be delivered is shown.
FAILED_HOURS = 24
#: Seconds without a beat after which a process counts as gone.
GONE_SECONDS = 20.0


@dataclass(frozen=True)
class Snapshot:
    """Everything that is watched. Ages in seconds; None when there is nothing to be old."""

    at: dt.datetime
    #: How long reading all of this took.
    read_seconds: float = 0.0
    counted: Counts = field(default_factory=dict)
    #: Up to when `counted` is complete.
    counted_through: dt.datetime | None = None
    turns_waiting: int = 0
    turns_oldest: float | None = None
    unanswered: int = 0
    unanswered_oldest: float | None = None
    dead_letters: int = 0
    #: By purpose: rows to be sent now, age of the oldest.
    outbox: Mapping[str, tuple[int, float]] = field(default_factory=dict)
    #: Rows that wait for the live window.
    window_waiting: int = 0
    #: Rows that failed within FAILED_HOURS, by why.
    failed: Mapping[str, int] = field(default_factory=dict)
    #: Cases that nobody holds, by priority.
    unclaimed: Mapping[int, int] = field(default_factory=dict)
    p1_oldest: float | None = None
    held: int = 0
    media_wanted: int = 0
    #: By queue and status: todo, scheduled (later), doing, failed.
    jobs: Mapping[tuple[str, str], int] = field(default_factory=dict)
    #: Since a worker of the queue last beat.
    queue_beat: float | None = None
    #: Processes that beat lately, by part; and since Telegram, or Rasa, last answered one of the part.
    processes: Mapping[str, int] = field(default_factory=dict)
    answered: Mapping[str, float] = field(default_factory=dict)


_UPDATES = text(
    "select state, count(*), extract(epoch from now() - min(received_at)) from updates "
    "where state in ('pending', 'unanswered', 'dead') group by state"
)
_OUTBOX = text(
    "select state, purpose, count(*), extract(epoch from now() - min(created_at)) from outbox "
    "where state in ('queued', 'waiting') group by state, purpose"
)
_FAILED = text(
    "select coalesce(failure, 'unknown'), count(*) from outbox "
    "where state = 'failed' and created_at > now() - make_interval(hours => :hours) group by 1"
)
_CASES = text(
    "select priority, count(*), extract(epoch from now() - min(coalesce(since, opened_at))) from cases c "
    "left join lateral (select max(e.at) as since from case_events e where e.case_id = c.id and c.priority = 1 "
    "and e.what = any(:since)) waits on true "
    "where c.state = 'new' and c.holder_id is null group by priority"
)
_HELD = text("select count(*) from cases where holder_id is not null and state <> 'closed'")
_MEDIA = text("select count(*) from media where state = 'wanted'")
_JOBS = text(
    "select queue_name, case when status = 'todo' and scheduled_at > now() then 'scheduled' else status::text end, "
    "count(*) from procrastinate_jobs where status in ('todo', 'doing', 'failed') group by 1, 2"
)
_QUEUE_BEAT = text("select extract(epoch from now() - max(last_heartbeat)) from procrastinate_workers")
_BEATS = text(
    "select part, count(*) filter (where at > now() - make_interval(secs => :gone)), "
    "extract(epoch from now() - max(answered_at)) from beats group by part"
)
_TODAY = {
    "messages": text(
        f"select {tallies.LANG} as lang, count(*) from updates u "
        "join chats c on c.id = u.chat_id and c.kind = 'private' "
        "where u.received_at >= :since and u.discard is null and u.kind = 'message' group by 1"
    ),
    "answered": text(f"select lang, count(*) from ({tallies.REACHED}) found where by <> 'operator' group by 1"),
    "by operators": text(f"select lang, count(*) from ({tallies.REACHED}) found where by = 'operator' group by 1"),
    "cases": text(f"select {tallies.CASE_LANG} as lang, count(*) from cases c where c.opened_at >= :since group by 1"),
}


async def take() -> Snapshot:
    """Read how things stand. Raises when the database is away."""
    began = time.perf_counter()
    async with session() as s:
        found = await _read(s)
    return Snapshot(**found, read_seconds=time.perf_counter() - began)


async def _read(s: AsyncSession) -> dict[str, Any]:
    async def rows(statement: Any, **values: Any) -> list[Any]:
        return list((await s.execute(statement, values)).all())

    updates = {state: (int(number), _age(age)) for state, number, age in await rows(_UPDATES)}
    outbox = await rows(_OUTBOX)
    cases = await rows(_CASES, since=list(WAITS_SINCE))
    beats = await rows(_BEATS, gone=GONE_SECONDS)
    return {
        "at": dt.datetime.now(dt.UTC),
        "counted": await tallies.read(s),
        "counted_through": await tallies.through(s),
        "turns_waiting": updates.get("pending", (0, None))[0],
        "turns_oldest": updates.get("pending", (0, None))[1],
        "unanswered": updates.get("unanswered", (0, None))[0],
        "unanswered_oldest": updates.get("unanswered", (0, None))[1],
        "dead_letters": updates.get("dead", (0, None))[0],
        "outbox": {purpose: (int(n), _age(age) or 0.0) for state, purpose, n, age in outbox if state == "queued"},
        "window_waiting": sum(int(n) for state, _, n, _ in outbox if state == "waiting"),
        "failed": {why: int(n) for why, n in await rows(_FAILED, hours=FAILED_HOURS)},
        "unclaimed": {int(priority): int(n) for priority, n, _ in cases},
        "p1_oldest": next((_age(age) for priority, _, age in cases if priority == 1), None),
        "held": int((await rows(_HELD))[0][0]),
        "media_wanted": int((await rows(_MEDIA))[0][0]),
        "jobs": {(queue, status): int(n) for queue, status, n in await rows(_JOBS)},
        "queue_beat": _age((await rows(_QUEUE_BEAT))[0][0]),
        "processes": {part: int(n) for part, n, _ in beats},
        "answered": {part: _age(age) or 0.0 for part, _, age in beats if age is not None},
    }


def _age(seconds: Any) -> float | None:
    return None if seconds is None else max(float(seconds), 0.0)


async def today(now: dt.datetime) -> dict[str, dict[str, int]]:
    """Messages, first answers, operators' messages and cases since midnight UTC, by language, up to now."""
    since = now.replace(hour=0, minute=0, second=0, microsecond=0)
    found: dict[str, dict[str, int]] = {}
    async with session() as s:
        for name, statement in _TODAY.items():
            rows = await s.execute(statement, {"since": since, "until": now + dt.timedelta(days=1)})
            found[name] = dict.fromkeys(LANGS, 0) | {lang: int(number) for lang, number in rows}
    return found
