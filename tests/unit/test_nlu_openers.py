"""Whoever tells their name and nothing else, or tries whether somebody is there, says nothing yet."""

from __future__ import annotations

import pytest

from nlu.checks import examples
from nlu.understanding.decision import CASE_KINDS, kind_of
from nlu.understanding.openers import asks_more, introduces, opener


@pytest.mark.parametrize(
    "text",
    [
        "nama saya Budi",
        "nama gue joko",
        "halo kak, nama saya Siti Aminah.",
        "my name is Budi",
        "ខ្ញុំឈ្មោះសុខា",
        "សួស្តីបង ខ្ញុំឈ្មោះ ស្រីមុំ",
        "ឈ្មោះខ្ញុំគឺសុខា",
        "knhom chhmos sokha",
        "bong, knhom chmos Sok Dara",
        "tes",
        "P",
        "test kak",
    ],
)
def test_a_name_or_a_try_alone_says_nothing_yet(text: str) -> None:
    assert opener(text) == "greet"


@pytest.mark.parametrize(
    "text",
    [
        "nama saya Budi, tolong saya",
        "Nama saya Budi. Takut.",
        "nama saya budi lapar",
        "NAMA SAYA BUDI TOLONG",
        "nama saya Budi umur 15",
        "nama saya Budi dari Kamboja",
        "nama saya dicatut bos",
        "nama saya dicatut",
        "namanya siti umur 19",
        "nama saya siapa?",
        "kami dipaksa pakai nama saya Budi",
        "ខ្ញុំឈ្មោះសុខា ជួយខ្ញុំផង",
        "ខ្ញុំឈ្មោះសុខាជួយផង",
        "ខ្ញុំឈ្មោះសុខា គេវាយខ្ញុំ",
        "knhom chhmos sokha chuoy phong",
        "knhom chhmos sokha ke vay",
        "p tolong",
        "tes. lantai 5",
    ],
)
def test_a_name_and_more_is_left_to_the_others(text: str) -> None:
    assert opener(text) is None


def test_no_report_of_the_training_data_is_a_name() -> None:
    reports = (one.text for one in examples.utterances() if kind_of(one.intent) in CASE_KINDS)
    assert [text for text in reports if len(text) < 80 and introduces(text)] == []


@pytest.mark.parametrize(
    ("text", "more"),
    [
        ("berapa lama?", True),
        ("siapa yg bayar kak", True),
        ("យូរប៉ុន្មាន", True),
        ("yur ponman bong", True),
        ("berapa lama lagi saya dikurung", False),
        ("jam berapa bola", False),
        ("lama", False),
    ],
)
def test_how_long_asks_for_more(text: str, more: bool) -> None:
    assert asks_more(text) is more
