"""Cries that stand in the frame of something harmless, and harmless words in the frame of a cry."""

from __future__ import annotations

import pytest

from nlu.understanding.triage import triage


@pytest.mark.parametrize(
    "text",
    [
        "ឥឡូវនៅស្រុកថៃ គេវាយខ្ញុំ",
        "ពីមុននៅរោងចក្រ ឥឡូវមកស្រុកម៉ាឡេ គេចាក់សោមិនឲ្យចេញ",
        "eylov nov srok chen ke bongkhom knhom reab ka",
    ],
)
def test_who_is_in_somebody_elses_country_now_is_not_home(text: str) -> None:
    assert triage(text).level != "none"


@pytest.mark.parametrize("text", ["ឥឡូវនៅស្រុកវិញហើយ ធ្លាប់ត្រូវគេបង្ខំ", "eylov nov srok vinh hery, pi mun ke bongkhom"])
def test_who_is_in_their_own_again_is(text: str) -> None:
    assert triage(text).level == "none"


@pytest.mark.parametrize(
    "text",
    [
        "40 WNI dipulangkan, adik saya tidak termasuk",
        "katanya 9 orang sudah dijemput polisi, suami saya belum ada di daftar",
    ],
)
def test_whose_kin_is_not_among_the_rescued_reports_somebody(text: str) -> None:
    assert triage(text).level == "third_party"


@pytest.mark.parametrize(
    "text",
    [
        "misal ada orang sudah terlanjur di sana dan ketipu, bisa hubungi siapa",
        "ឧបមាថាគេចាញ់បោក ទៅដល់ទីនោះអស់ហើយ តើទាក់ទងអ្នកណា",
        "ber chanh baok dol ti nus hery, hav neak na",
    ],
)
def test_who_to_call_for_somebody_already_there_is_asked_for_somebody(text: str) -> None:
    found = triage(text)
    assert (found.level, found.strength) == ("distress", "sure")


@pytest.mark.parametrize(
    "text",
    [
        "apa bener paspor ditahan bos di sana? saya baru kepikiran mau berangkat",
        "ពិតទេដែលថៅកែកាន់លិខិតឆ្លងដែន? ខ្ញុំទើបតែគិតចង់ទៅ",
        "pit te ke kan passport? knhom teub tae kit chong tov",
    ],
)
def test_who_only_thinks_of_going_asks_what_is_true(text: str) -> None:
    assert triage(text).frame == "ahead"
