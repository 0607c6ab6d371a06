"""When the night alarm calls whom, and when its weekly test is due."""

from __future__ import annotations

import datetime as dt
from itertools import pairwise

import pytest

from bot.alarm import channels, rules
from bot.alarm.channels import Call
from bot.settings import Settings


def ladder(people: int, calls: int, *, step: float = 5.0, fresh: int = 0) -> list[tuple[int, float]]:
    """(person, minute) of the first calls of a ladder."""
    minute, found = 0.0, []
    for number in range(calls):
        found.append((number % people, minute))
        minute += rules.pause_minutes(number + 1, fresh, people, step)
    return found


def test_the_next_person_is_called_five_minutes_later_and_then_it_begins_again() -> None:
    assert ladder(3, 7) == [(0, 0), (1, 5), (2, 10), (0, 15), (1, 20), (2, 25), (0, 30)]


@pytest.mark.parametrize("people", [1, 2, 3, 5, 9])
def test_nobody_is_called_twice_within_ten_minutes_and_later_not_twice_an_hour(people: int) -> None:
    calls = ladder(people, people * 12)
    for person in range(people):
        times = [minute for who, minute in calls if who == person]
        gaps = [later - earlier for earlier, later in pairwise(times)]
        assert min(gaps) >= rules.AGAIN_MINUTES
        assert min(gaps[rules.QUICK_ROUNDS - 1 :]) >= rules.SLOW_MINUTES


def test_one_person_alone_is_called_for_days_but_not_every_minute() -> None:
    day = [minute for _, minute in ladder(1, 60) if minute <= 24 * 60]
    assert 20 <= len(day) <= 30


def test_a_newer_case_makes_a_slow_ladder_quick_again() -> None:
    assert rules.pause_minutes(8, 0, 1, 5) == rules.SLOW_MINUTES
    assert rules.pause_minutes(8, 7, 1, 5) == rules.AGAIN_MINUTES


def test_an_empty_duty_list_is_complained_of_at_the_same_pace() -> None:
    assert rules.pause_minutes(1, 0, 0, 5) == rules.AGAIN_MINUTES


@pytest.mark.parametrize(
    ("now", "slot"),
    [
        ("2026-03-02T03:00", "2026-03-02T03:00"),  # Monday 10:00 in Jakarta
        ("2026-03-02T02:59", "2026-02-23T03:00"),
        ("2026-03-08T23:59", "2026-03-02T03:00"),
        ("2026-03-05T12:00", "2026-03-02T03:00"),
    ],
)
def test_the_weekly_test_is_due_on_monday_morning_of_the_desk(now: str, slot: str) -> None:
    found = rules.last_slot(dt.datetime.fromisoformat(now).replace(tzinfo=dt.UTC), "mon 10:00", "Asia/Jakarta")
    assert found == dt.datetime.fromisoformat(slot).replace(tzinfo=dt.UTC)


def test_across_summer_time_the_test_stays_at_its_hour() -> None:
    after = dt.datetime(2026, 4, 1, 12, tzinfo=dt.UTC)
    assert rules.last_slot(after, "mon 10:00", "Europe/Brussels").hour == 8
    assert rules.last_slot(after - dt.timedelta(days=7), "mon 10:00", "Europe/Brussels").hour == 9


def test_a_test_that_is_late_wakes_nobody_at_night() -> None:
    slot = dt.datetime(2026, 3, 2, 3, tzinfo=dt.UTC)
    assert rules.test_is_due(slot + dt.timedelta(hours=4), slot)
    assert not rules.test_is_due(slot + dt.timedelta(hours=16), slot)


def test_the_program_gets_what_it_needs_and_no_secret_of_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("telegram_bot_token", "DATABASE_URL", "HOTLINE_KEYS", "SMTP_URL", "TELEGRAM_WEBHOOK_SECRET"):
        monkeypatch.setenv(name, "s3cret")
    monkeypatch.setenv("HOTLINE_TRACKER_KEY", "s3cret")
    monkeypatch.setenv("TWILIO_SID", "the script's own")
    call = Call(1, "alarm", "command", "+62812", "id", "H-7K3Q", 2, "Hotline: ...", "")
    given = channels.environment(call)
    assert "s3cret" not in given.values()
    assert not {name.upper() for name in Settings.model_fields} & {name.upper() for name in given}
    assert given["TWILIO_SID"] == "the script's own"
    assert given["PATH"]
    assert {name: given[name] for name in channels.VARIABLES} == {
        "HOTLINE_ALARM_KIND": "alarm",
        "HOTLINE_ALARM_CASE": "H-7K3Q",
        "HOTLINE_ALARM_PRIORITY": "1",
        "HOTLINE_ALARM_COUNT": "2",
        "HOTLINE_ALARM_PHONE": "+62812",
        "HOTLINE_ALARM_LANG": "id",
        "HOTLINE_ALARM_TEXT": "Hotline: ...",
    }
