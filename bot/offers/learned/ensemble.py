"""Weighs the flags of an offer together: what its words, clauses and phrases say of each, in the light of all others.

A sum of words cannot tell that a chat contact is no flag where a company is named, or one clause outweighs a page.
Small decision trees can. They ask for the scores of the linear model (bot/offers/learned/linear.py), for the clauses
that speak most for a flag, and for what phrases and facts say. They are data/offers/together.json, a line a flag, made
with the linear model by `python -m bot.offers.evaluation.teach`.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np

FILE = Path(__file__).resolve().parents[3] / "data" / "offers" / "together.json"
#: One tree, a node a row: (input, threshold, left, right, value). A leaf's input is -1.
type Tree = list[tuple[int, float, int, int, float]]


@dataclass(frozen=True)
class Together:
    """The trees of all flags in one table, the nodes of each flag's trees after those of the flag before."""

    flags: tuple[str, ...]
    #: The places among the inputs of what phrases and facts say (`learned.told`).
    known: Mapping[str, int]
    #: A row a flag, a column a tree: where it begins among the nodes.
    roots: np.ndarray
    base: np.ndarray
    inputs: np.ndarray
    thresholds: np.ndarray
    #: Two columns: where to go on if the input is at most the threshold, and where if it is more.
    onward: np.ndarray
    values: np.ndarray
    depth: int

    def chances(self, table: np.ndarray) -> dict[str, float]:
        """The probability of each flag; `table` has a row a flag, as `inputs_of` makes it."""
        at = self.roots
        rows = np.arange(len(self.flags))[:, None]
        for _ in range(self.depth):
            at = self.onward[at, (table[rows, self.inputs[at]] > self.thresholds[at]).astype(np.int8)]
        scores = self.base + self.values[at].sum(axis=1)
        return dict(zip(self.flags, (1.0 / (1.0 + np.exp(-scores))).tolist(), strict=True))


def inputs_of(
    scores: np.ndarray, clauses: np.ndarray, told: Iterable[str], known: Mapping[str, int], chars: int
) -> np.ndarray:
    """What the trees are asked, a row a flag; first the clauses that speak most, second most and least for it.

    `scores` of the linear model, `clauses` how much each clause (row) speaks for each flag (column), `told` what
    phrases and facts say, `known` the places of those names, `chars` the length of the offer.
    """
    ordered = np.sort(clauses, axis=0) if len(clauses) else np.zeros((1, clauses.shape[1]), dtype=np.float32)
    own = np.stack([ordered[-1], ordered[-min(2, len(ordered))], ordered[0]], axis=1)
    said = np.zeros(len(known), dtype=np.float32)
    said[[known[name] for name in told if name in known]] = 1.0
    shared = np.concatenate([scores, said, [math.log(max(1, chars))]])
    return np.concatenate([own, np.broadcast_to(shared, (len(own), len(shared)))], axis=1)


def of_trees(
    flags: Sequence[str], told: Sequence[str], base: Sequence[float], forests: Sequence[Sequence[Tree]]
) -> Together:
    """The table of these trees. A leaf leads to itself."""
    roots: list[list[int]] = []
    nodes: list[tuple[float, ...]] = []
    for forest in forests:
        row = []
        for tree in forest:
            start = len(nodes)
            row.append(start)
            for number, (name, threshold, left, right, value) in enumerate(tree):
                leaf = name < 0
                onward = (start + number,) * 2 if leaf else (start + left, start + right)
                nodes.append((max(name, 0), threshold, *onward, value))
        roots.append(row)
    table = np.array(nodes, dtype=np.float64)
    return Together(
        tuple(flags),
        {name: place for place, name in enumerate(told)},
        np.array(roots, dtype=np.int64),
        np.array(base, dtype=np.float64),
        table[:, 0].astype(np.int64),
        table[:, 1],
        table[:, 2:4].astype(np.int64),
        table[:, 4],
        max((_depth(tree) for forest in forests for tree in forest), default=0),
    )


def _depth(tree: Tree, node: int = 0) -> int:
    name, _, left, right, _ = tree[node]
    return 0 if name < 0 else 1 + max(_depth(tree, left), _depth(tree, right))


@lru_cache(maxsize=1)
def together(path: Path = FILE) -> Together:
    """The trees of this installation, read once."""
    head, *lines = (json.loads(line) for line in path.read_text(encoding="utf-8").splitlines())
    return of_trees(
        [line["flag"] for line in lines],
        head["told"],
        [line["base"] for line in lines],
        [line["trees"] for line in lines],
    )
