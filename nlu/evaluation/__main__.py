"""Scores the assistant on messages it never saw: `python -m nlu.evaluation --models DIR`. Writes docs/evaluation.md.

The test half is only ever scored: nothing of it is printed but counts, and its hash.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import time
from collections.abc import Iterator
from pathlib import Path

from nlu import data, decision
from nlu.components.intent_model import IntentModel
from nlu.evaluation import baseline
from nlu.evaluation.scores import Guess, Scores, score
from nlu.text.triage import triage
from nlu.train import ROOT, fingerprint

#: The ways of writing that are reported, never summed.
WRITINGS = ("id", "km", "km-Latn", "en")
HALVES = {"test": "scored only, never read", "dev": "may be read; thresholds are chosen on it"}
REPORT = ROOT / "docs" / "evaluation.md"


def ways(model: IntentModel) -> dict[str, object]:
    """The ways of deciding that stand side by side."""

    def together(message: data.HeldOut) -> Guess:
        found = decision.decide(triage(message.text).level, model.ranking(message.text))
        return Guess(found.kind, found.topic, found.opens_case)

    def model_alone(message: data.HeldOut) -> Guess:
        found = decision.decide("none", model.ranking(message.text))
        return Guess(found.kind, found.topic, found.opens_case)

    def lexicon_alone(message: data.HeldOut) -> Guess:
        level = triage(message.text).level
        return Guess(level if level != "none" else "out_of_scope", None, level != "none")

    def keywords(message: data.HeldOut) -> Guess:
        kind, topic = baseline.guess(message.text)
        return Guess(kind, topic, kind in decision.CASE_KINDS)

    return {
        "model and lexicon": together,
        "model alone": model_alone,
        "lexicon alone": lexicon_alone,
        "keywords": keywords,
    }


def report(model: IntentModel, name: str) -> Iterator[str]:
    """The lines of the report."""
    trained = {data.key(one.text) for one in data.utterances()}
    yield "# Evaluation of understanding"
    yield ""
    yield "Made by `make evaluate`; do not edit. Shares with counts and their 95 % intervals (Wilson)."
    yield ""
    yield f"- date {time.strftime('%Y-%m-%d', time.gmtime())}, model `{name}`, sources `{fingerprint()}`"
    yield f"- {sum(1 for _ in data.utterances())} training messages; decision by `data/decision.yml` "
    yield f"  (sha256 `{hashlib.sha256((data.DATA / 'decision.yml').read_bytes()).hexdigest()[:16]}`)"
    for lang in data.LANGUAGES:
        lines, digest = data.test_half_sha256(lang)
        yield f"- test half of messages_{lang}.jsonl: {lines} lines, sha256 `{digest}`"
    yield ""
    yield "*urgent*: emergency, distress or third party; it counts as found when a case of one of these kinds opens. "
    yield "*false alarm*: such a case opens for a message that should open none. Held-out messages that also stand in "
    yield "the training data (`make nlu-check` names them) are left out."
    everything = [one for lang in data.LANGUAGES for one in data.held_out(lang)]
    for half, remark in HALVES.items():
        yield ""
        yield f"## {half} half ({remark})"
        for writing in WRITINGS:
            mine = [one for one in everything if one.half == half and one.lang == writing]
            kept = [one for one in mine if data.key(one.text) not in trained]
            yield ""
            yield f"### {writing}: {len(kept)} messages, {len(mine) - len(kept)} left out"
            yield ""
            yield "| way | kind | topic | urgent found | false alarms |"
            yield "| --- | --- | --- | --- | --- |"
            first: Scores | None = None
            for way, guess in ways(model).items():
                found = score(kept, guess)  # type: ignore[arg-type]
                first = first or found
                yield f"| {way} | {found.kind} | {found.topic} | {found.urgent_recall} | {found.false_alarms} |"
            assert first is not None
            yield ""
            yield "| kind | recall (model and lexicon) |"
            yield "| --- | --- |"
            for kind, share in first.by_kind.items():
                yield f"| {kind} | {share} |"
            yield ""
            yield (
                "Most frequent confusions: "
                + (", ".join(f"{a} taken for {b} ({n})" for (a, b), n in first.confusion.most_common(6)) or "none")
                + "."
            )


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(prog="nlu.evaluation", description=__doc__)
    parser.add_argument("--models", type=Path, default=Path(os.environ.get("HOTLINE_HOME", ROOT / "var")) / "models")
    parser.add_argument("--report", type=Path, default=REPORT)
    given = parser.parse_args()
    found = [given.models] if given.models.is_file() else sorted(given.models.glob("*.tar.gz"), key=os.path.getmtime)
    if not found:
        raise SystemExit(f"evaluate: no model in {given.models}; run `make train` first.")
    lines = list(report(IntentModel.from_archive(found[-1]), found[-1].name.partition(".")[0]))
    given.report.parent.mkdir(parents=True, exist_ok=True)
    given.report.write_text("\n".join(line.rstrip() for line in lines) + "\n", encoding="utf-8")
    print("\n".join(line for line in lines if line.startswith(("#", "|", "- "))))
    print(f"written to {given.report}")


if __name__ == "__main__":
    main()
