"""How things stand at this moment, read in one statement whose parts use indexes that hold only what is open."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from bot import pulse
from bot.alarm import status as alarm_status
from bot.cases.retention import reports
from bot.cases.service import WAITS_SINCE
from bot.knowledge import service as knowledge
from bot.settings import settings
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
    #: The night alarm, as bot/alarm/status.py counts it.
    alarm: Mapping[str, int] = field(default_factory=dict)
    #: Topics to be deleted and legal holds, as bot/cases/retention/reports.py counts them.
    retention: Mapping[str, int] = field(default_factory=dict)
    #: What workers are told, as bot/knowledge/service.py counts it.
    facts: Mapping[str, int] = field(default_factory=dict)
    #: Processes that beat lately, by part; and since Telegram, or Rasa, last answered one of the part.
    processes: Mapping[str, int] = field(default_factory=dict)
    answered: Mapping[str, float] = field(default_factory=dict)
    #: Processes of this machine that ran and did not work any more, by part and why, as bot/pulse.py counts them.
    killed: Mapping[tuple[str, pulse.Why], int] = field(default_factory=dict)


#: One statement, so that all numbers are of one moment and one journey: what, two names, how many, how old in seconds.
_EVERYTHING = text(
    "select 'updates', state, '', count(*), extract(epoch from now() - min(received_at)) from updates "
    "where state in ('pending', 'unanswered', 'dead') group by state "
    "union all select 'outbox', state, purpose, count(*), extract(epoch from now() - min(created_at)) from outbox "
    "where state in ('queued', 'waiting') group by state, purpose "
    "union all select 'failed', coalesce(failure, 'unknown'), '', count(*), null from outbox "
    "where state = 'failed' and created_at > now() - make_interval(hours => :hours) group by 2 "
    "union all select 'cases', priority::text, '', count(*), "
    "extract(epoch from now() - min(coalesce(since, opened_at))) from cases c "
    "left join lateral (select max(e.at) as since from case_events e where e.case_id = c.id and c.priority = 1 "
    "and e.what = any(:since)) waits on true where c.state = 'new' and c.holder_id is null group by priority "
    "union all select 'held', '', '', count(*), null from cases where holder_id is not null and state <> 'closed' "
    "union all select 'media', '', '', count(*), null from media where state = 'wanted' "
    "union all select 'jobs', queue_name, "
    "case when status = 'todo' and scheduled_at > now() then 'scheduled' else status::text end, count(*), null "
    "from procrastinate_jobs where status in ('todo', 'doing') group by 2, 3 "
    "union all select 'jobs', queue_name, 'failed', count(*), null "
    "from procrastinate_jobs where status = 'failed' group by 2 "
    "union all select 'queue', '', '', 0, extract(epoch from now() - max(last_heartbeat)) from procrastinate_workers "
    "union all select 'beats', part, '', count(*) filter (where at > now() - make_interval(secs => :gone)), "
    "extract(epoch from now() - max(answered_at)) from beats group by part "
    "union all select 'tally', name, labels, value, null from tallies"
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
    alarm, retention, facts = await alarm_status.counts(), await reports.counts(), await knowledge.counts()
    seconds = time.perf_counter() - began
    killed = pulse.killed(settings().hotline_home)
    return Snapshot(**found, alarm=alarm, retention=retention, facts=facts, killed=killed, read_seconds=seconds)


async def _read(s: AsyncSession) -> dict[str, Any]:
    values = {"hours": FAILED_HOURS, "since": list(WAITS_SINCE), "gone": GONE_SECONDS}
    found: dict[str, dict[tuple[str, str], tuple[int, float | None]]] = {}
    for what, name, second, number, seconds in await s.execute(_EVERYTHING, values):
        age = None if seconds is None else max(float(seconds), 0.0)
        found.setdefault(what, {})[name, second] = (int(number), age)

    def one(what: str, name: str = "") -> tuple[int, float | None]:
        return found.get(what, {}).get((name, ""), (0, None))

    def numbers(what: str) -> dict[str, int]:
        return {name: number for (name, _), (number, _) in found.get(what, {}).items()}

    outbox = found.get("outbox", {})
    counted = {key: number for key, (number, _) in found.get("tally", {}).items()}
    counted_through = counted.pop(tallies.THROUGH, None)
    return {
        "at": dt.datetime.now(dt.UTC),
        "counted": tallies.parse(counted),
        "counted_through": None if counted_through is None else tallies.moment(counted_through),
        "turns_waiting": one("updates", "pending")[0],
        "turns_oldest": one("updates", "pending")[1],
        "unanswered": one("updates", "unanswered")[0],
        "unanswered_oldest": one("updates", "unanswered")[1],
        "dead_letters": one("updates", "dead")[0],
        "outbox": {purpose: (n, age or 0.0) for (state, purpose), (n, age) in outbox.items() if state == "queued"},
        "window_waiting": sum(
            number for (state, purpose), (number, _) in outbox.items() if state == "waiting" and purpose != "topic"
        ),
        "failed": numbers("failed"),
        "unclaimed": {int(priority): number for priority, number in numbers("cases").items()},
        "p1_oldest": one("cases", "1")[1],
        "held": one("held")[0],
        "media_wanted": one("media")[0],
        "jobs": {key: number for key, (number, _) in found.get("jobs", {}).items()},
        "queue_beat": one("queue")[1],
        "processes": numbers("beats"),
        "answered": {part: age for (part, _), (_, age) in found.get("beats", {}).items() if age is not None},
    }


async def today(now: dt.datetime) -> dict[str, dict[str, int]]:
    """Messages, first answers, operators' messages and cases since midnight UTC, by language, up to now."""
    since = now.replace(hour=0, minute=0, second=0, microsecond=0)
    found: dict[str, dict[str, int]] = {}
    async with session() as s:
        for name, statement in _TODAY.items():
            rows = await s.execute(statement, {"since": since, "until": now + dt.timedelta(days=1)})
            found[name] = dict.fromkeys(LANGS, 0) | {lang: int(number) for lang, number in rows}
    return found
