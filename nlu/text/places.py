"""Finds countries, towns and known compound areas, in any of their spellings."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from nlu.text import khmer
from nlu.text.files import read_yaml
from nlu.text.normalise import normalise, unmask

#: Text beyond this many characters is not searched for places.
SEARCH_CHARS = 8_000


#: "🇰🇭": the two letters of a country's code, each as far behind the first of these signs as behind "A".
_FLAG = re.compile("[\U0001f1e6-\U0001f1ff]{2}")
_FIRST_OF_FLAGS = 0x1F1E6
#: "#lokerkamboja": small letters alone, in which no word ends; in it names of some length are looked for.
_HASHTAG = re.compile(r"(?<!/)#[a-z0-9_]{7,}")
_SHORTEST_IN_HASHTAG = 5


@dataclass(frozen=True)
class Place:
    """A place named in a text: ISO 3166 alpha-2 country; kind country, city or area; `risk`: compounds are reported."""

    country: str
    name: str
    kind: str
    evidence: str
    start: int
    end: int
    risk: bool = False


@lru_cache(maxsize=1)
def _gazetteer() -> tuple[re.Pattern[str], re.Pattern[str], re.Pattern[str], dict[str, dict[str, Any]]]:
    """Patterns for Latin and other spaced names, for names in a hashtag, for Khmer; the entry of every alias without
    spaces, and of every country's flag."""
    entries: dict[str, dict[str, Any]] = {}
    latin: set[str] = set()
    in_khmer: set[str] = set()
    for entry in read_yaml("places.yml")["places"]:
        if entry["kind"] == "country":
            flag = "".join(chr(_FIRST_OF_FLAGS + ord(letter) - ord("A")) for letter in entry["country"])
            entries.setdefault(flag, entry)
        for alias in (*entry["aliases"], entry["name"]):
            clean = normalise(str(alias)).text
            entries[_bare(clean)] = entry
            if khmer.has_khmer(clean):
                in_khmer.add(khmer.spaced(clean))
            else:
                latin.add(r"[ \-]?".join(re.escape(part) for part in re.split(r"[ \-]", clean)))
    by_length = sorted(latin, key=lambda name: (-len(name), name))
    return (
        re.compile(r"(?<![^\W_])(?:" + "|".join(by_length) + r")(?=(?:nya|ku|2)?(?![^\W_]))"),
        re.compile("|".join(name for name in by_length if len(name) >= _SHORTEST_IN_HASHTAG and name.isalpha())),
        re.compile("|".join(sorted(in_khmer, key=lambda name: (-len(name), name)))),
        entries,
    )


def _bare(name: str) -> str:
    return re.sub(r"[ \-]", "", name)


def places(text: str) -> list[Place]:
    """Every place named in a text, in order; each spelling gives the same name, places point into the given text."""
    return list(_places(text))


@lru_cache(maxsize=16)
def _places(text: str) -> tuple[Place, ...]:
    # An offer is asked several times: for its facts, for its pay.
    source = unmask(normalise(text[:SEARCH_CHARS]))
    latin, in_hashtag, in_khmer, entries = _gazetteer()
    matches = [*latin.finditer(source.text), *_FLAG.finditer(source.text)]
    if khmer.has_khmer(source.text):
        matches += in_khmer.finditer(source.text)
    for tag in _HASHTAG.finditer(source.text):
        matches += in_hashtag.finditer(source.text, *tag.span())
    found: list[Place] = []
    for match in matches:
        entry = entries.get(_bare(match.group()))
        if entry is None:
            continue
        start, end = source.span(*match.span())
        if any(one.start == start for one in found):
            continue
        found.append(
            Place(entry["country"], entry["name"], entry["kind"], text[start:end], start, end, bool(entry.get("risk")))
        )
    return tuple(sorted(found, key=lambda place: place.start))
