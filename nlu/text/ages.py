"""Finds how old people are said to be, for triage (a child is urgent) and for whoever reads a report."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from dataclasses import dataclass

from nlu.text.numerals import SPELT, count
from nlu.text.words import words_of

_WORDS = words_of("ages")

_N = rf"\d{{1,2}}(?![\d,./]?\d)|{SPELT}"
#: What stands between "age" and the number: whose it is, and that it is no more.
_WHOSE, _WHOSE_KM = _WORDS.whose, _WORDS.whose_joined
#: Somebody whose age is told without the word age: "adik saya 15 tahun", "anak saya (15)", "kmeng srey 15 chnam".
_WHO = rf"(?:{_WORDS.who})(?:{_WORDS.who_ending})?(?: (?:{_WORDS.who_more})){{0,2}}"
_WHO_KM = _WORDS.who_joined
_WHO_ROMANISED = rf"(?:{_WORDS.who_years})(?: (?:{_WORDS.who_years_more}))*(?:{_WORDS.just})?(?:{_WORDS.only})?"
_YEARS = _WORDS.years
#: "17-35", "17 ke atas": whom an offer wants.
_RANGE = rf"(?! ?(?:{_YEARS})? ?(?:[-–+]|{_WORDS.range_to}))"
#: What is counted behind "I": "ខ្ញុំ១៦" alone is an age.
_COUNTED = _WORDS.counted_joined
#: Years that pass and not years of a life: "saya 12 tahun di sini".
_NOT_PASSED = rf"(?! ?(?:{_WORDS.passed}))"
_AGE = re.compile(
    rf"(?:(?<![a-z])(?:{_WORDS.age}) ?[:=]? ?(?:(?:{_WHOSE})\b ?){{0,4}}"
    rf"|(?:{_WORDS.age_joined}) ?[:=៖]? ?(?:(?:{_WHOSE_KM}) ?){{0,5}})(?P<told>{_N}){_RANGE}"
    rf"|(?<![\d\-–.])(?<!\d )(?P<old>\d{{1,2}}) ?(?:{_WORDS.years_old})"
    rf"|(?<![a-z])(?:{_WHO} (?:(?:{_WORDS.no_more}) )?|(?:{_WORDS.still}) )(?P<thn>{_N})"
    rf"(?: ?(?:{_WORDS.years_word})\b{_NOT_PASSED}{_RANGE}|(?= *(?:[.,!?)]|$)))"
    rf"|(?<![a-z])(?:{_WHO}|{_WORDS.somebody}) ?[,(] ?(?P<aside>\d\d)(?: ?(?:{_WORDS.years_aside}))? ?[,)]"
    rf"|(?:{_WHO_KM})(?P<km>{_N}) ?(?:{_WORDS.years_joined}){_NOT_PASSED}{_RANGE}"
    rf"|(?:{_WORDS.i_joined}) ?(?:{_WORDS.just_joined})?(?P<bare>1[0-7])(?![\d.,$%])(?! ?(?:{_COUNTED}))"
    rf"|(?<![a-z])(?:{_WHO_ROMANISED}) ?(?P<latn>{_N}) ?(?:{_WORDS.years_behind})\b{_NOT_PASSED}{_RANGE}"
    rf"|\b(?:{_WORDS.who_is}) (?:{_WORDS.is_only})?(?P<en>{_N})(?= *(?:[.,!?;)]|$|{_WORDS.goes_on}))"
    rf"|(?:{_WORDS.born})(?: ?(?:{_WORDS.on_date})?\d{{1,2}}[ /.\-](?:\d{{1,2}}|[a-z]+)[ /.\-])? ?(?:{_YEARS})?"
    r" ?(?P<born>(?:19|20)\d\d)(?!\d)"
)
#: A number of years where no word says whose age it is, in a message that reports trouble: "cewe 17thn", "ultah ke 17".
_BESIDE_TROUBLE = re.compile(
    rf"(?<![\d.,:/\-])(?P<years>[89]|1[0-7]) ?(?:{_YEARS}|{_WORDS.years_slip})(?![a-z]){_NOT_PASSED}{_RANGE}"
    rf"|(?:{_WORDS.birthday})(?: (?:{_WORDS.which}))?(?:{_WORDS.ordinal})?[ \-]?(?P<birthday>[89]|1[0-7])(?!\d)"
    rf"|(?:{_WORDS.reached_joined}) ?(?:{_WORDS.only_joined})? ?(?P<km>[89]|1[0-7])(?!\d)"
    rf"|(?<![a-z])(?:{_WORDS.reached}) (?P<latn>1[0-7])(?![\d.,])(?! ?(?:{_WORDS.counted}))"
    rf"|(?<![a-z])(?:{_WORDS.born_word})(?: ?(?:[a-z]+|\d{{1,2}})){{0,2}} ?(?P<born>20[01]\d)(?!\d)"
)
#: What lasts so long is no age: "kontrak 10 tahun", "sudah 12 tahun".
_LASTS = re.compile(rf"(?:{_WORDS.lasts}) ?$")
#: "minimal umur 17": whom an offer wants, too.
_WANTED = re.compile(rf"\b(?:{_WORDS.wanted}) ?$")
#: Fewer years than these are told of what lasts ("saya 2 tahun di sini"), unless the word age is there.
SHORT_LIFE = 8


@dataclass(frozen=True)
class Age:
    """An age in years, and where it stands in the normalised text."""

    years: int
    start: int
    end: int


def ages(normalised: str, year: int | None = None) -> Iterator[Age]:
    """Every age that a normalised text tells of somebody, in order; what an offer asks for ("17-35") is none.

    A year of birth is counted up to `year`, this one where none is given.
    """
    for match in _AGE.finditer(normalised):
        years = count(match[match.lastgroup or 0])
        if match["born"]:
            years = (year or time.gmtime().tm_year) - int(match["born"])
        lived = match["told"] or match["old"] or (years or 0) >= SHORT_LIFE
        if years and lived and not _WANTED.search(normalised, max(0, match.start() - 10), match.start()):
            yield Age(years, *match.span())


def ages_beside_trouble(normalised: str, year: int | None = None) -> Iterator[int]:
    """Ages, in years, that `ages` does not dare to tell: where trouble is reported no child may be missed."""
    for match in _BESIDE_TROUBLE.finditer(normalised):
        before = max(0, match.start() - 10), match.start()
        if _LASTS.search(normalised, *before) or _WANTED.search(normalised, *before):
            continue
        told = int(match[match.lastgroup or 0])
        yield (year or time.gmtime().tm_year) - told if match["born"] else told
