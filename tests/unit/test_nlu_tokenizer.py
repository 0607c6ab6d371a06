"""Words in one spelling, with places that point into the text as it was typed."""

from __future__ import annotations

import pytest

from nlu.model import features
from nlu.model.features import SORTS, clip, cut, pieces, read, word_grams
from nlu.model.intent_model import _says

ROWS = [
    ("Halo kak, mau TANYA!", ["halo", "kak", "mau", "tanya"]),
    ("tolooong   sayaaa", ["tolong", "saya"]),
    ("ខ្ញុំចង់ទៅធ្វើការនៅថៃ", ["ខ្ញុំ", "ចង់", "ទៅ", "ធ្វើការ", "នៅ", "ថៃ"]),
    ("ខ្ញុំ\u200bចង់\u200bទៅ", ["ខ្ញុំ", "ចង់", "ទៅ"]),
    ("jong tver ka nov thai", ["jong", "tver", "ka", "nov", "thai"]),
    ("gaji ១២០០ ដុល្លារ", ["gaji", "1200", "ដុល្លារ"]),
    ("", []),
    ("...!?", []),
]


@pytest.mark.parametrize(("text", "words"), ROWS)
def test_words_are_cut_in_one_spelling(text: str, words: list[str]) -> None:
    assert [word.text for word in cut(text)] == words


@pytest.mark.parametrize("text", [row[0] for row in ROWS])
def test_places_point_into_the_typed_text_in_order(text: str) -> None:
    at = 0
    for word in cut(text):
        assert at <= word.start < word.end <= len(text)
        assert text[word.start : word.end].strip()
        at = word.end


def test_the_typed_form_is_found_at_its_place() -> None:
    text = "Mau TANYA tolooong"
    assert [text[word.start : word.end] for word in cut(text)] == ["Mau", "TANYA", "tolooong"]


def test_spaces_between_khmer_words_change_no_piece_of_letters() -> None:
    assert list(pieces("ខ្ញុំ ចង់ ទៅ")) == list(pieces("ខ្ញុំចង់ទៅ"))


def test_pairs_follow_the_words() -> None:
    assert list(word_grams(["paspor", "saya", "2"])) == ["paspor", "saya", "0", "paspor saya", "saya 0"]


def test_an_endless_message_is_read_at_both_ends() -> None:
    assert len(clip("a" * 100_000)) < 2_100


def test_khmer_in_latin_letters_is_heard_as_khmer_in_its_script() -> None:
    in_script, romanised = read("ខ្ញុំចង់ទៅផ្ទះ"), read("khnhom jong tov pteah")
    assert in_script["sounds"] == romanised["sounds"] and in_script["sounds"]
    assert in_script["consonants"] == romanised["consonants"]


def test_indonesian_makes_no_khmer_sounds() -> None:
    assert read("saya mau pulang ke rumah")["sounds"] == []


def test_a_sign_that_something_speaks_against_is_told_from_one_that_stands() -> None:
    assert "stands:distress" in read("paspor saya diambil bos")["traces"]
    told = read("kalau misalnya paspor diambil bos, lapornya kemana?")["traces"]
    assert "stands:distress" not in told


def test_every_sort_is_read_of_anything() -> None:
    for text in ("", "😭", "\ud800", "1200", "a" * 100_000):
        assert set(read(text)) == set(SORTS)


def test_single_letters_say_nothing() -> None:
    """ "ឡឡឡ កកក យយយ" opened a case: three letters that stand alone in some message of the training data."""
    assert not any(_says(gram) for gram in read("ឡឡឡ កកក យយយ")["words"])
    assert all(_says(gram) for gram in read("tolong saya")["words"])


def test_long_runs_of_khmer_do_not_fill_the_memory() -> None:
    before = features._kept_pieces.cache_info().currsize
    for number in range(40):
        list(pieces("ជួយខ្ញុំផង" * 40 + "កខគ"[number % 3] * (number + 1)))
    assert features._kept_pieces.cache_info().currsize == before
