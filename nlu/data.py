"""Reading the training and held-out messages with their places, for the check and the evaluation."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

DATA = Path(__file__).resolve().parents[1] / "data"
LANGUAGES = ("id", "km")
#: The reader in C, thirty times as fast, where it is installed.
Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True)
class Utterance:
    """One training message: its intent, and the file and line it stands on."""

    text: str
    intent: str
    lang: str
    path: Path
    line: int

    @property
    def place(self) -> str:
        """data/nlu/id/greet.yml:12"""
        return f"{self.path.relative_to(DATA.parent)}:{self.line}"


@dataclass(frozen=True)
class HeldOut:
    """One held-out message. `lang` is id, km or km-Latn; `half` is dev or test; no report shows another."""

    text: str
    kind: str
    topic: str | None
    lang: str
    half: str


class DataInvalid(ValueError):
    """A data file cannot be read; the message names file, line and reason."""


def utterances(root: Path = DATA) -> Iterator[Utterance]:
    """Every training message, in the order of the files. Raises DataInvalid."""
    for lang in LANGUAGES:
        for path in sorted((root / "nlu" / lang).glob("*.yml")):
            yield from _of_file(path, lang)


def _of_file(path: Path, lang: str) -> Iterator[Utterance]:
    source = path.read_text(encoding="utf-8")
    try:
        tree = yaml.compose(source, Loader=Loader)
        raw = yaml.load(source, Loader=Loader)
    except yaml.YAMLError as problem:
        raise DataInvalid(f"{path}: {problem}") from None
    if not isinstance(raw, dict) or not isinstance(raw.get("nlu"), list) or tree is None:
        raise DataInvalid(f"{path}: there is no list under nlu:")
    blocks = next(value for key, value in tree.value if key.value == "nlu").value
    for block, node in zip(raw["nlu"], blocks, strict=True):
        examples = next((value for key, value in node.value if key.value == "examples"), None)
        if "intent" not in block or examples is None:
            raise DataInvalid(f"{path}:{node.start_mark.line + 1}: a block without intent or examples")
        for text, line in _examples(block["examples"], examples, source):
            yield Utterance(text, str(block["intent"]), lang, path, line)


def _examples(value: Any, node: Any, source: str) -> Iterator[tuple[str, int]]:
    if isinstance(value, str):
        # The lines of a literal block begin on the line after `examples: |`.
        lines = source.splitlines()
        for number in range(node.start_mark.line + 1, min(node.end_mark.line, len(lines))):
            line = lines[number].strip()
            if line:
                yield (line[2:].strip() if line.startswith("- ") else line), number + 1
        return
    for entry, item in zip(value, node.value, strict=True):
        yield str(entry["text"]).strip(), item.start_mark.line + 1


def raw_lines(path: Path) -> Iterator[tuple[int, str]]:
    """The lines of a file with their numbers."""
    yield from enumerate(path.read_text(encoding="utf-8").splitlines(), start=1)


def held_out(lang: str, half: str | None = None, root: Path = DATA) -> list[HeldOut]:
    """The held-out messages of a language's file, every half unless one is named."""
    found = []
    for line in (root / "heldout" / f"messages_{lang}.jsonl").read_text(encoding="utf-8").splitlines():
        raw = json.loads(line)
        if half is None or raw["half"] == half:
            found.append(HeldOut(raw["text"], raw["kind"], raw.get("topic"), raw["lang"], raw["half"]))
    return found


def half_sha256(lang: str, half: str = "test", root: Path = DATA) -> tuple[int, str]:
    """How many lines a half has, and the SHA-256 over them as they stand in the file, in order."""
    path = root / "heldout" / f"messages_{lang}.jsonl"
    lines = [line for line in path.read_bytes().splitlines(keepends=True) if json.loads(line)["half"] == half]
    return len(lines), hashlib.sha256(b"".join(lines)).hexdigest()


_SIGNS = re.compile(r"[\s.,;:!?…។៕\"']+")


@cache  # the check asks for each message's again and again
def key(text: str) -> str:
    """A message after normalising, signs of punctuation taken for spaces: equal keys are the same message to us."""
    from nlu.text.normalise import normalise

    plain = normalise(text).text
    return _SIGNS.sub(" ", plain).strip() or plain
