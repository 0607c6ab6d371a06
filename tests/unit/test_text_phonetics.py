"""Khmer has one sound and many spellings: the key of a word is the same in its script and in Latin letters."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlu.text.phonetics import key, script_key

ROWS = [
    ("ខ្ញុំ", "khnhom knhom knom"),
    ("ជួយ", "chuoy juoy juy jouy"),
    ("ចង់", "chong jong jorng"),
    ("ផ្ទះ", "phteah pteah ptas"),
    ("ធ្វើការ", "tverka tveuka thverkar"),
    ("ថៅកែ", "thaoke tauke tawkae"),
    ("លុយ", "luy loy lui"),
    ("វាយ", "veay vay vai"),
    ("រត់", "rot rut"),
    ("ស្លាប់", "slab slap"),
    ("គាត់", "kat gat"),
    ("បន្ទប់", "bontub bontop"),
    ("យើង", "yerng yeung"),
    ("មិត្ត", "mit mitt"),
    ("កូន", "kon koun"),
    ("ឲ្យ", "oy aoy"),
    ("អោយ", "oy aoy"),
    ("នេះ", "nis neh"),
]


@pytest.mark.parametrize(("word", "spellings"), ROWS)
def test_a_word_sounds_the_same_in_script_and_in_latin_letters(word: str, spellings: str) -> None:
    assert {key(spelling) for spelling in spellings.split()} == {script_key(word)}


def test_words_that_must_not_be_mistaken_keep_different_keys() -> None:
    words = ["ស្លាប់", "ស្រឡាញ់", "លុយ", "ជួយ", "រត់", "ផ្ទះ", "បងប្អូន", "លិខិតឆ្លងដែន", "វាយ", "ឆក់"]
    assert len({script_key(word) for word in words}) == len(words)


@given(st.text(alphabet=st.characters(min_codepoint=0x1780, max_codepoint=0x17FF), max_size=40))
def test_any_order_of_khmer_characters_has_a_key(word: str) -> None:
    assert script_key(word).isalpha() or not script_key(word)
