"""Numbers of licences that an offer names, and whether two numbers are the same."""

from __future__ import annotations

import re
from dataclasses import dataclass

from nlu.text.khmer import latin_digits
from nlu.text.words import words_of

_WORDS = words_of("offers")

#: What announces the number of a company's licence. SIP2MI is a permit for one recruitment and stands on no list of
#: companies: it is read past, so that its number is not taken for another.
_COMPANY = r"sip\s?3\s?mi|sippmi|p3mi|nib|siup|sippptkis?|siupptkis?"
_NUMBER = re.compile(
    rf"(?:\b(?P<permit>sip\s?2\s?mi)|\b(?:{_COMPANY})|\b(?:{_WORDS.licence})|{_WORDS.licence_joined})"
    rf"(?:[\s:#.=\-]|\bmolvt\b|\bsip3mi\b|{_WORDS.number_of}){{0,8}}"
    r"(?P<number>[A-Z]{0,6}[.\-/ ]{0,2}\d[\dA-Z./\-\u1780-\u17d3]{2,40})",
    re.I,
)
#: One of these is in whatever announces a number: most offers need no further look.
_STEMS = ("sip", "p3mi", "nib", "siup", *_WORDS.each("licence_stem"))
_SIGNS = re.compile(r"[^0-9a-z\u1780-\u17d3]")


@dataclass(frozen=True)
class Licence:
    """A number as the offer writes it, and where it stands."""

    number: str
    start: int
    end: int


def fold(number: str) -> str:
    """A number without signs and case, in Latin digits."""
    return _SIGNS.sub("", latin_digits(number).casefold())


def find(text: str) -> tuple[Licence, ...]:
    """The numbers of companies' licences in an offer, each once, in their order."""
    plain = latin_digits(text)
    found: dict[str, Licence] = {}
    likened = plain.casefold().replace("ı", "i")
    if not any(stem in likened for stem in _STEMS):
        return ()
    for match in _NUMBER.finditer(plain):
        number = match["number"].rstrip("./- ")
        if match["permit"] or len(re.sub(r"\D", "", number)) < 3:
            continue
        start = match.start("number")
        found.setdefault(fold(number), Licence(text[start : start + len(number)], start, start + len(number)))
    return tuple(found.values())
