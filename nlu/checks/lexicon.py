"""Slips in data/lexicon, with file and line: places, the triage lexicon, and whether the other files can be used."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nlu.checks import examples, yaml_lines
from nlu.pay import amounts, cues, currencies
from nlu.text import gazetteer, language, languages, words
from nlu.text.files import LexiconInvalid, read_yaml
from nlu.text.matching import PhraseSet
from nlu.text.normalise import normalise, plain
from nlu.understanding import dialogue, frames, lexicon
from nlu.understanding.triage import triage

PLACE_KINDS = ("country", "city", "area")
PLACED = {"country", "name", "kind", "risk", "aliases"}
#: What a concept, a sign and a guard of the triage lexicon may say of itself.
CONCEPT = {"phrases", "negatable", "note"}
SIGN = {field.name for field in dataclasses.fields(lexicon.Sign)} - {"lang", "parts"} | {"all", "any", "note"}
GUARD = {field.name for field in dataclasses.fields(lexicon.Guard)} | {"note"}
SCOPES = ("sentence", "after", "touch", "message")


@dataclass(frozen=True)
class Finding:
    """One problem or remark, with its place."""

    place: str
    why: str
    fails: bool = True


def findings(root: Path) -> Iterator[Finding]:
    """Everything that is wrong with the lexicon below a folder, whose files can all be read."""
    found = [*_places(root)]
    for writing in lexicon.WRITINGS:
        if (path := root / "lexicon" / f"triage_{writing}.yml").exists():
            found.extend(_triage(path, writing))
    yield from found
    if not found:
        yield from _used()


def _places(root: Path) -> Iterator[Finding]:
    where, first = "data/lexicon/places.yml", dict[str, str]()
    ordinary = {str(word).lower() for words in read_yaml("language/words.yml").values() for word in words}
    for row in yaml_lines.read(root / "lexicon" / "places.yml", where)["places"]:
        name, country, aliases = row.get("name"), row.get("country"), row.get("aliases")
        place = f"{where}:{row.line}"
        if not isinstance(name, str) or not isinstance(aliases, list):
            yield Finding(place, f"{name}: a row has country, name, kind and a list of aliases")
            continue
        for field in sorted(row.keys() - PLACED):
            yield Finding(place, f"{name}: there is no {field}, only {', '.join(sorted(PLACED))}")
        if not isinstance(country, str) or not re.fullmatch("[A-Z]{2}", country):
            yield Finding(place, f"{name}: country is two capital letters (NO in quotes: YAML takes it for a no)")
        if row.get("kind") not in PLACE_KINDS:
            yield Finding(place, f"{name}: kind is none of {', '.join(PLACE_KINDS)}")
        for alias in (*aliases, name):
            if row.get("kind") != "country" and str(alias).lower() in ordinary:
                yield Finding(place, f"{alias!r} is an ordinary word, too; with it every message would name {name}")
            other = first.setdefault(normalise(str(alias)).text.replace(" ", "").replace("-", ""), name)
            if other != name:
                yield Finding(place, f"{alias!r} is {name} and {other}; leave it with one, the last is believed")


def _triage(path: Path, writing: str) -> Iterator[Finding]:
    name = examples.named(path)
    raw = yaml_lines.read(path, name)
    lines = [line for _, line in examples.raw_lines(path)]
    shorthand = {key: str(text) for key, text in (raw.get("shorthand") or {}).items()}
    phrases = PhraseSet(writing, spaced=languages.spaced(writing))
    concepts = raw.get("concepts") or {}
    for concept, entry in concepts.items():
        said = entry.get("phrases") if isinstance(entry, yaml_lines.Row) else None
        if not isinstance(said, list):
            yield Finding(f"{name}:{concepts.lines[concept]}", f"{concept}: give it a list, `phrases: [...]`")
            continue
        yield from _only(entry, CONCEPT, name, concept)
        for phrase in said:
            why = f"{concept}: {phrase!r} is no phrase; put it in quotes"
            if isinstance(phrase, str | int):
                try:
                    phrases.add(concept, str(phrase), shorthand)
                    continue
                except LexiconInvalid as problem:
                    why = str(problem).removeprefix(f"triage_{writing}.yml: ")
            yield Finding(f"{name}:{_line(lines, entry.lines['phrases'], phrase)}", why)
    for entry in raw.get("signs") or ():
        yield from _entry(entry, "sign", SIGN, name, lambda one: lexicon._sign(path.name, writing, concepts, one))
    for entry in raw.get("guards") or ():
        yield from _entry(entry, "guard", GUARD, name, lambda one: lexicon._guard(path.name, concepts, one))


def _entry(entry: Any, kind: str, known: set[str], name: str, read: Callable[[Any], Any]) -> Iterator[Finding]:
    if not isinstance(entry, yaml_lines.Row) or "id" not in entry:
        where = f":{entry.line}" if isinstance(entry, yaml_lines.Row) else ""
        yield Finding(f"{name}{where}", f"a {kind} needs an id")
        return
    title = f"{kind} {entry['id']}"
    yield from _only(entry, known, name, title)
    if kind == "guard" and entry.get("scope", "sentence") not in SCOPES:
        yield Finding(f"{name}:{entry.line}", f"{title}: scope is none of {', '.join(SCOPES)}")
    try:
        read(entry)
    except LexiconInvalid as problem:
        yield Finding(f"{name}:{entry.line}", str(problem).partition(": ")[2])
    except (KeyError, TypeError, ValueError):
        needed = "a level and concepts in all or any" if kind == "sign" else "concepts in a list under when"
        yield Finding(f"{name}:{entry.line}", f"{title}: it needs {needed}")


def _only(entry: yaml_lines.Row, known: set[str], name: str, title: str) -> Iterator[Finding]:
    for field in sorted(entry.keys() - known):
        yield Finding(f"{name}:{entry.lines[field]}", f"{title}: there is no {field}, only {', '.join(sorted(known))}")


def _line(lines: list[str], start: int, phrase: Any) -> int:
    """The line of a phrase in a list that begins at a line; that line when it is written in another way there."""
    words = str(next(iter(phrase), "")) if isinstance(phrase, dict) else str(phrase)
    return next((n for n, line in enumerate(lines[start - 1 :], start) if words and words in line), start)


#: The other files, each with something that cannot be done without it.
USES: dict[str, Callable[[], Any]] = {
    "spelling_id.yml": lambda: plain("gak bisa"),
    "real_words.yml": lambda: triage("tersisa"),
    "frames.yml": lambda: frames.find({}, alone=True),
    "entities.yml": lambda: list(gazetteer.named(normalise("paspor"), romanised=True)),
    "dialogue.yml": lambda: [dialogue.bare("kalau ke korea?"), dialogue.puzzled("bingung"), dialogue.questions("apa?")],
    "language/words.yml": lambda: language.detect("halo"),
    "pay.yml": lambda: [cues.cue(name) for name in read_yaml("pay.yml")],
    "currencies.yml": lambda: [currencies.before("rp", 2), currencies.of_country()],
    words.ENTRIES: lambda: [words.Words(subject) for subject in read_yaml(words.ENTRIES)],
    "rates.yml": lambda: amounts.salary("gaji 5 juta rupiah sebulan"),
}


def _used() -> Iterator[Finding]:
    """Files that are YAML, but not what the code that reads them expects."""
    for name, use in USES.items():
        try:
            use()
        except (LexiconInvalid, AttributeError, KeyError, TypeError, ValueError, re.error) as problem:
            why = f"it is not built as its readers expect ({type(problem).__name__}: {problem}); see `git diff`"
            yield Finding(f"data/lexicon/{name}", str(problem) if isinstance(problem, LexiconInvalid) else why)
