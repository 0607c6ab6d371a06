"""The highest rate that is held is found from either side, in few steps."""

from __future__ import annotations

import pytest

from tests.load.traffic import STEPS, next_rate


@pytest.mark.parametrize(
    ("begins", "limit", "visited"),
    [
        (30, 45, [30, 40, 50]),
        (30, 30, [30, 40]),
        (30, 12, [30, 20, 10]),
        (30, 3, [30, 20, 10, 5]),
        (25, 28, [25, 30]),
        (80, 1000, [80, 100, 120]),
    ],
)
def test_it_goes_up_from_what_is_held_and_down_from_what_is_not(
    begins: float, limit: float, visited: list[float]
) -> None:
    tried: dict[float, bool] = {}
    rate: float | None = begins
    while rate is not None:
        tried[rate] = rate <= limit
        rate = next_rate(tried)
    assert list(tried) == visited


def test_it_ends_within_as_many_runs_as_there_are_steps() -> None:
    assert len(STEPS) * 30 <= 6 * 60, "seconds of load"
