"""Jobs of the alarm: the look every few seconds, one call, and the buttons under its lines in the group."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from bot import log as logs
from bot import texts
from bot.alarm import board, channels, drill, duty, rules, service
from bot.alarm.channels import Call
from bot.cases import allowed
from bot.desk.buttons import on_pressed
from bot.errors import AlarmNotDelivered
from bot.storage import jobs
from bot.storage.models import Alarm, Chat, Operator, Ring
from bot.storage.session import session

log = logs.get(__name__)

#: Attempts of one call, the first among them.
MAX_ATTEMPTS = len(rules.RETRY_SECONDS) + 1


async def look(now: dt.datetime | None = None) -> None:
    """Call whom it is time to call. Several workers may look at once. Without any channel only the weekly word is said.

    Each desk has a transaction of its own, so that trouble with one does not silence another.
    """
    now = now or dt.datetime.now(dt.UTC)
    if duty.channels():
        async with session() as s:
            rings = await s.scalars(select(Alarm.site).where(Alarm.kind == "case", Alarm.state == "ringing"))
            desks = sorted({*await service.waiting(s, now), *rings})
        for site in desks:
            async with session() as s:
                await service.climb(s, site, now)
                await s.commit()
    async with session() as s:
        await _again(s, now)
        await drill.fail_overdue(s, now)
        await drill.begin_due(s, now)
        await s.commit()


async def _again(s: AsyncSession, now: dt.datetime) -> None:
    """A call whose job got lost gets another one."""
    before = now - dt.timedelta(seconds=rules.LOST_SECONDS)
    lost = select(Ring.id).where(Ring.state == "queued", func.coalesce(Ring.attempted_at, Ring.created_at) < before)
    for row in await s.scalars(lost):
        await jobs.defer(s, "alarm.ring", queue_name=jobs.ALARMS, once=f"ring:{row}", ring=row)


@jobs.queue.task(name="alarm.ring", queue=jobs.ALARMS, retry=jobs.retry_soon())
async def ring(ring: int) -> None:
    """Make one call. A kill between call and record makes it ring twice, never not at all."""
    await attempt(ring)


async def attempt(row: int, now: dt.datetime | None = None) -> AlarmNotDelivered | None:
    """Make one call, if it is still wanted, and write down what came of it. Returns why it did not go out."""
    now = now or dt.datetime.now(dt.UTC)
    async with session() as s:
        call = await _prepare(s, row, now)
        await s.commit()
    if call is None:
        return None
    problem: AlarmNotDelivered | None = None
    try:
        await channels.deliver(call)
    except AlarmNotDelivered as raised:
        problem = raised
    async with session() as s:
        await _settle(s, row, problem, now)
        await s.commit()
    return problem


async def _held(s: AsyncSession, row: int) -> tuple[Alarm, Ring]:
    """A call with its alarm, the alarm locked first."""
    found = await s.get_one(Ring, row)
    alarm = await s.get_one(Alarm, found.alarm_id, with_for_update=True, populate_existing=True)
    await s.refresh(found, with_for_update=True)
    return alarm, found


async def _prepare(s: AsyncSession, row: int, now: dt.datetime) -> Call | None:
    """What is to be said to whom; None when the call is made already, or nobody needs it any more."""
    alarm, found = await _held(s, row)
    if found.state != "queued":
        return None
    if found.attempts >= MAX_ATTEMPTS:
        # The last attempt's outcome was lost: for all we know it did not go out.
        await _failed(s, alarm, found, now)
        return None
    due = (await service.waiting(s, now))[alarm.site] if alarm.kind == "case" else []
    if alarm.kind == "case" and (alarm.state != "ringing" or not due):
        found.state = "dropped"
        return None
    person = await s.get(Operator, found.operator_id) if found.operator_id is not None else None
    address = None if person is None else person.email if found.channel == "email" else person.phone
    if found.operator_id is not None and (person is None or not person.active or not address):
        # Taken off the list since.
        found.attempts, found.failure = MAX_ATTEMPTS, "address"
        await _failed(s, alarm, found, now)
        return None
    lang = texts.reader(person.lang if person is not None else board.lang_of(alarm.site))
    if alarm.kind == "case":
        key = "alarm_text" if len(due) == 1 else "alarm_text_more"
        since = board.clock(due[0].since, now, alarm.site)
        told = due[0].ref
        words = texts.render(key, lang, ref=told, since=since, count=len(due))
    else:
        told = drill.ref(alarm)
        words = texts.render("alarm_test_text" if found.step == drill.TEST else "alarm_test_failed_text", lang)
    found.attempts, found.attempted_at, found.told = found.attempts + 1, now, told
    hint = texts.render("alarm_hint" if alarm.kind == "case" else "alarm_test_hint", lang)
    kind = "alarm" if alarm.kind == "case" else "test"
    return Call(found.id, kind, found.channel, address, lang, told, len(due), words, hint)  # type: ignore[arg-type]


async def _settle(s: AsyncSession, row: int, problem: AlarmNotDelivered | None, now: dt.datetime) -> None:
    alarm, found = await _held(s, row)
    if found.state != "queued":
        return
    if problem is None:
        found.state, found.failure = "delivered", None
        log.info("alarm_delivered", alarm=alarm.id, ring=found.id, channel=found.channel)
        return
    found.failure = problem.failure
    log.warning("alarm_not_delivered", alarm=alarm.id, ring=found.id, channel=found.channel, reason=problem.failure)
    if found.attempts >= MAX_ATTEMPTS:
        await _failed(s, alarm, found, now)
        return
    at = dt.datetime.now(dt.UTC) + dt.timedelta(seconds=rules.RETRY_SECONDS[found.attempts - 1])
    await jobs.defer(s, "alarm.ring", queue_name=jobs.ALARMS, at=at, ring=found.id)
    if alarm.kind == "case":
        await service.not_delivered(s, alarm, found, now)


async def _failed(s: AsyncSession, alarm: Alarm, found: Ring, now: dt.datetime) -> None:
    """A call failed for good."""
    found.state = "failed"
    await s.flush()
    log.error("alarm_call_failed", alarm=alarm.id, ring=found.id, channel=found.channel, reason=found.failure)
    if alarm.kind == "case":
        await service.not_delivered(s, alarm, found, now)
    else:
        await drill.not_delivered(s, alarm, found, now)


# -- buttons in the group


@on_pressed("alarm")
async def pressed(s: AsyncSession, group: Chat, operator: Operator, rest: str) -> str:
    """An operator is awake, or the test reached them. The button works in the desk's own group alone."""
    action, _, number = rest.partition(":")
    row = int(number) if number.isascii() and number.isdecimal() and len(number) <= 18 else 0
    alarm = await s.get(Alarm, row, with_for_update=True, populate_existing=True)
    if alarm is None or not board.receives(alarm.site).is_in(group):
        return "desk_button_unknown"
    allowed.for_desk(operator, alarm.site)
    now = dt.datetime.now(dt.UTC)
    if action == "ack" and alarm.kind == "case":
        return "alarm_you_acknowledged" if await service.acknowledge(s, alarm, operator, now) else "alarm_rings_no_more"
    if action == "rang" and alarm.kind == "test":
        return "alarm_test_passed" if await drill.acknowledge(s, alarm, operator, now) else "alarm_test_still_failed"
    return "desk_button_unknown"
