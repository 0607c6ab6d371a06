"""Makes data/offers/learned_pay.json: what speaks for a sum of an offer being its base pay.

Made by `python -m bot.offers.evaluation.teach`; `python -m bot.offers.evaluation.teach_pay "an offer"` shows why a sum
of it is taken for the pay.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from scipy.sparse import csr_matrix, diags, hstack
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.feature_selection import chi2
from sklearn.linear_model import LogisticRegression

from bot.offers.evaluation.scores import Labelled
from nlu.pay import learned
from nlu.pay.amounts import sums_that_may_be_pay
from nlu.pay.jobs import Candidate
from nlu.pay.warned import tone

#: A feature must stand with so many sums.
LEAST = 3
#: Pieces of letters kept, those that tell most; all 48,000 read no pay better (docs/benchmarks.md).
KEPT = 12_000
#: How loud a piece of letters speaks, and what is told of a sum: of the first a sum has three hundred, of the second
#: thirty.
LETTERS, TOLD = 0.12, 0.5
#: Inverse regularisation.
COST = 3.0


@dataclass(frozen=True)
class Example:
    """A sum of an offer as the weights read it."""

    names: frozenset[str]
    is_pay: bool


def examples(offer: Labelled) -> list[Example]:
    """The sums of an offer with whether they are its pay; where several posts are paid, every sum between the ends."""
    text, sums = sums_that_may_be_pay(offer.text)
    read = learned.read(text, sums, tone(text))
    return [Example(frozenset(names), _pays(offer.salary, one)) for one, names in zip(sums, read, strict=True)]


def fit(taught: Sequence[Example]) -> learned.Weights:
    """Train on sums and whether they are pay."""
    wanted = np.array([one.is_pay for one in taught])
    letters, letter_names = _columns(_letters(one.names) for one in taught)
    told, told_names = _columns(one.names - _letters(one.names) for one in taught)
    keep = np.sort(np.argsort(-chi2(letters, wanted)[0], kind="stable")[:KEPT])
    names = [*letter_names[keep], *told_names]
    loud = np.array([LETTERS] * len(keep) + [TOLD] * len(told_names))
    matrix = hstack([letters[:, keep], told]).tocsr()
    loud *= speaks_for(matrix, wanted)
    machine = LogisticRegression(C=COST, max_iter=1000).fit((matrix @ diags(loud)).tocsr(), wanted)
    values = machine.coef_[0] * loud
    return learned.Weights(float(machine.intercept_[0]), dict(zip(names, map(float, values), strict=True)))


def speaks_for(matrix: csr_matrix, target: np.ndarray) -> np.ndarray:
    """How far each feature is trusted to speak for or against a target: half, and more the more often it is seen with
    one of the two alone (the log of the ratio; Wang and Manning, "Baselines and Bigrams", 2012)."""
    seen = (matrix > 0).astype(float)
    shown = target.astype(bool)
    there, missing = ((seen[rows].sum(axis=0) + 1) / (rows.sum() + 2) for rows in (shown, ~shown))
    return np.asarray(1 + np.abs(np.log(np.asarray(there / missing).ravel()))) / 2


def write(weights: learned.Weights, building: str, path: Path = learned.FILE) -> None:
    """One line a feature: its name and what it weighs."""
    lines = [json.dumps({"bias": round(weights.bias, 3), "building": building})]
    for name, weight in sorted(weights.of.items()):
        if value := round(weight, 3):
            lines.append(json.dumps([name, value], ensure_ascii=False, separators=(",", ":")))
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def _pays(salary: dict[str, Any] | None, one: Candidate) -> bool:
    return (
        salary is not None
        and (one.currency, one.period) == (salary["currency"], salary["period"])
        and one.one.low >= 0.99 * salary["amount_min"]
        and one.one.high <= 1.01 * salary["amount_max"]
    )


def _letters(names: frozenset[str]) -> frozenset[str]:
    return frozenset(name for name in names if name.startswith(learned.MARKS))


def _columns(found: Iterable[frozenset[str]]) -> tuple[csr_matrix, np.ndarray]:
    vectors = CountVectorizer(analyzer=lambda names: names, binary=True, min_df=LEAST)
    matrix = vectors.fit_transform(found)
    return matrix.tocsr(), vectors.get_feature_names_out()


def why(text: str, shown: int = 6) -> list[str]:
    """A line for every sum: its chance of being the pay, and the features that speak most for or against it."""
    plain, sums = sums_that_may_be_pay(text)
    mood = tone(plain)
    weights = learned.weights()
    lines = []
    for one, names in zip(weights.weighed(plain, sums, mood), learned.read(plain, sums, mood), strict=True):
        told = sorted(names & weights.of.keys(), key=lambda name: (-abs(weights.of[name]), name))
        reasons = ", ".join(f"{name} {weights.of[name]:+.2f}" for name in told[:shown])
        lines.append(f"{plain[one.one.start : one.one.end]}: {one.chance:.2f} ({reasons})")
    return lines


if __name__ == "__main__":
    print("\n".join(why(" ".join(sys.argv[1:]))))
