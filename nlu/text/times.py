"""Finds days, hours and stretches of time, and how many people a message is about, in the three writings."""

from __future__ import annotations

import re

from nlu.text.numerals import SPELT, count
from nlu.text.words import words_of

_WORDS = words_of("times")

_UNIT, _UNIT_KM = _WORDS.unit, _WORDS.unit_joined
_PART, _PART_KM = _WORDS.part, _WORDS.part_joined
_DAYS, _DAYS_KM = _WORDS.weekday, _WORDS.weekday_joined
_MONTHS, _MONTHS_KM = _WORDS.month, _WORDS.month_joined
_FEASTS, _FEASTS_KM = _WORDS.feast, _WORDS.feast_joined
_SINCE, _SINCE_KM = _WORDS.since, _WORDS.since_joined

TIME = re.compile(
    rf"\b(?:(?:{_WORDS.clock_half})?(?:{_WORDS.half}) (?:\d{{1,2}}|{SPELT})(?: ?(?:{_PART})){{1,3}}"
    rf"|(?:{_WORDS.clock}) ?(?:\d{{1,2}}(?:[.:]\d{{2}})?|{SPELT})(?: ?(?:{_PART})){{0,3}}"
    rf"|\d{{1,2}}[.:]\d{{2}} ?(?:{_WORDS.zone})|\d{{1,2}} ?(?:{_WORDS.part_behind})"
    rf"|(?:{_SINCE}) (?:{_WORDS.since_day})?(?:{_FEASTS}|{_DAYS}|{_MONTHS}|{_WORDS.since_when}|\d{{4}}"
    rf"|(?:{_UNIT}) \d{{1,4}})(?: (?:{_WORDS.past}))?"
    rf"|(?:{_WORDS.date}) \d{{1,2}}(?: (?:{_MONTHS}))?(?: \d{{4}})?|\d{{1,2}} (?:{_MONTHS})(?: \d{{4}})?"
    r"|\d{1,2}[/\-]\d{1,2}[/\-](?:\d{4}|\d{2})"
    rf"|{_WORDS.moment}"
    rf"|(?:(?:{_WORDS.weekday_before}) )?(?:{_DAYS})"
    rf"|(?:\d{{1,3}}|{SPELT}|{_WORDS.some}) ?(?:{_UNIT})"
    rf"(?: (?:{_WORDS.which})?(?:{_WORDS.ago})|{_WORDS.unit_ending})?)\b"
    rf"|(?:{_WORDS.day_number}) ?\d{{1,2}}(?: ?(?:{_MONTHS_KM}|(?:{_WORDS.month_number}) ?\d{{1,2}}))?"
    rf"(?: ?(?:{_WORDS.year_number}) ?\d{{4}})?"
    rf"|(?:{_SINCE_KM}) ?(?:{_FEASTS_KM}|{_DAYS_KM}|{_MONTHS_KM})"
    rf"|(?:{_WORDS.clock_joined}) ?(?:\d{{1,2}}(?:[.:]\d{{2}})?|{SPELT})(?: ?(?:{_PART_KM}))?(?:{_WORDS.day_behind})?"
    rf"|{_WORDS.moment_joined}|{_DAYS_KM}|{_MONTHS_KM}|{_FEASTS_KM}"
    rf"|(?:{_WORDS.month_number}) ?\d{{1,2}}(?!\d)|(?:{_WORDS.year_number}) ?\d{{4}}"
    rf"|(?:\d{{1,3}}|{_WORDS.some_joined}|{SPELT}) ?(?:{_UNIT_KM})"
    rf"(?: ?(?:{_WORDS.and_a_half}))?(?: ?(?:{_WORDS.ago_joined}))?"
)
PEOPLE = re.compile(
    rf"(?<![\d.,])(?:(?P<n>\d{{1,4}}|{SPELT})|(?P<teens>{_WORDS.teens})) ?"
    rf"(?:(?:{_WORDS.person})(?![a-z])|{_WORDS.person_joined})"
    rf"|(?<![a-z])(?:{_WORDS.we_are}) ?(?P<m>\d{{1,3}}|{SPELT})(?: ?(?:{_WORDS.of_us})(?![a-z])|(?=[ .,!?]*$))"
    rf"|\b(?:{_WORDS.in_number})-? ?(?P<b>\d{{1,3}}|{_WORDS.small_number})(?![a-z\d])"
    rf"|(?P<one>{_WORDS.alone})"
)


def people(match: re.Match[str]) -> int | None:
    """How many people a match of `PEOPLE` is about."""
    if match["one"]:
        return 1
    return 12 if match["teens"] else count(match["n"] or match["m"] or match["b"])
