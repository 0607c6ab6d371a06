"""Bounds of seconds. They hold on a quiet machine: only `make bench` asserts them, `make test` asserts what happened.

A test with such a bound is marked `timed`; one that is about nothing else is marked `timed(only=True)`, and left out of
`make test`.
"""

from __future__ import annotations

import os

import pytest

#: `make bench` sets this.
TIMED = os.environ.get("HOTLINE_TIMED") == "1"


def under(seconds: float, bound: float, why: str = "") -> None:
    """Under `make bench`, assert that it took less than `bound`."""
    assert not TIMED or seconds < bound, f"{seconds:.3f} s, not under {bound} s {why}"


def left_out(items: list[pytest.Item]) -> list[pytest.Item]:
    """The tests that are about seconds and nothing else, unless seconds are asserted in this run."""
    marks = {item: item.get_closest_marker("timed") for item in items}
    return [] if TIMED else [item for item, mark in marks.items() if mark and mark.kwargs.get("only")]
