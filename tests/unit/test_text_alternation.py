"""Many words as one pattern: found as fast as can be, and no other than one after the other."""

import re

import pytest

from nlu.text.alternation import any_of, words

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


@pytest.mark.parametrize(
    "pattern",
    [
        "kota",
        "p?rak",
        "(?:pi|pel) mun",
        "(?<!a )visa",
        "(?<!a )(?<!o)v?isa",
        "(?:ke)?ra",
        "/ ?kali",
        r"\d+ hz",
        "ka|kb",
        "[ab]x",
    ],
)
def test_words_are_found_whole_whatever_they_begin_with(pattern: str) -> None:
    many = sorted(["kot", pattern, "isa", "kera"], key=len, reverse=True)
    one_by_one = re.compile(rf"(?<![a-z\d])(?:{any_of(many)})(?![a-z])")
    together = re.compile(words(many, r"[a-z\d]", "[a-z]"))
    for text in (
        "kota kot",
        "prak rak xrak",
        "pi mun pel mun1",
        "visa a visa isa o isa",
        "kera ra",
        "1/kali /kali",
        "7 hz",
        "ka kb",
        "ax bx xax",
    ):
        assert [m.span() for m in together.finditer(text)] == [m.span() for m in one_by_one.finditer(text)], text


def test_every_branch_of_plain_words_begins_with_its_letter() -> None:
    assert not words(["kota", "p?rak", "(?:pi|pel) mun", "(?<!a )visa"], "[a-z]", "[a-z]").startswith("(")
    assert "|(" not in words(["kota", "p?rak", "(?<!a )visa"], "[a-z]", "[a-z]")


def test_what_stands_first_is_tried_first_whatever_it_begins_with() -> None:
    many = ["(?:k|x)erabu", "[ke]{2}ra ?", "kera"]
    one_by_one, together = re.compile(f"(?:{any_of(many)})(?![a-z])"), re.compile(words(many, "[a-z]", "[a-z]"))
    for text in ("kera 1", "kerabu", "xerabu", "eera"):
        assert [m.span() for m in together.finditer(text)] == [m.span() for m in one_by_one.finditer(text)], text
