"""Cuts a text into words with their places: Khmer by khmercut's weights, everything else by its own spaces."""

from __future__ import annotations

from functools import lru_cache
from typing import Any, NamedTuple

import regex

from nlu.text.cutting import cut

#: Khmer runs are cut in pieces of at most this many characters, so that one endless line costs no more than its length.
PIECE_CHARS = 400

_compile: Any = regex.compile
_TOKEN = _compile(
    r"(?P<khmer>[\u1780-\u17d3\u17d7\u17dc\u17dd\u200b]+)"
    r"|(?P<link>(?:https?://|www\.|t\.me/|wa\.me/)\S+)"
    r"|(?P<handle>@[A-Za-z0-9_]{3,})"
    r"|(?P<number>\d+(?:[.,:/\-]\d+)*)"
    r"|(?P<word>[\p{L}\p{M}]+(?:['’\-][\p{L}\p{M}]+)*)"
    r"|(?P<emoji>\p{Extended_Pictographic}(?:\ufe0f|\u200d\p{Extended_Pictographic}|\p{EMod})*|\p{RI}\p{RI})"
)


class Word(NamedTuple):
    """One word and its place, `start` up to `end`, in the text it was cut from."""

    text: str
    start: int
    end: int


@lru_cache(maxsize=4096)
def _cut_khmer(run: str) -> tuple[str, ...]:
    """The words of a Khmer run; joined they give it again."""
    return tuple(cut(run))


def words(text: str) -> list[Word]:
    """Words of a text in order, punctuation left out; emoji, links, numbers and @names are words of their own."""
    return list(_words(text))


@lru_cache(maxsize=16)
def _words(text: str) -> tuple[Word, ...]:
    found: list[Word] = []
    for match in _TOKEN.finditer(text):
        start, end = match.span()
        if match.lastgroup != "khmer":
            found.append(Word(match.group(), start, end))
            continue
        for piece_start in range(start, end, PIECE_CHARS):
            at = piece_start
            for piece in _cut_khmer(text[piece_start : min(end, piece_start + PIECE_CHARS)]):
                if piece.strip("\u200b \u17d3"):
                    found.append(Word(piece, at, at + len(piece)))
                at += len(piece)
    return tuple(found)
