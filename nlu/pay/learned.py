"""What weights learned from labelled offers make of each sum: the chance that it is the base pay.

The rules say what stands beside a sum, the weights what that is worth: data/offers/learned_pay.json, a line a feature,
made from data/offers/building by `python -m bot.offers.evaluation.teach`; nothing learns by itself.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Final

from nlu.pay.jobs import Candidate

FILE: Final = Path(__file__).resolve().parents[2] / "data" / "offers" / "learned_pay.json"
#: Letters before and behind a sum that are read, and those so near that they are read a second time as such.
REACH: Final = 40
NEAR_BEFORE: Final = 14
NEAR_BEHIND: Final = 16
#: Letters a piece of them has.
SIZES: Final = (2, 3)
#: What a feature of letters begins with, by where they stand; all others say what was told of the sum.
MARKS: Final = ("<", "(", ")", ">")
_DIGIT = re.compile(r"\d")


def read(text: str, sums: Sequence[Candidate], mood: Sequence[str]) -> list[set[str]]:
    """The features of every sum that may be the pay of a normalised text; `mood` is what warned.tone says of it."""
    whole = [f"text {name}" for name in mood]
    whole.append(f"text calls {min(sum('called pay' in one.told for one in sums), 3)} pay")
    whole.append(f"text holds {min(len(sums), 6)}")
    return [
        _letters(text, one).union([f"told {name}" for name in one.told], _form(one, rank, len(sums)), whole)
        for rank, one in enumerate(sums)
    ]


def _letters(text: str, one: Candidate) -> set[str]:
    """Pieces of what is written around a sum and in it; every digit is as good as another."""
    start, end = one.one.start, one.one.end
    before = _DIGIT.sub("0", text[max(0, start - REACH) : start])
    own = _DIGIT.sub("0", text[start:end])
    behind = _DIGIT.sub("0", text[end : end + REACH])
    pieces = (before, before[-NEAR_BEFORE:], own + behind[:NEAR_BEHIND], behind)
    return {
        mark + piece[at : at + size]
        for mark, piece in zip(MARKS, pieces, strict=True)
        for size in SIZES
        for at in range(len(piece) - size + 1)
    }


def _form(one: Candidate, rank: int, many: int) -> list[str]:
    """How a sum is written, what it would be as pay, and where it stands among the others."""
    written = one.one
    third = int(math.log10(max(written.high, 0.01)) * 3)
    named = [
        f"written in {written.code}",
        f"written by the {written.period}{' loosely' * written.loose}",
        f"scale {written.scale}",
        f"as {one.currency} by the {one.period}{' inferred' * one.inferred}",
        f"size {one.currency} {third}",
        f"size {one.currency} by the {one.period} {third}",
        f"place {min(rank, 5)}",
        f"place {min(rank, 3)} of {min(many, 4)}",
    ]
    forms = {"bare": written.bare, "weak": one.weak, "grouped": written.grouped, "range": written.low != written.high}
    return named + [name for name, so in forms.items() if so]


@dataclass(frozen=True)
class Weights:
    """What every feature speaks for or against a sum being the pay, as log odds."""

    bias: float
    of: Mapping[str, float]

    def weighed(self, text: str, sums: Sequence[Candidate], mood: Sequence[str]) -> list[Candidate]:
        """The sums of a normalised text, each with its chance of being the pay."""
        return [
            replace(one, chance=1.0 / (1.0 + math.exp(-self.bias - self._speaks(names))))
            for one, names in zip(sums, read(text, sums, mood), strict=True)
        ]

    def _speaks(self, names: set[str]) -> float:
        # Exact, since a set has another order in every process.
        return math.fsum(map(self.of.__getitem__, self.of.keys() & names))


@lru_cache(maxsize=1)
def weights(path: Path = FILE) -> Weights:
    """The weights of this installation, read once."""
    head, *lines = path.read_text(encoding="utf-8").splitlines()
    return Weights(json.loads(head)["bias"], dict(json.loads(line) for line in lines))
