"""The weekly test: every duty person by every way, acknowledged by somebody; and what follows when it fails."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import exists, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from bot import log as logs
from bot.alarm import board, duty, rules, service
from bot.alarm.duty import Person
from bot.cases import sites
from bot.settings import settings
from bot.storage.models import Alarm, Operator, Ring

log = logs.get(__name__)

#: Calls of a test: the test itself, then the news that it failed.
TEST, NEWS = 0, 1


def ref(alarm: Alarm) -> str:
    """What a test is called where a case has its reference."""
    return f"T-{alarm.id}"


async def begin_due(s: AsyncSession, now: dt.datetime) -> None:
    """Begin the weekly test of each desk whose time has come, once. The sandbox nags nobody about channels it lacks."""
    config = settings()
    if config.sandboxed and not duty.channels(config):
        return
    for site in sites.sites().values():
        slot = rules.last_slot(now, config.alarm_test, site.zone)
        if not rules.test_is_due(now, slot):
            continue
        if await s.scalar(select(exists().where(Alarm.site == site.id, Alarm.slot_at == slot))):
            continue
        if site.group is None and not await duty.own(s, site.id):
            # Its cases, and so its alarm, are the fallback's.
            continue
        await begin(s, site.id, now, slot=slot)


async def begin(
    s: AsyncSession, site: str, now: dt.datetime, *, slot: dt.datetime | None = None, defer: bool = True
) -> tuple[Alarm, list[int]] | None:
    """Begin a test; None when another worker began this week's. Returns it with its calls' row ids."""
    made = await s.scalar(
        insert(Alarm)
        .values(
            kind="test", site=site, slot_at=slot, began_at=now, next_at=now + dt.timedelta(minutes=rules.TEST_MINUTES)
        )
        .on_conflict_do_nothing()
        .returning(Alarm.id)
    )
    if made is None:
        return None
    alarm = await s.get_one(Alarm, made, with_for_update=True)
    people = await duty.own(s, site) or duty.alone()
    log.info("alarm_test_began", alarm=alarm.id, site=site, people=len(people))
    if not people:
        await fail(s, alarm, "nobody" if duty.channels() else "no_channel", now)
        return alarm, []
    rings = [row for person in people for row in await service.ring(s, alarm, person, person.ways, now, defer=defer)]
    names = ", ".join(person.name or "ALERT_COMMAND" for person in people)
    button = ("alarm_button_rang", f"alarm:rang:{alarm.id}")
    await board.post(s, site, "alarm_line_test", dedupe=f"{alarm.id}:test", button=button, people=names)
    alarm.rang_at = now
    return alarm, rings


async def fail_overdue(s: AsyncSession, now: dt.datetime) -> None:
    """Nobody said in time that the test reached them."""
    late = select(Alarm).where(Alarm.kind == "test", Alarm.state == "ringing", Alarm.next_at <= now)
    for alarm in await s.scalars(late.order_by(Alarm.id).with_for_update(skip_locked=True)):
        await fail(s, alarm, "unacknowledged", now)


async def not_delivered(s: AsyncSession, alarm: Alarm, row: Ring, now: dt.datetime) -> None:
    """A call of a test failed for good: the group hears by which way whom nothing reaches."""
    operator = await s.get(Operator, row.operator_id) if row.operator_id is not None else None
    await board.post(
        s,
        alarm.site,
        f"alarm_line_test_{row.channel}",
        dedupe=f"{alarm.id}:ring:{row.id}",
        person=operator.name if operator is not None else "ALERT_COMMAND",
    )
    if row.step == TEST:
        await fail(s, alarm, "undelivered", now)


async def fail(s: AsyncSession, alarm: Alarm, failure: str, now: dt.datetime) -> None:
    """The test alarms itself, once: into the log, into the group, and to duty people by the ways that still work."""
    if alarm.state == "failed":
        return
    alarm.state, alarm.failure, alarm.ended_at = "failed", failure, now
    log.error("alarm_test_failed", alarm=alarm.id, site=alarm.site, reason=failure)
    if failure != "undelivered":
        await board.post(s, alarm.site, f"alarm_line_test_{failure}", dedupe=f"{alarm.id}:{failure}")
    broken = {
        (row.operator_id, row.channel)
        for row in await s.scalars(select(Ring).where(Ring.alarm_id == alarm.id, Ring.state == "failed"))
    }
    alarm.step = NEWS
    for person in await duty.own(s, alarm.site) or duty.alone():
        await service.ring(s, alarm, person, _left(person, broken), now)


def _left(person: Person, broken: set[tuple[int | None, str]]) -> tuple[rules.Way, ...]:
    return tuple(way for way in person.ways if (person.operator_id, way) not in broken)


async def acknowledge(s: AsyncSession, alarm: Alarm, operator: Operator, now: dt.datetime) -> bool:
    """Somebody says that the test reached them. Late is good too; a way that does not work stays a failure.

    The caller holds the alarm's row.
    """
    if alarm.acked_by is None:
        alarm.acked_by = operator.id
        log.info("alarm_test_acknowledged", alarm=alarm.id, site=alarm.site, operator=operator.id)
    if alarm.state == "ringing" or alarm.failure == "unacknowledged":
        alarm.state, alarm.failure, alarm.ended_at = "acknowledged", None, now
    return alarm.state == "acknowledged"
