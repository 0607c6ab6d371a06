"""Compares ways of reading a message and of learning: `python -m nlu.evaluation.candidates [NAME ...] [--share 0.2]`.

Trains each candidate on the training data, or on a share of it drawn by lot, scores it on the dev half, and prints a
table: kind right, recall of the urgent kinds where 4 % of the other messages raise a false alarm, calibration error of
the kind, ms for a message, seconds of training, MB of weights.
Takes minutes a candidate. The test half is not touched.
"""

from __future__ import annotations

import argparse
import random
import re
import statistics
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Protocol

from nlu.checks import examples
from nlu.evaluation.benchmark import calibration_error
from nlu.evaluation.diet import Diet
from nlu.evaluation.scores import URGENT
from nlu.model import features
from nlu.model.intent_model import IntentModel
from nlu.text import languages
from nlu.text.normalise import normalise
from nlu.understanding import decision

WRITINGS = languages.SPOKEN
#: The share of false alarms at which recall is compared.
FALSE_ALARMS = 0.04
_SPACED = re.compile(r"\S+")


class Model(Protocol):
    """What a candidate has learned."""

    def ranking(self, text: str) -> list[tuple[str, float]]:
        """Every intent with its probability, likeliest first."""


#: Learns from messages and their intents; gives what it learned, and its bytes.
Learn = Callable[[Sequence[str], Sequence[str]], "tuple[Model, int]"]


def ours(
    read: Callable[[str], dict[str, list[str]]] = features.read, machine: Callable[[], Any] | None = None
) -> Learn:
    """Our own model, with another way of reading or of learning."""

    def learn(texts: Sequence[str], intents: Sequence[str]) -> tuple[Model, int]:
        model = IntentModel.fit(texts, intents, say=lambda line: None, read=read, machine=machine)
        return model, model.weights.nbytes

    return learn


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


#: Name, how it learns, and whether each language has a model of its own.
CANDIDATES: dict[str, tuple[Learn, bool]] = {
    "words": (ours(only("words")), False),
    "letters": (ours(only("letters")), False),
    "letters inside Khmer spaces, words": (ours(with_khmer_spaces), False),
    "letters, words": (ours(only("letters", "words")), False),
    "letters, words, sounds": (ours(only("letters", "words", "sounds", "consonants")), False),
    "shipped: these and traces of the lexicon": (ours(), False),
    "shipped, logistic regression": (ours(machine=logistic), False),
    "shipped, a model for each language": (ours(), True),
    "DIET": (Diet.fit, False),
}


def measure(name: str, known: Sequence[examples.Utterance]) -> Iterator[str]:
    """The rows of one candidate trained on these messages, one for each writing."""
    learn, apart = CANDIDATES[name]
    seen = {examples.key(one.text) for one in known}
    dev = [
        one
        for lang in examples.LANGUAGES
        for one in examples.held_out(lang, "dev")
        if examples.key(one.text) not in seen
    ]
    began = time.perf_counter()
    models: dict[str, tuple[Model, int]] = {}
    for lang in examples.LANGUAGES if apart else ("both",):
        mine = [one for one in known if not apart or one.lang == lang]
        models[lang] = learn([one.text for one in mine], [one.intent for one in mine])
    seconds = time.perf_counter() - began
    size = sum(size for _, size in models.values()) / 1e6
    for writing in WRITINGS:
        held = [one for one in dev if one.lang == writing]
        model, _ = models["both"] if not apart else models[writing[:2]]
        yield f"| {name} | {writing} | {' | '.join(_score(model, held))} | {seconds:.0f} s | {size:.0f} MB |"


def _score(model: Model, held: Sequence[examples.HeldOut]) -> list[str]:
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
    parser = argparse.ArgumentParser(prog="python -m nlu.evaluation.candidates", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"one of: {'; '.join(CANDIDATES)}")
    parser.add_argument("--share", type=float, default=1.0, help="the part of the training data to learn from, 0 to 1")
    given = parser.parse_args()
    names = given.names or list(CANDIDATES)
    for name in names:
        if name not in CANDIDATES:
            raise SystemExit(f"candidates: there is no {name!r}; there are: {'; '.join(CANDIDATES)}")
    if not 0 < given.share <= 1:
        raise SystemExit("candidates: --share wants a part between 0 and 1, such as 0.2")
    known = list(examples.utterances())
    known = random.Random(0).sample(known, round(len(known) * given.share))
    print(f"{len(known)} messages")
    print("| candidate | writing | kind | urgent at 4 % | calibration error | a message | training | weights |")
    print("| --- | --- | --- | --- | --- | --- | --- | --- |")
    for name in names:
        for row in measure(name, known):
            print(row, flush=True)


if __name__ == "__main__":
    main()
