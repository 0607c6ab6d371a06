"""Reads a data file for people: every problem with its file, its line and what to do about it.

What a data file may not be (another encoding than UTF-8, Windows line ends, tabs for spaces) is refused here once,
although YAML would take some of it: git, `hotline review` and Rasa do not.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import yaml

#: What git leaves where two people changed the same lines.
_MERGE = re.compile(r"(?:<{7}|={7}|>{7})(?:\s|$)")
_INVISIBLE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x84\x86-\x9f\ufeff\ufffe\uffff]")
_INDENT = re.compile(r"\s*")


class DataInvalid(ValueError):
    """A data file cannot be read: its place (file, and line where one is known), and why."""

    def __init__(self, place: str, why: str) -> None:
        super().__init__(f"{place}: {why}")
        self.place, self.why = place, why


class Row(dict[str, Any]):
    """A mapping of a YAML file that knows the line it begins on, and those of its names (from 1)."""

    line: int
    lines: dict[str, int]


class _Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
    """The reader in C where it is installed, thirty times as fast; a name stands once, and lines are kept."""


def _row(loader: Any, node: yaml.MappingNode) -> Any:
    row = Row()
    row.line, row.lines = node.start_mark.line + 1, {}
    yield row
    for key, _ in node.value:
        line = key.start_mark.line + 1
        if row.lines.setdefault(str(key.value), line) != line:
            why = f"{key.value!r} stands in line {row.lines[key.value]} already; the first is not read"
            raise yaml.constructor.ConstructorError(None, None, why, key.start_mark)
    row.update(loader.construct_mapping(node))


_Loader.add_constructor("tag:yaml.org,2002:map", _row)


def source(path: Path, name: str) -> str:
    """A file's text. Raises DataInvalid under the name for what an editor on another computer makes of one."""
    raw = path.read_bytes()
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as problem:
        line = raw.count(b"\n", 0, problem.start) + 1
        raise DataInvalid(f"{name}:{line}", "is not UTF-8; save the file with the encoding UTF-8") from None
    if text.startswith("\ufeff"):
        raise DataInvalid(f"{name}:1", "begins with an invisible mark (BOM); save the file as UTF-8 without BOM")
    if "\r" in text:
        line = text.count("\n", 0, text.index("\r")) + 1
        raise DataInvalid(f"{name}:{line}", f"has Windows line ends; take them out: sed -i 's/\\r$//' {name}")
    for number, line_ in enumerate(text.split("\n"), start=1):
        if why := _slip(line_):
            raise DataInvalid(f"{name}:{number}", why)
    if text and not text.endswith("\n"):
        raise DataInvalid(f"{name}:{text.count(chr(10)) + 1}", "the last line does not end; press Enter behind it")
    return text


def _slip(line: str) -> str | None:
    """What is wrong with a line whatever it says."""
    indent = _INDENT.match(line)
    if indent and line.strip() and (odd := indent.group().strip(" ")):
        kind = "a tab" if "\t" in odd else "a sign that only looks like a space"
        return f"begins with {kind}; write spaces, as many as the lines around have"
    if _MERGE.match(line):
        return (
            "is left from a merge; keep one of the two versions, and take the lines with <<<<<<<, =======, >>>>>>> out"
        )
    if found := _INVISIBLE.search(line):
        return f"holds an invisible sign (U+{ord(found.group()):04X}); delete it, or write the line anew"
    return None


def read(path: Path, name: str) -> Any:
    """What a YAML file holds, its mappings as `Row`. Raises DataInvalid under the name."""
    text = source(path, name)
    try:
        return yaml.load(text, Loader=_Loader)
    except yaml.constructor.ConstructorError as problem:
        raise DataInvalid(f"{name}:{_line(problem)}", str(problem.problem)) from None
    except yaml.MarkedYAMLError as problem:
        why = "check this line and the one above: spaces before it, brackets, quotes around a text with a colon or a #"
        raise DataInvalid(f"{name}:{_line(problem)}", f"{problem.problem}; {why}") from None


def _line(problem: yaml.MarkedYAMLError) -> int:
    return problem.problem_mark.line + 1 if problem.problem_mark else 1
