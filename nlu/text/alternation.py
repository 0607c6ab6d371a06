"""One pattern of many, tried by their letters: Python tries the branches of an alternation one after the other."""

from __future__ import annotations

from collections.abc import Iterable

_REPEATS = ("?", "*", "+", "{")


def any_of(patterns: Iterable[str]) -> str:
    """What an alternation of these patterns matches, those with the same first letter behind one branch.

    The order of patterns that begin with the same letter is kept: put the longest first. The others stay whole.
    """
    branches: dict[str | int, list[str]] = {}
    for number, pattern in enumerate(patterns):
        grouped = pattern[:1].isalnum() and not pattern[1:2].startswith(_REPEATS) and not _offers_a_choice(pattern)
        branches.setdefault(pattern[0] if grouped else number, []).append(pattern)
    return "|".join(
        alike[0] if len(alike) == 1 else f"{first}(?:{any_of(pattern[1:] for pattern in alike)})"
        for first, alike in branches.items()
    )


def _offers_a_choice(pattern: str) -> bool:
    """Whether a pattern is an alternation itself, outside all brackets."""
    depth = 0
    for char in pattern:
        depth += (char == "(") - (char == ")")
        if char == "|" and depth == 0:
            return True
    return False
