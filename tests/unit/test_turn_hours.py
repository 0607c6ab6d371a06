"""A worker names hours in which writing is safe."""

from __future__ import annotations

import pytest

from bot.turns.hours import safe_hours


@pytest.mark.parametrize(
    ("text", "start", "end"),
    [
        ("aman jam 7 sampai 9 malam", "19:00", "21:00"),
        ("jam 20.00-22.00", "20:00", "22:00"),
        ("aman nya jam 10 malam", "22:00", "23:00"),
        ("jam 11 malam sampai 1 malam", "23:00", "01:00"),
        ("antara jam 5 dan 6 pagi ya pak", "05:00", "06:00"),
        ("ម៉ោង ៨ ដល់ ១០ យប់", "20:00", "22:00"),
        ("ម៉ោង៩យប់", "21:00", "22:00"),
        ("ព្រឹកម៉ោង៥ដល់៦ព្រឹក", "05:00", "06:00"),
        ("maong 8 dol 9 yob", "20:00", "21:00"),
        ("8pm-10pm", "20:00", "22:00"),
    ],
)
def test_hours_are_read_as_they_are_said(text: str, start: str, end: str) -> None:
    found = safe_hours(text, "KH")
    assert found is not None
    assert (found["from"], found["to"]) == (start, end)


@pytest.mark.parametrize("text", ["kami 5 orang", "gaji 800 dollar", "aman", "៥នាក់", "sudah 3 bulan 2 minggu", ""])
def test_numbers_that_are_no_hours_name_none(text: str) -> None:
    assert safe_hours(text, "KH") is None


def test_the_clock_is_the_one_where_the_worker_is() -> None:
    assert (safe_hours("jam 9 malam", "MM") or {})["zone"] == "Asia/Yangon"
