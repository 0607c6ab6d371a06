"""What a message of an open case tells is kept as it was typed; what it does not tell is not there."""

from __future__ import annotations

from typing import Any

import pytest

from nlu.sheet import labels, values


@pytest.mark.parametrize(
    ("text", "money", "found"),
    [
        (
            "mintanya 60 juta paling lambat besok jam 12 siang",
            True,
            {"amount": "60 juta", "deadline": "besok jam 12 siang"},
        ),
        ("udh kirim 3jt masih minta lagi 5jt malam ini", True, {"amount": "5jt", "deadline": "malam ini"}),
        ("rekening BCA 1234567890", True, {"account": "1234567890"}),
        ("kito ber 11 dari indo", False, {"people": 11}),
        ("ralat min 23 org", False, {"people": 23}),
        ("nama sy Agus Salim bin Marwan, prabumulih", False, {"name": "Agus Salim bin Marwan"}),
        ("adik saya Hendra Lim. udah 8 bulan", False, {"name": "Hendra Lim"}),
        ("lantai 4 pak", False, {"building": "lantai 4 pak"}),
        ("គ្នា2 ញុំនិងវា វាអាយុ17", False, {"age": 17, "people": 2}),
        ("ឈ្មោះ ហ៊ល សារឿន ៣៤ឆ្នាំ", False, {"name": "ហ៊ល សារឿន", "age": 34}),
        ("ខ្ញុំនៅអគារ B ជាន់ទី៣", False, {"building": "អគារ B ជាន់ទី៣"}),
        ("chhmos vuthy ayu 24", False, {"name": "vuthy", "age": 24}),
    ],
)
def test_what_is_told_is_kept(text: str, money: bool, found: dict[str, Any]) -> None:
    told = values.read(text, money=money)
    assert {name: told.get(name) for name in found} == found


@pytest.mark.parametrize(
    "text", ["saya stres pak", "tolong", "1", "di jalan", "iya", "kapan datang", "អាយុ ២៣", "ជួយផង", "jouy phg", "min"]
)
def test_a_short_word_is_no_place_no_name_and_no_number(text: str) -> None:
    assert not set(values.read(text)) & {"building", "name", "account", "people", "amount"}


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("aku mau mati aja kak", "suicide"),
        ("darahnya keluar terus banyak", "bleeding"),
        ("nanti malam kami mau dipindah ke tempat lain", "moved"),
        ("paspor diambil bos semua", "docs_held"),
        ("kapan ada yang datang?", "q_when"),
        ("kalau bayar dilepas tidak?", "q_pay"),
        ("jangan telepon ya", "no_call"),
        ("jangan kasih tau suami saya", "no_family"),
        ("ខ្ញុំចង់ស្លាប់", "suicide"),
        ("ឈាមហូរច្រើនណាស់", "bleeding"),
        ("ពេលណាមានគេមក?", "q_when"),
        ("កុំទូរស័ព្ទមក", "no_call"),
    ],
)
def test_plain_words_are_read(text: str, label: str) -> None:
    assert label in labels.read(text)


@pytest.mark.parametrize("text", ["di bavet", "poipet", "នៅប៉ោយប៉ែត", "nov phnom penh"])
def test_a_town_by_itself_is_a_place_and_nothing_more(text: str) -> None:
    assert labels.read(text) <= {"correct", "about_other"}


@pytest.mark.parametrize(
    "text",
    [
        "tolong pak, saya disekap di kamboja, paspor saya diambil bos",
        "ជួយខ្ញុំផង ខ្ញុំជាប់នៅក្នុងអគារ ថៅកែយកលិខិតឆ្លងដែនខ្ញុំ គេមិនឲ្យចេញក្រៅទេ",
    ],
)
def test_whom_a_boss_locks_in_is_not_taken_for_held_by_the_police(text: str) -> None:
    assert "detained" not in labels.read(text), "'ask for your embassy' on a phone that the boss holds"


def test_every_example_has_labels_that_are_known() -> None:
    teach = pytest.importorskip("nlu.sheet.teach")
    assert len(teach.examples()) > 10_000
