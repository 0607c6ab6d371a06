"""Checks the training data in seconds: `python -m nlu.check`. Prints file and line of every problem.

Problems fail: unknown intents, intents without a rule, a line in the domain, a text or enough messages (romanised
ones among the Khmer, too), the same message twice or nearly so, `#` lines inside examples, a training message that is
also held out. Remarks do not: one- or two-word messages that are held out too ("stop" can be said in one way only; the
evaluation leaves them out), and what the measuring set of the language detector shares with training (the evaluation
scores that apart).
"""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import yaml
from rapidfuzz import process
from rapidfuzz.distance import Indel

from nlu import data
from nlu.decision import CASE_KINDS, registry
from nlu.text.files import LexiconInvalid
from nlu.text.khmer import has_khmer
from nlu.text.lexicon import lexicons
from nlu.text.normalise import normalise

#: Messages an intent must have in each language: who is in trouble or asks for a person, topics of questions, the rest.
LEAST_SAFETY, LEAST_TOPIC, LEAST = 120, 70, 45
#: Part of the Khmer messages of an intent that must be romanised, as many Cambodians type.
LEAST_ROMANISED = 0.2
#: What an intent can be (docs/glossary.md), and a place.
KINDS = (*CASE_KINDS, "offer", "question", "smalltalk", "control", "abuse", "out_of_scope")
PLACE_KINDS = ("country", "city", "area")
#: Two messages of one intent this like each other (1: the same letters in the same order) were made from a template;
#: short ones can hardly differ more. On the data of 2026-11 the limit leaves what people wrote alone.
TOO_LIKE, SHORT_LETTERS = 0.9, 15
#: A held-out message of at most this many words may occur in training.
SHORT_WORDS = 2


@dataclass(frozen=True)
class Finding:
    """One problem or remark, with its place."""

    place: str
    why: str
    fails: bool = True


def findings(root: Path = data.DATA) -> Iterator[Finding]:
    """Everything that is wrong with the data below a folder."""
    try:
        if wrong := list(_registered(root)):
            yield from wrong
            return
        known = list(data.utterances(root))
        yield from _wired(root)
        yield from _places(root)
        yield from _lexicon(root)
    except data.DataInvalid as problem:
        yield Finding(str(problem), "cannot be read")
        return
    yield from _intents(known, root)
    yield from _comments(root)
    yield from _twice(known)
    yield from _alike(known)
    yield from _held_out(known, root)
    yield from _held_out_language(known, root)


def _intents(known: list[data.Utterance], root: Path) -> Iterator[Finding]:
    for lang in data.LANGUAGES:
        files = {path.stem: path for path in (root / "nlu" / lang).glob("*.yml")}
        for name in sorted(files.keys() - registry().keys()):
            yield Finding(f"data/nlu/{lang}/{name}.yml", "is no intent of data/intents.yml")
        for name in sorted(registry().keys() - files.keys()):
            yield Finding(f"data/nlu/{lang}/{name}.yml", "is missing")
        counts = Counter(u.intent for u in known if u.lang == lang)
        for name in sorted(registry()):
            if name in files and counts[name] < least(name):
                yield Finding(f"data/nlu/{lang}/{name}.yml", f"has {counts[name]} messages, {least(name)} are needed")
    yield from _romanised(known)
    for one in known:
        if one.intent != one.path.stem:
            yield Finding(one.place, f"belongs to {one.intent}, but stands in the file of {one.path.stem}")


def _romanised(known: list[data.Utterance]) -> Iterator[Finding]:
    """Intents that are taught too few romanised Khmer messages."""
    written = Counter((u.intent, has_khmer(u.text)) for u in known if u.lang == "km")
    for name in sorted({name for name, _ in written}):
        share = written[name, False] / (written[name, False] + written[name, True])
        if share < LEAST_ROMANISED:
            why = f"{share:.0%} of its messages are romanised, {LEAST_ROMANISED:.0%} are needed"
            yield Finding(f"data/nlu/km/{name}.yml", why)


def _registered(root: Path) -> Iterator[Finding]:
    for name, entry in _yaml(root / "intents.yml")["intents"].items():
        kind = entry.get("kind") if isinstance(entry, dict) else None
        if kind not in KINDS:
            yield Finding("data/intents.yml", f"{name}: kind is none of {', '.join(KINDS)}")
        elif (kind == "question") != bool(entry.get("topic")):
            yield Finding("data/intents.yml", f"{name}: a question has a topic, the other kinds have none")


def _wired(root: Path) -> Iterator[Finding]:
    """Where else an intent must stand: without it Rasa trains all the same, and a worker gets no answer."""
    domain = _yaml(root.parent / "nlu" / "domain" / "intents.yml")["intents"]
    listed = {name for entry in domain for name in (entry if isinstance(entry, dict) else [entry])}
    actions: dict[str, set[str]] = defaultdict(set)
    for path in (root / "rules").glob("*.yml"):
        for rule in _yaml(path)["rules"]:
            for step in rule["steps"]:
                if "intent" in step:
                    actions[step["intent"]] |= {other["action"] for other in rule["steps"] if "action" in other}
    texts = {lang: _yaml(root / "texts" / lang / "dialogue.yml") for lang in data.LANGUAGES}
    for name, intent in sorted(registry().items()):
        if name not in listed:
            yield Finding("nlu/domain/intents.yml", f"add `- {name}: {{use_entities: []}}`")
        if not actions[name]:
            yield Finding("data/rules", f"add a rule for {name}, like that of a neighbour")
        needed = [f"meaning_{name}"] if intent.kind == "question" else []
        if "action_small_talk" in actions[name]:
            needed.append(f"small_{name}")
        for lang in data.LANGUAGES:
            for text in needed:
                if text not in texts[lang]:
                    yield Finding(f"data/texts/{lang}/dialogue.yml", f"add the text {text}")


def _places(root: Path) -> Iterator[Finding]:
    where = "data/lexicon/places.yml"
    first: dict[str, str] = {}
    for row in _yaml(root / "lexicon" / "places.yml")["places"]:
        name, country, aliases = row.get("name"), row.get("country"), row.get("aliases")
        if not isinstance(name, str) or not isinstance(aliases, list):
            yield Finding(where, f"{name}: a row has country, name, kind and a list of aliases")
            continue
        if not isinstance(country, str) or not re.fullmatch("[A-Z]{2}", country):
            yield Finding(where, f"{name}: country is two capital letters (NO in quotes: YAML takes it for a no)")
        if row.get("kind") not in PLACE_KINDS:
            yield Finding(where, f"{name}: kind is none of {', '.join(PLACE_KINDS)}")
        for alias in (*aliases, name):
            other = first.setdefault(normalise(str(alias)).text.replace(" ", "").replace("-", ""), name)
            if other != name:
                yield Finding(where, f"{alias!r} is {name} and {other}; leave it with one, the last is believed")


def _lexicon(root: Path) -> Iterator[Finding]:
    for path in sorted((root / "lexicon").rglob("*.yml")):
        _yaml(path)
    try:
        lexicons()
    except LexiconInvalid as problem:
        yield Finding("data/lexicon/triage_*.yml", str(problem))


def _yaml(path: Path) -> Any:
    source = path.read_text(encoding="utf-8")
    try:
        _once(yaml.compose(source, Loader=data.Loader), path)
        return yaml.load(source, Loader=data.Loader)
    except yaml.MarkedYAMLError as problem:
        line = problem.problem_mark.line + 1 if problem.problem_mark else 1
        why = f"{problem.problem}; a text with a colon in it stands in quotes"
        raise data.DataInvalid(f"{path.relative_to(data.DATA.parent)}:{line}: {why}") from None


def _once(node: Any, path: Path) -> None:
    """Refuse a name that stands twice: YAML believes the last one and says nothing."""
    if isinstance(node, yaml.MappingNode):
        first: dict[str, int] = {}
        for key, value in node.value:
            line = key.start_mark.line + 1
            if first.setdefault(str(key.value), line) != line:
                why = f"{key.value!r} stands in line {first[key.value]} already; the first is not read"
                raise data.DataInvalid(f"{path.relative_to(data.DATA.parent)}:{line}: {why}")
            _once(value, path)
    elif isinstance(node, yaml.SequenceNode):
        for value in node.value:
            _once(value, path)


def least(intent: str) -> int:
    """How many messages an intent needs in each language."""
    kind = registry()[intent].kind
    if kind in CASE_KINDS:
        return LEAST_SAFETY
    return LEAST_TOPIC if kind == "question" else LEAST


def _comments(root: Path) -> Iterator[Finding]:
    for lang in data.LANGUAGES:
        for path in sorted((root / "nlu" / lang).glob("*.yml")):
            inside = False
            for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
                inside = line.strip().startswith("examples:") or (inside and (line.startswith("    ") or not line))
                if inside and line.strip().startswith("#"):
                    yield Finding(f"data/nlu/{lang}/{path.name}:{number}", "a # line among examples; Rasa drops it")


def _twice(known: list[data.Utterance]) -> Iterator[Finding]:
    by_key: dict[str, list[data.Utterance]] = defaultdict(list)
    for one in known:
        by_key[data.key(one.text)].append(one)
    for same in by_key.values():
        first = same[0]
        for other in same[1:]:
            if other.intent != first.intent:
                yield Finding(other.place, f"is also {first.intent} ({first.place})")
            elif other.lang == first.lang:
                yield Finding(other.place, f"stands at {first.place} already")


def _alike(known: list[data.Utterance]) -> Iterator[Finding]:
    groups: dict[tuple[str, str], list[data.Utterance]] = defaultdict(list)
    for one in known:
        if len(data.key(one.text)) >= SHORT_LETTERS:
            groups[one.lang, one.intent].append(one)
    for group in groups.values():
        keys = [data.key(one.text) for one in group]
        # All pairs at once, in C and on every processor: thousands of messages are millions of pairs.
        likeness = process.cdist(keys, keys, scorer=Indel.normalized_similarity, score_cutoff=TOO_LIKE, workers=-1)
        for second, first in np.argwhere(np.tril(likeness, -1)):
            if keys[first] != keys[second]:
                yield Finding(group[second].place, f"is nearly {group[first].place}; write it another way")


def _held_out(known: list[data.Utterance], root: Path) -> Iterator[Finding]:
    held = {_digest(one.text) for lang in data.LANGUAGES for one in data.held_out(lang, root=root)}
    for one in known:
        if _digest(one.text) in held:
            yield Finding(one.place, "is held out too; take it out of training", fails=not _short(one.text))


def _held_out_language(known: list[data.Utterance], root: Path) -> Iterator[Finding]:
    """What the measuring set of the language detector shares with training: remarks, for it is scored apart there.

    Short ones, such as a greeting, are only counted.
    """
    lines = data.raw_lines(root / "heldout" / "language.jsonl")
    held = {_digest(json.loads(line)["text"]) for _, line in lines}
    taught = [(one.text, one.place) for one in known]
    for path in sorted((root / "lexicon" / "language").rglob("*.txt")):
        where = path.relative_to(root.parent)
        taught.extend((line, f"{where}:{number}") for number, line in data.raw_lines(path))
    shared = [(text, place) for text, place in taught if _digest(text) in held]
    for text, place in shared:
        if not _short(text):
            yield Finding(place, "is held out in language.jsonl too; better another way of saying it", fails=False)
    if short := {_digest(text) for text, _ in shared if _short(text)}:
        why = f"{len(short)} of {len(held)} are training messages, too, of at most {SHORT_WORDS} words"
        yield Finding("data/heldout/language.jsonl", why, fails=False)


def _short(text: str) -> bool:
    return len(text.split()) <= SHORT_WORDS and len(text) <= 20


def _digest(text: str) -> bytes:
    return hashlib.sha256(data.key(text).encode()).digest()


def main() -> None:
    """The command: 1 when something fails."""
    found = sorted(findings(), key=lambda one: (one.fails, one.place))
    for one in found:
        print(f"{'problem' if one.fails else 'remark '}  {one.place}: {one.why}")
    failing = sum(one.fails for one in found)
    counts = Counter(u.lang for u in data.utterances())
    print(f"nlu-check: {', '.join(f'{n} messages {lang}' for lang, n in counts.items())}; {failing} problems")
    raise SystemExit(1 if failing else 0)


if __name__ == "__main__":
    main()
