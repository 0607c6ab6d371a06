"""The intent model without Rasa: a linear model, with probabilities one may set thresholds on.

A support vector machine for each intent against the rest (best and fastest in docs/benchmarks.md); its scores become
probabilities by one scale, fitted on messages that the machine had not seen. Stored as plain arrays, never as a pickle:
features stand there by a hash of theirs, so that every process of a machine reads the same pages of memory. The weights
are small whole numbers with a step a row, and features that move no score are left out. The shipped archive has 6.4 MB
so; with the unrounded weights it had about 50 MB. Rounding moves decisions that stand on a threshold: 130 of 24,844
frozen lines changed with it (tests/golden/README.md).
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

from nlu.model import features, registry
from nlu.understanding.decision import CASE_KINDS, kind_of

#: Features of a message by their sort.
Read = Callable[[str], Dict[str, List[str]]]
#: Inverse regularisation of the machines; chosen on the dev half.
COST = 0.5
#: The scale is fitted on one of so many parts of the training set, unseen by a machine that learns the others.
FOLDS = 3
#: How far rounding one weight may move a score, as a root mean square over the training messages, before a step gets
#: finer. Chosen on the dev half: twice as much changes twice as many rankings and saves a third of the size.
FINENESS = 0.85e-4
#: Weights for a report of trouble are kept so many times finer: no cry may get lost by rounding.
FINER = 2.0
#: The largest whole number that stands for a weight.
MOST = 127
#: Part of the confidence that is left when no word of a message is known but single letters: letters alone say little,
#: and open no case (below `open_case_at` of data/decision.yml).
STRANGE = 0.05
#: Scales tried, from shy to bold.
SCALES = tuple(step / 4 for step in range(4, 48))
#: The files of a model. An archive that names them otherwise is of an earlier form and is not read.
ARRAYS, HEAD = ("keys", "rarity", "steps", "weights"), "intents.json"


@dataclass(frozen=True)
class IntentModel:
    """Labels with their weights: a row a feature. `keys` are the hashes of the features, in rising order.

    A weight is the whole number in `weights` times the step of its row and of its column.
    """

    labels: tuple[str, ...]
    sorts: tuple[str, ...]
    keys: np.ndarray
    rarity: np.ndarray
    steps: np.ndarray
    weights: np.ndarray
    columns: np.ndarray
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
            scores += values @ self._weights(rows)
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
            weights = self._weights(rows)
            gains = values * (weights[:, column] - weights.mean(axis=1))
            found.extend((sort, name, float(gain)) for name, gain in zip(names, gains, strict=True))
        return sorted(found, key=lambda one: -one[2])[:most]

    def _weights(self, rows: np.ndarray) -> np.ndarray:
        """The weights of some features, for sums in single precision."""
        return self.weights[rows] * (self.steps[rows].astype(np.float32)[:, None] * self.columns)

    def _values(self, sort: str, given: Sequence[str]) -> tuple[list[str], np.ndarray, np.ndarray]:
        """The known features of one sort, their rows, and their values.

        A value is the rarity times the dampened count; those of a sort are scaled to length 1.
        """
        counts = Counter(given)
        wanted = np.fromiter((_key(sort, name) for name in counts), dtype=np.uint32, count=len(counts))
        at = np.searchsorted(self.keys, wanted)
        at[at == len(self.keys)] = 0
        known = self.keys[at] == wanted if len(self.keys) else np.zeros(len(wanted), dtype=bool)
        rows = at[known]
        names = [name for name, there in zip(counts, known, strict=True) if there]
        often = np.fromiter((counts[name] for name in names), dtype=np.float32, count=len(names))
        values = (1.0 + np.log(often)) * self.rarity[rows].astype(np.float32)
        length = float(np.linalg.norm(values))
        return names, rows, values * (features.weight(sort) / length) if length else values

    def save(self, folder: Path) -> None:
        """Write the model into a folder."""
        for name in ARRAYS:
            np.save(folder / f"{name}.npy", getattr(self, name), allow_pickle=False)
        head = {
            "labels": list(self.labels),
            "sorts": list(self.sorts),
            "columns": [float(value) for value in self.columns],
            "bias": [float(value) for value in self.bias],
            "scale": self.scale,
        }
        (folder / HEAD).write_text(json.dumps(head), encoding="utf-8")

    @staticmethod
    def load(folder: Path) -> IntentModel:
        """Read a model from a folder. Its arrays stay there: the memory is shared with whoever reads the same files."""
        head = json.loads((folder / HEAD).read_text(encoding="utf-8"))
        arrays = {name: np.load(folder / f"{name}.npy", mmap_mode="r", allow_pickle=False) for name in ARRAYS}
        columns, bias = (np.array(head[name], dtype=np.float32) for name in ("columns", "bias"))
        labels, sorts, scale = tuple(head["labels"]), tuple(head["sorts"]), float(head["scale"])
        return IntentModel(labels, sorts, **arrays, columns=columns, bias=bias, scale=scale)

    @staticmethod
    def from_archive(path: Path) -> IntentModel:
        """Read the model of a trained assistant (MODEL.tar.gz) without Rasa.

        Its arrays are laid open beside it once, by whoever comes first. Raises KeyError when none is in it, and what
        `tarfile` raises for an archive that cannot be read.
        """
        folder = registry.opened(path)
        if folder.exists():
            with contextlib.suppress(OSError, ValueError, KeyError):
                return IntentModel.load(folder)
            shutil.rmtree(folder, ignore_errors=True)  # damaged
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
        """Train on messages and their intents. Deterministic; takes some minutes.

        `read` and `machine` (a classifier of scikit-learn with a decision function) are for comparing candidates.
        """
        from sklearn.model_selection import StratifiedKFold
        from sklearn.svm import LinearSVC

        say(f"reading {len(texts)} messages of {len(set(intents))} intents")
        machine = machine or (lambda: LinearSVC(C=COST, random_state=0))
        sorts, keys, rarity, matrix = _matrix([read(text) for text in texts])
        labels = tuple(sorted(set(intents)))
        target = np.searchsorted(np.array(labels), np.array(intents))
        say(f"fitting {matrix.shape[1]} features")
        fitted = machine().fit(matrix, target)
        say("fitting the scale of confidence on unseen parts")
        folds = StratifiedKFold(FOLDS, shuffle=True, random_state=0)
        known, unseen = next(folds.split(matrix, target))
        scores = machine().fit(matrix[known], target[known]).decision_function(matrix[unseen])
        scale = min(SCALES, key=lambda bold: _loss(scores * bold, target[unseen]))
        say(f"right on {float((scores.argmax(1) == target[unseen]).mean()):.1%} of messages left out of training")
        moved = np.sqrt(np.asarray(matrix.power(2).mean(axis=0)).ravel())
        columns = np.array([1 / FINER if kind_of(label) in CASE_KINDS[:3] else 1.0 for label in labels], np.float32)
        steps, weights = _rounded(fitted.coef_.T / columns, moved)
        # Of two features with the same hash the one that says more stays.
        order = np.lexsort((-moved, keys))
        order = order[weights[order].any(axis=1)]
        order = order[np.unique(keys[order], return_index=True)[1]]
        say(f"{len(order)} features are kept")
        return IntentModel(
            labels,
            sorts,
            keys[order],
            rarity[order].astype(np.float16),
            steps[order],
            weights[order],
            columns,
            fitted.intercept_.astype(np.float32),
            scale,
            read,
        )


def _matrix(messages: Sequence[dict[str, list[str]]]) -> tuple[tuple[str, ...], np.ndarray, np.ndarray, Any]:
    """The sorts of features; hash and rarity of each feature (a column); and the messages as sparse rows."""
    from scipy.sparse import hstack
    from sklearn.feature_extraction.text import TfidfVectorizer

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
    return tuple(messages[0]), np.array(keys, dtype=np.uint32), np.concatenate(rarity), hstack(parts).tocsr()


def _rounded(weights: np.ndarray, moved: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """A step for each row, and the weights as whole numbers of it.

    The more a feature counts in the training messages (`moved`: its root mean square value), the finer its step. The
    row of a feature that hardly counts becomes nothing but zeros.
    """
    steps = np.maximum(FINENESS / moved, np.abs(weights).max(axis=1) / MOST)
    # Few different steps take little room in an archive.
    steps = np.exp2(np.ceil(np.log2(steps) * 2) / 2).astype(np.float16)
    return steps, np.rint(weights / steps.astype(np.float32)[:, None]).astype(np.int8)


def _says(gram: str) -> bool:
    """Whether words of more than one letter are in it: single letters are typed at random."""
    return any(len(word) > 1 for word in gram.split())


def _key(sort: str, name: str) -> int:
    """The hash of a feature: 32 bits. One in ten thousand unknown features is taken for a known one, which is noise."""
    return int.from_bytes(hashlib.blake2b(f"{sort}\0{name}".encode(errors="replace"), digest_size=4).digest(), "big")


def _lay_open(archive: Path, folder: Path) -> None:
    """Write the arrays of an archive into a folder, which is gone again when the archive cannot be read."""
    wanted = {HEAD, *(f"{name}.npy" for name in ARRAYS)}
    try:
        with tarfile.open(archive) as packed:
            for member in packed:
                name = Path(member.name).name
                if name in wanted and (file := packed.extractfile(member)) is not None:
                    (folder / name).write_bytes(file.read())
                    wanted.discard(name)
        if wanted:
            raise KeyError(f"no intent model is in {archive.name}")
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise


def _loss(scores: np.ndarray, target: np.ndarray) -> float:
    """Mean surprise of the right intents."""
    top = scores.max(1)
    total = top + np.log(np.exp(scores - top[:, None]).sum(1))
    loss = float((total - scores[np.arange(len(target)), target]).mean())
    return loss if math.isfinite(loss) else math.inf
