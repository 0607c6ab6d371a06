"""New training messages as a patch that `git apply` takes. Nothing under data/ is changed here.

A message goes into the file of its intent and language, into a block of its own month, so that every one says where it
comes from: `metadata: {source: review-2026-11, register: chat}`. The block is sorted as its file is.
"""

from __future__ import annotations

import difflib
import re
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from bot.errors import HotlineError
from bot.settings import ROOT
from nlu.understanding.decision import registry

#: A message may not hold these: Rasa would read an entity, a comment, a list.
FORBIDDEN = re.compile(r"[\[\]\n\r\t]|^[#\-]")
_EXAMPLE = "    - "


@dataclass(frozen=True)
class Taught:
    """One message that the assistant is to learn."""

    lang: str
    intent: str
    text: str


class NotATrainingMessage(HotlineError):
    """A training message cannot look like this. Write it another way."""


def unified(taught: Iterable[Taught], source: str, root: Path = ROOT) -> str:
    """The patch against the files below `root`. Raises HotlineError when a file is not as it should be."""
    by_file: dict[str, list[Taught]] = defaultdict(list)
    for one in taught:
        if FORBIDDEN.search(one.text) or one.intent not in registry():
            raise NotATrainingMessage()
        by_file[f"data/nlu/{one.lang}/{one.intent}.yml"].append(one)
    return "".join(_of_file(name, mine, source, root) for name, mine in sorted(by_file.items()))


def _of_file(name: str, taught: list[Taught], source: str, root: Path) -> str:
    try:
        before = (root / name).read_text(encoding="utf-8")
    except OSError as problem:
        raise HotlineError(f"Cannot read {name}: {problem.strerror}. Make the file first.") from None
    if not before.endswith("\n"):
        raise HotlineError(f"{name} does not end with a line break. Add one, then review again.")
    after = added(before, taught[0].intent, [one.text for one in taught], source)
    # splitlines would also cut at signs that are no line breaks for git.
    old, new = (text.split("\n")[:-1] for text in (before, after))
    lines = list(difflib.unified_diff(old, new, f"a/{name}", f"b/{name}", lineterm=""))
    return "\n".join([f"diff --git a/{name} b/{name}", *lines]) + "\n"


def added(content: str, intent: str, texts: Iterable[str], source: str) -> str:
    """A file's content with messages in the block of their source, which is made at the end when it is not there."""
    lines = content.split("\n")[:-1]
    key = _order(lines)
    head = f"  metadata: {{source: {source}, register: chat}}"
    if head not in lines:
        lines += [f"- intent: {intent}", head, "  examples: |"]
    start = lines.index(head) + 2
    end = start
    while end < len(lines) and lines[end].startswith("    "):
        end += 1
    block = {*lines[start:end], *(f"{_EXAMPLE}{text}" for text in texts)}
    lines[start:end] = sorted(block, key=lambda line: key(line.removeprefix(_EXAMPLE)))
    return "\n".join(lines) + "\n"


def _order(lines: list[str]) -> Callable[[str], str]:
    """How a file is sorted: without regard to capitals where it is that already, else letter by letter."""
    examples = [line.removeprefix(_EXAMPLE) for line in lines if line.startswith(_EXAMPLE)]
    if examples == sorted(examples, key=str.casefold):
        return str.casefold
    return str
