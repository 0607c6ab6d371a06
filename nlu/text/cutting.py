"""Cuts a run of Khmer into words as khmercut does and with its weights, in a quarter of the time.

khmercut makes thirty strings for every cluster of letters and has its library look up each. Here the weights lie in
tables by the letters they are for, and what a cluster says by itself is remembered.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import khmercut
import numpy as np

#: A letter with what hangs on it, where khmercut ends one: never behind the sign of a letter below.
_CLUSTER = re.compile(
    "[\u1780-\u17d3\u17d7\u17dc\u17dd](?:[\u17b4-\u17d3\u17dc\u17dd]|(?<=\u17d2)[\u1780-\u17b3\u17d7])*"
    "(?:(?<=\u17d2)\u200b+)?|\u200b+"
)
#: It looks at so many clusters before and behind the one it decides on.
_REACH = 3
_AROUND = range(-_REACH, _REACH + 1)
#: khmercut's names of clusters side by side, by their number: where they begin, as seen from the one it decides on.
_SIDE_BY_SIDE = {
    2: {"kcc[-3:-2]": -3, "kcc[-2:-1]": -2, "kcc[-1:0]": -1, "kcc[+1:0]": 0, "kcc[+1:+2]": 1, "kcc[+2:+3]": 2},
    3: {"kcc[-3:-1]": -3, "kcc[-2:0]": -2, "kcc[0:+2]": 0, "kcc[+1:+3]": 1},
    4: {"kcc[-3:0]": -3, "kcc[0:+3]": 0},
}
#: Its names of a cluster that is no letter, by where it stands.
_NO_LETTER = {-1: "ns-1", 0: "ns", 1: "ns+1", 2: "ns+2"}
#: Its label of a cluster with which a word begins.
_BEGINS = "1"

_type_of: Any = khmercut.kcc_type
_is_no_letter: Any = khmercut.is_no_space

_Table = dict[str, float]


@dataclass(frozen=True)
class _Weights:
    """What speaks for a word beginning at a cluster, and against it."""

    #: By khmercut's name and the letters; without letters all under the name "".
    of: dict[str, _Table]
    #: For two, three and four clusters side by side: where the one decided on stands, so many behind the place that
    #: is `_REACH` before the first of them.
    side_by_side: tuple[tuple[tuple[int, _Table], ...], ...]
    #: For one cluster behind another: a word begins at (both, the second alone, the first alone, neither).
    pairs: tuple[float, float, float, float]


def cut(run: str) -> list[str]:
    """The words of a run of Khmer letters; joined they are the run again."""
    clusters = _CLUSTER.findall(run)
    words: list[str] = []
    for cluster, begins in zip(clusters, _likeliest(_for_beginning(clusters)), strict=True):
        if begins or not words:
            words.append(cluster)
        else:
            words[-1] += cluster
    return words


def _for_beginning(clusters: list[str]) -> list[float]:
    """How much speaks for a word beginning at each cluster."""
    weights, size = _weights(), len(clusters)
    # What is said of places before the first cluster and behind the last one is written beside them, and left out.
    speaks = [0.0] * (size + 2 * _REACH)
    for at, letters in enumerate(clusters):
        for place, alone in enumerate(_alone(letters), at):
            speaks[place] += alone
        for behind, tables in zip(clusters[at + 1 : at + 1 + _REACH], weights.side_by_side, strict=False):
            letters += behind
            for place, table in tables:
                if letters in table:
                    speaks[at + place] += table[letters]
    speaks[_REACH] += weights.of[""]["BOS"]
    speaks[_REACH + size - 1] += weights.of[""]["EOS"]
    return speaks[_REACH : _REACH + size]


@lru_cache(maxsize=8192)
def _alone(cluster: str) -> tuple[float, ...]:
    """What a cluster says by itself of every place around it, from three before it to three behind it."""
    tables = _weights().of
    said = []
    for place in _AROUND:
        # Seen from a place before it, it stands behind that.
        seen = -place
        name = f"kcc[{seen:+d}]" if seen else "kcc"
        kind = tables[f"{name}t" if seen else "t"].get(_type_of(cluster), 0.0)
        no_letter = tables[""].get(_NO_LETTER.get(seen, ""), 0.0) if _is_no_letter(cluster) else 0.0
        said.append(tables[name].get(cluster, 0.0) + kind + no_letter)
    return tuple(said)


def _likeliest(speaks: list[float]) -> list[bool]:
    """At which clusters a word begins, so that most speaks for all of them together."""
    both, second, first, neither = _weights().pairs
    begun, going_on = 0.0, 0.0
    before: list[tuple[bool, bool]] = []
    for number, here in enumerate(speaks):
        if number:
            to_begin, to_go_on = begun + both >= going_on + second, begun + first >= going_on + neither
            before.append((to_begin, to_go_on))
            begun, going_on = (
                begun + both if to_begin else going_on + second,
                begun + first if to_go_on else going_on + neither,
            )
        begun += here
    found = [begun >= going_on]
    for to_begin, to_go_on in reversed(before):
        found.append(to_begin if found[-1] else to_go_on)
    return found[::-1]


@lru_cache(maxsize=1)
def _weights() -> _Weights:
    """The weights of khmercut, read once: the format is that of CRFsuite 0.12 (lib/crf/src/crf1d_model.c, cqdb.c)."""
    content = Path(khmercut.model_path).read_bytes()
    features, labels, attributes = struct.unpack_from("<3I", content, 28)
    (many,) = struct.unpack_from("<I", content, features + 8)
    row = np.dtype([("pair", "<u4"), ("source", "<u4"), ("label", "<u4"), ("weight", "<f8")])
    table = np.frombuffer(content, row, many, features + 12)
    begins = list(_names(content, labels)).index(_BEGINS)
    pair, label = table["pair"] == 1, table["label"] == begins
    names = list(_names(content, attributes))
    said = np.bincount(
        table["source"][~pair], np.where(label, table["weight"], -table["weight"])[~pair], minlength=len(names)
    )
    of: dict[str, _Table] = {}
    for name, speaks in zip(names, said.tolist(), strict=True):
        seen, _, letters = name.rpartition(":")
        of.setdefault(seen, {})[letters] = speaks
    step = {(row["source"] == begins, row["label"] == begins): float(row["weight"]) for row in table[pair]}
    return _Weights(
        of,
        tuple(tuple((_REACH - begin, of[name]) for name, begin in seen.items()) for seen in _SIDE_BY_SIDE.values()),
        (step[True, True], step[False, True], step[True, False], step[False, False]),
    )


def _names(content: bytes, start: int) -> Iterator[str]:
    """The names of a table of names, by number."""
    many, links = struct.unpack_from("<2I", content, start + 16)
    for link in struct.unpack_from(f"<{many}I", content, start + links):
        (size,) = struct.unpack_from("<I", content, start + link + 4)
        yield content[start + link + 8 : start + link + 7 + size].decode()
