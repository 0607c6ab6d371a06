"""How things stand at this moment, read in one statement whose parts use indexes that hold only what is open."""

from __future__ import annotations

import datetime as dt
import shutil
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from bot.alarm import status as alarm_status
from bot.cases import lease
from bot.cases.retention import reports
from bot.cases.service import WAITS_SINCE
from bot.knowledge import service as knowledge
from bot.runtime import liveness
from bot.runtime.measure import LANGS
from bot.settings import settings
from bot.storage.session import session
from bot.watch import tallies
from bot.watch.tallies import NO_LANG, Counts

#: Hours for which a message that could not be delivered is shown.
FAILED_HOURS = 24
#: Seconds without a beat after which a process counts as gone.
GONE_SECONDS = 20.0
#: Seconds after a claim for which a case may be without its topic.
TOPIC_SECONDS = 120.0


@dataclass(frozen=True)
class Open:
    """How many are open, and how old the oldest is in seconds; None when there is nothing to be old."""

    number: int = 0
    oldest: float | None = None


#: What can be open. Its second name is a purpose (outbox), why (failed), a priority (unclaimed), "" for the rest.
OPEN = (
    *("pending", "unanswered", "dead"),  # updates: their turn has not come, they wait for Rasa, their turn failed twice
    *("outbox", "window", "failed"),  # of ours: to be sent now, waiting for the live window, failed in FAILED_HOURS
    *("unclaimed", "no_topic", "held"),  # cases: nobody holds them, held and without a topic, somebody holds them
    "media",  # files still to be fetched
)


@dataclass(frozen=True)
class Snapshot:
    """Everything that is watched."""

    at: dt.datetime
    #: How long reading all of this took.
    read_seconds: float = 0.0
    counted: Counts = field(default_factory=dict)
    #: Up to when `counted` is complete.
    counted_through: dt.datetime | None = None
    #: Of when the newest whole backup is that was made of this database; None before the first.
    backed_up: dt.datetime | None = None
    #: What is open: by one of OPEN, then by its second name and language.
    open: Mapping[str, Mapping[tuple[str, str], Open]] = field(default_factory=dict)
    #: By queue and status: todo, scheduled (later), doing, failed.
    jobs: Mapping[tuple[str, str], int] = field(default_factory=dict)
    #: Since a worker of the queue last beat.
    queue_beat: float | None = None
    #: Seconds that the oldest unanswered message of a held case has lain, by priority of its case.
    lying: Mapping[int, float] = field(default_factory=dict)
    #: The night alarm, as bot/alarm/status.py counts it.
    alarm: Mapping[str, int] = field(default_factory=dict)
    #: Topics to be deleted and legal holds, as bot/cases/retention/reports.py counts them.
    retention: Mapping[str, int] = field(default_factory=dict)
    #: What workers are told, as bot/knowledge/service.py counts it.
    facts: Mapping[str, int] = field(default_factory=dict)
    #: Processes that beat lately, by part; and since Telegram, or Rasa, last answered one of the part.
    processes: Mapping[str, int] = field(default_factory=dict)
    answered: Mapping[str, float] = field(default_factory=dict)
    #: Processes of this machine that ran and did not work any more, by part and why, as bot/runtime/liveness.py counts
    #: them.
    killed: Mapping[tuple[str, liveness.Why], int] = field(default_factory=dict)

    def total(self, what: str, name: str | None = None) -> Open:
        """All languages together, of one second name or of all."""
        found = [one for (second, _), one in self.open.get(what, {}).items() if name in (None, second)]
        return Open(sum(one.number for one in found), max((one.oldest for one in found if one.oldest), default=None))

    def named(self, what: str) -> dict[str, Open]:
        """The same by second name."""
        return {name: self.total(what, name) for name, _ in self.open.get(what, {})}


#: Language of a worker's chat, or of the case that a line in a group is about. Subqueries, not joins: only what is
#: open is looked up, however many chats and cases are stored.
_CHAT_LANG = f"(select {tallies.LANG} from chats c where c.id = {{}}.chat_id and c.kind = 'private')"
_UPDATE_LANG = f"coalesce({_CHAT_LANG.format('u')}, '{NO_LANG}')"
_MEDIA_LANG = f"coalesce({_CHAT_LANG.format('m')}, '{NO_LANG}')"
_OUTBOX_LANG = (
    f"coalesce({_CHAT_LANG.format('o')}, (select {tallies.CASE_LANG} from cases c where c.id = o.case_id), '{NO_LANG}')"
)
#: One statement, so that all numbers are of one moment and one journey: what, two names, how many, how old in seconds.
_EVERYTHING = text(
    f"select state, '', {_UPDATE_LANG}, count(*), extract(epoch from now() - min(received_at)) from updates u "
    "where state in ('pending', 'unanswered', 'dead') group by 1, 3 "
    f"union all select 'outbox', purpose, {_OUTBOX_LANG}, count(*), extract(epoch from now() - min(created_at)) "
    "from outbox o where state = 'queued' group by 2, 3 "
    f"union all select 'window', '', {_OUTBOX_LANG}, count(*), null from outbox o "
    "where state = 'waiting' and purpose <> 'topic' group by 3 "
    f"union all select 'failed', coalesce(failure, 'unknown'), {_OUTBOX_LANG}, count(*), null from outbox o "
    "where state = 'failed' and created_at > now() - make_interval(hours => :hours) group by 2, 3 "
    f"union all select 'unclaimed', priority::text, {tallies.CASE_LANG}, count(*), "
    # What rings nobody makes nobody late.
    "extract(epoch from now() - min(coalesce(since, opened_at)) filter (where not c.quiet)) from cases c "
    "left join lateral (select max(e.at) as since from case_events e where e.case_id = c.id and c.priority = 1 "
    "and e.what = any(:since)) waits on true where c.state = 'new' and c.holder_id is null group by 2, 3 "
    f"union all select 'held', '', {tallies.CASE_LANG}, count(*), null from cases c "
    "where holder_id is not null and state <> 'closed' group by 3 "
    f"union all select 'no_topic', '', {tallies.CASE_LANG}, count(*), null from cases c "
    "where holder_id is not null and state <> 'closed' and topic_id is null "
    "and claimed_at < now() - make_interval(secs => :topic) group by 3 "
    f"union all select 'media', '', {_MEDIA_LANG}, count(*), null from media m where state = 'wanted' group by 3 "
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
    lying = await _lying()
    seconds = time.perf_counter() - began
    killed = liveness.killed(settings().hotline_home)
    return Snapshot(
        **found, lying=lying, alarm=alarm, retention=retention, facts=facts, killed=killed, read_seconds=seconds
    )


async def _lying() -> dict[int, float]:
    """How long, in seconds, the oldest unanswered message of a held case has lain, by priority."""
    now = dt.datetime.now(dt.UTC)
    found: dict[int, float] = {}
    async with session() as s:
        for one in await lease.lying(s):
            found[one.priority] = max(found.get(one.priority, 0.0), one.minutes(now) * 60)
    return found


def disk(home: Path) -> tuple[int, int] | None:
    """Bytes free on the disk of HOTLINE_HOME, and its size; None when it cannot be looked at."""
    try:
        usage = shutil.disk_usage(home)
    except OSError:
        return None
    return usage.free, usage.total


async def _read(s: AsyncSession) -> dict[str, Any]:
    values = {"hours": FAILED_HOURS, "since": list(WAITS_SINCE), "gone": GONE_SECONDS, "topic": TOPIC_SECONDS}
    found: dict[str, dict[tuple[str, str], Open]] = {}
    for what, name, second, number, seconds in await s.execute(_EVERYTHING, values):
        age = None if seconds is None else max(float(seconds), 0.0)
        found.setdefault(what, {})[name, second] = Open(int(number), age)
    counted = {key: one.number for key, one in found.get("tally", {}).items()}
    counted_through, backed_up = counted.pop(tallies.THROUGH, None), counted.pop(tallies.BACKUP, None)
    queue, beats = found.get("queue", {}), found.get("beats", {})
    return {
        "at": dt.datetime.now(dt.UTC),
        "counted": tallies.parse(counted),
        "counted_through": None if counted_through is None else tallies.moment(counted_through),
        "backed_up": None if backed_up is None else tallies.moment(backed_up),
        "open": {what: found[what] for what in OPEN if what in found},
        "jobs": {key: one.number for key, one in found.get("jobs", {}).items()},
        "queue_beat": next((one.oldest for one in queue.values()), None),
        "processes": {part: one.number for (part, _), one in beats.items()},
        "answered": {part: one.oldest for (part, _), one in beats.items() if one.oldest is not None},
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
