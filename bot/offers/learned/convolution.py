"""Reads the words of an offer in their order: a small network that looks through windows of one to five words.

A sum of words (bot/offers/learned/linear.py) does not know which word stands beside which. Here each word is a row of
numbers, made of the pieces of letters in it, so that a word nobody has seen is like those spelled like it; every window
over the words answers some hundred questions, and of an offer the strongest answer to each counts (Kim 2014,
"Convolutional neural networks for sentence classification"). What it holds for likely is weighed with the trees
(bot/offers/learned/ensemble.py), and the clause in which the strongest answers for a flag stand is shown to the person
(bot/offers/learned/linear.py). The weights are data/offers/windows.npz, made by `python -m bot.offers.evaluation.teach`
from data/offers/building, and from data/offers/clauses, single clauses that show a flag beside twins that do not.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Final

import numpy as np

FILE: Final = Path(__file__).resolve().parents[3] / "data" / "offers" / "windows.npz"
#: Words a window is wide.
WIDTHS: Final = (1, 2, 3, 5)
#: Pieces of letters are kept by their CRC-32 in so many rows, of which the first stands for no piece.
PIECES_KEPT: Final = 1 << 14
#: Letters of a piece, and how many pieces of a word are read.
PIECE_SIZES: Final = (2, 3, 4)
PIECES_OF_A_WORD: Final = 24
#: What the windows say weighs so much beside the trees, in a text of few words and in a whole offer. Between the two it
#: falls from the one to the other: the trees never saw a single clause (docs/benchmarks.md).
TRUST: Final = (0.7, 0.4)
FEW_WORDS, WHOLE_OFFER = 10, 20
#: So many words are remembered, some 400 bytes each.
_KEPT_WORDS = 8192


def pieces_of(word: str) -> list[int]:
    """The rows of the pieces of letters in a word, from 1 on."""
    edged = f"<{word}>"
    pieces = (edged[start : start + size] for size in PIECE_SIZES for start in range(len(edged) - size + 1))
    return [1 + zlib.crc32(piece.encode("utf-8", "surrogatepass")) % PIECES_KEPT for piece in pieces][:PIECES_OF_A_WORD]


@dataclass(frozen=True)
class Weights:
    """What the network learned. Rows of `pieces` and `words` are `size` numbers; every window asks some questions."""

    flags: tuple[str, ...]
    #: The rows of words that are known, beside those of their pieces: `known` maps a word to its row.
    known: Mapping[str, int]
    words: np.ndarray
    pieces: np.ndarray
    #: For each width: place in the window x size x questions, and what each question begins with.
    windows: tuple[np.ndarray, ...]
    begins: tuple[np.ndarray, ...]
    #: The rows of what phrases and facts say (`learned.told`), and what they say to a hidden layer and to each flag.
    told: Mapping[str, int]
    told_hidden: np.ndarray
    told_begins: np.ndarray
    told_flags: np.ndarray
    #: What the strongest answers, the mean of the words and the hidden layer say to each flag.
    outward: np.ndarray
    bias: np.ndarray


@dataclass(frozen=True)
class Heard:
    """What the windows over an offer say."""

    #: How much speaks for each flag (log odds).
    scores: np.ndarray
    #: The strongest answer to every question, and the number of the word on which its window stands.
    answers: np.ndarray
    at: np.ndarray


class Windows:
    """The network at work."""

    def __init__(self, weights: Weights) -> None:
        self.weights = weights
        #: All places of all windows side by side.
        self._places = np.concatenate([np.hstack(list(window)) for window in weights.windows], axis=1)
        #: People write in the same words.
        self._numbers = lru_cache(maxsize=_KEPT_WORDS)(self._numbers_of)

    def hear(self, words: Sequence[str], told: Iterable[str]) -> Heard:
        """What speaks for each flag in these words, of which phrases and facts say `told`."""
        learned = self.weights
        size = learned.pieces.shape[1]
        numbers = np.array([self._numbers(word) for word in words], dtype=np.float32).reshape(-1, size)
        mean = numbers.sum(axis=0) / (len(numbers) + 1)
        rows = [learned.told[name] for name in told if name in learned.told]
        hidden = np.maximum(learned.told_hidden[rows].sum(axis=0) + learned.told_begins, 0.0)
        answers, at = self._strongest(numbers @ self._places)
        found = np.concatenate([answers, mean, hidden])
        scores = found @ learned.outward + learned.told_flags[rows].sum(axis=0) + learned.bias
        return Heard(scores, answers, at)

    def said_in(self, heard: Heard, groups: np.ndarray, count: int) -> np.ndarray:
        """How much the strongest answers that stand in each group of words (row) speak for each flag (column).

        `groups` is the number of each word's group, -1 where it is in none; `count` how many groups there are.
        """
        if not len(groups):
            return np.zeros((count, len(self.weights.flags)), dtype=np.float32)
        here = groups[heard.at] == np.arange(count)[:, None]
        said: np.ndarray = (here * heard.answers) @ self.weights.outward[: len(heard.answers)]
        return said

    def _strongest(self, said: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The strongest answer to every question, and on which word its window stands; `said` has a row a word."""
        if not len(said):
            # Without a word there is no window, and every question stays unanswered.
            questions = sum(map(len, self.weights.begins))
            return np.zeros(questions, dtype=np.float32), np.zeros(questions, dtype=np.int64)
        answers, words, column = [], [], 0
        for window, begin in zip(self.weights.windows, self.weights.begins, strict=True):
            width, questions = len(window), len(begin)
            # A window stands with its middle on a word, of an even width on the one before its middle.
            before = (width - 1) // 2
            heard = np.zeros((len(said), questions), dtype=np.float32)
            for place in range(width):
                shift, mine = place - before, said[:, column : column + questions]
                column += questions
                if shift < 0:
                    heard[-shift:] += mine[:shift]
                else:
                    heard[: len(said) - shift] += mine[shift:]
            at = heard.argmax(axis=0)
            answers.append(np.maximum(heard[at, np.arange(questions)] + begin, 0.0))
            words.append(at)
        return np.concatenate(answers), np.concatenate(words)

    def _numbers_of(self, word: str) -> np.ndarray:
        """A word in numbers: those of its pieces, and its own if it is known."""
        pieces = pieces_of(word)
        numbers: np.ndarray = self.weights.pieces[pieces].sum(axis=0) / len(pieces) ** 0.5
        row = self.weights.known.get(word)
        return numbers if row is None else numbers + self.weights.words[row]


def weighed(trees: Mapping[str, float], flags: Sequence[str], scores: np.ndarray, words: int) -> dict[str, float]:
    """The probability of each flag, from the trees' and from what the windows say of a text of so many words."""
    chances = np.array([trees[flag] for flag in flags])
    trust = float(np.interp(words, (FEW_WORDS, WHOLE_OFFER), TRUST))
    odds = (1.0 - trust) * np.log(chances / (1.0 - chances)) + trust * scores
    return dict(zip(flags, (1.0 / (1.0 + np.exp(-odds))).tolist(), strict=True))


def packed(model: Weights) -> dict[str, np.ndarray]:
    """The weights as they are kept: rows of pieces and words in whole numbers of -127 to 127 with a scale each."""
    kept: dict[str, np.ndarray] = {}
    for name in ("pieces", "words"):
        rows = getattr(model, name)
        scale = np.abs(rows).max(axis=1, keepdims=True) / 127 + 1e-12
        kept[name], kept[f"{name} scale"] = np.round(rows / scale).astype(np.int8), scale.astype(np.float32)
    for name in ("told_hidden", "told_begins", "told_flags", "outward", "bias"):
        kept[name] = getattr(model, name).astype(np.float16)
    for width, window, begin in zip(WIDTHS, model.windows, model.begins, strict=True):
        kept[f"window {width}"], kept[f"begins {width}"] = window.astype(np.float16), begin.astype(np.float16)
    for name, names in (("flags", model.flags), ("known", model.known), ("told", model.told)):
        kept[f"names of {name}"] = np.frombuffer("\n".join(names).encode(), dtype=np.uint8)
    return kept


def unpacked(kept: Mapping[str, np.ndarray]) -> Weights:
    """The weights from the form they are kept in."""

    def names(of: str) -> list[str]:
        return kept[f"names of {of}"].tobytes().decode().split("\n")

    def numbers(name: str) -> np.ndarray:
        return kept[name].astype(np.float32)

    return Weights(
        tuple(names("flags")),
        {name: row for row, name in enumerate(names("known"))},
        numbers("words") * numbers("words scale"),
        numbers("pieces") * numbers("pieces scale"),
        tuple(numbers(f"window {width}") for width in WIDTHS),
        tuple(numbers(f"begins {width}") for width in WIDTHS),
        {name: row for row, name in enumerate(names("told"))},
        numbers("told_hidden"),
        numbers("told_begins"),
        numbers("told_flags"),
        numbers("outward"),
        numbers("bias"),
    )


@lru_cache(maxsize=1)
def windows(path: Path = FILE) -> Windows:
    """The network of this installation, read once."""
    with np.load(path, allow_pickle=False) as kept:
        return Windows(unpacked(dict(kept)))
