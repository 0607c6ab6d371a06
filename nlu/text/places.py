"""Finds countries, towns and known compound areas, in any of their spellings."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from nlu.text import alternation, khmer
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
def _gazetteer() -> tuple[re.Pattern[str], re.Pattern[str], frozenset[str], dict[str, dict[str, Any]]]:
    """Patterns for Latin and other spaced names and for Khmer; names that may stand in a hashtag; the entry of every
    alias without spaces, and of every country's flag."""
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
                in_khmer.add(clean)
            else:
                latin.add(r"[ \-]?".join(re.escape(part) for part in re.split(r"[ \-]", clean)))
    by_length = sorted(latin, key=lambda name: (-len(name), name))
    return (
        re.compile(r"(?<![^\W_])(?:" + alternation.any_of(by_length) + r")(?=(?:nya|ku|2)?(?![^\W_]))"),
        re.compile(khmer.any_of(in_khmer)),
        frozenset(name for name in entries if len(name) >= _SHORTEST_IN_HASHTAG and name.isascii() and name.isalpha()),
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
    latin, in_khmer, in_hashtag, entries = _gazetteer()
    spans = [match.span() for pattern in (latin, _FLAG) for match in pattern.finditer(source.text)]
    if khmer.has_khmer(source.text):
        spans += [match.span() for match in in_khmer.finditer(source.text)]
    for tag in _HASHTAG.finditer(source.text):
        spans += _names_in(source.text, *tag.span(), in_hashtag)
    found: list[Place] = []
    for span in spans:
        entry = entries.get(_bare(source.text[slice(*span)]))
        if entry is None:
            continue
        start, end = source.span(*span)
        if any(one.start == start for one in found):
            continue
        found.append(
            Place(entry["country"], entry["name"], entry["kind"], text[start:end], start, end, bool(entry.get("risk")))
        )
    return tuple(sorted(found, key=lambda place: place.start))


def _names_in(text: str, start: int, end: int, names: frozenset[str]) -> Iterator[tuple[int, int]]:
    """Where these names stand between two places of a text, the longest first wherever one begins."""
    longest = max(map(len, names))
    while start < end:
        sizes = range(min(longest, end - start), _SHORTEST_IN_HASHTAG - 1, -1)
        size = next((size for size in sizes if text[start : start + size] in names), 0)
        if size:
            yield start, start + size
        start += size or 1
