"""What hangs or grows is killed; what is only slow, was stopped for a moment, or waits for the machine, is not."""

from __future__ import annotations

from pathlib import Path

from bot.runtime import liveness
from bot.runtime.liveness import Pulse

MB = 1024 * 1024


def looks(found: Pulse, until: float, *, sign: bool, every: float = 5.0, waits: float = 0.0) -> float | None:
    """Look every few seconds; `waits` is the share of them in which the machine ran others. When it must be killed."""
    while found.at < until:
        now = found.at + every
        if found.look(sign, now, waited=found.waited + every * waits) is not None:
            return now
    return None


def test_one_that_stands_still_is_killed_after_half_a_minute() -> None:
    found = Pulse(0.0)
    assert looks(found, 60.0, sign=True) is None
    assert looks(found, 600.0, sign=False) == 60.0 + liveness.HUNG_SECONDS


def test_one_that_was_stopped_for_a_while_goes_on() -> None:
    found = Pulse(0.0)
    for began in range(0, 1000, 30):
        assert looks(found, began + 5.0, sign=True) is None
        assert looks(found, began + 25.0, sign=False) is None


def test_one_that_waits_for_a_busy_machine_is_only_slow() -> None:
    found = Pulse(0.0)
    looks(found, 5.0, sign=True)
    assert looks(found, 250.0, sign=False, waits=0.9) is None
    assert looks(found, 600.0, sign=False, waits=0.9) is not None, "one that computes for ever is found there too"


def test_a_start_may_take_minutes_and_not_for_ever() -> None:
    assert looks(Pulse(0.0), liveness.START_SECONDS - 10, sign=False) is None
    assert looks(Pulse(0.0), 1000.0, sign=False) == liveness.START_SECONDS


def test_time_in_which_the_one_who_looks_was_stopped_itself_proves_little() -> None:
    found = Pulse(0.0)
    looks(found, 5.0, sign=True)
    assert found.look(False, 10_000.0) is None
    assert found.look(False, 20_000.0) is None
    assert found.look(False, 30_000.0) == "hung"


def test_one_that_grows_is_killed_unless_it_gives_the_memory_back() -> None:
    found = Pulse(0.0, 1000 * MB)
    held = [700, 800, 700, 800, 760]
    assert [found.look(True, 5.0 * n, held_bytes=mb * MB) for n, mb in enumerate(held)] == [None] * 4 + ["full"]
    assert Pulse(0.0).look(True, 5.0, held_bytes=9000 * MB) is None


def test_the_killed_are_counted_by_what_they_are_and_why(tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "nlu.killed").write_text("hung\nfull\n")
    (tmp_path / "run" / "nlu-2.killed").write_text("hung\n")
    found = liveness.killed(tmp_path)
    assert found["nlu", "hung"] == 2 and found["nlu", "full"] == 1
