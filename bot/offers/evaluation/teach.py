"""Makes data/offers/learned.json from the labelled offers of data/offers/building.

    python -m bot.offers.evaluation.teach

Run it after a change of phrases, facts or building offers. Deterministic; about a minute.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy.sparse import csr_matrix, diags, hstack
from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer
from sklearn.feature_selection import chi2
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import normalize

from bot.offers import assess as judging
from bot.offers import learned
from bot.offers.evaluation.scores import Labelled, read
from bot.offers.rules import FLAG_IDS, OFFERS
from bot.settings import ROOT

BUILDING = OFFERS / "building"
#: A text feature must occur in so many offers.
LEAST = 3
#: Of each sort the features that tell most are kept, for scams and for each flag; 800 a flag gain half a point, and
#: make the file half as large again (docs/benchmarks.md, "Offers, the ninth time").
SCAM_KEPT, FLAG_KEPT = 4_000, 300
#: Inverse regularisation, for scams, for words about offers, and for flags.
SCAM_COST, REPORTED_COST, FLAG_COST = 10.0, 20.0, 2.0
#: What phrases and facts say weighs so much for the first two, against flags: at full weight it drowns their words.
SCAM_TOLD = 0.5
#: Weights smaller than this are left out of the file.
SMALL = 0.05


@dataclass(frozen=True)
class Taught:
    """An offer as the model reads it."""

    offer: Labelled
    found: dict[str, list[str]]


def building(folder: Path = BUILDING) -> list[Labelled]:
    """The offers that rules and model are made from."""
    return [offer for path in sorted(folder.glob("*.jsonl")) for offer in read(path)]


def fingerprint(folder: Path = BUILDING) -> str:
    """SHA-256 over the building offers, shortened to 16 digits."""
    digest = hashlib.sha256()
    for path in sorted(folder.glob("*.jsonl")):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def taken_in(offers: Sequence[Labelled]) -> list[Taught]:
    """Offers with the features the shipped check gives the model."""
    return [
        Taught(one, {**learned.read(one.text), learned.TOLD: judging.told_of(one.text, one.asker)}) for one in offers
    ]


def fit(taught: Sequence[Taught]) -> learned.Learned:
    """Train on offers and their labels."""
    targets = np.array(
        [
            [one.offer.sort == "scam", one.offer.reported, *(flag in one.offer.flags for flag in FLAG_IDS)]
            for one in taught
        ],
        dtype=int,
    )
    rows: dict[str, dict[str, int]] = {}
    parts: list[csr_matrix] = []
    rarity: list[np.ndarray] = []
    size = 0
    for sort in (*learned.SORTS, learned.TOLD):
        read_it = _told_sort if sort == learned.TOLD else _text_sort
        matrix, names, rare = read_it([one.found[sort] for one in taught], targets, _clear(taught))
        rows[sort] = {name: size + column for column, name in enumerate(names)}
        parts.append(matrix)
        rarity.append(rare)
        size += len(names)
    matrix = hstack(parts).tocsr()
    clear = _clear(taught)
    offered = clear & ~targets[:, 1].astype(bool)
    trust = np.ones(size)
    trust[list(rows[learned.TOLD].values())] = SCAM_TOLD
    for_scams = (matrix @ diags(trust)).tocsr()
    machines = [
        LogisticRegression(C=SCAM_COST, max_iter=1000).fit(for_scams[taught_from], targets[taught_from, 0])
        for taught_from in (clear, offered)
    ]
    machines.append(_balanced(REPORTED_COST).fit(for_scams, targets[:, 1]))
    trusts = [trust] * len(machines)
    for target in targets[:, 2:].T:
        trust = _speaks_for(matrix, target)
        trust[list(rows[learned.TOLD].values())] = 1.0
        machines.append(_balanced(FLAG_COST).fit((matrix @ diags(trust)).tocsr(), target))
        trusts.append(trust)
    weights = np.array([machine.coef_[0] * trust for machine, trust in zip(machines, trusts, strict=True)])
    return learned.Learned(
        (learned.SCAM, learned.AS_OFFER, learned.REPORTED, *FLAG_IDS),
        [machine.intercept_[0] for machine in machines],
        rows,
        np.concatenate(rarity),
        weights.T,
    )


def _balanced(cost: float) -> LogisticRegression:
    """For what few offers show."""
    return LogisticRegression(C=cost, max_iter=1000, class_weight="balanced")


def _speaks_for(matrix: csr_matrix, target: np.ndarray) -> np.ndarray:
    """How far each feature is trusted to speak for or against a flag: half, and more the more often it is seen with one
    of the two alone (the log of the ratio; Wang and Manning, "Baselines and Bigrams", 2012)."""
    seen = (matrix > 0).astype(float)
    shown = target.astype(bool)
    there, missing = ((seen[rows].sum(axis=0) + 1) / (rows.sum() + 2) for rows in (shown, ~shown))
    return (1 + np.abs(np.log(np.asarray(there / missing).ravel()))) / 2


type _Sort = tuple[csr_matrix, list[str], np.ndarray]


def _clear(taught: Sequence[Taught]) -> np.ndarray:
    """Which offers teach what a scam is: the grey ones do not."""
    return np.array([one.offer.sort != "grey" for one in taught])


def _told_sort(found: list[list[str]], targets: np.ndarray, clear: np.ndarray) -> _Sort:
    vectors = CountVectorizer(analyzer=lambda names: names, binary=True, min_df=LEAST)
    matrix = vectors.fit_transform(found) * learned.TOLD_WEIGHT
    return matrix.tocsr(), list(vectors.get_feature_names_out()), np.ones(matrix.shape[1])


def _text_sort(found: list[list[str]], targets: np.ndarray, clear: np.ndarray) -> _Sort:
    vectors = TfidfVectorizer(analyzer=lambda names: names, sublinear_tf=True, min_df=LEAST, norm=None)
    matrix = vectors.fit_transform(found)
    keep = _telling(matrix, targets, clear)
    # Only what is kept counts for the length, as it will when an offer is read.
    matrix = normalize(matrix[:, keep])
    return matrix.tocsr(), list(vectors.get_feature_names_out()[keep]), vectors.idf_[keep]


def _telling(matrix: csr_matrix, targets: np.ndarray, clear: np.ndarray) -> np.ndarray:
    """The columns that tell most about any output."""
    told = np.nan_to_num(chi2(matrix[clear], targets[clear, 0])[0])
    keep = {int(column) for column in np.argsort(-told)[:SCAM_KEPT]}
    for number in range(1, targets.shape[1]):
        told = np.nan_to_num(chi2(matrix, targets[:, number])[0])
        keep |= {int(column) for column in np.argsort(-told)[:FLAG_KEPT]}
    return np.array(sorted(keep))


def write(model: learned.Learned, path: Path = learned.FILE) -> None:
    """One line a feature: sort, feature, rarity, then pairs of output and weight."""
    head = {"outputs": list(model.outputs), "bias": [round(float(b), 3) for b in model.bias], "building": fingerprint()}
    lines = [json.dumps(head)]
    for sort, known in model.rows.items():
        for name in sorted(known):
            row = known[name]
            pairs = [
                value
                for column, weight in enumerate(model.weights[row])
                if abs(weight) >= SMALL
                for value in (column, round(float(weight), 2))
            ]
            if pairs:
                line = [sort, name, round(float(model.rarity[row]), 2), *pairs]
                lines.append(json.dumps(line, ensure_ascii=False, separators=(",", ":")))
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def main() -> None:
    """The command."""
    offers = building()
    model = fit(taken_in(offers))
    write(model)
    size = learned.FILE.stat().st_size
    print(
        f"teach: {len(offers)} offers, {sum(map(len, model.rows.values()))} features, {size / 1e6:.1f} MB", flush=True
    )
    print(f"teach: written to {learned.FILE.relative_to(ROOT)}; now run `make evaluate`", flush=True)


if __name__ == "__main__":
    main()
