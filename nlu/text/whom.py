"""Tells whom the words of a report name: whoever writes, or another person whom they report.

The words are in `data/lexicon/whom.yml`. Who names nobody else writes of themselves, also without the word "I": most
who are held write as short as they can.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from nlu.text import language, languages
from nlu.text.fields import Field, fields_for
from nlu.text.files import read_yaml
from nlu.text.matching import Match, PhraseSet

#: A longer message is read at its beginning: a report says there whom it is about.
WHOM_CHARS = 600


@dataclass(frozen=True)
class Named:
    """Who is named in a message."""

    #: Somebody else than whoever writes and whoever holds them.
    another: bool = False
    #: "He" or "she": another person, or the boss.
    pronoun: bool = False
    #: Whoever writes.
    writer: bool = False
    #: Another person is named before whoever writes is, or whoever writes says that they report.
    another_first: bool = False


def named(text: str) -> Named:
    """Who is named in a message: its beginning is looked at."""
    head = text[:WHOM_CHARS]
    fields = fields_for(head, _vocabularies(language.looks_khmer_latin(head)))
    found = [_named(lang, field) for lang, field in fields.items() if field.letters]
    return Named(
        another=any(one.another for one in found),
        pronoun=any(one.pronoun for one in found),
        writer=any(one.writer for one in found),
        another_first=any(one.another_first for one in found),
    )


def _named(lang: str, field: Field) -> Named:
    by_concept: dict[str, list[Match]] = {"self": [], "another": [], "pronoun": [], "reporter": []}
    for match in _phrases()[lang].find(field):
        by_concept[match.concept].append(match)
    others = by_concept["another"]
    # "Adik saya": the word of whose it is names nobody by itself.
    selves = [one for one in by_concept["self"] if not any(o.start <= one.start < o.end for o in others)]
    first = not selves or (bool(others) and others[0].start < min(one.start for one in selves))
    return Named(
        another=bool(others or by_concept["reporter"]),
        pronoun=bool(by_concept["pronoun"]),
        writer=bool(selves),
        another_first=bool(by_concept["reporter"]) or (bool(others) and first),
    )


def _vocabularies(is_khmer_latin: bool) -> dict[str, frozenset[str]]:
    skipped = languages.skipped_writings(is_khmer_latin)
    return {lang: frozenset(phrases.vocabulary) for lang, phrases in _phrases().items() if lang not in skipped}


@lru_cache(maxsize=1)
def _phrases() -> dict[str, PhraseSet]:
    return {lang: _phrase_set(lang, writing) for lang, writing in read_yaml("whom.yml")["writings"].items()}


def _phrase_set(lang: str, writing: dict[str, Any]) -> PhraseSet:
    phrases = PhraseSet(lang, spaced=languages.spaced(lang))
    for concept, ways in writing["concepts"].items():
        for way in ways:
            phrases.add(concept, str(way), writing["shorthand"])
    return phrases
