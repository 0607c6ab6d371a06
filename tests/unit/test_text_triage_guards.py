"""What never happened is no cry; what is denied of something else is one. All rows are invented."""

from __future__ import annotations

import pytest

from nlu.text.triage import triage

URGENT = {"emergency", "distress", "third_party"}

NEVER_HAPPENED = [
    "knhom min del trov ke vay te",
    "knhom ot dael trov ke romlop te",
    "min toan trov ke vay te",
    "mn del mean ke vay knhom te",
    "ot del ke vay kn te",
    "ខ្ញុំមិនដែលត្រូវគេវាយទេ",
    "អត់ទាន់ត្រូវគេឆក់ខ្សែភ្លើងទេ",
    "ថៅកែខ្ញុំល្អ មិនដែលវាយអ្នកណា",
    "saya belum pernah kena pukul",
]
DENIES_SOMETHING_ELSE = [
    "ber ot del krob target ke vay knhom",
    "knhom min del ban luy ke vay knhom",
    "ke vay knhom min del chhop te",
    "គេមិនដែលឈប់វាយខ្ញុំ",
    "អត់លុយលោះខ្លួន",
    "saya belum pernah digaji malah dipukul",
]


@pytest.mark.parametrize("text", NEVER_HAPPENED)
def test_what_is_far_away_over_or_denied_is_no_cry(text: str) -> None:
    assert triage(text).level not in URGENT


@pytest.mark.parametrize("text", DENIES_SOMETHING_ELSE)
def test_what_is_ones_own_or_goes_on_is_a_cry(text: str) -> None:
    assert triage(text).level in URGENT
