"""What a linear model learned from labelled offers adds to the phrases: how much an offer reads like those that were
scams, and red flags said in ways no phrase knows, with the words that spoke for each.

The model is data/offers/learned.json: one line a feature, what it weighs for being a scam and for each flag. The flags
are then weighed together (bot/offers/learned/ensemble.py), and with what their words say in order
(bot/offers/learned/convolution.py). All three are made from data/offers/building by `python -m
bot.offers.evaluation.teach`; nothing learns by itself.
"""

from __future__ import annotations

import json
import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

import numpy as np

from bot.offers.learned.convolution import weighed, windows
from bot.offers.learned.ensemble import inputs_of, together
from bot.offers.pieces import Pieces
from bot.offers.verdict import Asker, Facts
from nlu.model import features
from nlu.text import language
from nlu.text.normalise import normalise
from nlu.text.segment import words
from nlu.text.words import words_of as patterns_of

_WORDS = patterns_of("offers")

FILE: Final = Path(__file__).resolve().parents[3] / "data" / "offers" / "learned.json"
#: The sorts of text features, and what the phrases and facts say of the offer, weighed beside the text.
LETTERS: Final = "letters"
SOUNDS: Final = "sounds"
SORTS: Final = (LETTERS, "words", SOUNDS)
#: The sorts of which every piece of a line is a feature, between two lengths.
PIECES: Final = {LETTERS: (1, features.PIECE), SOUNDS: features.SOUNDS}
TOLD: Final = "told"
TOLD_WEIGHT: Final = 0.2
SCAM: Final = "scam"
#: The same, learned from offers alone: whoever warns of swindlers uses their words, and makes them look harmless.
AS_OFFER: Final = "as offer"
#: The text tells of offers in somebody else's words: it warns, reports, answers, or tells how it went.
REPORTED: Final = "reported"
#: The outputs before those of the flags.
OF_THE_WHOLE: Final = (SCAM, AS_OFFER, REPORTED)
_CLAUSE = re.compile(r"[^\n.!?;,។៕|•]+(?:[.,](?=\d)[^\n.!?;,។៕|•]*)*")
#: A piece of fewer letters is no evidence; a clause of more is cut at spaces, since many write without full stops.
_LEAST_CHARS, _MOST_CHARS = 6, 48
#: "kak ini aman ga", "បោកទេ": what the person asks us is nothing that the offer says.
_ASKS_US = re.compile(
    rf"\b(?:{_WORDS.is_true})\b[^\d]{{0,12}}$|(?:{_WORDS.is_true_joined})\s?(?:{_WORDS.is_it})$",
    re.I,
)
_QUESTION_CHARS = 30
#: Stand between lines, and before every clause; neither is in any piece, nor in a text in one spelling.
_APART, _CLAUSE_MARK = "\n", "\0"
#: What a clause that is mostly a sum, a telephone number or a denial counts as evidence of anything else.
_ASIDE_COUNTS = 0.01
#: What the sum of words counts as evidence beside the network, which reads them in their order: its numbers are some
#: thirty times as large. Between 0.01 and 0.03 little changes (docs/benchmarks.md, numbers in the code).
_GAINS_COUNT = 0.02


@dataclass(frozen=True)
class Clauses:
    """The clauses of an offer, and how much each (row) speaks for each output (column)."""

    places: tuple[tuple[int, int], ...]
    gains: np.ndarray
    outputs: tuple[str, ...]
    #: The same as the network of windows heard it; nothing where it was not asked.
    heard: np.ndarray | float = 0.0

    def evidence(self, outputs: Sequence[str], aside: Sequence[tuple[int, int]] = ()) -> dict[str, tuple[int, int]]:
        """For each output the clause that speaks most for it, as its place; none where no word speaks for it.

        `aside` are the places of the pay, of contacts and of what is denied: a clause that is mostly those comes last.
        """
        if not self.places or not outputs:
            return {}
        columns = [self.outputs.index(output) for output in outputs]
        table = (_GAINS_COUNT * self.gains + self.heard)[:, columns]
        for row, (start, end) in enumerate(self.places):
            if 2 * sum(max(0, min(end, b) - max(start, a)) for a, b in aside) >= end - start:
                table[row] = np.minimum(table[row], _ASIDE_COUNTS * table[row])
        spoken = (self.gains[:, columns] > 0.0).any(axis=0)
        shown = zip(outputs, table.argmax(axis=0), spoken, strict=True)
        return {name: self.places[row] for name, row, speaks in shown if speaks}


@dataclass(frozen=True)
class Opinion:
    """Probabilities, 0 to 1: that an offer is a scam, that it only tells of offers, and that it shows each flag."""

    #: None when nobody was asked.
    scam: float | None = None
    #: That it is a scam if it is an offer at all.
    as_offer: float | None = None
    reported: float = 0.0
    flags: Mapping[str, float] = field(default_factory=dict)
    #: None when nobody was asked.
    clauses: Clauses | None = None

    def evidence(self, outputs: Sequence[str], aside: Sequence[tuple[int, int]] = ()) -> dict[str, tuple[int, int]]:
        """For each output the clause that speaks most for it, as its place in the text; none where none does."""
        return self.clauses.evidence(outputs, aside) if self.clauses is not None else {}


def read(text: str) -> dict[str, list[str]]:
    """The text features of an offer by sort, those of `PIECES` by the lines they are in; without the lexicon of
    distress, which knows nothing of offers.
    """
    found = features.tokens(text)
    heard = features.sounds(found, language.looks_khmer_latin(text))
    return {
        LETTERS: _edged(features.runs(text)),
        "words": list(_grams(normalise(features.clip(text)).text)),
        SOUNDS: ["".join(heard)],
    }


def words_of(text: str) -> tuple[str, ...]:
    """The words of an offer in their order, numbers all alike."""
    grams = _grams(normalise(features.clip(text)).text)
    # The words, before their pairs, of which there is one less.
    return grams[: (len(grams) + 1) // 2]


def names(sort: str, found: Sequence[str]) -> list[str]:
    """The features of one sort that `read` found, each as often as it occurs."""
    return [piece for line in found for piece in features.grams(line, *PIECES[sort])] if sort in PIECES else list(found)


@lru_cache(maxsize=4)
def _grams(plain: str) -> tuple[str, ...]:
    """The words of a text in one spelling, then its pairs side by side; asked for the whole and its clauses."""
    return tuple(features.word_grams([word.text for word in words(plain)]))


def _edged(runs: Sequence[str]) -> list[str]:
    """Runs of letters between their edges, which are spaces."""
    return [f" {run} " for run in runs]


def told(flags: Iterable[str], facts: Facts, asker: Asker | None, *, official: bool, registered: int) -> list[str]:
    """What the phrases and facts say of an offer, as features of the model."""
    named = [f"flag {flag}" for flag in flags]
    named += [f"country {facts.country}", f"role {facts.role}", f"visa {facts.visa}", f"pays {facts.pays}"]
    named += [f"contract {facts.contract}", f"asker {asker}"]
    named += [f"contact {kind}" for kind in sorted({contact.kind for contact in facts.contacts})]
    if facts.country is not None:
        named.append("at home" if facts.country == asker else "abroad")
    if facts.employer is not None:
        named.append("employer named")
    if facts.agency is not None:
        named.append("agency named")
    if official:
        named.append("official scheme")
    if registered:
        named.append("licence named")
    return named


class Learned:
    """The weights. `rows` maps each sort's features to their rows; columns are the outputs, `scam` among them."""

    def __init__(
        self, outputs: Sequence[str], bias: Any, rows: dict[str, dict[str, int]], rarity: Any, weights: Any
    ) -> None:
        self.outputs = tuple(outputs)
        self.bias = np.asarray(bias, dtype=np.float32)
        self.rows = rows
        self.rarity = np.asarray(rarity, dtype=np.float32)
        self.weights = np.asarray(weights, dtype=np.float32)
        self._pieces = {sort: Pieces(rows[sort]) for sort in PIECES}
        #: What every feature says where it occurs once, and, behind the last, one that says nothing.
        self._says = np.vstack([self.rarity[:, None] * self.weights, np.zeros_like(self.bias)])
        self._letters_say = self._pieces[LETTERS].along(self._says)

    def opinion(self, text: str, given: Sequence[str]) -> Opinion:
        """What the model makes of an offer; `given` is what `told` says of it."""
        scores = self.scores({**read(text), TOLD: list(given)})
        clauses = self.clauses(text)
        scam, as_offer, reported = (1.0 / (1.0 + np.exp(-scores[: len(OF_THE_WHOLE)]))).tolist()
        trees = together()
        table = inputs_of(scores, clauses.gains[:, len(OF_THE_WHOLE) :], given, trees.known, len(text))
        in_order = words_of(text)
        heard = windows().hear(in_order, given)
        flags = weighed(trees.chances(table), trees.flags, heard.scores, len(in_order))
        said = np.zeros_like(clauses.gains)
        said[:, len(OF_THE_WHOLE) :] = windows().said_in(heard, _clause_of_words(text, clauses.places), len(said))
        return Opinion(scam, as_offer, reported, flags, replace(clauses, heard=said))

    def scores(self, found: Mapping[str, Sequence[str]]) -> np.ndarray:
        """How much speaks for each output (log odds) in an offer with these features by sort."""
        scores = self.bias.copy()
        for sort, seen in found.items():
            rows, values = self._values(sort, seen)
            scores += values @ self.weights[rows]
        return scores

    def clauses(self, text: str) -> Clauses:
        """What each clause of an offer says by its letters and words; its sounds say the same, and take longer."""
        places = tuple(_clauses(text))
        if not places:
            return Clauses(places, np.zeros((0, len(self.outputs)), dtype=np.float32), self.outputs)
        plain = normalise(text)
        begins = [word.start for word in words(plain.text)]
        known = [self.rows["words"].get(gram, -1) for gram in _grams(plain.text)]
        pieces: list[str] = []
        rows: list[int] = []
        first_rows: list[int] = []
        for start, end in places:
            first, last = bisect_left(plain.offsets, start), bisect_left(plain.offsets, end)
            pieces.append(f" {_CLAUSE_MARK} {plain.text[first:last]}")
            first_rows.append(len(rows))
            # The words of the text, and behind them all its pairs.
            first, last = bisect_left(begins, first), bisect_left(begins, last)
            rows += [-1, *known[first:last], *known[len(begins) + first : len(begins) + last - 1]]
        line = _APART.join(_edged(features.runs_of("".join(pieces))))
        letters = self._letters_say[self._pieces[LETTERS].longest(line)]
        first_letters = [mark.start() for mark in re.finditer(_CLAUSE_MARK, line)]
        gains = np.add.reduceat(self._says[rows], first_rows) + np.add.reduceat(letters, first_letters)
        for number, (start, end) in enumerate(places):
            if text[end : end + 2].lstrip().startswith("?"):
                # What the person asks us is no way of offering work.
                gains[number, : len(OF_THE_WHOLE)] = 0.0
            if end - start <= _QUESTION_CHARS and _ASKS_US.search(text[start:end]):
                gains[number] = 0.0
        return Clauses(places, gains, self.outputs)

    def _values(self, sort: str, read: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
        """Rows of the known features of one sort, and their values: rarity times dampened count, of length 1.

        `read` are the features, or the lines they are in.
        """
        if sort in PIECES:
            rows, _ = self._pieces[sort].found(_APART.join(read))
        else:
            found = map(self.rows[sort].get, read)
            rows = np.array([row for row in found if row is not None], dtype=np.int64)
        counts = np.bincount(rows)
        rows = counts.nonzero()[0]
        if not len(rows):
            return rows, np.zeros(0, dtype=np.float32)
        if sort == TOLD:
            return rows, np.full(len(rows), TOLD_WEIGHT, dtype=np.float32)
        values = (1.0 + np.log(counts[rows].astype(np.float32))) * self.rarity[rows]
        return rows, values / np.linalg.norm(values)


def _clauses(text: str) -> Iterator[tuple[int, int]]:
    """The pieces of a text that may be shown as evidence, as places; without spaces around them."""
    for match in _CLAUSE.finditer(text):
        start = match.start()
        while start < match.end():
            end = match.end()
            if end - start > _MOST_CHARS:
                space = text.rfind(" ", start + _MOST_CHARS // 2, start + _MOST_CHARS)
                if space > 0 and text[space - 1].isdigit():
                    # "gaji 12 juta" is not cut inside the sum.
                    space = text.rfind(" ", start + _MOST_CHARS // 2, space)
                end = space if space >= 0 else text.find(" ", start + _MOST_CHARS, match.end())
                end = match.end() if end < 0 else end
            piece = text[start:end]
            words = piece.strip()
            if len(words) >= _LEAST_CHARS:
                first = start + piece.index(words)
                yield first, first + len(words)
            start = max(end, start + 1)


def _clause_of_words(text: str, clauses: Sequence[tuple[int, int]]) -> np.ndarray:
    """For each of the words of an offer (`words_of`) the number of the clause in which it stands, -1 for none."""
    clipped = features.clip(text)
    plain = normalise(clipped)
    places = np.array([plain.offsets[word.start] for word in words(plain.text)], dtype=np.int64)
    if not clauses:
        return np.full(len(places), -1)
    # Of a long text the end is read right after the beginning.
    places[places >= features.HEAD_CHARS] += len(text) - len(clipped)
    starts, ends = np.array(clauses).T
    numbers = np.searchsorted(starts, places, side="right") - 1
    return np.where(places < ends[numbers], numbers, -1)


@lru_cache(maxsize=1)
def learned(path: Path = FILE) -> Learned:
    """The model of this installation, read once."""
    lines = path.read_text(encoding="utf-8").splitlines()
    head = json.loads(lines[0])
    rows: dict[str, dict[str, int]] = {sort: {} for sort in (*SORTS, TOLD)}
    weights = np.zeros((len(lines) - 1, len(head["outputs"])), dtype=np.float32)
    rarity = np.zeros(len(lines) - 1, dtype=np.float32)
    for row, line in enumerate(lines[1:]):
        sort, name, rare, *pairs = json.loads(line)
        rows[sort][name] = row
        rarity[row] = rare
        weights[row, pairs[0::2]] = pairs[1::2]
    return Learned(head["outputs"], head["bias"], rows, rarity, weights)
