"""Trains the shipped intent model on any labelled messages, a yardstick beside other people's figures.

`python -m nlu.evaluation.benchmark --train A.jsonl --dev B.jsonl --test C.jsonl --lang id`.

The files hold a JSON object a line, `{"text", "label"}`. Prints one JSON object: shares of 0 to 1, seconds,
milliseconds for a message, MB.
"""

from __future__ import annotations

import argparse
import json
import resource
import statistics
import time
import warnings
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from nlu.text import languages

#: Bins of equal width for the calibration error, as in Guo et al. 2017, "On Calibration of Modern Neural Networks".
BINS = 15

#: What nlu.model.intent_model can be fitted to: it learns one label against the rest, and scales on a few folds.
LEAST_LABELS, LEAST_EACH = 3, 4


@dataclass(frozen=True)
class Labelled:
    """One message and the label somebody gave it."""

    text: str
    label: str
    #: Its line in the file, from 1.
    line: int = 0


class Ranks(Protocol):
    """What is measured: nlu.model.intent_model.IntentModel."""

    def ranking(self, text: str) -> Sequence[tuple[str, float]]:
        """Every label with its probability, likeliest first."""


class ExamplesInvalid(ValueError):
    """A file of examples cannot be read; the message names file and line, and what to do."""


def read(path: Path) -> list[Labelled]:
    """The examples of a file. Raises ExamplesInvalid."""
    found = []
    try:
        # With or without the invisible mark that other programs put in front.
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as problem:
        raise ExamplesInvalid(f"{path}: {problem}; name a UTF-8 file with a JSON object a line") from None
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            raw = json.loads(line)
            text, label = raw["text"], str(raw["label"]).strip()
            if not isinstance(text, str) or raw["label"] is None:
                raise TypeError
        except (ValueError, KeyError, TypeError):
            raise ExamplesInvalid(f'{path}:{number}: not a line like {{"text": "...", "label": "..."}}') from None
        if not text.strip() or not label:
            empty = "label" if not label else "text"
            raise ExamplesInvalid(f"{path}:{number}: the {empty} is empty; write one, or take the line out")
        found.append(Labelled(text, label, number))
    if not found:
        raise ExamplesInvalid(f"{path}: holds no example")
    return found


def scores(model: Ranks, examples: Sequence[Labelled]) -> dict[str, Any]:
    """Accuracy, macro F1 over the labels that occur, and expected calibration error; latency as a median."""
    guesses, sure, took = [], [], []
    for one in examples:
        began = time.perf_counter()
        label, chance = model.ranking(one.text)[0]
        took.append(time.perf_counter() - began)
        guesses.append(label)
        sure.append(chance)
    right = [guess == one.label for guess, one in zip(guesses, examples, strict=True)]
    return {
        "examples": len(examples),
        "accuracy": round(sum(right) / len(right), 4),
        "macro_f1": round(_macro_f1([one.label for one in examples], guesses), 4),
        "calibration_error": round(calibration_error(sure, right), 4),
        "ms_per_message": round(statistics.median(took) * 1000, 2),
    }


def _macro_f1(wanted: Sequence[str], guessed: Sequence[str]) -> float:
    found = []
    for label in set(wanted):
        hit = sum(w == g == label for w, g in zip(wanted, guessed, strict=True))
        found.append(2 * hit / (wanted.count(label) + guessed.count(label)))
    return sum(found) / len(found)


def calibration_error(sure: Sequence[float], right: Sequence[bool]) -> float:
    """Mean distance between how sure the model is and how often it is right, weighted by the bins' sizes."""
    bins: list[list[int]] = [[] for _ in range(BINS)]
    for at, chance in enumerate(sure):
        bins[min(int(chance * BINS), BINS - 1)].append(at)
    gaps = (abs(sum(sure[i] for i in one) - sum(right[i] for i in one)) for one in bins)
    return sum(gaps) / len(sure)


def trainable(examples: list[Labelled], path: Path) -> list[Labelled]:
    """The examples, when a model can learn from them. Raises ExamplesInvalid.

    The only message of a label stands there twice: to fit the scale each part is read by a model of the others, and a
    label that such a model never met has no score to speak of.
    """
    counts = Counter(one.label for one in examples)
    if len(counts) < LEAST_LABELS:
        few = ", ".join(sorted(counts))
        raise ExamplesInvalid(f"{path}: at least {LEAST_LABELS} labels are needed, here is only: {few}; add messages")
    if max(counts.values()) < LEAST_EACH:
        why = f"at least {LEAST_EACH} messages of a label are needed, the commonest has {max(counts.values())}"
        raise ExamplesInvalid(f"{path}: {why}; add messages")
    return examples + [one for one in examples if counts[one.label] == 1]


def known(examples: list[Labelled], path: Path, train: Sequence[Labelled], taught: Path) -> list[Labelled]:
    """The examples, when each label of theirs is taught. Raises ExamplesInvalid."""
    labels = {one.label for one in train}
    strange = [one for one in examples if one.label not in labels]
    if strange:
        names = ", ".join(sorted({one.label for one in strange}))
        raise ExamplesInvalid(
            f"{path}:{strange[0].line}: no message of {taught} has the label, so none can be right: {names}; "
            f"add messages there, or take the {len(strange)} lines out here"
        )
    return examples


def main() -> None:
    """The command."""
    from nlu.model.intent_model import IntentModel  # numpy is there where models are trained, not in the app

    parser = argparse.ArgumentParser(prog="nlu.evaluation.benchmark", description=__doc__)
    parser.add_argument("--train", type=Path, required=True)
    parser.add_argument("--dev", type=Path)
    parser.add_argument("--test", type=Path)
    parser.add_argument(
        "--lang", choices=languages.LANGUAGES, required=True, help="named in the report; one pipeline serves both"
    )
    given = parser.parse_args()
    try:
        examples = read(given.train)
        train = trainable(examples, given.train)
        halves = {
            name: known(read(path), path, examples, given.train)
            for name, path in (("dev", given.dev), ("test", given.test))
            if path
        }
    except ExamplesInvalid as problem:
        raise SystemExit(f"benchmark: {problem}") from None
    # Two messages of a label in three folds are enough to us.
    warnings.filterwarnings("ignore", "The least populated class")
    began = time.perf_counter()
    model = IntentModel.fit([one.text for one in train], [one.label for one in train], say=lambda line: None)
    report: dict[str, Any] = {
        "lang": given.lang,
        "train": {
            "examples": len(examples),
            "labels": len(model.labels),
            "seconds": round(time.perf_counter() - began, 1),
            # ru_maxrss is in kB on Linux
            "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
        },
    }
    report.update({name: scores(model, half) for name, half in halves.items()})
    print(json.dumps(report, ensure_ascii=False, indent=1))


if __name__ == "__main__":
    main()
