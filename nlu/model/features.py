"""What the intent model sees of a message: words, pieces of letters, Khmer sounds, and what the triage lexicon knows.

Measured one against the other (docs/benchmarks.md, NLU). Letters are read inside words, one to five long, with spaces
between Khmer words taken out, because people put them anywhere. Sounds are the same for Khmer in its script and in
Latin letters, so that one set of examples teaches both. What the lexicon sees is weighed like any word.

After a change of what `read` returns, raise `FEATURES` in nlu/model/fingerprint.py.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from nlu.text import language, phonetics
from nlu.text.normalise import normalise
from nlu.text.segment import Word, words
from nlu.understanding.triage import traces


@dataclass(frozen=True)
class Sort:
    """One sort of features: in how many messages one must occur to be learned, and what the sort weighs."""

    least: int = 3
    weight: float = 1.0


#: The lexicon was taught from the same messages as the model, and sees more in them than in new ones: its traces weigh
#: little, or the model leans on them. Chosen on 3,433 messages that neither had been taught from (docs/benchmarks.md).
SORTS = {
    "letters": Sort(),
    "words": Sort(least=2),
    "sounds": Sort(),
    "consonants": Sort(),
    "traces": Sort(weight=0.15),
}


def least(sort: str) -> int:
    """In how many messages a feature of this sort must occur to be learned."""
    return SORTS.get(sort, Sort()).least


def weight(sort: str) -> float:
    """What a sort of features weighs beside the others."""
    return SORTS.get(sort, Sort()).weight


#: Longest piece of letters; shortest and longest pieces of sounds, with vowels and without.
PIECE = 5
SOUNDS, CONSONANTS = (3, 6), (2, 5)
#: Letters of a run that is worth remembering. Khmer without spaces is one long run, never the same twice.
SHORT_RUN = 16
#: A longer message is read at its beginning and end only.
HEAD_CHARS, TAIL_CHARS = 1_500, 500
_KHMER_GAP = re.compile(r"(?<=[\u1780-\u17ff])[ \u200b]+(?=[\u1780-\u17ff])")
_KHMER = re.compile(r"[\u1780-\u17ff]")
_VOWELS = re.compile(r"[aio]")
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


def read(text: str) -> dict[str, list[str]]:
    """All features of a message by their sort."""
    found = tokens(text)
    heard = sounds(found, language.looks_khmer_latin(text))
    return {
        "letters": list(pieces(text)),
        "words": list(word_grams(found)),
        "sounds": list(grams("".join(heard), *SOUNDS)),
        "consonants": list(grams("".join(_VOWELS.sub("", word) or word for word in heard), *CONSONANTS)),
        "traces": list(traces(text)),
    }


def sounds(found: Sequence[str], romanised: bool) -> list[str]:
    """The keys of the Khmer words among these; words in Latin letters are Khmer where the message is `romanised`."""
    keys = (
        phonetics.script_key(word)
        if _KHMER.search(word)
        else (phonetics.key(word) if romanised and word.isascii() and word.isalpha() else "")
        for word in found
    )
    return [key for key in keys if key]


def grams(line: str, shortest: int, longest: int) -> Iterator[str]:
    """Every piece of a line between two lengths."""
    for size in range(shortest, longest + 1):
        for start in range(len(line) - size + 1):
            yield line[start : start + size]


def pieces(text: str) -> Iterator[str]:
    """Pieces of letters inside words."""
    for run in runs(text):
        yield from pieces_of(run)


def runs(text: str) -> list[str]:
    """What stands between spaces, Khmer words without the spaces between them, numbers all alike."""
    return runs_of(normalise(clip(text)).text)


def runs_of(plain: str) -> list[str]:
    """The same of a text in one spelling."""
    return _NUMBER.sub("0", _KHMER_GAP.sub("", plain)).split()


def pieces_of(run: str) -> Sequence[str]:
    """The pieces of letters in one run; its edge is a space. Short runs are remembered: people write the same words."""
    return _kept_pieces(run) if len(run) <= SHORT_RUN else tuple(grams(f" {run} ", 1, PIECE))


@lru_cache(maxsize=4096)
def _kept_pieces(run: str) -> tuple[str, ...]:
    return tuple(grams(f" {run} ", 1, PIECE))


def word_grams(found: Sequence[str]) -> Iterator[str]:
    """Words, and pairs of words that stand side by side."""
    plain = [_NUMBER.sub("0", word) for word in found]
    yield from plain
    for first, second in itertools.pairwise(plain):
        yield f"{first} {second}"
