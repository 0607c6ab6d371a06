"""What one message of an open case says and asks: labels of data/sheet/labels.yml, by a small linear model.

One judge a label (logistic regression on letters, words, sounds and the lexicon's traces), taught by nlu/sheet/teach.py
from data/sheet. Pure; runs on Python 3.10 and 3.13.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt
import yaml

from nlu.model import features
from nlu.sheet import wishes
from nlu.text.files import LEXICON
from nlu.understanding import dialogue
from nlu.understanding.triage import triage

FOLDER = LEXICON.parent / "sheet"
LEARNED = FOLDER / "learned.npz"
#: How much surer than usual it must be that police hold somebody, and not an employer.
DETAINED_MARGIN = 12.0
_VOWELS = re.compile("[aeiou]")
#: Wishes that allow something.
ALLOWS = ("call_ok", "tell_family")
#: A wish that has no label of its own.
OTHER_WISH = "other"
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
    #: From which probability it is sure enough to speak of it.
    sure: npt.NDArray[np.float32]


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
            raw["sure"].astype(np.float32),
        )


def features_of(text: str) -> list[str]:
    """What the model sees of a message; the sort of a feature is its first letter."""
    found = [f"{sort[0]}{one}" for sort, found in features.read(text).items() for one in found]
    # "drh bnyk": words of Latin letters without their vowels, as they are typed in haste.
    return found + [f"k{bones}" for word in features.tokens(text) if (bones := _bones(word))]


def _bones(word: str) -> str:
    return _VOWELS.sub("", word) if word.isascii() and word.isalpha() else ""


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
    told = {name for name, least in zip(model.names, model.least.tolist(), strict=True) if found[name] >= least}
    if odds(found["detained"]) < DETAINED_MARGIN * odds(_least("detained")):
        # "Ask for your embassy" on a phone that the boss holds would be worse than silence.
        told.discard("detained")
    if (place := dialogue.bare(text)) is not None and not place.asks:
        # A town by itself ("di bavet") is no journey and no question, wherever others write of it.
        told &= {"correct", "about_other"}
    told |= _by_lexicon(text)
    # What may be done is believed only where it is sure; what must not be done, sooner.
    told -= {one for one in ALLOWS if found[one] < _surely_from(one)}
    return frozenset(_as_wished(text, told))


def _as_wished(text: str, told: set[str]) -> set[str]:
    """The labels with the wishes that rules tell, without those that they contradict."""
    ruled = wishes.read(text)
    told = (told - ruled.not_told) | ruled.told
    if wishes.forbids(text) and not told & set(groups()["wishes"]) and not told & set(groups()["signs"]):
        # Something is asked of us that has no name here: it is kept as it was said.
        told.add(OTHER_WISH)
    return told


@lru_cache(maxsize=512)
def sure(text: str) -> frozenset[str]:
    """Those labels of a message that are sure enough to speak of: four of five are right, or rules see them."""
    found, model = chances(text), _model()
    certain = {name for name, least in zip(model.names, model.sure.tolist(), strict=True) if found[name] >= least}
    return read(text) & (certain | _by_lexicon(text) | wishes.read(text).told)


def _by_lexicon(text: str) -> set[str]:
    seen = triage(text)
    if seen.level == "none":
        return set()
    return {_of_the_lexicon()[reason.id] for reason in seen.reasons if reason.id in _of_the_lexicon()}


def _surely_from(name: str) -> float:
    model = _model()
    return float(model.sure[model.names.index(name)])


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
