"""What a run deleted: counted in the transaction that deleted it, so that a killed run is neither silent nor wrong."""

from __future__ import annotations

import datetime as dt
import time
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

from sqlalchemy import exists, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from bot import log as logs
from bot.cases.retention.classes import Class
from bot.storage.models import Case, RetentionReport
from bot.storage.session import session

log = logs.get(__name__)

type Counts = dict[str, dict[str, int]]

#: A run that did nothing leaves a report all the same when the last one is older: silence would look like health.
AT_LEAST = dt.timedelta(days=1)


class Run:
    """One run: its time, what it may do, and what it counted.

    A dry run does everything the same in one transaction that is rolled back at the end, and touches no file.
    """

    def __init__(self, now: dt.datetime, *, dry: AsyncSession | None = None) -> None:
        self.now = now
        self.counts: Counts = {}
        #: Cases past their time that stayed, by why.
        self.kept_back: Counter[str] = Counter()
        self._dry = dry
        self._began = time.monotonic()
        self._row: int | None = None
        self._fresh: Counts = {}

    @property
    def dry(self) -> bool:
        return self._dry is not None

    def before(self, kind: Class) -> dt.datetime:
        """What is older than this is past its time."""
        return self.now - dt.timedelta(days=kind.kept_days)

    def add(self, kind: Class, **numbers: int) -> None:
        """Count what the open step deletes."""
        into = self._fresh.setdefault(kind.name, {})
        for name, number in numbers.items():
            if number:
                into[name] = into.get(name, 0) + number

    def begin(self) -> None:
        """A step begins: what is counted from now on is of it."""
        self._fresh = {}

    def take_over(self) -> None:
        """A step of the caller's own transaction is done."""
        self.counts = _sum(self.counts, self._fresh)

    @asynccontextmanager
    async def step(self) -> AsyncIterator[AsyncSession]:
        """One batch in a transaction of its own, with its numbers in the report."""
        self.begin()
        if self._dry is not None:
            yield self._dry
            await self._dry.flush()
            self.take_over()
            return
        async with session() as s:
            yield s
            counts, row = _sum(self.counts, self._fresh), self._row
            if counts != self.counts:
                row = await self.write(s, counts=counts)
            await s.commit()
        self.counts, self._row = counts, row

    async def finish(self) -> None:
        """End the report; begin it when nothing was deleted and the last one is a day old."""
        took = int((time.monotonic() - self._began) * 1000)
        async with session() as s:
            refused = await refused_topics(s)
            lately = select(exists().where(RetentionReport.began_at > self.now - AT_LEAST))
            if self._row is None and await s.scalar(lately):
                return
            self._row = await self.write(
                s,
                finished_at=dt.datetime.now(dt.UTC),
                milliseconds=took,
                kept_back=dict(self.kept_back),
                topics_refused=len(refused),
            )
            await s.commit()
        flat = {f"{kind}_{name}": number for kind, found in self.counts.items() for name, number in found.items()}
        kept = {f"kept_{why}": number for why, number in self.kept_back.items()}
        log.info("forgotten", milliseconds=took, topics_refused=len(refused), **flat, **kept)

    async def write(self, s: AsyncSession, **values: Any) -> int:
        """Put values into the report of this run, which is begun with them. Returns its row id."""
        if self._row is None:
            row = insert(RetentionReport).values(began_at=self.now, **values).returning(RetentionReport.id)
            return int(await s.scalar(row) or 0)
        await s.execute(update(RetentionReport).where(RetentionReport.id == self._row).values(**values))
        return self._row


def _sum(one: Counts, other: Counts) -> Counts:
    return {
        kind: dict(Counter(one.get(kind, {})) + Counter(other.get(kind, {})))
        for kind in {**one, **other}
        if one.get(kind) or other.get(kind)
    }


async def refused_topics(s: AsyncSession) -> list[tuple[str, str]]:
    """Topics of anonymised cases that Telegram would not delete: reference and why."""
    found = await s.execute(
        select(Case.ref, Case.topic_refused)
        .where(Case.anonymised_at.is_not(None), Case.topic_id.is_not(None), Case.topic_refused.is_not(None))
        .order_by(Case.id)
    )
    return [(ref, str(why)) for ref, why in found]


async def counts() -> dict[str, int]:
    """For whoever watches: topics refused, topics still to be deleted, legal holds, hours since the last report."""
    from bot.storage.models import CaseHold

    async with session() as s:
        left = select(func.count(), func.count(Case.topic_refused)).where(
            Case.anonymised_at.is_not(None), Case.topic_id.is_not(None)
        )
        topics, refused = (await s.execute(left)).one()
        held = int(await s.scalar(select(func.count()).select_from(CaseHold)) or 0)
        last = await s.scalar(select(func.max(RetentionReport.began_at)))
    numbers = {"topics_refused": refused, "topics_left": topics - refused, "legal_holds": held}
    if last is not None:
        numbers["silent_hours"] = (dt.datetime.now(dt.UTC) - last) // dt.timedelta(hours=1)
    return numbers


# -- for a terminal


async def table(shown: int) -> str:
    """The last reports, the newest last, and the topics that must be deleted by hand."""
    async with session() as s:
        newest = select(RetentionReport).order_by(RetentionReport.began_at.desc()).limit(shown)
        rows = list((await s.scalars(newest)).all())[::-1]
        refused = await refused_topics(s)
    if not rows:
        return "Nothing was deleted yet: the worker looks once an hour."
    lines = []
    for row in rows:
        took = f"{(row.milliseconds or 0) / 1000:.1f} s" if row.finished_at is not None else "broken off"
        lines.append(f"{row.began_at:%Y-%m-%d %H:%M} UTC  {took}")
        lines += [f"    {line}" for line in told(row.counts, row.kept_back)]
        if row.topics_refused:
            lines.append(f"    topics that Telegram would not delete: {row.topics_refused}")
    return "\n".join([*lines, *refusals(refused)])


def told(counts: Mapping[str, Mapping[str, int]], kept_back: Mapping[str, int]) -> list[str]:
    """What a run deleted, and what it left, in lines."""
    lines = [
        f"{kind}: " + ", ".join(f"{number} {name}" for name, number in sorted(found.items()))
        for kind, found in sorted(counts.items())
    ]
    why = {
        "held": "under a legal hold",
        "open": "its chat has an open case",
        "family": "split from, or into, a case that is not due",
        "busy": "something of it is still to be sent or answered",
    }
    lines += [f"kept back, {why.get(name, name)}: {number} cases" for name, number in sorted(kept_back.items())]
    return lines or ["nothing was due"]


def refusals(refused: list[tuple[str, str]]) -> list[str]:
    """What a person has to do about topics, a line each."""
    return [
        f"{ref}: Telegram would not delete its topic ({why}). Delete it in the group, then: "
        f"hotline cases deleted-by-hand {ref} --by NAME"
        for ref, why in refused
    ]
