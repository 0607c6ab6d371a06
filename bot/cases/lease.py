"""Which held cases lie: a message of the worker that their holder has not answered, since when, and what was done.

Read from the rows each time, not planned in jobs: a lost job can make nobody forgotten. What is done about it stands
in bot/desk/lease.py.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum
from functools import lru_cache
from typing import Final

import yaml
from sqlalchemy import bindparam, text
from sqlalchemy.ext.asyncio import AsyncSession

from bot.errors import ReferenceDataInvalid
from bot.settings import DATA

FILE: Final = "data/lease.yml"
#: The event of a step that was taken for an unanswered message.
UNANSWERED: Final = "unanswered"
PRIORITIES: Final = (1, 2, 3, 4)
EPOCH: Final = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)


class Step(IntEnum):
    """What is done about a message that lies, one after the other."""

    NONE = 0
    #: The holder is mentioned aloud.
    HOLDER = 1
    #: Supervisors are mentioned, a colleague may take over; for P1 the duty people are called.
    SUPERVISOR = 2
    #: The case goes back to the queue.
    QUEUE = 3


@dataclass(frozen=True)
class Lying:
    """A held case with a message that nobody answered."""

    case_id: int
    ref: str
    site: str
    priority: int
    #: Since when it lies: written, or later if the case was claimed, or became so urgent, only then.
    since: dt.datetime
    #: The last step taken for it, and the event of that step.
    done: Step
    event_id: int | None

    @property
    def key(self) -> int:
        """What tells this lying from an earlier one of the case: `since` in microseconds of the Unix epoch."""
        return (self.since - EPOCH) // dt.timedelta(microseconds=1)

    def minutes(self, now: dt.datetime) -> float:
        """Minutes it has lain."""
        return (now - self.since).total_seconds() / 60

    def due(self, now: dt.datetime) -> Step:
        """The last step whose time has come, taken or not."""
        lain, limits = self.minutes(now), minutes()[self.priority]
        return max((step for step, limit in limits.items() if lain >= limit), default=Step.NONE)


@lru_cache
def minutes() -> Mapping[int, Mapping[Step, float]]:
    """By priority, the minutes before each step. Raises ReferenceDataInvalid."""
    raw = yaml.safe_load((DATA / "lease.yml").read_text(encoding="utf-8"))
    return parsed(raw.get("minutes") if isinstance(raw, dict) else None)


def parsed(raw: object) -> Mapping[int, Mapping[Step, float]]:
    """The table of data/lease.yml, checked. Raises ReferenceDataInvalid."""
    steps = [step for step in Step if step is not Step.NONE]
    found: dict[int, dict[Step, float]] = {}
    for priority in PRIORITIES:
        entry = raw.get(f"P{priority}") if isinstance(raw, dict) else None
        values = [entry.get(step.name.lower()) if isinstance(entry, dict) else None for step in steps]
        numbers = [float(one) for one in values if isinstance(one, int | float) and not isinstance(one, bool)]
        if len(numbers) < len(steps) or not 0 < numbers[0] < numbers[1] < numbers[2]:
            why = f"minutes of P{priority} need holder, supervisor and queue, three numbers that rise"
            raise ReferenceDataInvalid(FILE, None, why)
        found[priority] = dict(zip(steps, numbers, strict=True))
    return found


#: An answer is a message to the worker that went out, or will: not one taken back, nor one that Telegram refused; but
#: one to somebody who blocked the bot is all that a holder can do. So is saying that we wait for the worker.
_LYING = text(
    """
    select c.id, c.ref, c.site, c.priority, began.since, step.number, step.id
    from cases c
    cross join lateral (
        select max(e.at) filter (where e.what in ('waiting_worker', 'referred') or (e.what = 'answered' and (
                   o.id is null or o.failure in ('blocked', 'gone') or o.state not in ('withdrawn', 'failed')
               ))) as answered,
               max(e.at) filter (where e.what in ('claimed', 'reopened', 'raised', 'withdrawn')) as again,
               max(o.attempted_at) filter (where o.state = 'failed') as refused
        from case_events e
        left join outbox o on e.what = 'answered' and o.id = (e.detail ->> 'outgoing')::bigint
        where e.case_id = c.id
    ) did
    cross join lateral (
        select min(u.received_at) as first from updates u
        where u.case_id = c.id and u.chat_id = c.chat_id and u.kind in ('message', 'edited_message')
        and (u.kind, coalesce(u.content, '')) <> ('edited_message', 'location')
        and (did.answered is null or u.received_at > did.answered)
    ) wrote
    cross join lateral (
        select greatest(
            coalesce(wrote.first, case when did.answered is null then c.opened_at end), did.again, did.refused
        ) as since
    ) began
    left join lateral (
        select e.id, (e.detail ->> 'step')::int as number from case_events e
        where e.case_id = c.id and e.what = 'unanswered' 
        and (e.detail ->> 'since')::bigint = (extract(epoch from began.since) * 1000000)::bigint
        order by number desc limit 1
    ) step on true
    where c.holder_id is not null and c.state <> 'closed' and (wrote.first is not null or did.answered is null)
    and (cast(:case as bigint) is null or c.id = :case)
    order by c.priority, began.since
    """
).bindparams(bindparam("case"))
_OPERATOR_WROTE = text(
    "select exists (select from updates u join chats g on g.id = u.chat_id and g.kind <> 'private' "
    "where u.case_id = :case and u.state = 'pending')"
)


async def lying(s: AsyncSession, case_id: int | None = None) -> list[Lying]:
    """The held cases with an unanswered message, the most urgent first; of one case when it is named."""
    rows = await s.execute(_LYING, {"case": case_id})
    return [
        Lying(row, ref, site, priority, since, Step(number or 0), event)
        for row, ref, site, priority, since, number, event in rows
    ]


async def holder_called(s: AsyncSession, case_id: int) -> bool:
    """Whether the holder of a case has not answered for so long that a colleague may take it over."""
    return any(one.done >= Step.SUPERVISOR for one in await lying(s, case_id))


async def operator_just_wrote(s: AsyncSession, case_id: int) -> bool:
    """Whether something that an operator did in the case still waits for its turn: it may be the answer."""
    return bool(await s.scalar(_OPERATOR_WROTE, {"case": case_id}))
