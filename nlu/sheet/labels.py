"""What one message of an open case says and asks: labels of data/sheet/labels.yml, by a small linear model.

One judge a label (logistic regression on letters, words, sounds and the lexicon's traces), taught by nlu/sheet/teach.py
from data/sheet. Pure; runs on Python 3.10 and 3.13.
"""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt
import yaml

from nlu.model import features
from nlu.text.files import LEXICON
from nlu.understanding import dialogue
from nlu.understanding.triage import triage

FOLDER = LEXICON.parent / "sheet"
LEARNED = FOLDER / "learned.npz"
#: How much surer than usual it must be that police hold somebody, and not an employer.
DETAINED_MARGIN = 12.0
GROUPS = ("questions", "signs", "wishes", "talk")


@cache
def groups() -> dict[str, tuple[str, ...]]:
    """The labels of each group, in the order of the file."""
    raw = yaml.safe_load((FOLDER / "labels.yml").read_text(encoding="utf-8"))
    return {group: tuple(raw[group]) for group in GROUPS}


@cache
def known() -> frozenset[str]:
    """All labels; a question is "q_" and its name, so that none is also the name of a sign."""
    return frozenset(
        f"q_{name}" if group == "questions" else name for group, names in groups().items() for name in names
    )


@dataclass(frozen=True)
class _Model:
    """Weights of every feature for every label, and from which probability a label counts."""

    names: tuple[str, ...]
    places: dict[str, int]
    idf: npt.NDArray[np.float32]
    weights: npt.NDArray[np.float32]
    intercept: npt.NDArray[np.float32]
    least: npt.NDArray[np.float32]


@cache
def _model() -> _Model:
    with np.load(LEARNED) as raw:
        table = raw["features"].tobytes().decode("utf-8").split("\n")
        return _Model(
            tuple(str(name) for name in raw["labels"]),
            {name: place for place, name in enumerate(table)},
            raw["idf"].astype(np.float32),
            raw["weights"].astype(np.float32) * raw["scale"].astype(np.float32),
            raw["intercept"].astype(np.float32),
            raw["least"].astype(np.float32),
        )


def features_of(text: str) -> list[str]:
    """What the model sees of a message; the sort of a feature is its first letter."""
    return [f"{sort[0]}{one}" for sort, found in features.read(text).items() for one in found]


@lru_cache(maxsize=512)
def chances(text: str) -> dict[str, float]:
    """The probability of every label."""
    model = _model()
    counts = Counter(features_of(text))
    known_here = [(model.places[name], 1.0 + math.log(count)) for name, count in counts.items() if name in model.places]
    scores: Any = model.intercept
    if known_here:
        at = np.array([place for place, _ in known_here])
        values = np.array([value for _, value in known_here], dtype=np.float32) * model.idf[at]
        values /= float(np.linalg.norm(values)) or 1.0
        scores = scores + values @ model.weights[at]
    return dict(zip(model.names, (1.0 / (1.0 + np.exp(-scores))).tolist(), strict=True))


@lru_cache(maxsize=512)
def read(text: str) -> frozenset[str]:
    """The labels of a message: what the model is sure enough of, and what the triage lexicon sees."""
    found, model = chances(text), _model()
    seen = triage(text)
    told = {name for name, least in zip(model.names, model.least.tolist(), strict=True) if found[name] >= least}
    if odds(found["detained"]) < DETAINED_MARGIN * odds(_least("detained")):
        # "Ask for your embassy" on a phone that the boss holds would be worse than silence.
        told.discard("detained")
    if (place := dialogue.bare(text)) is not None and not place.asks:
        # A town by itself ("di bavet") is no journey and no question, wherever others write of it.
        told &= {"correct", "about_other"}
    if seen.level != "none":
        told |= {_of_the_lexicon()[reason.id] for reason in seen.reasons if reason.id in _of_the_lexicon()}
    return frozenset(told)


def _least(name: str) -> float:
    model = _model()
    return float(model.least[model.names.index(name)])


@cache
def _of_the_lexicon() -> dict[str, str]:
    found: dict[str, str] = yaml.safe_load((FOLDER / "lexicon.yml").read_text(encoding="utf-8"))
    return found


def surely(text: str, names: frozenset[str], margin: float = 3.0) -> bool:
    """Whether one of these labels stands far above what it needs: its odds are so many times as high."""
    found, model = chances(text), _model()
    least = dict(zip(model.names, model.least.tolist(), strict=True))
    return any(odds(found[name]) >= margin * odds(least[name]) for name in names)


def odds(chance: float) -> float:
    return chance / max(1e-6, 1.0 - chance)
