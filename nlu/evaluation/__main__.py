"""Scores the assistant on messages it never saw: `python -m nlu.evaluation --models DIR`. Writes docs/evaluation.md.

The test half is only ever scored: nothing of it is printed but counts, and its hash.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nlu.checks import examples
from nlu.evaluation import accepted, baseline, picture
from nlu.evaluation.scores import URGENT, Guess, Scores, Share, score
from nlu.model.fingerprint import ROOT, fingerprint
from nlu.model.intent_model import IntentModel
from nlu.text import languages
from nlu.understanding import decision
from nlu.understanding.reader import understand
from nlu.understanding.triage import triage

#: The ways of writing that are reported, never summed.
WRITINGS = languages.WRITINGS
HALVES = {
    "test": "scored only, never read",
    "dev": "may be read; thresholds are chosen on it",
    "ordinary": "what people write who are in no trouble; scored only, never read",
}
REPORT = ROOT / "docs" / "evaluation.md"
TOGETHER, LEXICON, RASA_OFF = "model and lexicon", "lexicon alone", "Rasa off"
#: Errors of each sort that the report shows.
WORST = 12


def ways(model: IntentModel) -> dict[str, Callable[[examples.HeldOut], Guess]]:
    """The ways of deciding that stand side by side."""

    def together(message: examples.HeldOut) -> Guess:
        found = understand(message.text, rank=model.ranking).decision
        return Guess(found.kind, found.topic, found.opens_case)

    def rasa_off(message: examples.HeldOut) -> Guess:
        # Held to bot/turns by tests/contract/test_evaluation.py: what intake opens no case for waits for Rasa.
        seen = understand(message.text, rank=model.ranking).decision
        return Guess(seen.kind, None, True) if seen.opens_case else Guess("out_of_scope", None, False)

    def model_alone(message: examples.HeldOut) -> Guess:
        found = decision.decide("none", model.ranking(message.text), frame=triage(message.text).frame)
        return Guess(found.kind, found.topic, found.opens_case)

    def lexicon_alone(message: examples.HeldOut) -> Guess:
        level = triage(message.text).level
        return Guess(level if level != "none" else "out_of_scope", None, level != "none")

    def keywords(message: examples.HeldOut) -> Guess:
        kind, topic = baseline.guess(message.text)
        return Guess(kind, topic, kind in decision.CASE_KINDS)

    return {
        TOGETHER: together,
        RASA_OFF: rasa_off,
        "model alone": model_alone,
        LEXICON: lexicon_alone,
        "keywords": keywords,
    }


@dataclass(frozen=True)
class Scored:
    """One writing of one half, scored in every way."""

    half: str
    writing: str
    kept: list[examples.HeldOut]
    left_out: int
    by_way: dict[str, Scores]


def scored(model: IntentModel) -> list[Scored]:
    """Every half and writing there is; messages that stand in the training data are left out."""
    trained = {examples.key(one.text) for one in examples.utterances()}
    everything = [one for lang in examples.LANGUAGES for one in examples.held_out(lang)]
    found = []
    for half in HALVES:
        for writing in WRITINGS:
            mine = [one for one in everything if one.half == half and one.lang == writing]
            if not mine:
                continue
            kept = [one for one in mine if examples.key(one.text) not in trained]
            by_way = {way: score(kept, guess) for way, guess in ways(model).items()}
            found.append(Scored(half, writing, kept, len(mine) - len(kept), by_way))
    return found


def report(model: IntentModel, name: str, found: list[Scored], best: Mapping[str, Any]) -> Iterator[str]:
    """The lines of the report."""
    yield "# Evaluation of understanding"
    yield ""
    yield "Made by `make evaluate`; do not edit. Shares with counts and their 95 % intervals (Wilson)."
    yield ""
    yield from summary(found)
    yield ""
    yield "## What was measured"
    yield ""
    yield f"- date {time.strftime('%Y-%m-%d', time.gmtime())}, model `{name}`, sources `{fingerprint()}`"
    yield f"- {sum(1 for _ in examples.utterances())} training messages; decision by `data/decision.yml` "
    yield f"  (sha256 `{hashlib.sha256((examples.DATA / 'decision.yml').read_bytes()).hexdigest()[:16]}`)"
    for lang in examples.LANGUAGES:
        lines, digest = examples.half_sha256(lang)
        yield f"- test half of messages_{lang}.jsonl: {lines} lines, sha256 `{digest}`"
        lines, digest = examples.half_sha256(lang, "ordinary")
        yield f"- ordinary messages of messages_{lang}.jsonl: {lines} lines, sha256 `{digest}`"
    yield ""
    yield "- *urgent found*: an emergency, distress or third-party message opens a case of one of these kinds."
    yield "- *emergency as such*: an emergency is taken for an emergency."
    yield "- *false alarms*: such a case opens for a message that should open none."
    yield "- *real at 1 in 100*: the part of the opened cases that is real if one message in a hundred is urgent."
    yield "- *Rasa off*: Rasa is away. The app alone reads the message, with lexicon and model. Questions wait."
    yield "- *left out*: held-out messages that also stand in the training data (`make nlu-check` names them)."
    yield "- In brackets: points since the best accepted report (`data/evaluation.yml`)."
    yield ""
    yield "![Which kinds are taken for which, test half](img/confusion.svg)"
    for half, remark in HALVES.items():
        yield ""
        yield f"## {'ordinary messages' if half == 'ordinary' else f'{half} half'} ({remark})"
        for one in found:
            if one.half == half:
                yield from _writing(one, best.get(one.writing, {}) if half == "test" else {})
                if half == "dev":
                    yield from _worst(model, one.kept)


def summary(found: Sequence[Scored]) -> Iterator[str]:
    """The table that stands first: each writing of the test half, as the hotline decides."""
    ordinary = {one.writing: one.by_way[TOGETHER].false_alarms for one in found if one.half == "ordinary"}
    yield "| writing | urgent found | emergency as such | false alarms | false alarms, ordinary messages | kind |"
    yield "| --- | --- | --- | --- | --- | --- |"
    for one in found:
        if one.half == "test":
            scores = one.by_way[TOGETHER]
            shares = (
                scores.urgent_recall,
                scores.emergencies,
                scores.false_alarms,
                ordinary.get(one.writing, Share(0, 0)),
            )
            yield f"| {one.writing} | {' | '.join(map(str, shares))} | {scores.kind} |"


def _writing(one: Scored, best: Mapping[str, list[int]]) -> Iterator[str]:
    yield ""
    yield f"### {one.writing}: {len(one.kept)} messages, {one.left_out} left out"
    yield ""
    yield "| way | kind | topic | urgent found | emergency as such | false alarms | real at 1 in 100 |"
    yield "| --- | --- | --- | --- | --- | --- | --- |"
    for way, found in one.by_way.items():
        cells = []
        for measure in ("kind", "topic", "urgent_recall", "emergencies", "false_alarms"):
            share = getattr(found, measure)
            moved = accepted.change(share, best.get(measure)) if way == TOGETHER else ""
            cells.append(f"{share} [{moved}]" if moved else str(share))
        real = "–" if found.real_cases is None else f"{found.real_cases:.0%}"
        yield f"| {way} | {' | '.join(cells)} | {real} |"
    together = one.by_way[TOGETHER]
    yield ""
    yield "| kind | recall (model and lexicon) |"
    yield "| --- | --- |"
    for kind, share in together.by_kind.items():
        yield f"| {kind} | {share} |"
    wrong = [(pair, n) for pair, n in together.confusion.most_common() if pair[0] != pair[1]][:6]
    yield ""
    yield "Most frequent confusions: " + (", ".join(f"{a} taken for {b} ({n})" for (a, b), n in wrong) or "none") + "."


def _worst(model: IntentModel, kept: list[examples.HeldOut]) -> Iterator[str]:
    """Cries that were missed and alarms that were false, those the model was surest of first. Dev half only."""
    missed, alarms = [], []
    for message in kept:
        ranking = model.ranking(message.text)
        urgent = sum(chance for name, chance in ranking if decision.kind_of(name) in URGENT)
        found = understand(message.text, rank=model.ranking).decision
        opened = found.opens_case and found.kind in URGENT
        text = " ".join(message.text.split())
        row = (text if len(text) <= 90 else text[:89] + "…", f"{message.kind} → {found.kind}", urgent)
        if message.kind in URGENT and not opened:
            missed.append(row)
        elif message.kind not in decision.CASE_KINDS and opened:
            alarms.append((*row[:2], 1 - urgent))
    for title, rows in (("missed", missed), ("false alarms", alarms)):
        yield ""
        yield f"Worst {title}: {len(rows)}" + (", the worst of them:" if rows else ".")
        yield ""
        for text, kinds, _ in sorted(rows, key=lambda row: row[2])[:WORST]:
            yield f"- `{text.replace('`', chr(39))}` {kinds}"


def main() -> None:
    """The command: 1 with --check when a figure is below its floor or significantly below the best accepted one."""
    parser = argparse.ArgumentParser(prog="nlu.evaluation", description=__doc__)
    parser.add_argument("--models", type=Path, default=Path(os.environ.get("HOTLINE_HOME", ROOT / "var")) / "models")
    parser.add_argument("--report", type=Path, default=REPORT)
    parser.add_argument("--check", action="store_true", help="write nothing; fail when it got worse")
    parser.add_argument("--accept", action="store_true", help="make this the report the next ones are compared with")
    given = parser.parse_args()
    models = [given.models] if given.models.is_file() else sorted(given.models.glob("*.tar.gz"), key=os.path.getmtime)
    if not models:
        raise SystemExit(f"evaluate: no model in {given.models}; run `make train` first.")
    model, known = IntentModel.from_archive(models[-1]), accepted.read()
    found = scored(model)
    test = {one.writing: one for one in found if one.half == "test"}
    ordinary = {one.writing: one.by_way[TOGETHER] for one in found if one.half == "ordinary"}
    figures = {
        name: accepted.figures(one.by_way[TOGETHER], one.by_way[LEXICON], one.by_way[RASA_OFF], ordinary.get(name))
        for name, one in test.items()
    }
    worse = list(accepted.failures(figures, known))
    if not given.check:
        lines = list(report(model, models[-1].name.partition(".")[0], found, known["best"]))
        given.report.parent.mkdir(parents=True, exist_ok=True)
        given.report.write_text("\n".join(line.rstrip() for line in lines) + "\n", encoding="utf-8")
        (given.report.parent / "img").mkdir(exist_ok=True)
        picture.draw(
            {name: one.by_way[TOGETHER].confusion for name, one in test.items()},
            given.report.parent / "img" / "confusion.svg",
        )
        print("\n".join(line for line in lines if line.startswith(("#", "|"))))
        print(f"written to {given.report}")
    for why in worse:
        print(f"evaluate: {why}")
    if given.accept:
        accepted.accept(figures)
        print(f"evaluate: accepted as the best report ({accepted.FILE})")
    elif worse:
        raise SystemExit(1)
    elif given.check:
        print("evaluate: nothing is below its floor or the best accepted report")


if __name__ == "__main__":
    main()
