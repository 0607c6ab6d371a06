"""Loads the triage lexicon: concepts (phrases), signs (concepts close together) and guards (what speaks against)."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from nlu.text import languages
from nlu.text.files import LexiconInvalid, read_yaml
from nlu.text.matching import PhraseSet

#: The writings triage knows, each a file `data/lexicon/triage_<code>.yml`.
WRITINGS = languages.WRITINGS
#: Levels in order of urgency, the most urgent first; these open a case.
LEVELS = ("emergency", "distress", "third_party", "human")
#: Words two parts of a sign may stand apart when the file does not say.
WITHIN_WORDS = 8


@dataclass(frozen=True)
class Sign:
    """What makes a message urgent: every group of `parts` occurs, at most `within` words apart in one sentence.

    Where `at_least` is above 0, that many different concepts of the one group in `parts` have to occur instead.
    """

    id: str
    level: str
    lang: str
    #: In the order of the file: which of two words is taken for a part must not depend on the process.
    parts: tuple[tuple[str, ...], ...]
    within: int
    across: bool
    firm: bool
    personal: bool
    whole: bool
    at_least: int
    #: Says too little alone: it takes another sign beside it.
    weak: bool = False


@dataclass(frozen=True)
class Guard:
    """What speaks against a sign: one of `when` (and one of `also`) occurs in the scope and none of `unless`."""

    id: str
    when: frozenset[str]
    also: frozenset[str]
    unless: frozenset[str]
    scope: str
    cancels_firm: bool
    at_least: int
    only: frozenset[str]


@dataclass(frozen=True)
class Lexicon:
    """The triage lexicon of one writing."""

    lang: str
    phrases: PhraseSet
    negatable: frozenset[str]
    signs: tuple[Sign, ...]
    guards: tuple[Guard, ...]
    concepts: frozenset[str]


def _read(lang: str) -> Lexicon:
    file = f"triage_{lang}.yml"
    raw = read_yaml(file)
    shorthand = {name: str(text) for name, text in (raw.get("shorthand") or {}).items()}
    phrases = PhraseSet(lang, spaced=languages.spaced(lang))
    negatable: set[str] = set()
    concepts = raw["concepts"]
    for name, concept in concepts.items():
        for phrase in concept["phrases"]:
            phrases.add(name, str(phrase), shorthand)
        if concept.get("negatable"):
            negatable.add(name)
    signs = tuple(_sign(file, lang, concepts, entry) for entry in raw["signs"])
    guards = tuple(_guard(file, concepts, entry) for entry in raw.get("guards") or ())
    return Lexicon(lang, phrases, frozenset(negatable), signs, guards, frozenset(concepts))


def _known(file: str, concepts: dict[str, Any], where: str, names: frozenset[str]) -> frozenset[str]:
    for name in names:
        if name not in concepts:
            raise LexiconInvalid(f"{file}: {where}: no concept {name!r}")
    return names


def _sign(file: str, lang: str, concepts: dict[str, Any], entry: dict[str, Any]) -> Sign:
    if entry["level"] not in LEVELS:
        raise LexiconInvalid(f"{file}: sign {entry['id']}: level {entry['level']!r} is none of {LEVELS}")
    groups = entry.get("all") or ["|".join(entry["any"])]
    parts = tuple(tuple(dict.fromkeys(name.strip() for name in str(part).split("|"))) for part in groups)
    for part in parts:
        _known(file, concepts, f"sign {entry['id']}", frozenset(part))
    return Sign(
        id=str(entry["id"]),
        level=str(entry["level"]),
        lang=lang,
        parts=parts,
        within=int(entry.get("within", WITHIN_WORDS)),
        across=bool(entry.get("across", False)),
        firm=bool(entry.get("firm", False)),
        personal=bool(entry.get("personal", entry["level"] in ("emergency", "distress"))),
        whole=bool(entry.get("whole", False)),
        at_least=int(entry.get("at_least", 0)),
        weak=bool(entry.get("weak", False)),
    )


def _guard(file: str, concepts: dict[str, Any], entry: dict[str, Any]) -> Guard:
    where = f"guard {entry['id']}"
    return Guard(
        id=str(entry["id"]),
        when=_known(file, concepts, where, frozenset(entry["when"])),
        also=_known(file, concepts, where, frozenset(entry.get("also") or ())),
        unless=_known(file, concepts, where, frozenset(entry.get("unless") or ())),
        scope=str(entry.get("scope", "sentence")),
        cancels_firm=bool(entry.get("cancels_firm", False)),
        at_least=int(entry.get("at_least", 1)),
        only=frozenset(entry.get("only") or ()),
    )


@lru_cache(maxsize=1)
def lexicons() -> dict[str, Lexicon]:
    """All writings, read once."""
    return {lang: _read(lang) for lang in WRITINGS}
