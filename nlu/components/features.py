"""What the intent model sees of a message: its words, pairs of words, and pieces of its letters.

Measured (docs/benchmarks.md, NLU): letters inside words, one to five long, with spaces between Khmer words taken out,
because people put them anywhere; beside them the words as nlu.text cuts them.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Sequence

from nlu.text.normalise import normalise
from nlu.text.segment import Word, words

#: Longest piece of letters.
PIECE = 5
#: A longer message is read at its beginning and end only.
HEAD_CHARS, TAIL_CHARS = 1_500, 500
_KHMER_GAP = re.compile(r"(?<=[\u1780-\u17ff])[ \u200b]+(?=[\u1780-\u17ff])")
_NUMBER = re.compile(r"\d+")


def clip(text: str) -> str:
    """The part of a message that is read."""
    if len(text) <= HEAD_CHARS + TAIL_CHARS:
        return text
    return text[:HEAD_CHARS] + " " + text[-TAIL_CHARS:]


def cut(text: str) -> list[Word]:
    """The words of a text in one spelling, each with its place in the text as it was typed."""
    plain = normalise(text)
    found = []
    for word in words(plain.text):
        start, end = plain.span(word.start, word.end)
        if end > start:
            found.append(Word(word.text, start, end))
    return found


def tokens(text: str) -> list[str]:
    """The words of a message in one spelling."""
    return [word.text for word in words(normalise(clip(text)).text)]


def pieces(text: str) -> Iterator[str]:
    """Pieces of letters inside words; the edge of a word is a space."""
    plain = _KHMER_GAP.sub("", normalise(clip(text)).text)
    for word in plain.split():
        padded = f" {_NUMBER.sub('0', word)} "
        for size in range(1, PIECE + 1):
            for start in range(len(padded) - size + 1):
                yield padded[start : start + size]


def word_grams(found: Sequence[str]) -> Iterator[str]:
    """Words, and pairs of words that stand side by side."""
    plain = [_NUMBER.sub("0", word) for word in found]
    yield from plain
    for first, second in itertools.pairwise(plain):
        yield f"{first} {second}"
