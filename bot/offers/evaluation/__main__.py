"""Scores the offer check on offers it never saw: `python -m bot.offers.evaluation [--check]`.

Writes docs/offers-evaluation.md. The test half is only ever scored: nothing of it is printed but counts.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import yaml

from bot.offers.assess import assess
from bot.offers.evaluation import baselines, clauses, reference
from bot.offers.evaluation.scores import HALVES, LANGUAGES, Labelled, Scores, auc, digest, held_out, judged, score
from bot.offers.evaluation.teach import building, fingerprint
from bot.settings import DATA, ROOT
from nlu.evaluation.scores import Share

REPORT = ROOT / "docs" / "offers-evaluation.md"
LIMITS = DATA / "evaluation.yml"
#: The ways of judging that stand side by side. The baselines rank offers; their threshold lets one in thirty honest
#: offers of the dev half be called high, as the check may.
CHECK, PHRASES, KEYWORDS, CLASSIFIER = "the check", "phrases alone", "keyword list", "TF-IDF, logistic regression"
HONEST_HIGH = 1 / 30
#: Errors of the dev half that the report shows.
WORST = 8


@dataclass(frozen=True)
class Baseline:
    """How a mere ranking separates scams from honest offers."""

    scams_high: Share
    honest_high: Share
    auc: float


def _baseline(judge: Callable[[str], float], dev: Sequence[Labelled], half: Sequence[Labelled]) -> Baseline:
    calm = sorted((judge(one.text) for one in dev if one.sort == "honest"), reverse=True)
    limit = calm[int(len(calm) * HONEST_HIGH)]
    found = {one.text: judge(one.text) for one in half}
    bad = [found[one.text] for one in half if one.sort == "scam"]
    good = [found[one.text] for one in half if one.sort == "honest"]
    return Baseline(
        Share(sum(value > limit for value in bad), len(bad)),
        Share(sum(value > limit for value in good), len(good)),
        auc(bad, good),
    )


def figures(found: Scores) -> dict[str, float]:
    """The held figures of one language's test half, as shares."""
    return {
        "scams_high": found.scams_high.right / max(1, found.scams_high.of),
        "honest_high": found.honest_high.right / max(1, found.honest_high.of),
        "auc": found.auc,
        "flags_f1": found.micro_f1,
        "salary": found.salary.right / max(1, found.salary.of),
    }


def failures(lang: str, found: Mapping[str, float], floors: Mapping[str, Mapping[str, float]]) -> Iterator[str]:
    """A sentence for every figure beyond its limit in data/evaluation.yml."""
    for name, limit in floors.get(lang, {}).items():
        worse = found[name] > limit if name == "honest_high" else found[name] < limit
        if worse:
            yield f"offers {lang}: {name} is {found[name]:.1%}, its limit is {limit:.0%}"


def report(by_lang: Mapping[str, Sequence[Labelled]]) -> Iterator[str]:
    """The lines of the report."""
    taught = building()
    ways = {KEYWORDS: baselines.keywords(taught), CLASSIFIER: baselines.text_classifier(taught)}
    yield "# Evaluation of the offer check"
    yield ""
    yield "Made by `make evaluate`; do not edit. Shares with counts and their 95 % intervals (Wilson)."
    yield ""
    yield from summary(by_lang)
    yield ""
    yield "## What was measured"
    yield ""
    yield f"- date {time.strftime('%Y-%m-%d', time.gmtime())}; {len(taught)} building offers (`{fingerprint()}`): "
    yield "  phrases, thresholds, the learned model and both baselines are made from them"
    for lang, offers in by_lang.items():
        count = sum(one.half == "test" for one in offers)
        yield f"- test half of offers_{lang}.jsonl: {count} offers, sha256 `{digest(lang)}`"
    yield ""
    yield "- *scams high*: a scam gets the verdict high."
    yield "- *honest high*: an honest offer gets the verdict high, wrongly."
    yield "- *AUC*: the chance that a scam scores above an honest offer."
    yield "- *flags*: micro-F1 over all flags of all offers."
    yield "- *salary*: both ends, currency and period of the pay are right."
    for half in reversed(HALVES):
        yield ""
        yield f"## {half} half" + (" (scored only, never read)" if half == "test" else "")
        for lang, offers in by_lang.items():
            yield from _language(
                lang, [o for o in offers if o.half == half], [o for o in offers if o.half == "dev"], ways
            )
    yield ""
    yield "## Clauses (scored only)"
    yield ""
    yield "Single clauses that show a flag, half of them in oblique words, and twins in much the same words that"
    yield "do not: how often the check finds the flag."
    for lang in by_lang:
        yield from _clauses(lang)


def summary(by_lang: Mapping[str, Sequence[Labelled]]) -> Iterator[str]:
    """The table that stands first: the check on the test half of each language."""
    yield "| language | scams high | honest high | flags | salary |"
    yield "| --- | --- | --- | --- | --- |"
    for lang, offers in by_lang.items():
        test = [one for one in offers if one.half == "test"]
        s = score(test, [judged(one) for one in test])
        yield f"| {lang} | {s.scams_high} | {s.honest_high} | {s.micro_f1:.2f} | {s.salary} |"


def _clauses(lang: str) -> Iterator[str]:
    by_flag = clauses.found_in(clauses.read(DATA / "heldout" / f"clauses_{lang}.jsonl"))
    yield ""
    yield f"| {lang} | in clauses that show it | in their twins, wrongly |"
    yield "| --- | --- | --- |"
    for flag, (found, wrongly) in by_flag.items():
        yield f"| {flag} | {found.right} of {found.of} | {wrongly.right} of {wrongly.of} |"
    sides = zip(*by_flag.values(), strict=True)
    found, wrongly = (Share(sum(one.right for one in side), sum(one.of for one in side)) for side in sides)
    yield f"| all | {found} | {wrongly} |"


def _language(
    lang: str, offers: Sequence[Labelled], dev: Sequence[Labelled], ways: Mapping[str, Callable[[str], float]]
) -> Iterator[str]:
    found = [judged(one) for one in offers]
    yield ""
    yield f"### {lang}: {len(offers)} offers"
    yield ""
    yield "| way | scams high | honest high | AUC | verdict right | flags | salary |"
    yield "| --- | --- | --- | --- | --- | --- | --- |"
    alone = [assess(one.text, asker=one.asker, by_phrases=True) for one in offers]
    for way, results in ((CHECK, found), (PHRASES, alone)):
        s = score(offers, results)
        cells = (s.scams_high, s.honest_high, f"{s.auc:.3f}", s.verdicts, f"{s.micro_f1:.2f}", s.salary)
        yield f"| {way} | {' | '.join(map(str, cells))} |"
    for way, judge in ways.items():
        b = _baseline(judge, dev, offers)
        yield f"| {way} | {b.scams_high} | {b.honest_high} | {b.auc:.3f} | | | |"
    yield ""
    yield "| writing | scams high | honest high | flags | salary |"
    yield "| --- | --- | --- | --- | --- |"
    for writing in sorted({one.lang for one in offers}):
        pairs = [(one, result) for one, result in zip(offers, found, strict=True) if one.lang == writing]
        s = score([one for one, _ in pairs], [result for _, result in pairs])
        yield f"| {writing} | {s.scams_high} | {s.honest_high} | {s.micro_f1:.2f} | {s.salary} |"
    yield ""
    yield "| flag | right | wrongly found | missed |"
    yield "| --- | --- | --- | --- |"
    for flag, (right, wrong, missed) in score(offers, found).flags.items():
        yield f"| {flag} | {right} | {wrong} | {missed} |"
    if offers and offers[0].half == "dev":
        yield from _worst(offers, found)


def _worst(offers: Sequence[Labelled], found: Sequence[Any]) -> Iterator[str]:
    for title, sort, wrong in (("scams not high", "scam", False), ("honest offers high", "honest", True)):
        rows = [
            (one, result)
            for one, result in zip(offers, found, strict=True)
            if one.sort == sort and (result.risk == "high") is wrong
        ]
        yield ""
        yield f"{title.capitalize()}: {len(rows)}" + (", the worst of them:" if rows else ".")
        yield ""
        for one, result in sorted(rows, key=lambda row: row[1].score, reverse=wrong)[:WORST]:
            text = " ".join(one.text.split())
            shown = text if len(text) <= 110 else text[:109] + "…"
            yield f"- `{shown.replace('`', chr(39))}` {result.risk} {result.score}, {result.decided_by}"


def main() -> None:
    """The command: 1 when a figure of the test half is beyond its limit."""
    parser = argparse.ArgumentParser(prog="bot.offers.evaluation", description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; fail when a figure is beyond its limit")
    given = parser.parse_args()
    by_lang = {lang: held_out(lang) for lang in LANGUAGES}
    if not given.check:
        lines = list(report(by_lang))
        REPORT.write_text("\n".join(line.rstrip() for line in lines) + "\n", encoding="utf-8")
        print("\n".join(line for line in lines if line.startswith(("#", "|"))))
        print(f"written to {REPORT.relative_to(ROOT)}")
        reference.show()
        reference.write(reference.judged())
    floors = yaml.safe_load(LIMITS.read_text(encoding="utf-8"))["offers"]
    worse = []
    for lang, offers in by_lang.items():
        test = [one for one in offers if one.half == "test"]
        worse += list(failures(lang, figures(score(test, [judged(one) for one in test])), floors))
    for why in worse:
        print(f"evaluate: {why}")
    if worse:
        raise SystemExit(1)
    print("evaluate: no offer figure is beyond its limit")


if __name__ == "__main__":
    main()
