"""The ladder: who is called for a desk's P1 cases that nobody took, until somebody acknowledges or claims.

What rings is read from the cases themselves every few seconds, not from jobs planned in advance: a lost job, a restart
or a case raised meanwhile cannot make it forget one. A desk has one ladder, however many of its cases wait, so that a
surge calls a person once and tells them how many there are. Functions work in the caller's transaction.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from dataclasses import dataclass
from typing import Any

from sqlalchemy import exists, func, or_, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from bot import log as logs
from bot.alarm import board, duty, rules
from bot.cases import lease
from bot.cases import service as cases
from bot.settings import settings
from bot.storage import jobs
from bot.storage.models import Alarm, Case, CaseEvent, Operator, Ring

log = logs.get(__name__)

#: The event that an acknowledgement leaves on a case.
ACKNOWLEDGED = "alarm_acknowledged"


@dataclass(frozen=True)
class Waiting:
    """A P1 case past its time: nobody took it, or its holder does not answer."""

    case_id: int
    ref: str
    #: The event since which it waits, and when that was.
    event_id: int
    since: dt.datetime
    #: Somebody acknowledged it, but nobody took it in time.
    acknowledged: bool


async def waiting(s: AsyncSession, now: dt.datetime, *, told: int = 0) -> dict[str, list[Waiting]]:
    """The P1 cases past their time by desk, the longest waiting first; also those that wait since event `told`.

    Not among them: what somebody acknowledged less than ALARM_CLAIM_MINUTES ago. A case that its holder left lying was
    past its time before it came back to the queue.
    """
    config = settings()
    before = now - dt.timedelta(minutes=config.alarm_after_minutes)
    event, ack = aliased(CaseEvent), aliased(CaseEvent)
    since = (
        select(event.id, event.at, event.what)
        .where(event.case_id == Case.id, event.what.in_(cases.WAITS_SINCE))
        .order_by(event.id.desc())
        .limit(1)
        .lateral()
    )
    acknowledged = exists().where(ack.case_id == Case.id, ack.what == ACKNOWLEDGED, ack.id > since.c.id)
    fresh = acknowledged.where(ack.at > now - dt.timedelta(minutes=config.alarm_claim_minutes))
    rows = await s.execute(
        select(Case.id, Case.ref, Case.site, since.c.id, since.c.at, acknowledged)
        .join(since, or_(since.c.at <= before, since.c.what == "lapsed", since.c.id <= told))
        .where(Case.state == "new", Case.priority == 1, Case.holder_id.is_(None), ~Case.quiet, ~fresh)
        .order_by(since.c.id)
    )
    found: dict[str, list[Waiting]] = defaultdict(list)
    for case_id, ref, site, event_id, at, seen in rows:
        found[board.meant(site).id].append(Waiting(case_id, ref, event_id, at, seen))
    for site, case in await _lying(s, now):
        found[site].append(case)
        found[site].sort(key=lambda one: one.event_id)
    return found


async def _lying(s: AsyncSession, now: dt.datetime) -> list[tuple[str, Waiting]]:
    """The held P1 cases, with their desk, whose holder was called and did not answer; without those acknowledged."""
    called = [one for one in await lease.lying(s) if one.priority == 1 and one.done >= lease.Step.SUPERVISOR]
    found = []
    for one in called:
        assert one.event_id is not None
        acks = select(func.max(CaseEvent.at)).where(CaseEvent.case_id == one.case_id, CaseEvent.what == ACKNOWLEDGED)
        at = await s.scalar(acks.where(CaseEvent.id > one.event_id))
        if at is None or at <= now - dt.timedelta(minutes=settings().alarm_claim_minutes):
            case = Waiting(one.case_id, one.ref, one.event_id, one.since, acknowledged=at is not None)
            found.append((board.meant(one.site).id, case))
    return found


async def climb(s: AsyncSession, site: str, now: dt.datetime) -> None:
    """Begin, go on with, or end the ladder of one desk. Idempotent: a call that is not due yet is not made."""
    alarm = await _ringing(s, site)
    # Read once the ladder is ours: an acknowledgement of this moment counts.
    due = (await waiting(s, now))[site]
    if not due:
        if alarm is not None:
            alarm.state, alarm.ended_at = "over", now
            log.info("alarm_over", alarm=alarm.id, site=site, step=alarm.step)
        return
    if alarm is None:
        alarm = await _begin(s, site, due, now)
        if alarm is None:
            return
    if alarm.newest_event is not None and due[-1].event_id > alarm.newest_event and alarm.rang_at is not None:
        # A newer case is told soon, also when the older ones have been ringing at the slow pace for hours.
        alarm.next_at = min(alarm.next_at, alarm.rang_at + dt.timedelta(minutes=settings().alarm_step_minutes))
    if alarm.next_at <= now:
        await call_next(s, alarm, due, now)


async def _ringing(s: AsyncSession, site: str) -> Alarm | None:
    query = select(Alarm).where(Alarm.site == site, Alarm.kind == "case", Alarm.state == "ringing")
    found: Alarm | None = await s.scalar(query.with_for_update().execution_options(populate_existing=True))
    return found


async def _begin(s: AsyncSession, site: str, due: list[Waiting], now: dt.datetime) -> Alarm | None:
    """A new ladder; None when another worker began it just now.

    When somebody acknowledged and then took nothing it goes on with the next person, not with them again.
    """
    before = await s.scalar(
        select(Alarm)
        .where(Alarm.site == site, Alarm.kind == "case", Alarm.rang_at.is_not(None))
        .order_by(Alarm.id.desc())
        .limit(1)
    )
    step, at = 0, now
    if before is not None and before.rang_at is not None:
        if before.state == "acknowledged" and any(case.acknowledged for case in due):
            step = before.step
        at = max(now, before.rang_at + dt.timedelta(minutes=rules.QUIET_MINUTES))
    made = await s.scalar(
        insert(Alarm)
        .values(kind="case", site=site, step=step, fresh_step=step, began_at=now, next_at=at)
        .on_conflict_do_nothing()
        .returning(Alarm.id)
    )
    if made is None:
        return None
    log.info("alarm_began", alarm=made, site=site, waiting=len(due))
    return await s.get_one(Alarm, made, with_for_update=True)


async def call_next(s: AsyncSession, alarm: Alarm, due: list[Waiting], now: dt.datetime) -> None:
    """Call the next person of the duty list by all their ways, and plan the call after that."""
    people = await duty.people(s, alarm.site)
    first = due[0]
    told: dict[str, Any] = {"ref": first.ref, "count": len(due), "since": board.clock(first.since, now, alarm.site)}
    if alarm.newest_event is not None and due[-1].event_id > alarm.newest_event:
        alarm.fresh_step = alarm.step
    button = ("alarm_button_ack", f"alarm:ack:{alarm.id}")
    dedupe = f"{alarm.id}:{alarm.step}"
    if people:
        person = people[alarm.step % len(people)]
        await ring(s, alarm, person, person.ways, now)
        key = "alarm_line_calls" if person.name is not None else "alarm_line_calls_program"
        await board.post(s, alarm.site, key, dedupe=dedupe, button=button, person=person.name, **told)
    else:
        log.error("alarm_nobody_on_duty", alarm=alarm.id, site=alarm.site)
        await board.post(s, alarm.site, "alarm_line_nobody", dedupe=dedupe, button=button, **told)
    alarm.step += 1
    alarm.rang_at, alarm.newest_event = now, due[-1].event_id
    pause = rules.pause_minutes(alarm.step, alarm.fresh_step, len(people), settings().alarm_step_minutes)
    alarm.next_at = now + dt.timedelta(minutes=pause)
    log.info("alarm_calls", alarm=alarm.id, site=alarm.site, step=alarm.step, waiting=len(due), case=first.ref)


async def ring(
    s: AsyncSession,
    alarm: Alarm,
    person: duty.Person,
    ways: tuple[rules.Way, ...],
    now: dt.datetime,
    *,
    defer: bool = True,
) -> list[int]:
    """A row and a job for each way to a person. Returns the rows' ids."""
    rows = [
        Ring(alarm_id=alarm.id, step=alarm.step, operator_id=person.operator_id, channel=way, created_at=now)
        for way in ways
    ]
    s.add_all(rows)
    await s.flush()
    if defer:
        for row in rows:
            await jobs.defer(s, "alarm.ring", queue_name=jobs.ALARMS, ring=row.id)
    return [row.id for row in rows]


async def not_delivered(s: AsyncSession, alarm: Alarm, row: Ring, now: dt.datetime) -> None:
    """A call did not go out: when the person got it by no other way, the next one is called at once.

    Once through the list: who was called a moment ago is not called again, the group hears that nobody was reached.
    """
    if alarm.state != "ringing" or row.step != alarm.step - 1:
        return
    calls = (await s.scalars(select(Ring).where(Ring.alarm_id == alarm.id, Ring.step == row.step))).all()
    if any(call.state == "delivered" or (call.state == "queued" and call.attempts == 0) for call in calls):
        return
    recent = func.coalesce(Ring.attempted_at, Ring.created_at) > now - dt.timedelta(minutes=rules.AGAIN_MINUTES)
    called = exists().where(Ring.alarm_id == alarm.id, recent)
    people = await duty.people(s, alarm.site)
    due = (await waiting(s, now))[alarm.site]
    if not due:
        return
    if people:
        following = people[alarm.step % len(people)].operator_id
        if not await s.scalar(select(called.where(Ring.operator_id.is_not_distinct_from(following)))):
            await call_next(s, alarm, due, now)
            return
    if not await s.scalar(select(called.where(Ring.state == "delivered"))):
        log.error("alarm_undeliverable", alarm=alarm.id, site=alarm.site)
        dedupe = f"{alarm.id}:{alarm.step}:dead"
        await board.post(s, alarm.site, "alarm_line_undeliverable", dedupe=dedupe, ref=due[0].ref)


async def acknowledge(s: AsyncSession, alarm: Alarm, operator: Operator, now: dt.datetime) -> bool:
    """Somebody is awake and looks: everything that rings at the desk is silent for ALARM_CLAIM_MINUTES.

    False when this alarm rings no more. The caller holds the alarm's row.
    """
    if alarm.kind != "case" or alarm.state != "ringing":
        return False
    told = alarm.newest_event or 0
    # Nobody was called yet for a case that came since: it rings at its own time.
    due = [case for case in (await waiting(s, now, told=told))[alarm.site] if case.event_id <= told]
    for case in await s.scalars(select(Case).where(Case.id.in_([case.case_id for case in due]))):
        cases.record(s, case, ACKNOWLEDGED, f"operator:{operator.id}", alarm=alarm.id)
    alarm.state, alarm.ended_at, alarm.acked_by = "acknowledged", now, operator.id
    minutes = f"{settings().alarm_claim_minutes:g}"
    await board.post(
        s,
        alarm.site,
        "alarm_line_acknowledged",
        dedupe=f"{alarm.id}:acknowledged",
        silent=True,
        person=operator.name,
        minutes=minutes,
    )
    log.info("alarm_acknowledged", alarm=alarm.id, site=alarm.site, operator=operator.id, waiting=len(due))
    return True
