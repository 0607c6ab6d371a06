"""Tells a recruiter's words from a cry: both speak of passports, phones and gates.

The words are in `data/lexicon/offered.yml`. Only a message that offers work in several ways and tells of nobody in
trouble is an offer here: one that quotes the offer by which somebody was caught is a cry.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from nlu.text import language, languages
from nlu.text.fields import fields_for
from nlu.text.files import read_yaml
from nlu.text.khmer import latin_digits
from nlu.text.matching import PhraseSet
from nlu.text.whom import named
from nlu.text.words import words_of

#: A longer message is read at its beginning.
OFFERED_CHARS = 2_000
#: Fewer letters say too little to be an offer.
LEAST_CHARS = 40
SUFFERS, PAY = "suffers", "pay"
#: What a recruiter says, and nobody of the place where they are: one of these is in every offer.
SOLICITS = frozenset({"vacancy", "apply", "offered"})
#: Ways that make an offer with its pay; where whoever writes speaks of themselves, or names no pay.
LEAST, LEAST_TOLD = 2, 4
#: A sum of money: what nearly every offer names.
_PAY = re.compile(
    r"(?:rp\.?|idr|usd|us\$|[$€£៛฿])\s?\d[\d.,]*"
    rf"|\d[\d.,]*\s?(?:\+|-)?\s?(?:[$€£៛฿]|{words_of('offers').money_behind})"
    r"|\b\d{1,3}(?:[.,]\d{3}){2,}\b",
    re.I,
)


@dataclass(frozen=True)
class Offered:
    """How a message speaks of work."""

    #: Ways in which it offers work: pay, a vacancy, where to apply, terms ...
    ways: frozenset[str] = frozenset()
    #: Somebody is in trouble, by their own words or another's.
    suffers: bool = False
    #: Whoever writes speaks of themselves: recruiters hardly ever do.
    first_person: bool = False

    @property
    def is_offer(self) -> bool:
        """Whether it is an offer and no cry."""
        if self.suffers or self.ways.isdisjoint(SOLICITS):
            return False
        return len(self.ways) >= (LEAST_TOLD if self.first_person or PAY not in self.ways else LEAST)


def offered(text: str) -> Offered:
    """How a message speaks of work: its beginning is looked at."""
    head = text[:OFFERED_CHARS]
    if len(head) < LEAST_CHARS:
        return Offered()
    romanised = language.looks_khmer_latin(head)
    fields = fields_for(head, _vocabularies(romanised))
    ways: set[str] = {PAY} if _PAY.search(latin_digits(head)) else set()
    for lang, field in fields.items():
        if field.letters:
            ways.update(match.concept for match in _phrases()[lang].find(field))
    return Offered(frozenset(ways - {SUFFERS}), SUFFERS in ways, named(text).writer)


def _vocabularies(is_khmer_latin: bool) -> dict[str, frozenset[str]]:
    skipped = languages.skipped_writings(is_khmer_latin)
    return {lang: frozenset(phrases.vocabulary) for lang, phrases in _phrases().items() if lang not in skipped}


@lru_cache(maxsize=1)
def _phrases() -> dict[str, PhraseSet]:
    return {lang: _phrase_set(lang, writing) for lang, writing in read_yaml("offered.yml")["writings"].items()}


def _phrase_set(lang: str, writing: dict[str, Any]) -> PhraseSet:
    phrases = PhraseSet(lang, spaced=languages.spaced(lang))
    for concept, ways in writing["concepts"].items():
        for way in ways:
            phrases.add(concept, str(way), writing["shorthand"])
    return phrases
