"""How a group's minute is spent, and how a list of many reads. No clock, no database."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import replace

import pytest

from bot.cases import sites
from bot.desk import budget
from bot.desk.budget import Spent, Waits
from bot.outbox.split import MESSAGE_UNITS, split
from bot.texts import LANGS, Lang, catalogue

NONE = Spent(p1=0, cards=0, places=0)


def test_a_p1_is_announced_singly_eight_times_a_minute_whatever_else_waits() -> None:
    busy = Spent(p1=7, cards=30, places=60)
    assert budget.goes_singly(1, busy, listed=True)
    assert not budget.goes_singly(1, replace(busy, p1=8), listed=False)


@pytest.mark.parametrize("priority", [2, 3, 4])
def test_others_are_announced_singly_while_the_minute_has_room_and_nobody_was_first(priority: int) -> None:
    assert budget.goes_singly(priority, NONE, listed=False)
    assert not budget.goes_singly(priority, NONE, listed=True)
    assert not budget.goes_singly(priority, replace(NONE, cards=5), listed=False)
    assert not budget.goes_singly(priority, replace(NONE, places=12), listed=False)


def test_eight_p1_with_their_topics_and_a_list_of_an_hours_reports_fit_into_a_minute() -> None:
    hour = [Waits(1 + n % 4, f"H-{n:04X}", n // 24) for n in range(1440)]
    words = catalogue("km")
    text = budget.lines(hour, minutes=words["desk_list_minutes"], hours=words["desk_list_hours"])
    assert 2 * budget.P1_SINGLY + len(split(text)) <= 20


def test_catching_up_takes_only_what_is_left() -> None:
    assert budget.room(NONE) == budget.CATCH_UP
    assert budget.room(replace(NONE, places=6)) == 1
    assert budget.room(replace(NONE, places=40)) == 0


@pytest.mark.parametrize("lang", LANGS)
def test_a_list_names_everybody_p1_first_the_oldest_first(lang: Lang) -> None:
    words = catalogue(lang)
    cases = [Waits(2, "H-22AA", 5), Waits(1, "H-33AA", 1), Waits(1, "H-44AA!", 200), Waits(2, "H-55AA", 5)]
    text = budget.lines(cases, minutes=words["desk_list_minutes"], hours=words["desk_list_hours"])
    assert re.findall(budget.REF, text) == ["H-44AA!", "H-33AA", "H-22AA", "H-55AA"]
    assert len(text.splitlines()) == 5, "a heading for each priority, a line for each age"
    assert len(text) < MESSAGE_UNITS


HOURS = {"from": "08:00", "to": "17:00", "days": ["mon", "tue", "wed", "thu", "fri"]}
NIGHT = {"from": "22:00", "to": "06:00", "days": ["fri"]}


@pytest.mark.parametrize(
    ("hours", "local", "staffed"),
    [
        (HOURS, "2026-11-25T08:00", True),
        (HOURS, "2026-11-25T17:00", False),
        (HOURS, "2026-11-28T10:00", False),
        (NIGHT, "2026-11-27T23:00", True),
        (NIGHT, "2026-11-28T05:00", True),
        (NIGHT, "2026-11-27T05:00", False),
        ({"from": "08:00", "to": "17:00"}, "2026-11-28T10:00", True),
        ({}, "2026-11-28T03:00", True),
        ({"from": "eight", "to": "17:00"}, "2026-11-28T03:00", True),
    ],
)
def test_a_desk_is_staffed_in_the_hours_it_names(hours: dict[str, object], local: str, staffed: bool) -> None:
    site = replace(sites.fallback(), hours=hours, zone="Asia/Jakarta")
    assert site.staffed(dt.datetime.fromisoformat(f"{local}+07:00")) is staffed
