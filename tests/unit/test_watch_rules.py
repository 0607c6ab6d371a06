"""What whoever keeps the hotline running is told: broken, worth a look, or well; and then what to do next."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import Any

import pytest

from bot.watch import rules
from bot.watch.rules import Finding
from bot.watch.snapshot import Open, Snapshot

AT = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
WELL = Snapshot(
    at=AT,
    counted_through=AT - dt.timedelta(seconds=90),
    backed_up=AT - dt.timedelta(hours=25),
    processes={"chat": 1, "worker": 1},
    answered={"chat": 4.0, "worker": 2.0},
    queue_beat=0.5,
    alarm={"on_duty": 2, "ways": 1},
)
DISK = 50_000_000_000, 100_000_000_000


def found(now: Snapshot, disk: tuple[int, int] | None = DISK) -> dict[str, Finding]:
    """What is not well, by name."""
    every = (*rules.parts(now), *rules.waits(now), *rules.upkeep(now, disk))
    assert len({one.name for one in every}) == len(every)
    return {one.name: one for one in every if one.grade != "well"}


def waiting(what: str, number: int, oldest: float | None = None, name: str = "") -> dict[str, Any]:
    return {"open": {what: {(name, "km"): Open(number, oldest)}}}


def test_a_hotline_that_works_has_nothing_to_do() -> None:
    assert found(WELL) == {}


@pytest.mark.parametrize(
    ("name", "changes"),
    [
        ("gateway", {"processes": {"worker": 1}}),
        ("gateway", {"answered": {"chat": 600.0, "worker": 2.0}}),
        ("rasa", {"answered": {"chat": 4.0, "worker": 600.0}}),
        ("jobs", {"processes": {"chat": 1}}),
        ("jobs", {"queue_beat": 60.0}),
        ("P1 unanswered", {"lying": {1: 481.0, 2: 4000.0}}),
        ("P1 unclaimed", waiting("unclaimed", 1, 301.0, "1")),
        ("waiting for Rasa", waiting("unanswered", 3, 700.0)),
        ("to send", waiting("outbox", 3, 61.0, "reply")),
        ("dead letters", waiting("dead", 1, 5.0)),
        ("night alarm", {"alarm": {"ways": 1, "on_duty": 2, "failed_tests": 1}}),
        ("night alarm", {"alarm": {"ways": 1, "on_duty": 2, "failed_calls": 1}}),
        ("topics of cases", waiting("no_topic", 1)),
        ("old topics", {"retention": {"topics_refused": 1}}),
        ("facts", {"facts": {"hidden": 1, "ending": 0, "unconfirmed": 4}}),
    ],
)
def test_a_promise_that_is_not_kept_is_broken_and_says_what_to_do(name: str, changes: dict[str, Any]) -> None:
    (one,) = found(replace(WELL, **changes)).values()
    assert (one.name, one.grade, one.ok) == (name, "broken", False)
    assert one.do.endswith(".")


@pytest.mark.parametrize(
    ("name", "changes"),
    [
        ("night alarm", {"alarm": {"on_duty": 0, "ways": 0}}),
        ("night alarm", {"alarm": {"on_duty": 2, "ways": 1, "ringing": 1}}),
        ("night alarm", {"alarm": {"on_duty": 2, "ways": 1, "open_tests": 1}}),
        ("night alarm", {"alarm": {"on_duty": 2, "ways": 1, "failed_earlier": 1}}),
        ("not delivered", waiting("failed", 1, None, "bad_request")),
        ("facts", {"facts": {"hidden": 0, "ending": 1, "unconfirmed": 4}}),
        ("forgetting", {"retention": {"silent_hours": 49}}),
        ("backup", {"backed_up": None}),
        ("backup", {"backed_up": AT - dt.timedelta(hours=27)}),
        ("counters", {"counted_through": AT - dt.timedelta(hours=2)}),
    ],
)
def test_what_can_wait_until_the_morning_is_said_all_the_same(name: str, changes: dict[str, Any]) -> None:
    (one,) = found(replace(WELL, **changes)).values()
    assert (one.name, one.grade, one.ok) == (name, "look", True)
    assert one.do.endswith(".")


@pytest.mark.parametrize("disk", [None, (5_000_000_000, 100_000_000_000), (1_500_000_000, 10_000_000_000)])
def test_a_disk_that_is_nearly_full_or_gone_is_worth_a_look(disk: tuple[int, int] | None) -> None:
    assert {name: one.grade for name, one in found(WELL, disk).items()} == {"disk": "look"}


def test_a_full_disk_is_broken_because_nothing_more_is_stored() -> None:
    (one,) = found(WELL, (3_000_000, 100_000_000_000)).values()
    assert (one.name, one.grade, one.detail) == ("disk", "broken", "full: 3 MB free")


@pytest.mark.parametrize(
    "changes",
    [
        waiting("unclaimed", 4, 90_000.0, "2"),
        waiting("unclaimed", 1, 30.0, "1"),
        waiting("outbox", 9, 7_000.0, "topic"),
        waiting("failed", 5, None, "blocked"),
        waiting("window", 7),
        {"retention": {"topics_refused": 0, "topics_left": 12, "legal_holds": 1}},
    ],
)
def test_what_may_take_its_time_is_nothing_to_see_to(changes: dict[str, Any]) -> None:
    assert found(replace(WELL, **changes)) == {}
