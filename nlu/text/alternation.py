"""One pattern of many, tried by their letters: Python tries the branches of an alternation one after the other."""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import chain

_REPEATS = ("?", "*", "+", "{")


def any_of(patterns: Iterable[str]) -> str:
    """What an alternation of these patterns matches, those with the same first letter behind one branch.

    The order of patterns that begin with the same letter is kept: put the longest first. The others stay whole.
    """
    return "|".join(
        alike[0] if len(alike) == 1 else f"{first}(?:{any_of(pattern[1:] for pattern in alike)})"
        for first, alike in _by_first(patterns).items()
    )


def _by_first(patterns: Iterable[str]) -> dict[str | int, list[str]]:
    """Patterns by their first letter; those that begin with anything else by their number."""
    branches: dict[str | int, list[str]] = {}
    for number, pattern in enumerate(patterns):
        grouped = pattern[:1].isalnum() and not pattern[1:2].startswith(_REPEATS) and not _offers_a_choice(pattern)
        branches.setdefault(pattern[0] if grouped else number, []).append(pattern)
    return branches


#: What a pattern may begin with that is no letter: a look behind, a choice, a letter that may be missing.
_LOOK = re.compile(r"\(\?<!([^()|]+)\)")
_CHOICE = re.compile(r"\(\?:([^()\[\]\\?*+{]+)\)(\?)?(?![*+{])")
_MAYBE = re.compile(r"(\w)\?")
_FIRST = re.compile(r"[\w/](?![?*+{])")


def words(patterns: Iterable[str], before: str, after: str) -> str:
    """What `any_of` these patterns matches, with nothing of `before` in front of it and nothing of `after` behind.

    Every branch begins with its letter, and looks back from behind it: Python passes over all others without a try.
    `before` has a fixed width.
    """
    branches: list[str] = []
    by_letter: dict[str, list[str]] = {}
    for first, alike in _by_first(patterns).items():
        starts = [(first, any_of(one[1:] for one in alike))] if isinstance(first, str) else _starts(alike[0])
        for letter, rest in starts:
            by_letter.setdefault(letter, []).append(rest)
        if not starts:
            # It may begin with any letter: what comes behind it stays behind it.
            branches += [*_headed(by_letter, before), f"(?<!{before})(?:{alike[0]})"]
            by_letter.clear()
    return "|".join(f"{branch}(?!{after})" for branch in (*branches, *_headed(by_letter, before)))


def _headed(by_letter: dict[str, list[str]], before: str) -> list[str]:
    return [f"{letter}(?<!{before}{letter})(?:{'|'.join(rests)})" for letter, rests in by_letter.items()]


def _starts(pattern: str, looks: tuple[str, ...] = ()) -> list[tuple[str, str]]:
    """The letters with which a pattern may begin, each with what follows it; empty where that cannot be told."""
    if _offers_a_choice(pattern):
        return []
    if look := _LOOK.match(pattern):
        return _starts(pattern[look.end() :], (*looks, look[1]))
    if found := _CHOICE.match(pattern) or _MAYBE.match(pattern):
        options = found[1].split("|") + [""] * found[0].endswith("?")
        each = [_starts(option + pattern[found.end() :], looks) for option in options]
        return list(chain(*each)) if all(each) else []
    if not _FIRST.match(pattern):
        return []
    return [(pattern[0], "".join(f"(?<!{look}{pattern[0]})" for look in looks) + pattern[1:])]


def _offers_a_choice(pattern: str) -> bool:
    """Whether a pattern is an alternation itself, outside all brackets."""
    depth = 0
    for char in pattern:
        depth += (char == "(") - (char == ")")
        if char == "|" and depth == 0:
            return True
    return False
