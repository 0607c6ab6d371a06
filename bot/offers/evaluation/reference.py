"""What a change of phrases, weights or the learned model does to the reference offers.

    python -m bot.offers.evaluation.reference

Compares with data/offers/reference_verdicts.tsv, which `make evaluate` writes anew.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import yaml

from bot.errors import ReferenceDataInvalid
from bot.offers.assess import assess
from bot.offers.rules import OFFERS

VERDICTS = OFFERS / "reference_verdicts.tsv"


def judged() -> dict[str, tuple[str, ...]]:
    """Risk, score and red flags of every reference offer by its name, as the check says now."""
    offers = yaml.safe_load((OFFERS / "reference.yml").read_text(encoding="utf-8"))["offers"]
    found = {f"{offer['kind']} {offer['id']}": assess(offer["text"]) for offer in offers}
    return {
        name: (one.risk, str(one.score), " ".join(sorted({flag.id for flag in one.flags})))
        for name, one in found.items()
    }


def read(path: Path = VERDICTS) -> dict[str, tuple[str, ...]]:
    """What was written down at the last evaluation; nothing where there was none."""
    if not path.is_file():
        return {}
    rows = (line.split("\t") for line in path.read_text(encoding="utf-8").splitlines())
    return {name: tuple(rest) for name, *rest in rows}


def write(now: Mapping[str, tuple[str, ...]], path: Path = VERDICTS) -> None:
    """A line an offer, so that a commit shows which ones moved."""
    path.write_text("".join("\t".join((name, *now[name])) + "\n" for name in sorted(now)), encoding="utf-8")


def changes(before: Mapping[str, tuple[str, ...]], now: Mapping[str, tuple[str, ...]]) -> Iterator[str]:
    """A sentence for every offer of which another verdict, score or flag is found."""
    for name in sorted(now):
        risk, score, flags = now[name]
        if name not in before:
            yield f"{name}: new, {risk} {score}, {flags or 'no flag'}"
        elif before[name] != now[name]:
            old_risk, old_score, old_flags = before[name]
            lost = [f"-{flag}" for flag in old_flags.split() if flag not in flags.split()]
            more = [f"+{flag}" for flag in flags.split() if flag not in old_flags.split()]
            yield " ".join([f"{name}: {old_risk} {old_score} -> {risk} {score}", *lost, *more])


def show() -> None:
    """Print what changed since the last evaluation."""
    now = judged()
    moved = list(changes(read(), now))
    for line in moved:
        print(f"reference: {line}")
    print(f"reference: {len(moved)} of {len(now)} offers are judged another way than at the last `make evaluate`")


if __name__ == "__main__":
    try:
        show()
    except ReferenceDataInvalid as problem:
        sys.exit(str(problem))
