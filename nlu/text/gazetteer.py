"""Finds what `data/lexicon/entities.yml` names: relations, roles, documents, injuries, agencies, in every writing."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from nlu.text import alternation, khmer, languages, phonetics
from nlu.text.files import LexiconInvalid, read_yaml
from nlu.text.normalise import Normalised, normalise

#: Kinds of things the file names.
KINDS = ("relation", "role", "document", "injury", "agency")
_WRITINGS = frozenset(languages.WRITINGS)
_WORD = re.compile(r"[a-z]+(?:'[a-z]+)*")
_SEP = r"[ \-]?"


@dataclass(frozen=True)
class Named:
    """One thing a message names: its kind, its value, and its place in the normalised text."""

    entity: str
    value: str
    start: int
    end: int


@dataclass(frozen=True)
class _Index:
    latin: re.Pattern[str]
    in_khmer: re.Pattern[str]
    #: Kind and value of every form, without spaces and hyphens.
    forms: dict[str, tuple[str, str]]
    #: The same for romanised Khmer, by the sounds of its words.
    sounds: dict[tuple[str, ...], tuple[str, str]]


@lru_cache(maxsize=1)
def _index() -> _Index:
    forms: dict[str, tuple[str, str]] = {}
    sounds: dict[tuple[str, ...], tuple[str, str]] = {}
    latin: set[str] = set()
    in_khmer: set[str] = set()
    raw = read_yaml("entities.yml")
    for kind in KINDS:
        for value, writings in raw[kind].items():
            for writing, names in writings.items():
                if writing not in _WRITINGS:
                    raise LexiconInvalid(f"entities.yml: {kind} {value}: no writing {writing!r}")
                for name in map(str, names):
                    if writing in languages.BY_SOUND:
                        sounds.setdefault(tuple(phonetics.key(word) for word in _WORD.findall(name)), (kind, value))
                        continue
                    name = normalise(name).text
                    (latin if languages.spaced(writing) else in_khmer).add(name)
                    forms.setdefault(_bare(name), (kind, value))
    # "di pukul" is "dipukul": the prefix is often typed apart.
    spaced = [
        re.sub("^di(?=[a-z]{4})", "di ?", _SEP.join(map(re.escape, re.split(r"[ \-]", name))))
        for name in sorted(latin, key=_longest)
    ]
    return _Index(
        re.compile(r"(?<![^\W_])(?:" + alternation.any_of(spaced) + r")(?=(?:nya|ku|mu|q|s|2)?(?![^\W_]))"),
        re.compile(khmer.any_of(in_khmer)),
        forms,
        sounds,
    )


def _longest(name: str) -> tuple[int, str]:
    return -len(name), name


def _bare(name: str) -> str:
    return re.sub(r"[ \-]", "", name)


def named(source: Normalised, romanised: bool) -> Iterator[Named]:
    """Everything of the gazetteer that a normalised message names; the longest form wins, none overlap in a writing."""
    index = _index()
    patterns = [index.latin] if not khmer.has_khmer(source.text) else [index.latin, index.in_khmer]
    for pattern in patterns:
        for match in pattern.finditer(source.text):
            entry = index.forms.get(_bare(match.group()))
            if entry:
                yield Named(*entry, *match.span())
    if romanised:
        yield from _by_sound(source.text, index.sounds)


def _by_sound(text: str, sounds: dict[tuple[str, ...], tuple[str, str]]) -> Iterator[Named]:
    words = [(phonetics.key(match.group()), match.start(), match.end()) for match in _WORD.finditer(text)]
    at = 0
    while at < len(words):
        for size in (4, 3, 2, 1):
            entry = sounds.get(tuple(key for key, _, _ in words[at : at + size])) if at + size <= len(words) else None
            if entry:
                yield Named(*entry, words[at][1], words[at + size - 1][2])
                at += size - 1
                break
        at += 1
