"""Reads the grammar in which maintainers write phrases of the triage lexicon."""

from __future__ import annotations

import re

from nlu.text.files import LexiconInvalid

_PIECES = re.compile(r"[()|]|\?|\{\w+\}|[^()|?{}\s]+|\?")


def parse(phrase: str, shorthand: dict[str, str]) -> list[tuple[str, bool]]:
    """A phrase of the grammar as (alternatives joined by `|`, whether it may be missing); a gap is `~`.

    Groups may hold groups: `(a (b|c)? d|e)` reads a d, a b d, a c d or e.
    """
    text = str(phrase)
    for _ in range(3):
        text = re.sub(r"\{(\w+)\}", lambda m: f"({_named(m.group(1), shorthand, phrase)})", text)
    pieces = _PIECES.findall(text.replace(")*", ") *"))
    parts, rest = _sequence(pieces, 0, phrase)
    if rest != len(pieces):
        raise LexiconInvalid(f"phrase {phrase!r}: brackets do not match")
    return [("|".join(options), optional) for options, optional in parts]


def _named(name: str, shorthand: dict[str, str], phrase: str) -> str:
    if name not in shorthand:
        raise LexiconInvalid(f"phrase {phrase!r}: no shorthand {{{name}}}")
    return shorthand[name]


def _sequence(pieces: list[str], at: int, phrase: str) -> tuple[list[tuple[list[str], bool]], int]:
    """Parts from `at` up to the end, a `|` or a closing bracket."""
    parts: list[tuple[list[str], bool]] = []
    while at < len(pieces) and pieces[at] not in ("|", ")"):
        if pieces[at] == "(":
            options: list[str] = []
            while True:
                inner, at = _sequence(pieces, at + 1, phrase)
                options.extend(_flat(inner))
                if at >= len(pieces):
                    raise LexiconInvalid(f"phrase {phrase!r}: brackets do not match")
                if pieces[at] == ")":
                    break
            at += 1
            parts.append(([option for option in options if option], "" in options))
        elif pieces[at] == "?":
            if parts:
                parts[-1] = (parts[-1][0], True)
            at += 1
        elif pieces[at] == "*" and parts:
            parts[-1] = ([option.rstrip("*") + "*" for option in parts[-1][0]], parts[-1][1])
            at += 1
        else:
            parts.append(([pieces[at]], False))
            at += 1
    return parts, at


def _flat(parts: list[tuple[list[str], bool]]) -> list[str]:
    """Every way a bracket's inside can read, as words with spaces."""
    ways = [""]
    for options, optional in parts:
        choices = [*options, ""] if optional else options
        ways = [f"{way} {choice}".strip() for way in ways for choice in choices]
    return ways
