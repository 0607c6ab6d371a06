"""Hours that a worker names: read as they are said, and never hours of danger as ones to write in."""

from __future__ import annotations

import pytest

from bot.turns import hours, phone_words


@pytest.mark.parametrize(
    ("text", "start", "end"),
    [
        ("aman jam 7 sampai 9 malam", "19:00", "21:00"),
        ("jam 20.00-22.00", "20:00", "22:00"),
        ("aman nya jam 10 malam", "22:00", None),
        ("jam 11 malam", "23:00", None),
        ("jam 11 malam sampai 1 malam", "23:00", "01:00"),
        ("jam 12 malam sampai jam 2", "00:00", "02:00"),
        ("antara jam 5 dan 6 pagi ya pak", "05:00", "06:00"),
        ("jam 11 siang sampai jam 1", "11:00", "13:00"),
        ("jam setengah tujuh malam", "18:30", None),
        ("sore jam 4 lewat 15 smp jam 5 krg 10", "16:15", "16:50"),
        ("pagi2 jam 5 smp stengah 7", "05:00", "06:30"),
        ("jam 5 sore", "17:00", None),
        ("ម៉ោង ៨ ដល់ ១០ យប់", "20:00", "22:00"),
        ("យប់ម៉ោង ១១", "23:00", None),
        ("យប់ម៉ោង១១", "23:00", None),
        ("ល្ងាចម៉ោង ៥", "17:00", None),
        ("ម៉ោង៩យប់", "21:00", None),
        ("ព្រឹកម៉ោង៥ដល់៦ព្រឹក", "05:00", "06:00"),
        ("ម៉ោង ១ ភ្លឺ", "01:00", None),
        ("maong 8 dol 9 yob", "20:00", "21:00"),
        ("yub mong 11", "23:00", None),
        ("lngeach mong 5 kanlas", "17:30", None),
        ("8pm-10pm", "20:00", "22:00"),
    ],
)
def test_hours_are_read_as_they_are_said(text: str, start: str, end: str | None) -> None:
    found = hours.named(text)
    assert found is not None
    assert (found.start, found.end) == (start, end)


@pytest.mark.parametrize("text", ["kami 5 orang", "gaji 800 dollar", "aman", "៥នាក់", "sudah 3 bulan 2 minggu", ""])
def test_numbers_that_are_no_hours_name_none(text: str) -> None:
    assert hours.named(text) is None


def test_the_clock_is_the_one_where_the_worker_is_and_a_single_hour_lasts_one() -> None:
    found = hours.named("jam 9 malam")
    assert found is not None
    assert hours.kept(found, "MM") == {"from": "21:00", "to": "22:00", "zone": "Asia/Yangon"}


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("mereka datang jam 9, jangan kirim apa-apa", "danger"),
        ("they come at 9, send nothing", "danger"),
        ("jam 10 malam hp dikumpulin semua", "danger"),
        ("ម៉ោង ៩ យប់គេមក កុំផ្ញើអី", "danger"),
        ("mong 9 yub ke mok kom phnher ey", "danger"),
        ("bisa chat jam 10 malam ke atas", "safe"),
        ("jam 12 siang majikan tidur, boleh kirim", "safe"),
        ("យប់ម៉ោង ១១ គេដេកអស់ ឆាតបាន", "safe"),
        ("yub mong 11 ke dek os chat ban", "safe"),
    ],
)
def test_hours_of_danger_are_told_from_hours_to_write_in(text: str, kind: str) -> None:
    found = phone_words.read(text).hours
    assert found is not None and found.kind == kind
