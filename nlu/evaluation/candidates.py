"""Compares ways of reading a message and of learning: `python -m nlu.evaluation.candidates [NAME ...]`.

Trains each candidate on the training data, scores it on the dev half, and prints a table: kind right, recall of the
urgent kinds where 4 % of the other messages raise a false alarm, calibration error of the kind, ms for a message,
seconds of training, MB of weights.
Takes minutes a candidate. The test half is not touched.
"""

from __future__ import annotations

import re
import statistics
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from nlu import data, decision
from nlu.components import features
from nlu.components.intent_model import IntentModel
from nlu.evaluation.benchmark import calibration_error
from nlu.evaluation.scores import URGENT
from nlu.text.normalise import normalise

WRITINGS = ("id", "km", "km-Latn")
#: The share of false alarms at which recall is compared.
FALSE_ALARMS = 0.04
_SPACED = re.compile(r"\S+")


def only(*sorts: str) -> Callable[[str], dict[str, list[str]]]:
    """A way of reading that sees some sorts of features alone."""

    def read(text: str) -> dict[str, list[str]]:
        found = features.read(text)
        return {sort: found[sort] for sort in sorts}

    return read


def with_khmer_spaces(text: str) -> dict[str, list[str]]:
    """Letters as `features.pieces` reads them, but inside what stands between spaces, in Khmer too; and words."""
    plain = normalise(features.clip(text)).text
    letters = [piece for word in _SPACED.findall(plain) for piece in features.grams(f" {word} ", 1, features.PIECE)]
    return {"letters": letters, "words": features.read(text)["words"]}


def logistic() -> Any:
    """Logistic regression, one intent against the rest."""
    from sklearn.linear_model import LogisticRegression

    return LogisticRegression(C=20, solver="liblinear", multi_class="ovr", random_state=0)


#: Name, how it reads, how it learns, and whether each language has a model of its own.
CANDIDATES: dict[str, tuple[Callable[[str], dict[str, list[str]]], Callable[[], Any] | None, bool]] = {
    "words": (only("words"), None, False),
    "letters": (only("letters"), None, False),
    "letters inside Khmer spaces, words": (with_khmer_spaces, None, False),
    "letters, words": (only("letters", "words"), None, False),
    "letters, words, sounds": (only("letters", "words", "sounds", "consonants"), None, False),
    "shipped: these and traces of the lexicon": (features.read, None, False),
    "shipped, logistic regression": (features.read, logistic, False),
    "shipped, a model for each language": (features.read, None, True),
}


def measure(name: str, known: Sequence[data.Utterance]) -> Iterator[str]:
    """The rows of one candidate trained on these messages, one for each writing."""
    read, machine, apart = CANDIDATES[name]
    seen = {data.key(one.text) for one in known}
    dev = [one for lang in data.LANGUAGES for one in data.held_out(lang, "dev") if data.key(one.text) not in seen]
    began = time.perf_counter()
    models: dict[str, IntentModel] = {}
    for lang in data.LANGUAGES if apart else ("both",):
        mine = [one for one in known if not apart or one.lang == lang]
        texts, intents = [one.text for one in mine], [one.intent for one in mine]
        models[lang] = IntentModel.fit(texts, intents, say=lambda line: None, read=read, machine=machine)
    seconds = time.perf_counter() - began
    size = sum(model.weights.nbytes for model in models.values()) / 1e6
    for writing in WRITINGS:
        held = [one for one in dev if one.lang == writing]
        model = models["both"] if not apart else models[writing[:2]]
        yield f"| {name} | {writing} | {' | '.join(_score(model, held))} | {seconds:.0f} s | {size:.0f} MB |"


def _score(model: IntentModel, held: Sequence[data.HeldOut]) -> list[str]:
    urgent, right, sure, took = [], [], [], []
    for one in held:
        began = time.perf_counter()
        ranking = model.ranking(one.text)
        took.append(time.perf_counter() - began)
        chances: Counter[str] = Counter()
        for intent, chance in ranking:
            chances[decision.registry()[intent].kind] += chance  # type: ignore[assignment]
        kind, chance = chances.most_common(1)[0]
        right.append(kind == one.kind)
        sure.append(float(chance))
        urgent.append(float(sum(chances[kind] for kind in URGENT)))
    safe = sorted((u for u, one in zip(urgent, held, strict=True) if one.kind not in decision.CASE_KINDS), reverse=True)
    limit = safe[int(len(safe) * FALSE_ALARMS)]
    cries = [u for u, one in zip(urgent, held, strict=True) if one.kind in URGENT]
    return [
        f"{sum(right) / len(held):.1%}",
        f"{sum(u > limit for u in cries) / len(cries):.1%}",
        f"{calibration_error(sure, right):.3f}",
        f"{statistics.median(took) * 1000:.1f} ms",
    ]


def main() -> None:
    """The command."""
    names = sys.argv[1:] or list(CANDIDATES)
    for name in names:
        if name not in CANDIDATES:
            raise SystemExit(f"candidates: there is no {name!r}; there are: {'; '.join(CANDIDATES)}")
    print("| candidate | writing | kind | urgent at 4 % | calibration error | a message | training | weights |")
    print("| --- | --- | --- | --- | --- | --- | --- | --- |")
    known = list(data.utterances())
    for name in names:
        for row in measure(name, known):
            print(row, flush=True)


if __name__ == "__main__":
    main()
