"""Makes learned.json, together.json, windows.npz and learned_pay.json in data/offers from the labelled offers there.

    python -m bot.offers.evaluation.teach

Run it after a change of phrases, facts or building offers. Deterministic; up to ten minutes beside a training.
"""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy.sparse import csr_matrix, diags, hstack, vstack
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer
from sklearn.feature_selection import chi2
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import normalize

from bot.errors import ReferenceDataInvalid
from bot.offers import assess as judging
from bot.offers.evaluation import clauses, teach_pay, teach_windows
from bot.offers.evaluation.scores import Labelled, read
from bot.offers.learned import convolution, ensemble, linear
from bot.offers.rules import FLAG_IDS, OFFERS
from bot.settings import ROOT
from nlu.pay import learned

BUILDING = OFFERS / "building"
#: Offers that teach which sum is the pay and nothing else: full of sums that are none, they are no measure of scams.
PAY = OFFERS / "pay"
#: A text feature must occur in so many offers.
LEAST = 3
#: Of each sort the features that tell most are kept, for scams and for each flag; 800 a flag gain half a point, and
#: make the file half as large again (docs/benchmarks.md, numbers in the code).
SCAM_KEPT, FLAG_KEPT = 4_000, 300
#: Inverse regularisation, for scams, for words about offers, and for flags.
SCAM_COST, REPORTED_COST, FLAG_COST = 10.0, 20.0, 2.0
#: What phrases and facts say weighs so much for the first two, against flags: at full weight it drowns their words.
SCAM_TOLD = 0.25
#: Weights smaller than this are left out of the file.
SMALL = 0.05
#: Parts the building files are dealt into, whole: trees learn from what the linear model makes of writers new to it.
PARTS = 5
#: The trees of a flag.
TREES = {"max_iter": 60, "learning_rate": 0.1, "max_leaf_nodes": 8, "l2_regularization": 3.0, "early_stopping": False}


@dataclass(frozen=True)
class Taught:
    """An offer as the model reads it."""

    offer: Labelled
    found: dict[str, list[str]]


def building(folder: Path = BUILDING) -> list[Labelled]:
    """The offers of a folder; those that rules and models are made from."""
    return [offer for file in by_file(folder) for offer in file]


def by_file(folder: Path = BUILDING) -> list[list[Labelled]]:
    """The same, file by file: each is by a writer of its own."""
    return [read(path) for path in sorted(folder.glob("*.jsonl"))]


def fingerprint(folder: Path = BUILDING) -> str:
    """SHA-256 over the offers of a folder, shortened to 16 digits."""
    digest = hashlib.sha256()
    for path in sorted(folder.glob("*.jsonl")):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def taken_in(offers: Sequence[Labelled]) -> list[Taught]:
    """Offers with the features the shipped check gives the model."""
    return [Taught(one, {**linear.read(one.text), linear.TOLD: judging.told_of(one.text, one.asker)}) for one in offers]


def fit(taught: Sequence[Taught]) -> linear.Learned:
    """Train on offers and their labels. Of the flags each offer teaches twice: as its writer labelled it, and as the
    second reader did, or the writer again where there was none."""
    whole = np.array([[one.offer.sort == "scam", one.offer.reported] for one in taught], dtype=int)
    flags = np.vstack([_shown(taught, second=False), _shown(taught, second=True)])
    clear = np.array([one.offer.sort != "grey" for one in taught])
    rows: dict[str, dict[str, int]] = {}
    parts: list[csr_matrix] = []
    rarity: list[np.ndarray] = []
    size = 0
    for sort in (*linear.SORTS, linear.TOLD):
        read_it = _told_sort if sort == linear.TOLD else _text_sort
        found = [linear.names(sort, one.found[sort]) for one in taught]
        matrix, names, rare = read_it(found, whole, flags, clear)
        rows[sort] = {name: size + column for column, name in enumerate(names)}
        parts.append(matrix)
        rarity.append(rare)
        size += len(names)
    matrix = hstack(parts).tocsr()
    offered = clear & ~whole[:, 1].astype(bool)
    trust = np.ones(size)
    trust[list(rows[linear.TOLD].values())] = SCAM_TOLD
    for_scams = (matrix @ diags(trust)).tocsr()
    machines = [
        LogisticRegression(C=SCAM_COST, max_iter=1000).fit(for_scams[taught_from], whole[taught_from, 0])
        for taught_from in (clear, offered)
    ]
    machines.append(_balanced(REPORTED_COST).fit(for_scams, whole[:, 1]))
    trusts = [trust] * len(machines)
    twice = vstack([matrix, matrix]).tocsr()
    for target in flags.T:
        trust = teach_pay.speaks_for(twice, target)
        trust[list(rows[linear.TOLD].values())] = 1.0
        machines.append(_balanced(FLAG_COST).fit((twice @ diags(trust)).tocsr(), target))
        trusts.append(trust)
    weights = np.array([machine.coef_[0] * trust for machine, trust in zip(machines, trusts, strict=True)])
    return linear.Learned(
        (*linear.OF_THE_WHOLE, *FLAG_IDS),
        [machine.intercept_[0] for machine in machines],
        rows,
        np.concatenate(rarity),
        weights.T,
    )


def _shown(taught: Sequence[Taught], *, second: bool) -> np.ndarray:
    """Which offers (row) show which flags (column)."""
    labels = [one.offer.second if second and one.offer.second is not None else one.offer.flags for one in taught]
    return np.array([[flag in label for flag in FLAG_IDS] for label in labels], dtype=int)


def fit_together(
    files: Sequence[Sequence[Taught]], told: Sequence[str]
) -> tuple[list[float], list[list[ensemble.Tree]]]:
    """The trees of every flag, and where each flag's sum begins. `told` are the names they may ask for."""
    known = {name: place for place, name in enumerate(told)}
    tables, first, second = [], [], []
    for part in range(PARTS):
        rest = [one for number, file in enumerate(files) if number % PARTS != part for one in file]
        mine = [one for number, file in enumerate(files) if number % PARTS == part for one in file]
        model = fit(rest)
        for one in mine:
            gains = model.clauses(one.offer.text).gains[:, len(linear.OF_THE_WHOLE) :]
            told_here = one.found[linear.TOLD]
            tables.append(ensemble.inputs_of(model.scores(one.found), gains, told_here, known, len(one.offer.text)))
        first.append(_shown(mine, second=False))
        second.append(_shown(mine, second=True))
    table, labels = np.array(tables), [np.vstack(first), np.vstack(second)]
    base, forests = [], []
    for number in range(len(FLAG_IDS)):
        asked = np.vstack([table[:, number]] * len(labels))
        machine = HistGradientBoostingClassifier(**TREES, random_state=0)
        machine.fit(asked, np.concatenate([label[:, number] for label in labels]))
        base.append(round(float(machine._baseline_prediction.ravel()[0]), 4))
        forests.append([list(_nodes(trees[0].nodes)) for trees in machine._predictors])
    return base, forests


def _nodes(nodes: np.ndarray) -> Iterator[tuple[int, float, int, int, float]]:
    """The nodes of one tree of scikit-learn, in our form."""
    for node in nodes:
        if node["is_leaf"]:
            yield -1, 0.0, 0, 0, round(float(node["value"]), 4)
        else:
            asked, at_most = int(node["feature_idx"]), float(f"{node['num_threshold']:.5g}")
            yield asked, at_most, int(node["left"]), int(node["right"]), 0.0


def _in_order(one: Taught) -> teach_windows.Example:
    """An offer as the network of windows reads it: of two readers who differ each is half right."""
    second = one.offer.flags if one.offer.second is None else one.offer.second
    shown = tuple(((flag in one.offer.flags) + (flag in second)) / 2 for flag in FLAG_IDS)
    return teach_windows.Example(linear.words_of(one.offer.text), tuple(one.found[linear.TOLD]), shown)


def _balanced(cost: float) -> LogisticRegression:
    """For what few offers show."""
    return LogisticRegression(C=cost, max_iter=1000, class_weight="balanced")


type _Sort = tuple[csr_matrix, list[str], np.ndarray]


def _told_sort(found: list[list[str]], whole: np.ndarray, flags: np.ndarray, clear: np.ndarray) -> _Sort:
    vectors = CountVectorizer(analyzer=lambda names: names, binary=True, min_df=LEAST)
    matrix = vectors.fit_transform(found) * linear.TOLD_WEIGHT
    return matrix.tocsr(), list(vectors.get_feature_names_out()), np.ones(matrix.shape[1])


def _text_sort(found: list[list[str]], whole: np.ndarray, flags: np.ndarray, clear: np.ndarray) -> _Sort:
    vectors = TfidfVectorizer(analyzer=lambda names: names, sublinear_tf=True, min_df=LEAST, norm=None)
    matrix = vectors.fit_transform(found)
    keep = _telling(matrix, whole, flags, clear)
    # Only what is kept counts for the length, as it will when an offer is read.
    matrix = normalize(matrix[:, keep])
    return matrix.tocsr(), list(vectors.get_feature_names_out()[keep]), vectors.idf_[keep]


def _telling(matrix: csr_matrix, whole: np.ndarray, flags: np.ndarray, clear: np.ndarray) -> np.ndarray:
    """The columns that tell most about any output. `clear`: the grey offers do not teach what a scam is."""
    told = np.nan_to_num(chi2(matrix[clear], whole[clear, 0])[0])
    keep = {int(column) for column in np.argsort(-told)[:SCAM_KEPT]}
    twice = vstack([matrix, matrix]).tocsr()
    for about, target in [(matrix, whole[:, 1]), *((twice, flag) for flag in flags.T)]:
        told = np.nan_to_num(chi2(about, target)[0])
        keep |= {int(column) for column in np.argsort(-told)[:FLAG_KEPT]}
    return np.array(sorted(keep))


def write(model: linear.Learned, path: Path = linear.FILE) -> None:
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


def write_together(
    told: Sequence[str], base: Sequence[float], forests: Sequence[Sequence[ensemble.Tree]], path: Path = ensemble.FILE
) -> None:
    """One line a flag: where its sum begins, and its trees."""
    lines = [json.dumps({"told": list(told), "building": fingerprint()}, ensure_ascii=False)]
    for flag, begin, trees in zip(FLAG_IDS, base, forests, strict=True):
        line = {"flag": flag, "base": begin, "trees": trees}
        lines.append(json.dumps(line, separators=(",", ":")))
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def main() -> None:
    """The command."""
    # The other models are told how much an offer pays.
    sums = [one for offer in [*building(), *building(PAY)] for one in teach_pay.examples(offer)]
    teach_pay.write(teach_pay.fit(sums), fingerprint() + fingerprint(PAY))
    learned.weights.cache_clear()
    files = [taken_in(offers) for offers in by_file()]
    model = fit([one for file in files for one in file])
    write(model)
    told = sorted(model.rows[linear.TOLD])
    write_together(told, *fit_together(files, told))
    in_order = [_in_order(one) for file in files for one in file]
    in_order += map(teach_windows.of_clause, clauses.in_folder())
    teach_windows.write(teach_windows.fit(in_order), fingerprint() + fingerprint(clauses.BUILDING))
    for path in (learned.FILE, linear.FILE, ensemble.FILE, convolution.FILE):
        print(f"teach: {path.relative_to(ROOT)} is {path.stat().st_size / 1e6:.1f} MB", flush=True)
    offers, known = sum(map(len, files)), sum(map(len, model.rows.values()))
    print(f"teach: {offers} offers, {known} features, {len(sums)} sums; now run `make evaluate`", flush=True)


if __name__ == "__main__":
    try:
        main()
    except ReferenceDataInvalid as problem:
        sys.exit(str(problem))
