"""The intent model without Rasa: a linear model over words and letters, with probabilities one may set thresholds on.

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

import numpy as np

from nlu.components import features

#: Inverse regularisation of the machines; chosen on the dev half.
COST = 0.5
#: Parts the training set is cut into to fit the scale.
FOLDS = 4
#: Part of the confidence that is left when not one word of a message is known: letters alone say little.
STRANGE = 0.4
#: Scales tried, from shy to bold.
SCALES = tuple(step / 4 for step in range(4, 48))
ARRAYS, NAMES = "intent_model.npz", "intent_model.json"


@dataclass(frozen=True)
class IntentModel:
    """Labels with their weights. `pieces` and `grams` map a feature to its row."""

    labels: tuple[str, ...]
    pieces: dict[str, int]
    grams: dict[str, int]
    rarity: np.ndarray
    weights: np.ndarray
    bias: np.ndarray
    scale: float

    def ranking(self, text: str, tokens: Sequence[str] | None = None) -> list[tuple[str, float]]:
        """Every intent with its probability, likeliest first."""
        cut = features.tokens(text) if tokens is None else tokens
        scores = self.bias.copy()
        for vocabulary, found in ((self.pieces, features.pieces(text)), (self.grams, features.word_grams(cut))):
            counts = Counter(row for name in found if (row := vocabulary.get(name)) is not None)
            if not counts:
                continue
            rows = np.fromiter(counts, dtype=np.int64, count=len(counts))
            often = np.fromiter(counts.values(), dtype=np.float32, count=len(counts))
            values = (1.0 + np.log(often)) * self.rarity[rows]
            values /= np.linalg.norm(values)
            scores += values @ self.weights[rows]
        bold = scores * self.scale
        chances = np.exp(bold - bold.max())
        chances /= chances.sum()
        if not any(word in self.grams for word in features.word_grams(cut)):
            chances = STRANGE * chances + (1 - STRANGE) / len(chances)
        order = np.argsort(-chances, kind="stable")
        return [(self.labels[i], float(chances[i])) for i in order]

    def save(self, folder: Path) -> None:
        """Write the model into a folder."""
        np.savez_compressed(folder / ARRAYS, rarity=self.rarity, weights=self.weights, bias=self.bias)
        names = {
            "labels": list(self.labels),
            "pieces": sorted(self.pieces, key=self.pieces.__getitem__),
            "grams": sorted(self.grams, key=self.grams.__getitem__),
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
    def fit(texts: Sequence[str], intents: Sequence[str], say: Callable[[str], None] = print) -> IntentModel:
        """Train on messages and their intents. Deterministic; takes seconds."""
        from scipy.sparse import hstack
        from sklearn.feature_extraction.text import TfidfVectorizer
        from sklearn.model_selection import StratifiedKFold, cross_val_predict
        from sklearn.svm import LinearSVC

        say(f"reading {len(texts)} messages of {len(set(intents))} intents")
        letters = TfidfVectorizer(analyzer=lambda t: list(features.pieces(t)), sublinear_tf=True, min_df=2)
        words = TfidfVectorizer(analyzer=lambda t: list(features.word_grams(features.tokens(t))), sublinear_tf=True)
        matrix = hstack([letters.fit_transform(texts), words.fit_transform(texts)]).tocsr()
        labels = tuple(sorted(set(intents)))
        target = np.searchsorted(np.array(labels), np.array(intents))
        say(f"fitting {matrix.shape[1]} features")
        machine = LinearSVC(C=COST, random_state=0).fit(matrix, target)
        say("fitting the scale of confidence on unseen parts")
        folds = StratifiedKFold(FOLDS, shuffle=True, random_state=0)
        seen = cross_val_predict(
            LinearSVC(C=COST, random_state=0), matrix, target, cv=folds, method="decision_function"
        )
        scale = min(SCALES, key=lambda bold: _loss(seen * bold, target))
        say(f"right on {float((seen.argmax(1) == target).mean()):.1%} of messages left out of training")
        return IntentModel(
            labels,
            {str(name): int(row) for name, row in letters.vocabulary_.items()},
            {str(name): int(row) + len(letters.vocabulary_) for name, row in words.vocabulary_.items()},
            np.concatenate([letters.idf_, words.idf_]).astype(np.float32),
            np.ascontiguousarray(machine.coef_.T.astype(np.float32)),
            machine.intercept_.astype(np.float32),
            scale,
        )


def _read(written: bytes, packed: bytes) -> IntentModel:
    names = json.loads(written)
    with np.load(io.BytesIO(packed), allow_pickle=False) as arrays:
        rarity, weights, bias = arrays["rarity"], arrays["weights"], arrays["bias"]
    pieces = {name: row for row, name in enumerate(names["pieces"])}
    grams = {name: row + len(pieces) for row, name in enumerate(names["grams"])}
    return IntentModel(tuple(names["labels"]), pieces, grams, rarity, weights, bias, float(names["scale"]))


def _loss(scores: np.ndarray, target: np.ndarray) -> float:
    """Mean surprise of the right intents."""
    top = scores.max(1)
    total = top + np.log(np.exp(scores - top[:, None]).sum(1))
    loss = float((total - scores[np.arange(len(target)), target]).mean())
    return loss if math.isfinite(loss) else math.inf
