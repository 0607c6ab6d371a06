"""Whether the other side is away altogether, with a clock of the tests' own."""

from __future__ import annotations

from bot.runtime.circuit_breaker import ASK_SECONDS, FAILURES, Outage


def failed(times: int) -> Outage:
    outage = Outage()
    for _ in range(times):
        outage.failed(100.0)
    return outage


def test_one_failure_is_no_outage() -> None:
    outage = failed(FAILURES - 1)
    assert not outage.away and outage.may_call(100.0)
    assert outage.worked(100.0) is False


def test_while_it_lasts_one_call_now_and_then_asks() -> None:
    outage = failed(FAILURES)
    assert outage.away
    assert not outage.may_call(100.0 + ASK_SECONDS / 2)
    assert outage.may_call(100.0 + ASK_SECONDS)
    assert not outage.may_call(100.0 + ASK_SECONDS), "one, not everybody"
    assert outage.may_call(100.0 + 2 * ASK_SECONDS)


def test_one_call_that_works_ends_it_and_every_pause() -> None:
    outage = failed(FAILURES)
    outage.pause(7, 160.0)
    assert outage.worked(101.0) is True
    assert not outage.away and outage.pause_left(7, 101.0) == 0
    assert outage.worked(102.0) is False, "it is over only once"


def test_a_pause_of_one_is_nobody_elses_and_ends_by_itself() -> None:
    outage = Outage()
    outage.pause(7, 110.0)
    assert outage.pause_left(7, 104.0) == 6.0
    assert outage.pause_left(8, 104.0) == 0
    assert outage.worked(104.0) is False and outage.pause_left(7, 104.0) == 6.0, "that another one works says nothing"
    assert outage.pause_left(7, 110.0) == 0


def test_a_call_that_hung_through_its_end_says_nothing_of_now() -> None:
    outage = failed(FAILURES)
    outage.worked(101.0)
    assert not any(outage.failed(110.0, began=100.0) for _ in range(FAILURES)) and not outage.away
    assert all(outage.failed(112.0, began=102.0) for _ in range(FAILURES)) and outage.away
