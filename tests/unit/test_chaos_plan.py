"""The plan of faults and the crowd come from the seed alone, and hold what they promise."""

from __future__ import annotations

import pytest

from tests.chaos import people, plan


def test_the_same_seed_gives_the_same_plan_and_the_same_crowd() -> None:
    assert plan.make(7, kills=12) == plan.make(7, kills=12)
    assert plan.make(7, kills=12) != plan.make(8, kills=12)
    assert people.crowd(7, 40, seconds=60) == people.crowd(7, 40, seconds=60)
    assert people.crowd(7, 40, seconds=60) != people.crowd(8, 40, seconds=60)


@pytest.mark.parametrize("kills", [1, 5, 13, 100])
def test_every_process_is_killed_as_often_as_asked(kills: int) -> None:
    made = plan.make(3, kills=kills)
    assert {victim: len(made.kills_of(victim)) for victim in plan.VICTIMS} == dict.fromkeys(plan.VICTIMS, kills)


def test_a_hundred_kills_of_each_end_within_35_minutes() -> None:
    assert plan.make(1, kills=100).seconds <= 35 * 60


def test_every_kind_of_fault_comes_up_and_ends_before_the_last_round_does() -> None:
    made = plan.make(5, kills=5)
    assert {strike.fault["kind"] for strike in made.strikes if strike.what == "telegram"} == set(plan.KINDS)
    assert {strike.what for strike in made.strikes} == {"telegram", "clock", "disk"}
    assert all(strike.at + strike.seconds <= made.seconds for strike in made.strikes)
    assert all(kill.at < made.seconds for kill in made.kills)


def test_gateway_and_worker_are_killed_at_work_and_at_their_start() -> None:
    made = plan.make(9, kills=10)
    for victim in ("chat", "worker"):
        assert {kill.working for kill in made.kills_of(victim)} == {True, False}


def test_half_of_the_crowd_speaks_each_language_and_every_kind_of_message_is_sent() -> None:
    crowd = people.crowd(11, 500, seconds=600)
    assert [writer.voice.lang for writer in crowd].count("id") == 250
    sent = {line.what for writer in crowd for line in writer.lines}
    assert sent == set(people.KINDS)


def test_no_two_texts_of_the_crowd_are_the_same_but_control_words() -> None:
    texts = [
        line.text
        for writer in people.crowd(2, 300, seconds=600)
        for line in writer.lines
        if line.text and line.what not in people.CONTROLS
    ]
    assert len(texts) == len(set(texts))
