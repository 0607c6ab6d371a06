"""Checks the training data in seconds: `python -m nlu.checks.training_data`. Prints file and line of every problem.

Problems fail: files that cannot be read, unknown intents and actions, intents without a rule, a line in the domain, a
text or enough messages (romanised ones among the Khmer, too), the same message twice or nearly so, lines that Rasa
would drop in silence, a training message that is also held out, slips in the lexicon (nlu/checks/lexicon.py). Remarks
do not: one- or two-word messages that are held out too ("stop" can be said in one way only; the evaluation leaves them
out), messages that look like the other language, and what the measuring set of the language detector shares with
training (the evaluation scores that apart).
"""

from __future__ import annotations

import dataclasses
import difflib
import hashlib
import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from rapidfuzz import process
from rapidfuzz.distance import Indel

from nlu.checks import examples, lexicon, yaml_lines
from nlu.checks.lexicon import Finding
from nlu.text import language, languages
from nlu.text.files import read_yaml
from nlu.text.khmer import has_khmer
from nlu.understanding.decision import CASE_KINDS, INTERNAL, Thresholds, registry

#: Messages an intent must have in each language: who is in trouble or asks for a person, topics of questions, the rest.
LEAST_SAFETY, LEAST_TOPIC, LEAST = 120, 70, 45
#: Part of the Khmer messages of an intent that must be romanised, as many Cambodians type.
LEAST_ROMANISED = 0.2
#: What an intent can be (docs/glossary.md), and what the registry says of it.
KINDS = (*CASE_KINDS, "offer", "question", "smalltalk", "control", "abuse", "out_of_scope")
REGISTERED = {"kind", "topic", "what", "not"}
#: A name of an intent, as the registry and the notes in it write it.
INTENT = re.compile(r"[a-z]+(?:_[a-z]+)*")
#: What Rasa takes for training data, wherever it lies below the folders that it is given.
TAKEN_BY_RASA = {".yml", ".yaml", ".json"}
#: Rasa's own way of marking an entity; ours are found by nlu/components/entities.py.
ENTITY = re.compile(r"\[[^\]]+\][({]")
#: Actions of Rasa itself.
RASAS_OWN = {"action_listen", "action_restart", "action_session_start", "action_default_fallback"}
#: Two messages of one intent this like each other (1: the same letters in the same order) were made from a template;
#: short ones can hardly differ more. On the data of 2026-11 the limit leaves what people wrote alone.
TOO_LIKE, SHORT_LETTERS = 0.9, 15
#: Words from which on the language of a message can be told, and how sure the detector must be: of 68,676 messages of
#: 2026-11 it then doubts a few, which are mixed.
WORDS_TO_TELL, SURE_OF_LANGUAGE = 5, 0.99
#: A held-out message of at most this many words may occur in training.
SHORT_WORDS = 2


def findings(root: Path = examples.DATA) -> Iterator[Finding]:
    """Everything that is wrong with the data below a folder."""
    if wrong := list(_unreadable(root)) or list(_registered(root)):
        # The rest would only say the same in other words.
        yield from wrong
        return
    known = list(examples.utterances(root))
    yield from _shaped(root)
    yield from _wired(root)
    yield from _played(root)
    yield from _thresholds(root)
    yield from lexicon.findings(root)
    yield from _intents(known, root)
    yield from _languages(known)
    yield from _twice(known)
    yield from _alike(known)
    yield from _held_out(known, root)
    yield from _held_out_language(known, root)


def _unreadable(root: Path) -> Iterator[Finding]:
    """Files that are no YAML, whatever they should say: every one of them, so that all can be mended at once."""
    words = (root / "lexicon" / "language").rglob("*.txt")
    domain = (root.parent / "nlu" / "domain").glob("*.yml")
    for path in sorted([*root.rglob("*.yml"), *domain, *words]):
        name, taught = examples.named(path), path.parent.parent == root / "nlu"
        try:
            yaml_lines.source(path, name)
        except examples.DataInvalid as problem:
            yield Finding(problem.place, problem.why)
            continue
        try:
            if taught:
                list(examples.of_file(path, path.parent.name))
            elif path.suffix == ".yml":
                yaml_lines.read(path, name)
        except examples.DataInvalid as problem:
            # Of a message that stands askew YAML speaks in riddles.
            askew = list(_messages(path)) if taught else []
            yield from askew or [Finding(problem.place, problem.why)]


def _shaped(root: Path) -> Iterator[Finding]:
    """What Rasa would take, drop or read in another way without a word."""
    for folder, depth in (("nlu", 2), ("rules", 1), ("stories", 1)):
        for path in sorted((root / folder).rglob("*")):
            if path.suffix not in TAKEN_BY_RASA:
                continue
            parts = path.relative_to(root / folder).parts
            if path.suffix != ".yml" or len(parts) != depth or (depth == 2 and parts[0] not in examples.LANGUAGES):
                wanted = (
                    f"data/nlu/<{' or '.join(examples.LANGUAGES)}>/<intent>.yml"
                    if depth == 2
                    else f"data/{folder}/<name>.yml"
                )
                yield Finding(examples.named(path), f"Rasa would train on it unseen; name it {wanted}, or take it away")
    for lang in examples.LANGUAGES:
        for path in sorted((root / "nlu" / lang).glob("*.yml")):
            if yaml_lines.read(path, examples.named(path)).get("version") != "3.1":
                yield Finding(f"{examples.named(path)}:1", 'begin the file with `version: "3.1"`, the number in quotes')
            yield from _messages(path)


def _messages(path: Path) -> Iterator[Finding]:
    """Lines among the messages of a file that are none, and messages that do not belong in it."""
    name, inside = examples.named(path), False
    for number, line in examples.raw_lines(path):
        where, said = f"{name}:{number}", line.strip()
        if re.match(r"(  )?[^\s#-]|- ", line):
            inside = line.rstrip() == "  examples: |"
            continue
        if not inside or not said:
            continue
        if said.startswith("#"):
            yield Finding(where, "a # line among examples; Rasa drops it")
        elif not re.match(r"    - \S", line):
            yield Finding(
                where, "is no message, and Rasa drops it; write four spaces, a hyphen, a space: `    - words`"
            )
        elif ENTITY.search(said):
            yield Finding(where, "holds [words](name), which Rasa takes for an entity; write the words alone")
        elif (written := language.writing_of_letters(said)) is not None and written != path.parent.name:
            yield Finding(where, f"has letters of {written}; it belongs in data/nlu/{written}/{path.name}")


def _intents(known: list[examples.Utterance], root: Path) -> Iterator[Finding]:
    for lang in examples.LANGUAGES:
        files = {path.stem: path for path in (root / "nlu" / lang).glob("*.yml")}
        for name in sorted(files.keys() - registry().keys()):
            yield Finding(f"data/nlu/{lang}/{name}.yml", f"is no intent of data/intents.yml{_meant(name)}")
        for name in sorted(registry().keys() - files.keys()):
            yield Finding(f"data/nlu/{lang}/{name}.yml", "is missing; begin it as a neighbour's file begins")
        counts = Counter(u.path.stem for u in known if u.lang == lang)
        for name in sorted(registry()):
            if name in files and counts[name] < least(name):
                yield Finding(f"data/nlu/{lang}/{name}.yml", f"has {counts[name]} messages, {least(name)} are needed")
    yield from _romanised(known)
    strange: set[tuple[Path, str]] = set()
    for one in known:
        if one.intent != one.path.stem and one.path.stem in registry() and (one.path, one.intent) not in strange:
            strange.add((one.path, one.intent))
            yield Finding(one.place, f"belongs to {one.intent}, but stands in the file of {one.path.stem}")


def _meant(name: str) -> str:
    close = difflib.get_close_matches(name, registry(), 1, 0.7)
    return f"; {close[0]} is meant?" if close else ""


def _romanised(known: list[examples.Utterance]) -> Iterator[Finding]:
    """Intents that are taught too few romanised Khmer messages."""
    written = Counter(
        (u.intent, has_khmer(u.text)) for u in known if languages.latin_writing(u.lang) in languages.BY_SOUND
    )
    for name in sorted({name for name, _ in written}):
        share = written[name, False] / (written[name, False] + written[name, True])
        if share < LEAST_ROMANISED:
            why = f"{share:.0%} of its messages are romanised, {LEAST_ROMANISED:.0%} are needed"
            yield Finding(f"data/nlu/km/{name}.yml", why)


def _registered(root: Path) -> Iterator[Finding]:
    where = "data/intents.yml"
    raw = yaml_lines.read(root / "intents.yml", where)
    if not isinstance(raw, yaml_lines.Row) or set(raw) != {"intents"} or not isinstance(raw["intents"], yaml_lines.Row):
        extra = min((raw.lines[name] for name in raw if name != "intents"), default=1) if raw else 1
        yield Finding(f"{where}:{extra}", "every intent stands below `intents:`, two spaces in")
        return
    topics: dict[str, str] = {}
    for name, entry in raw["intents"].items():
        place = f"{where}:{raw['intents'].lines[name]}"
        if not INTENT.fullmatch(name) or not isinstance(entry, yaml_lines.Row):
            yield Finding(place, f"{name}: a name is verb_object in small letters, with `kind:` and `what:` below it")
            continue
        for field in sorted(entry.keys() - REGISTERED):
            yield Finding(f"{where}:{entry.lines[field]}", f"{name}: there is no {field}, only kind, topic, what, not")
        kind, topic = entry.get("kind"), entry.get("topic")
        if kind not in KINDS:
            yield Finding(place, f"{name}: kind is none of {', '.join(KINDS)}")
        elif (kind == "question") != bool(topic):
            yield Finding(place, f"{name}: a question has a topic, the other kinds have none")
        elif topic and topics.setdefault(topic, name) != name:
            yield Finding(place, f"{name}: {topic} is the topic of {topics[topic]} already")
        if not isinstance(entry.get("what"), str):
            yield Finding(place, f"{name}: say under `what:` what belongs, for who adds messages")
        for other in re.findall(r"\b(?:ask|report|request)_[a-z_]+", str(entry.get("not", ""))):
            if other not in raw["intents"]:
                yield Finding(f"{where}:{entry.lines['not']}", f"{name}: there is no {other}")


def _wired(root: Path) -> Iterator[Finding]:
    """Where else an intent must stand: without it Rasa trains all the same, and a worker gets no answer."""
    path = root.parent / "nlu" / "domain" / "intents.yml"
    domain = yaml_lines.read(path, examples.named(path))["intents"]
    listed = {name for entry in domain for name in (entry if isinstance(entry, dict) else [entry])}
    for name in sorted(listed - registry().keys() - INTERNAL):
        yield Finding(_place(path, f"- {name}"), f"{name} is no intent of data/intents.yml{_meant(name)}")
    actions: dict[str, set[str]] = defaultdict(set)
    for rule in (root / "rules").glob("*.yml"):
        for steps in _steps(rule, "rules"):
            for step in steps:
                if "intent" in step:
                    actions[step["intent"]] |= {other["action"] for other in steps if "action" in other}
    texts = {lang: yaml_lines.read(root / "texts" / lang / "dialogue.yml", "") for lang in examples.LANGUAGES}
    for name, intent in sorted(registry().items()):
        if name not in listed:
            yield Finding("nlu/domain/intents.yml", f"add `- {name}: {{use_entities: []}}`")
        if not actions[name]:
            yield Finding("data/rules", f"add a rule for {name}, like that of a neighbour")
        needed = [f"meaning_{name}"] if intent.kind == "question" else []
        if "action_small_talk" in actions[name]:
            needed.append(f"small_{name}")
        for lang in examples.LANGUAGES:
            for text in needed:
                if text not in texts[lang]:
                    yield Finding(f"data/texts/{lang}/dialogue.yml", f"add the text {text}")


def _steps(path: Path, kind: str) -> Iterator[list[yaml_lines.Row]]:
    """The steps of each rule or story of a file that has the form of one."""
    raw = yaml_lines.read(path, examples.named(path))
    for entry in raw.get(kind) or () if isinstance(raw, yaml_lines.Row) else ():
        steps = entry.get("steps") if isinstance(entry, yaml_lines.Row) else None
        if isinstance(steps, list) and all(isinstance(step, yaml_lines.Row) for step in steps):
            yield steps


def _played(root: Path) -> Iterator[Finding]:
    """Rules and stories: what Rasa would leave out, or stop at in the middle of a training."""
    path = root.parent / "nlu" / "domain" / "dialogue.yml"
    domain = yaml_lines.read(path, examples.named(path))
    actions = RASAS_OWN | {
        *(domain.get("actions") or ()),
        *(domain.get("responses") or ()),
        *(domain.get("forms") or ()),
    }
    for kind in ("rules", "stories"):
        for path in sorted((root / kind).glob("*.yml")):
            name, raw = examples.named(path), yaml_lines.read(path, "")
            if not isinstance(raw, yaml_lines.Row) or not isinstance(raw.get(kind), list):
                yield Finding(f"{name}:1", f"there is no list under `{kind}:`")
                continue
            for entry in raw[kind]:
                steps = entry.get("steps") if isinstance(entry, yaml_lines.Row) else None
                if not isinstance(steps, list) or not all(isinstance(step, yaml_lines.Row) for step in steps):
                    place = f"{name}:{entry.line}" if isinstance(entry, yaml_lines.Row) else name
                    yield Finding(place, "needs `steps:`, and below it `- intent: ...` and `- action: ...`")
                    continue
                for step in steps:
                    said = step.get("intent")
                    if said is not None and said not in registry() and said not in INTERNAL:
                        yield Finding(f"{name}:{step.line}", f"there is no intent {said}{_meant(str(said))}")
                    done = step.get("action")
                    if done is not None and done not in actions:
                        yield Finding(f"{name}:{step.line}", f"there is no action {done} in nlu/domain/dialogue.yml")


def _thresholds(root: Path) -> Iterator[Finding]:
    if not (path := root / "decision.yml").exists():
        return
    name, raw = examples.named(path), yaml_lines.read(path, "")
    wanted = {field.name for field in dataclasses.fields(Thresholds)}
    for strange in sorted(raw.keys() - wanted):
        yield Finding(f"{name}:{raw.lines[strange]}", f"there is no threshold {strange}")
    for missing in sorted(wanted - raw.keys()):
        yield Finding(name, f"the threshold {missing} is missing")


def _place(path: Path, words: str) -> str:
    """A file and the first line that begins with some words."""
    found = next((number for number, line in examples.raw_lines(path) if line.strip().startswith(words)), 1)
    return f"{examples.named(path)}:{found}"


def least(intent: str) -> int:
    """How many messages an intent needs in each language."""
    kind = registry()[intent].kind
    if kind in CASE_KINDS:
        return LEAST_SAFETY
    return LEAST_TOPIC if kind == "question" else LEAST


def _languages(known: list[examples.Utterance]) -> Iterator[Finding]:
    """Longer messages that look like the other language: a remark, for people mix them."""
    words = read_yaml("language/words.yml")
    common = {code: frozenset(words[code]) for code in sorted(languages.LATIN_WRITINGS)}
    for one in known:
        said = one.text.lower().split()
        # Asking the detector of every message would take as long as all the rest.
        if len(said) < WORDS_TO_TELL or has_khmer(one.text):
            continue
        others = [code for code, their in common.items() if _may_be(code, their, one, said)]
        heard = language.detect(one.text) if others else None
        if heard is not None and heard.code in others and heard.confidence > SURE_OF_LANGUAGE:
            belongs = languages.language_of(heard.code)
            why = f"looks {heard.code}; does it belong in data/nlu/{belongs}/{one.path.name}?"
            yield Finding(one.place, why, fails=False)


def _may_be(code: str, their: frozenset[str], one: examples.Utterance, said: list[str]) -> bool:
    """Whether a message of one language has two words of the writing of another."""
    return languages.language_of(code) != one.lang and len(their.intersection(said)) >= 2


def _twice(known: list[examples.Utterance]) -> Iterator[Finding]:
    by_key: dict[str, list[examples.Utterance]] = defaultdict(list)
    for one in known:
        by_key[examples.key(one.text)].append(one)
    for same in by_key.values():
        first = same[0]
        for other in same[1:]:
            if other.intent != first.intent:
                yield Finding(other.place, f"is also {first.intent} ({first.place})")
            elif other.lang == first.lang:
                yield Finding(other.place, f"stands at {first.place} already")


def _alike(known: list[examples.Utterance]) -> Iterator[Finding]:
    groups: dict[tuple[str, str], list[examples.Utterance]] = defaultdict(list)
    for one in known:
        if len(examples.key(one.text)) >= SHORT_LETTERS:
            groups[one.lang, one.intent].append(one)
    for group in groups.values():
        keys = [examples.key(one.text) for one in group]
        # All pairs at once, in C and on every processor: thousands of messages are millions of pairs.
        likeness = process.cdist(keys, keys, scorer=Indel.normalized_similarity, score_cutoff=TOO_LIKE, workers=-1)
        for second, first in np.argwhere(np.tril(likeness, -1)):
            if keys[first] != keys[second]:
                yield Finding(group[second].place, f"is nearly {group[first].place}; write it another way")


def _held_out(known: list[examples.Utterance], root: Path) -> Iterator[Finding]:
    held = {_digest(one.text) for lang in examples.LANGUAGES for one in examples.held_out(lang, root=root)}
    for one in known:
        if _digest(one.text) in held:
            yield Finding(one.place, "is held out too; take it out of training", fails=not _short(one.text))


def _held_out_language(known: list[examples.Utterance], root: Path) -> Iterator[Finding]:
    """What the measuring set of the language detector shares with training: remarks, for it is scored apart there.

    Short ones, such as a greeting, are only counted.
    """
    lines = examples.raw_lines(root / "heldout" / "language.jsonl")
    held = {_digest(json.loads(line)["text"]) for _, line in lines}
    taught = [(one.text, one.place) for one in known]
    for path in sorted((root / "lexicon" / "language").rglob("*.txt")):
        where = path.relative_to(root.parent)
        taught.extend((line, f"{where}:{number}") for number, line in examples.raw_lines(path))
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
    return hashlib.sha256(examples.key(text).encode()).digest()


def main() -> None:
    """The command: 1 when something fails."""
    found = sorted(findings(), key=lambda one: (one.fails, one.place))
    for one in found:
        print(f"{'problem' if one.fails else 'remark '}  {one.place}: {one.why}")
    failing = sum(one.fails for one in found)
    try:
        counts = Counter(u.lang for u in examples.utterances())
    except examples.DataInvalid:
        counts = Counter()
    said = "".join(f"{n} messages {lang}, " for lang, n in counts.items())
    print(f"nlu-check: {said}{failing} problems" + ("; mend the first, then run it again" if failing else ""))
    raise SystemExit(1 if failing else 0)


if __name__ == "__main__":
    main()
