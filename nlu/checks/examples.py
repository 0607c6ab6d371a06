"""Reading the training and held-out messages with their places, for the check and the evaluation."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from nlu.checks import yaml_lines
from nlu.checks.yaml_lines import DataInvalid
from nlu.text import languages

DATA = Path(__file__).resolve().parents[2] / "data"
LANGUAGES = languages.LANGUAGES


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
        return f"{named(self.path)}:{self.line}"


@dataclass(frozen=True)
class HeldOut:
    """One held-out message. `lang` is id, km or km-Latn; `half` is dev or test; no report shows another."""

    text: str
    kind: str
    topic: str | None
    lang: str
    half: str


def named(path: Path) -> str:
    """A file as people name it: data/nlu/id/greet.yml"""
    return str(path.relative_to(DATA.parent))


def utterances(root: Path = DATA) -> Iterator[Utterance]:
    """Every training message, in the order of the files. Raises DataInvalid."""
    for lang in LANGUAGES:
        for path in sorted((root / "nlu" / lang).glob("*.yml")):
            yield from of_file(path, lang)


def of_file(path: Path, lang: str) -> Iterator[Utterance]:
    """The training messages of one file. Raises DataInvalid."""
    name = named(path)
    raw = yaml_lines.read(path, name)
    blocks = raw.get("nlu") if isinstance(raw, dict) else None
    if not isinstance(blocks, list):
        raise DataInvalid(f"{name}:1", "there is no list under `nlu:`; begin the file as a neighbour's begins")
    lines = yaml_lines.source(path, name).split("\n")
    for block in blocks:
        if not isinstance(block, yaml_lines.Row) or "intent" not in block or "examples" not in block:
            where = f":{block.line}" if isinstance(block, yaml_lines.Row) else ""
            raise DataInvalid(f"{name}{where}", "a block needs `intent:` and `examples: |`; Rasa takes no other here")
        for text, line in _examples(block, lines, name):
            yield Utterance(text, str(block["intent"]), lang, path, line)


def _examples(block: yaml_lines.Row, lines: list[str], name: str) -> Iterator[tuple[str, int]]:
    value, begins = block["examples"], block.lines["examples"]
    if isinstance(value, str) and lines[begins - 1].rstrip().endswith("|"):
        # Rasa drops in silence what does not look like this, so nothing else is taken for a message.
        for number, line in enumerate(lines[begins:], start=begins + 1):
            if line and not line.startswith("   "):
                return
            if line.startswith("    - ") and line[6:].strip():
                yield line[6:].strip(), number
        return
    if not isinstance(value, list):
        raise DataInvalid(f"{name}:{begins}", "write `examples: |`, and below it each message as `    - words`")
    for entry in value:
        if not isinstance(entry, yaml_lines.Row) or not isinstance(entry.get("text"), str):
            where = entry.line if isinstance(entry, yaml_lines.Row) else begins
            raise DataInvalid(f"{name}:{where}", 'write `examples: |`, or each message as `- text: "words"`, in quotes')
        yield entry["text"].strip(), entry.line


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
