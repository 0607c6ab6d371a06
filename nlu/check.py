"""Checks the training data in seconds: `python -m nlu.check`. Prints file and line of every problem.

Problems fail: unknown intents, intents without enough messages, the same message twice or nearly so, `#` lines inside
examples, a training message that is also held out. Remarks do not: one- or two-word messages that are held out too
("stop" can be said in one way only; the evaluation leaves them out).
"""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from rapidfuzz.distance import Indel

from nlu import data
from nlu.decision import CASE_KINDS, registry

#: Messages an intent must have in each language: who is in trouble or asks for a person, topics of questions, the rest.
LEAST_SAFETY, LEAST_TOPIC, LEAST = 120, 70, 45
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
        known = list(data.utterances(root))
    except data.DataInvalid as problem:
        yield Finding(str(problem), "cannot be read")
        return
    yield from _intents(known, root)
    yield from _comments(root)
    yield from _twice(known)
    yield from _alike(known)
    yield from _held_out(known, root)


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
    for one in known:
        if one.intent != one.path.stem:
            yield Finding(one.place, f"belongs to {one.intent}, but stands in the file of {one.path.stem}")


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
        for second, mine in enumerate(keys):
            for first, other in enumerate(keys[:second]):
                if mine != other and Indel.normalized_similarity(mine, other, score_cutoff=TOO_LIKE):
                    yield Finding(group[second].place, f"is nearly {group[first].place}; write it another way")


def _held_out(known: list[data.Utterance], root: Path) -> Iterator[Finding]:
    held = {_digest(one.text) for lang in data.LANGUAGES for one in data.held_out(lang, root=root)}
    for one in known:
        if _digest(one.text) in held:
            short = len(one.text.split()) <= SHORT_WORDS and len(one.text) <= 20
            yield Finding(one.place, "is held out too; take it out of training", fails=not short)


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
