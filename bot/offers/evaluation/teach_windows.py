"""Makes data/offers/windows.npz: gathers what teaches the network of windows, has it taught in Rasa's environment,
where TensorFlow is, and keeps its weights in small numbers. Called by `python -m bot.offers.evaluation.teach`.
"""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from bot.offers import assess as judging
from bot.offers.evaluation.clauses import Clause
from bot.offers.learned import convolution
from bot.offers.learned.linear import words_of
from bot.offers.rules import FLAG_IDS
from bot.settings import ROOT

#: A word must occur in so many examples to have numbers of its own, and what is told in so many to be listened to.
WORD_LEAST, TOLD_LEAST = 3, 5
#: A clause counts so much beside an offer: at 1 eighteen thousand of them make offers worse (docs/benchmarks.md).
CLAUSE_COUNTS = 0.5
PYTHON = ROOT / "nlu" / ".venv" / "bin" / "python"


@dataclass(frozen=True)
class Example:
    """An offer or a clause as the network reads it."""

    words: tuple[str, ...]
    told: tuple[str, ...]
    #: For each flag how many of its readers saw it, from 0 to 1; and how much the example teaches of it.
    shown: tuple[float, ...]
    asked: tuple[float, ...] = (1.0,) * len(FLAG_IDS)


def of_clause(clause: Clause) -> Example:
    """A clause teaches the flags it was asked about, and no other."""
    return Example(
        words_of(clause.text),
        tuple(judging.told_of(clause.text, clause.asker)),
        tuple(float(flag in clause.shown) for flag in FLAG_IDS),
        tuple(CLAUSE_COUNTS * (flag in clause.asked) for flag in FLAG_IDS),
    )


def fit(examples: Sequence[Example]) -> convolution.Weights:
    """Train on examples."""
    often = Counter(word for one in examples for word in one.words)
    known = [word for word, times in sorted(often.items()) if times >= WORD_LEAST]
    heard = Counter(name for one in examples for name in one.told)
    told = {name: row for row, name in enumerate(sorted(name for name, times in heard.items() if times >= TOLD_LEAST))}
    with tempfile.TemporaryDirectory() as folder:
        given, made = Path(folder) / "examples.npz", Path(folder) / "weights.npz"
        np.savez(given, **tables(examples, sorted(often), known, told))  # type: ignore[arg-type]
        command = [str(PYTHON), "-m", "nlu.evaluation.teach_windows", str(given), str(made)]
        subprocess.run(command, check=True, cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)})
        with np.load(made) as kept:
            return weights_of(dict(kept), known, told)


def weights_of(learned: Mapping[str, np.ndarray], known: Sequence[str], told: Mapping[str, int]) -> convolution.Weights:
    """The weights from what `nlu.evaluation.teach_windows` learned of these words and these things told."""
    return convolution.Weights(
        FLAG_IDS,
        {word: row for row, word in enumerate(known)},
        # Row 0 stood for no word.
        learned["words"][1:],
        learned["pieces"],
        tuple(learned[f"window {width}"] for width in convolution.WIDTHS),
        tuple(learned[f"begins {width}"] for width in convolution.WIDTHS),
        told,
        learned["told_hidden"],
        learned["told_begins"],
        learned["told_flags"],
        learned["outward"],
        learned["bias"],
    )


def tables(
    examples: Sequence[Example], words: Sequence[str], known: Sequence[str], told: Mapping[str, int]
) -> dict[str, np.ndarray]:
    """Examples as `nlu.evaluation.teach_windows` reads them; row 0 of the table of words is no word."""
    row_of = {word: row for row, word in enumerate(words, start=1)}
    known_row = {word: row for row, word in enumerate(known, start=1)}
    pieces = np.zeros((len(words) + 1, convolution.PIECES_OF_A_WORD), dtype=np.int32)
    for word, row in row_of.items():
        found = convolution.pieces_of(word)
        pieces[row, : len(found)] = found
    heard = np.zeros((len(examples), len(told)), dtype=np.uint8)
    for number, one in enumerate(examples):
        heard[number, [told[name] for name in one.told if name in told]] = 1
    return {
        "words": np.array([row_of[word] for one in examples for word in one.words], dtype=np.int32),
        "ends": np.cumsum([len(one.words) for one in examples]),
        "told": heard,
        "shown": np.array([one.shown for one in examples], dtype=np.float32),
        "asked": np.array([one.asked for one in examples], dtype=np.float32),
        "pieces": pieces,
        "known": np.array([0, *(known_row.get(word, 0) for word in words)], dtype=np.int32),
        "pieces_kept": np.array(convolution.PIECES_KEPT),
        "known_kept": np.array(len(known)),
        "widths": np.array(convolution.WIDTHS),
    }


def write(weights: convolution.Weights, taught_from: str, path: Path = convolution.FILE) -> None:
    """Keep the weights, packed, with the fingerprint of what they were taught from."""
    kept = {**convolution.packed(weights), "taught from": np.frombuffer(taught_from.encode(), dtype=np.uint8)}
    np.savez_compressed(path, **kept)  # type: ignore[arg-type]
