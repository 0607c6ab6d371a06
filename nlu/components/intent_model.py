"""The intent model without Rasa: a linear model, with probabilities one may set thresholds on.

A support vector machine for each intent against the rest (best and fastest in docs/benchmarks.md); its scores become
probabilities by one scale, fitted on messages that the machine had not seen. Stored as plain arrays, never as a pickle.
"""

from __future__ import annotations

import io
import json
import math
import tarfile
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Dict, List

import numpy as np

from nlu.components import features

#: Features of a message by their sort.
Read = Callable[[str], Dict[str, List[str]]]
#: Inverse regularisation of the machines; chosen on the dev half.
COST = 0.5
#: Parts the training set is cut into to fit the scale.
FOLDS = 3
#: Part of the confidence that is left when no word of a message is known but single letters: letters alone say little.
STRANGE = 0.4
#: Scales tried, from shy to bold.
SCALES = tuple(step / 4 for step in range(4, 48))
ARRAYS, NAMES = "intent_model.npz", "intent_model.json"


@dataclass(frozen=True)
class IntentModel:
    """Labels with their weights. `rows` maps each sort's features to their rows."""

    labels: tuple[str, ...]
    rows: dict[str, dict[str, int]]
    rarity: np.ndarray
    weights: np.ndarray
    bias: np.ndarray
    scale: float
    #: How a message is read; another than the shipped one only where candidates are compared.
    read: Read = features.read

    def ranking(self, text: str) -> list[tuple[str, float]]:
        """Every intent with its probability, likeliest first."""
        found = self.read(text)
        scores = self.bias.copy()
        for sort, names in found.items():
            rows, values = self._values(sort, names)
            scores += values @ self.weights[rows]
        bold = scores * self.scale
        chances = np.exp(bold - bold.max())
        chances /= chances.sum()
        if "words" in found and not any(_says(gram) and gram in self.rows["words"] for gram in found["words"]):
            chances = STRANGE * chances + (1 - STRANGE) / len(chances)
        order = np.argsort(-chances, kind="stable")
        return [(self.labels[i], float(chances[i])) for i in order]

    def reasons(self, text: str, label: str, most: int = 8) -> list[tuple[str, str, float]]:
        """(sort, feature, weight) of what spoke most for one intent against the mean of all, the strongest first."""
        column = self.labels.index(label)
        found = []
        for sort, names in self.read(text).items():
            rows, values = self._values(sort, names)
            weights = self.weights[rows]
            gains = values * (weights[:, column] - weights.mean(axis=1))
            known = self.rows[sort]
            names_of = {known[name]: name for name in names if name in known}
            found.extend((sort, names_of[int(row)], float(gain)) for row, gain in zip(rows, gains, strict=True))
        return sorted(found, key=lambda one: -one[2])[:most]

    def _values(self, sort: str, names: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
        """The rows of one sort's known features, and their values: rarity times dampened count, scaled to length 1."""
        known = self.rows[sort]
        counts = Counter(row for name in names if (row := known.get(name)) is not None)
        rows = np.fromiter(counts, dtype=np.int64, count=len(counts))
        often = np.fromiter(counts.values(), dtype=np.float32, count=len(counts))
        values = (1.0 + np.log(often)) * self.rarity[rows] if counts else often
        length = np.linalg.norm(values)
        return rows, values * (features.weight(sort) / length) if length else values

    def save(self, folder: Path) -> None:
        """Write the model into a folder."""
        np.savez_compressed(folder / ARRAYS, rarity=self.rarity, weights=self.weights, bias=self.bias)
        names = {
            "labels": list(self.labels),
            "features": {sort: sorted(rows, key=rows.__getitem__) for sort, rows in self.rows.items()},
            "scale": self.scale,
        }
        (folder / NAMES).write_text(json.dumps(names, ensure_ascii=False), encoding="utf-8")

    @staticmethod
    def load(folder: Path) -> IntentModel:
        """Read a model from a folder."""
        return _read((folder / NAMES).read_bytes(), (folder / ARRAYS).read_bytes())

    @staticmethod
    def from_archive(path: Path) -> IntentModel:
        """Read the model out of a trained assistant (.tar.gz) without Rasa. Raises KeyError when none is in it."""
        parts: dict[str, bytes] = {}
        with tarfile.open(path) as archive:
            for member in archive:
                name = Path(member.name).name
                if name in (ARRAYS, NAMES) and (file := archive.extractfile(member)) is not None:
                    parts[name] = file.read()
        return _read(parts[NAMES], parts[ARRAYS])

    @staticmethod
    def fit(
        texts: Sequence[str],
        intents: Sequence[str],
        say: Callable[[str], None] = print,
        *,
        read: Read = features.read,
        machine: Callable[[], Any] | None = None,
    ) -> IntentModel:
        """Train on messages and their intents. Deterministic; takes a minute or two.

        `read` and `machine` (a classifier of scikit-learn with a decision function) are for comparing candidates.
        """
        from scipy.sparse import hstack
        from sklearn.feature_extraction.text import TfidfVectorizer
        from sklearn.model_selection import StratifiedKFold, cross_val_predict
        from sklearn.svm import LinearSVC

        say(f"reading {len(texts)} messages of {len(set(intents))} intents")
        machine = machine or (lambda: LinearSVC(C=COST, random_state=0))
        messages = [read(text) for text in texts]
        rows: dict[str, dict[str, int]] = {}
        rarity, parts, size = [], [], 0
        for sort in messages[0]:
            vectors = TfidfVectorizer(analyzer=lambda found: found, sublinear_tf=True, min_df=features.least(sort))
            try:
                parts.append(vectors.fit_transform([found[sort] for found in messages]) * features.weight(sort))
            except ValueError:  # no message has such a feature, or each only one
                rows[sort] = {}
                continue
            rows[sort] = {str(name): size + int(row) for name, row in vectors.vocabulary_.items()}
            rarity.append(vectors.idf_)
            size += len(vectors.vocabulary_)
        matrix = hstack(parts).tocsr()
        labels = tuple(sorted(set(intents)))
        target = np.searchsorted(np.array(labels), np.array(intents))
        say(f"fitting {matrix.shape[1]} features")
        fitted = machine().fit(matrix, target)
        say("fitting the scale of confidence on unseen parts")
        folds = StratifiedKFold(FOLDS, shuffle=True, random_state=0)
        seen = cross_val_predict(machine(), matrix, target, cv=folds, method="decision_function")
        scale = min(SCALES, key=lambda bold: _loss(seen * bold, target))
        say(f"right on {float((seen.argmax(1) == target).mean()):.1%} of messages left out of training")
        return IntentModel(
            labels,
            rows,
            np.concatenate(rarity).astype(np.float32),
            np.ascontiguousarray(fitted.coef_.T.astype(np.float32)),
            fitted.intercept_.astype(np.float32),
            scale,
            read,
        )


def _says(gram: str) -> bool:
    """Whether words of more than one letter are in it: single letters are typed at random."""
    return any(len(word) > 1 for word in gram.split())


def _read(written: bytes, packed: bytes) -> IntentModel:
    names = json.loads(written)
    with np.load(io.BytesIO(packed), allow_pickle=False) as arrays:
        rarity, weights, bias = arrays["rarity"], arrays["weights"], arrays["bias"]
    rows: dict[str, dict[str, int]] = {}
    size = 0
    for sort, found in names["features"].items():
        rows[sort] = {name: size + row for row, name in enumerate(found)}
        size += len(found)
    return IntentModel(tuple(names["labels"]), rows, rarity, weights, bias, float(names["scale"]))


def _loss(scores: np.ndarray, target: np.ndarray) -> float:
    """Mean surprise of the right intents."""
    top = scores.max(1)
    total = top + np.log(np.exp(scores - top[:, None]).sum(1))
    loss = float((total - scores[np.arange(len(target)), target]).mean())
    return loss if math.isfinite(loss) else math.inf
