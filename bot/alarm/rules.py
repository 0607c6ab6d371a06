"""The rules of the night alarm, without I/O: when the next person is called, and when the weekly test is due."""

from __future__ import annotations

import datetime as dt
from typing import Final, Literal
from zoneinfo import ZoneInfo

type Way = Literal["email", "command"]

#: Minutes between two alarms of one desk: who was just called for one case is not called for the next at once.
#: Source of this and the next three: docs/night-alarm.md, The ladder.
QUIET_MINUTES: Final = 2.0
#: Minutes before the same person is called again in the first rounds through the duty list, and after them: an alarm
#: that nobody hears must not stop, and must not ring every few minutes for days.
AGAIN_MINUTES: Final = 10.0
SLOW_MINUTES: Final = 60.0
#: Rounds through the duty list at the quick pace.
QUICK_ROUNDS: Final = 3

#: Seconds before one call is tried again by the same way; it fails for good after the last.
RETRY_SECONDS: Final = (30.0, 120.0)
#: Seconds after which a call without an outcome has lost its job, and gets another.
LOST_SECONDS: Final = 240.0

#: Minutes in which somebody must have acknowledged the weekly test.
TEST_MINUTES: Final = 60.0
#: Hours by which the weekly test may be late when the machine was down; a later one waits for the next week.
LATE_HOURS: Final = 12.0
WEEKDAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def pause_minutes(step: int, fresh_step: int, people: int, step_minutes: float) -> float:
    """Minutes from call number `step` (the first is 1) to the next one.

    Within a round through the duty list each person has `step_minutes`. A new round begins when the first person may be
    called again. `fresh_step`: how many calls there had been when the newest case joined; the rounds count from there.
    """
    people = max(people, 1)
    if step % people:
        return step_minutes
    rounds = (step - fresh_step) // people
    again = AGAIN_MINUTES if rounds < QUICK_ROUNDS else SLOW_MINUTES
    return max(step_minutes, again - (people - 1) * step_minutes)


def last_slot(now: dt.datetime, when: str, zone: str) -> dt.datetime:
    """The last time at or before `now` at which the weekly test was due: `when` is "mon 10:00" in the desk's zone."""
    day, _, clock = when.partition(" ")
    local = now.astimezone(ZoneInfo(zone))
    hour, minute = map(int, clock.split(":"))
    slot = local.replace(hour=hour, minute=minute, second=0, microsecond=0)
    slot -= dt.timedelta(days=(local.weekday() - WEEKDAYS.index(day)) % 7)
    # Wall clock arithmetic: across a change of summer time the test stays at its hour.
    if slot > local:
        slot -= dt.timedelta(days=7)
    return slot.astimezone(dt.UTC)


def test_is_due(now: dt.datetime, slot: dt.datetime) -> bool:
    """Whether a test of this slot may still go out: in the middle of the night nobody should be woken by one."""
    return now - slot <= dt.timedelta(hours=LATE_HOURS)
