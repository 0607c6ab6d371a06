"""The intent model without Rasa: a linear model, with probabilities one may set thresholds on.

A support vector machine for each intent against the rest (best and fastest in docs/benchmarks.md); its scores become
probabilities by one scale, fitted on messages that the machine had not seen. Stored as plain arrays, never as a pickle:
features stand there by a hash of theirs, so that every process of a machine reads the same pages of memory.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import math
import shutil
import tarfile
import tempfile
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Dict, List

import numpy as np

from nlu import models
from nlu.components import features

#: Features of a message by their sort.
Read = Callable[[str], Dict[str, List[str]]]
#: Inverse regularisation of the machines; chosen on the dev half.
COST = 0.5
#: Parts the training set is cut into to fit the scale.
FOLDS = 3
#: Part of the confidence that is left when no word of a message is known but single letters: letters alone say little,
#: and open no case (below `open_case_at` of data/decision.yml).
STRANGE = 0.05
#: Scales tried, from shy to bold.
SCALES = tuple(step / 4 for step in range(4, 48))
ARRAYS, HEAD = ("keys", "rarity", "weights"), "intent_model.json"


@dataclass(frozen=True)
class IntentModel:
    """Labels with their weights: a row a feature. `keys` are the hashes of the features, in rising order."""

    labels: tuple[str, ...]
    sorts: tuple[str, ...]
    keys: np.ndarray
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
        says = "words" not in found
        for sort in self.sorts:
            names, rows, values = self._values(sort, found[sort])
            # Half precision on disk; the sum is not.
            scores += values @ self.weights[rows].astype(np.float32)
            says = says or (sort == "words" and any(map(_says, names)))
        bold = scores * self.scale
        chances = np.exp(bold - bold.max())
        chances /= chances.sum()
        if not says:
            chances = STRANGE * chances + (1 - STRANGE) / len(chances)
        order = np.argsort(-chances, kind="stable")
        return [(self.labels[i], float(chances[i])) for i in order]

    def reasons(self, text: str, label: str, most: int = 8) -> list[tuple[str, str, float]]:
        """(sort, feature, weight) of what spoke most for one intent against the mean of all, the strongest first."""
        column = self.labels.index(label)
        found = []
        for sort, given in self.read(text).items():
            names, rows, values = self._values(sort, given)
            weights = self.weights[rows].astype(np.float32)
            gains = values * (weights[:, column] - weights.mean(axis=1))
            found.extend((sort, name, float(gain)) for name, gain in zip(names, gains, strict=True))
        return sorted(found, key=lambda one: -one[2])[:most]

    def _values(self, sort: str, given: Sequence[str]) -> tuple[list[str], np.ndarray, np.ndarray]:
        """The known features of one sort, their rows, and their values.

        A value is the rarity times the dampened count; those of a sort are scaled to length 1.
        """
        counts = Counter(given)
        wanted = np.fromiter((_key(sort, name) for name in counts), dtype=np.uint64, count=len(counts))
        at = np.searchsorted(self.keys, wanted)
        at[at == len(self.keys)] = 0
        known = self.keys[at] == wanted if len(self.keys) else np.zeros(len(wanted), dtype=bool)
        rows = at[known]
        names = [name for name, there in zip(counts, known, strict=True) if there]
        often = np.fromiter((counts[name] for name in names), dtype=np.float32, count=len(names))
        values = (1.0 + np.log(often)) * self.rarity[rows]
        length = float(np.linalg.norm(values))
        return names, rows, values * (features.weight(sort) / length) if length else values

    def save(self, folder: Path) -> None:
        """Write the model into a folder."""
        for name in ARRAYS:
            np.save(folder / f"{name}.npy", getattr(self, name), allow_pickle=False)
        head = {
            "labels": list(self.labels),
            "sorts": list(self.sorts),
            "bias": [float(value) for value in self.bias],
            "scale": self.scale,
        }
        (folder / HEAD).write_text(json.dumps(head), encoding="utf-8")

    @staticmethod
    def load(folder: Path) -> IntentModel:
        """Read a model from a folder. Its arrays stay there: the memory is shared with whoever reads the same files."""
        head = json.loads((folder / HEAD).read_text(encoding="utf-8"))
        keys, rarity, weights = (np.load(folder / f"{name}.npy", mmap_mode="r", allow_pickle=False) for name in ARRAYS)
        bias = np.array(head["bias"], dtype=np.float32)
        return IntentModel(
            tuple(head["labels"]), tuple(head["sorts"]), keys, rarity, weights, bias, float(head["scale"])
        )

    @staticmethod
    def from_archive(path: Path) -> IntentModel:
        """Read the model of a trained assistant (MODEL.tar.gz) without Rasa. Raises KeyError when none is in it.

        Its arrays are laid open beside it once, by whoever comes first.
        """
        folder = models.opened(path)
        if not folder.exists():
            try:
                draft = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=path.parent))
            except OSError:  # a folder that may only be read: this process has the model for itself
                draft = Path(tempfile.mkdtemp(prefix="hotline-model-"))
            _lay_open(path, draft)
            if draft.parent != path.parent:
                model = IntentModel.load(draft)
                shutil.rmtree(draft)  # what is mapped stays readable
                return model
            with contextlib.suppress(OSError):  # somebody else was quicker
                draft.rename(folder)
            shutil.rmtree(draft, ignore_errors=True)
        return IntentModel.load(folder)

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
        keys: list[int] = []
        rarity, parts = [], []
        for sort in messages[0]:
            vectors = TfidfVectorizer(analyzer=lambda found: found, sublinear_tf=True, min_df=features.least(sort))
            try:
                parts.append(vectors.fit_transform([found[sort] for found in messages]) * features.weight(sort))
            except ValueError:  # no message has such a feature, or each only one
                continue
            keys.extend(_key(sort, str(name)) for name in vectors.get_feature_names_out())
            rarity.append(vectors.idf_)
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
        place = np.array(keys, dtype=np.uint64)
        order = np.argsort(place, kind="stable")
        return IntentModel(
            labels,
            tuple(messages[0]),
            place[order],
            np.concatenate(rarity)[order].astype(np.float32),
            np.ascontiguousarray(fitted.coef_.T[order].astype(np.float16)),
            fitted.intercept_.astype(np.float32),
            scale,
            read,
        )


def _says(gram: str) -> bool:
    """Whether words of more than one letter are in it: single letters are typed at random."""
    return any(len(word) > 1 for word in gram.split())


def _key(sort: str, name: str) -> int:
    """The hash of a feature: 64 bits, of which a million features share none but by a chance of one in 40 million."""
    return int.from_bytes(hashlib.blake2b(f"{sort}\0{name}".encode(errors="replace"), digest_size=8).digest(), "big")


def _lay_open(archive: Path, folder: Path) -> None:
    wanted = {HEAD, *(f"{name}.npy" for name in ARRAYS)}
    with tarfile.open(archive) as packed:
        for member in packed:
            name = Path(member.name).name
            if name in wanted and (file := packed.extractfile(member)) is not None:
                (folder / name).write_bytes(file.read())
                wanted.discard(name)
    if wanted:
        shutil.rmtree(folder, ignore_errors=True)
        raise KeyError(f"no intent model is in {archive.name}")


def _loss(scores: np.ndarray, target: np.ndarray) -> float:
    """Mean surprise of the right intents."""
    top = scores.max(1)
    total = top + np.log(np.exp(scores - top[:, None]).sum(1))
    loss = float((total - scores[np.arange(len(target)), target]).mean())
    return loss if math.isfinite(loss) else math.inf
