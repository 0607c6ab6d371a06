"""Makes data/sheet/learned.npz from the messages in data/sheet.

    python -m nlu.sheet.teach [--check]

Run it after a change of those files, or `make teach-sheet`. Deterministic; some minutes. It prints, for messages that
were left out while it learned (five parts in turn), how many labels were found and how many of the found ones are
right. `--check` only reads the files and says which line is wrong.
"""

from __future__ import annotations

import sys
from pathlib import Path

import joblib
import numpy as np
import numpy.typing as npt
from scipy import sparse
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import KFold

from nlu.sheet import labels
from nlu.text import languages

#: Inverse regularisation; what a message with a label weighs beside one without; features that are kept.
COST, WEIGHT, KEPT = 20.0, 4.0, 40_000
#: What is found counts so much less than that what is found is right (F-beta); no threshold below the second.
BETA, LEAST = 0.8, 0.12
#: How many of the found must be right before something is said because of a label, and for how many that must be seen.
SURE, SEEN = 0.8, 4
PARTS = 5


class ExampleInvalid(ValueError):
    """A line of data/sheet that says what is wrong with it, and where."""


def examples(folder: Path = labels.FOLDER) -> list[tuple[str, frozenset[str]]]:
    """Every message with its labels. Raises ExampleInvalid."""
    found = []
    for writing in languages.WRITINGS:
        path = folder / f"{writing}.tsv"
        if not path.exists():
            continue
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
            if not line.strip() or line.startswith("#"):
                continue
            named, tab, text = line.partition("\t")
            given = frozenset(name.strip() for name in named.split(",")) - {"none"}
            if not tab or not text.strip():
                raise ExampleInvalid(f"{path.name}:{number}: write labels, a tab, the message")
            if unknown := sorted(given - labels.known()):
                raise ExampleInvalid(f"{path.name}:{number}: no such label: {', '.join(unknown)} (see labels.yml)")
            found.append((text.strip(), given))
    return found


def main() -> int:
    """Teach, and write the file."""
    try:
        found = examples()
    except ExampleInvalid as problem:
        sys.stderr.write(f"{problem}\n")
        return 1
    if "--check" in sys.argv[1:]:
        sys.stdout.write(f"{len(found)} messages\n")
        return 0
    names = sorted(labels.known())
    texts = [text for text, _ in found]
    wanted = np.array([[name in given for name in names] for _, given in found])
    outside = np.zeros(wanted.shape, dtype=np.float32)
    for inside, left_out in KFold(PARTS, shuffle=True, random_state=7).split(texts):
        vectors = _vectors()
        table = vectors.fit_transform([texts[place] for place in inside])
        seen = vectors.transform([texts[place] for place in left_out])
        for at, judge in enumerate(_judges(table, wanted[inside])):
            if judge is not None:
                outside[left_out, at] = judge.predict_proba(seen)[:, 1]
    least = np.array([_threshold(outside[:, at], wanted[:, at]) for at in range(len(names))], dtype=np.float32)
    sure = [_sure(outside[:, at], wanted[:, at], float(least[at])) for at in range(len(names))]
    _write(names, texts, wanted, least, np.array(sure, dtype=np.float32))
    _tell(names, outside >= least, outside >= np.array(sure), wanted)
    return 0


def _vectors() -> TfidfVectorizer:
    return TfidfVectorizer(analyzer=labels.features_of, min_df=2, sublinear_tf=True, dtype=np.float32)


def _judges(table: sparse.spmatrix, wanted: npt.NDArray[np.bool_]) -> list[LogisticRegression | None]:
    """One judge a label, taught side by side."""
    work = (joblib.delayed(_judge)(table, wanted[:, at]) for at in range(wanted.shape[1]))
    return list(joblib.Parallel(n_jobs=-1)(work))


def _judge(table: sparse.spmatrix, wanted: npt.NDArray[np.bool_]) -> LogisticRegression | None:
    if not wanted.any():
        return None
    return LogisticRegression(C=COST, solver="liblinear", max_iter=200, class_weight={0: 1.0, 1: WEIGHT}).fit(
        table, wanted
    )


def _threshold(chances: npt.NDArray[np.float32], wanted: npt.NDArray[np.bool_]) -> float:
    """The probability from which a label counts: best F-beta on messages that were left out."""
    best, chosen = -1.0, 0.5
    for at in np.arange(LEAST, 0.95, 0.02):
        told = chances >= at
        hits = float((told & wanted).sum())
        if not hits:
            continue
        right, found = hits / told.sum(), hits / wanted.sum()
        score = (1 + BETA**2) * right * found / (BETA**2 * right + found)
        if score > best:
            best, chosen = score, float(at)
    return chosen


def _sure(chances: npt.NDArray[np.float32], wanted: npt.NDArray[np.bool_], least: float) -> float:
    """The lowest probability from which so many of the found are right."""
    for at in np.arange(least, 0.95, 0.02):
        told = chances >= at
        if told.sum() < SEEN:
            break
        if float((told & wanted).sum()) / told.sum() >= SURE:
            return float(at)
    return max(least, 0.9)


def _write(
    names: list[str],
    texts: list[str],
    wanted: npt.NDArray[np.bool_],
    least: npt.NDArray[np.float32],
    sure: npt.NDArray[np.float32],
) -> None:
    vectors = _vectors()
    table = vectors.fit_transform(texts)
    weights = np.zeros((len(vectors.idf_), len(names)), dtype=np.float32)
    intercept = np.full(len(names), -10.0, dtype=np.float32)
    for at, judge in enumerate(_judges(table, wanted)):
        if judge is not None:
            weights[:, at], intercept[at] = judge.coef_[0], judge.intercept_[0]
    idf = vectors.idf_.astype(np.float32)
    kept = np.sort(np.argsort(-(np.abs(weights).max(axis=1) * idf))[:KEPT])
    scale = np.abs(weights[kept]).max(axis=0) / 127.0
    scale[scale == 0] = 1.0
    spelt = "\n".join(vectors.get_feature_names_out()[kept])
    np.savez_compressed(
        labels.LEARNED,
        labels=np.array(names),
        features=np.frombuffer(spelt.encode("utf-8"), dtype=np.uint8),
        idf=idf[kept].astype(np.float16),
        weights=np.round(weights[kept] / scale).astype(np.int8),
        scale=scale,
        intercept=intercept,
        least=least,
        sure=sure,
    )


def _tell(
    names: list[str], told: npt.NDArray[np.bool_], sure: npt.NDArray[np.bool_], wanted: npt.NDArray[np.bool_]
) -> None:
    """How well messages that were left out are read, each label and all together."""
    for at, name in enumerate(names):
        hits, of = int((told[:, at] & wanted[:, at]).sum()), int(wanted[:, at].sum())
        certain = int((sure[:, at] & wanted[:, at]).sum())
        sys.stdout.write(f"{name}\t{hits} of {of} found\t{int(told[:, at].sum())} told\t{certain} surely\n")
    for what, found in (("found", told), ("found surely", sure)):
        hits = int((found & wanted).sum())
        share, right = hits / wanted.sum(), hits / found.sum()
        sys.stdout.write(f"{len(wanted)} messages: {share:.0%} of the labels {what}, {right:.0%} of them right\n")


if __name__ == "__main__":
    sys.exit(main())
