"""The best report that was accepted, and the floors below which none is: data/evaluation.yml."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

from nlu.checks import examples
from nlu.evaluation.scores import Scores, Share

FILE = examples.DATA / "evaluation.yml"
#: The figures that are held; of false alarms fewer are better.
MEASURES = ("kind", "topic", "urgent_recall", "emergencies", "false_alarms")
_FEWER_IS_BETTER = frozenset({"false_alarms", "ordinary_false_alarms"})

#: All right of all is 1.0 by its interval too, but for the last digit.
_ROUNDING = 1e-9

Figures = dict[str, Share]


def figures(together: Scores, lexicon: Scores, rasa_off: Scores, ordinary: Scores | None = None) -> Figures:
    """The held figures of one writing's test half, and of its ordinary messages where there are some."""
    found = {name: getattr(together, name) for name in MEASURES}
    alone = {"lexicon_urgent_recall": lexicon.urgent_recall, "rasa_off_urgent_recall": rasa_off.urgent_recall}
    if ordinary is not None:
        alone["ordinary_false_alarms"] = ordinary.false_alarms
    return {**found, **alone}


def read(path: Path = FILE) -> dict[str, Any]:
    """`floors` (shares of 0 to 1) and `best` ([right, of]), each by writing and measure."""
    return dict(yaml.safe_load(path.read_text(encoding="utf-8")))


def accept(found: Mapping[str, Figures], path: Path = FILE) -> None:
    """Make these figures the best report; floors and comments above stay."""
    head = path.read_text(encoding="utf-8").partition("\nbest:")[0]
    lines = [head, "best:"]
    for writing, shares in found.items():
        lines.append(f"  {writing}:")
        lines.extend(f"    {name}: [{share.right}, {share.of}]" for name, share in shares.items())
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def failures(found: Mapping[str, Figures], known: Mapping[str, Any]) -> Iterator[str]:
    """A sentence for every figure below its floor, or so far below the best that chance does not explain it.

    A figure with a floor that nothing is measured of any more fails, too.
    """
    for writing, floors in known["floors"].items():
        for name in floors:
            if name not in found.get(writing, {}) or not found[writing][name].of:
                yield f"{writing}: {name} has a floor, but nothing is held out to measure it by"
    for writing, shares in found.items():
        floors, best = known["floors"].get(writing, {}), known["best"].get(writing, {})
        for name, share in shares.items():
            if not share.of:
                continue
            sign = -1 if name in _FEWER_IS_BETTER else 1
            if name in floors and sign * (share.right / share.of - floors[name]) < 0:
                yield f"{writing}: {name} is {share}, its limit is {floors[name]:.0%}"
            if name in best and best[name][1]:
                before = Share(*best[name])
                if _surely_less(share, before) if sign > 0 else _surely_less(before, share):
                    yield f"{writing}: {name} is {share}, the best accepted report had {before}"


def _surely_less(one: Share, other: Share) -> bool:
    """Whether one share is below another by more than chance explains, at 95 %. Both are samples: all of 107 right is
    no promise that the next one is.

    Source: Newcombe 1998, hybrid score interval for a difference of proportions.
    """
    mine, theirs = one.right / one.of, other.right / other.of
    reach = math.hypot(theirs - other.interval[0], one.interval[1] - mine)
    return theirs - mine > reach + _ROUNDING


def change(share: Share, best: list[int] | None) -> str:
    """Points since the best accepted report: `+1.2`, or nothing when there is none."""
    if not best or not best[1] or not share.of:
        return ""
    points = 100 * (share.right / share.of - best[0] / best[1])
    return "±0" if abs(points) < 0.05 else f"{points:+.1f}"
