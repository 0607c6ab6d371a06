"""Many words as one pattern: found as fast as can be, and no other than one after the other."""

import re

import pytest

from nlu.text.alternation import any_of

WORDS = sorted(["phnom penh", "phnom", "poipet", "poi pet", "prey veng", "kota", "kota kinabalu", "k", "ប៉ោយប៉ែត", "ប៉ោយ"])
LONGEST_FIRST = sorted(WORDS, key=len, reverse=True)


@pytest.mark.parametrize("text", ["ke phnom penh", "phnom", "di kota kinabalu k", "ប៉ោយប៉ែត", "ប៉ោយ", "poi", ""])
def test_the_same_is_found_as_by_one_word_after_the_other(text: str) -> None:
    one_by_one, together = re.compile("|".join(LONGEST_FIRST)), re.compile(any_of(LONGEST_FIRST))
    assert [m.span() for m in together.finditer(text)] == [m.span() for m in one_by_one.finditer(text)]


@pytest.mark.parametrize("pattern", ["ke?ra", "k(?:o|a)ta", "ka|kb", "k{2}", "[a-k]x", r"k\.o", ""])
def test_a_pattern_that_is_more_than_letters_means_what_it_meant(pattern: str) -> None:
    many = [pattern, "kb", "ko"]
    one_by_one, together = re.compile("|".join(f"(?:{one})" for one in many)), re.compile(f"(?:{any_of(many)})")
    for text in ("kera", "kra", "kota", "kata", "ka", "kb", "kk", "ax", "k.o", "ko", ""):
        assert bool(together.fullmatch(text)) is bool(one_by_one.fullmatch(text)), text
