"""Whose citizen somebody says they are, and whose embassy a message means. The words: data/lexicon/citizens.yml."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache, lru_cache

from nlu.text.files import read_yaml
from nlu.text.normalise import normalise
from nlu.text.places import Place, places
from nlu.understanding.dialogue import alternatives, named

#: A longer message is a story, an offer or something passed on: it tells of many people.
SAID_CHARS = 400
#: Characters before the name of a place in which a word may stand that belongs to it.
_LOOK_BACK = 40


@dataclass(frozen=True)
class Mission:
    """An embassy or consulate as a message names it."""

    #: Whose it is (ISO 3166 alpha-2).
    of: str
    #: Where it is; None where only its own name tells whose it is ("KBRI").
    country: str | None


@cache
def _words(group: str, country: str | None = None) -> str:
    found = read_yaml("citizens.yml")[group]
    return alternatives(tuple(found[country] if country else found))


@cache
def _saying(country: str) -> re.Pattern[str]:
    start = rf"(?:^|[,.!?;:។\n(]|{_words('hails')})\s*"
    between = rf"(?:\s*(?:{_words('people_of')}|\d{{1,3}}))"
    who = rf"(?:{_words('i_am')}{between}*|{_words('i')}{between}+)"
    return re.compile(rf"{start}{who}\s*{_words('peoples', country)}")


@lru_cache(maxsize=16)
def said(text: str) -> str | None:
    """ID or KH where somebody says of themselves that they are from there; None where they say nothing of it, or both.

    Where they are is no answer ("saya di kamboja"), nor what somebody else is ("bos saya orang kamboja").
    """
    if not 0 < len(text) <= SAID_CHARS:
        return None
    plain = normalise(text).text
    found = [country for country in read_yaml("citizens.yml")["peoples"] if _saying(country).search(plain)]
    return found[0] if len(found) == 1 else None


def mission(text: str) -> Mission | None:
    """The mission a message names together with whose it is: "kedutaan kamboja di jakarta" is Cambodia's, in Indonesia.

    None for "kedutaan kamboja" alone: of an Indonesian that is their own embassy there.
    """
    plain = normalise(text).text
    for country in read_yaml("citizens.yml")["missions_by_name"]:
        if re.search(_words("missions_by_name", country), plain):
            return Mission(country, next((place.country for place in named(text) if place.country != country), None))
    of = _owner(text, plain)
    elsewhere = (place.country for place in named(text) if place.country != of and _is_where(text, place))
    country = next(elsewhere, None) if of is not None else None
    return Mission(of, country) if of is not None and country is not None else None


def _owner(text: str, plain: str) -> str | None:
    """The country whose name stands right at the word for an embassy."""
    missions = rf"{_words('missions')}\s*(?:{_words('mission_of')}\s*)*"
    for place in places(text):
        if place.kind == "country" and re.search(rf"{missions}$", _before(text, place)):
            return place.country
    for country in read_yaml("citizens.yml")["peoples"]:
        people = _words("peoples", country)
        if re.search(rf"{missions}{people}|{people}\s*{_words('missions')}", plain):
            return str(country)
    return None


def _is_where(text: str, place: Place) -> bool:
    """A town says by itself where something is; a country only after a word like "in", or it may be who they are."""
    return place.kind != "country" or re.search(rf"{_words('where')}\s*$", _before(text, place)) is not None


def _before(text: str, place: Place) -> str:
    return normalise(text[max(0, place.start - _LOOK_BACK) : place.start]).text
