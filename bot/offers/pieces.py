"""Finds the pieces of letters that a model knows, beginning at every letter of a line at once.

A text has some five thousand pieces of which the model knows a few hundred: they are not made one by one and looked up.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping

import numpy as np

#: The node that leads nowhere, and the one where every piece begins.
_NOWHERE, _ROOT = 0, 1


class Pieces:
    """Pieces and their rows as a tree in one table: a row a node, a column a letter, in it the node that follows."""

    def __init__(self, rows: Mapping[str, int]) -> None:
        letters = {letter: column for column, letter in enumerate(sorted(set().union(*rows)), 1)}
        nodes: list[dict[str, int]] = [{}, {}]
        self._above = [_NOWHERE, _NOWHERE]
        ends: dict[int, int] = {}
        for piece, row in rows.items():
            node = _ROOT
            for letter in piece:
                if letter not in nodes[node]:
                    nodes[node][letter] = len(nodes)
                    self._above.append(node)
                    nodes.append({})
                node = nodes[node][letter]
            ends[node] = row
        #: The column of every letter there is; those in no piece share the first, which leads nowhere.
        self._columns = np.zeros(sys.maxunicode + 1, dtype=np.uint16)
        self._columns[[ord(letter) for letter in letters]] = list(letters.values())
        self._next = np.zeros((len(nodes), len(letters) + 1), dtype=np.min_scalar_type(len(nodes)))
        for node, following in enumerate(nodes):
            for letter, after in following.items():
                self._next[node, letters[letter]] = after
        #: The row of the piece that ends at a node, -1 where none does.
        self.rows = np.array([ends.get(node, -1) for node in range(len(nodes))])

    def found(self, line: str) -> tuple[np.ndarray, np.ndarray]:
        """The rows of all pieces in a line, each as often as it occurs, in no order; and where each begins."""
        walked = list(self._walk(line))
        if not walked:
            return np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64)
        rows = self.rows[np.concatenate([nodes for _, nodes in walked])]
        ends = rows >= 0
        return rows[ends], np.concatenate([starts for starts, _ in walked])[ends]

    def longest(self, line: str) -> np.ndarray:
        """For every letter of a line the node of the longest piece, or part of one, that begins there."""
        longest = np.full(len(line), _NOWHERE)
        for starts, nodes in self._walk(line):
            longest[starts] = nodes
        return longest

    def along(self, said: np.ndarray) -> np.ndarray:
        """For every node what the pieces on the way to it say together; `said` has a row a piece, the last one zero."""
        together: np.ndarray = said[self.rows]
        for node, above in enumerate(self._above):
            together[node] += together[above]
        return together

    def _walk(self, line: str) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """Letter by letter, where the pieces begin that a line may still hold, and the nodes they have come to."""
        letters = np.frombuffer(f"{line}\0".encode("utf-32-le", "surrogatepass"), dtype=np.uint32)
        columns = self._columns[letters]
        starts, nodes, size = np.arange(len(line)), np.full(len(line), _ROOT), 0
        while len(starts):
            nodes = self._next[nodes, columns[starts + size]]
            alive = nodes.nonzero()[0]
            starts, nodes, size = starts[alive], nodes[alive], size + 1
            yield starts, nodes
