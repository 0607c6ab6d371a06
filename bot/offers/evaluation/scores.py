"""Counting right and wrong verdicts, flags and salaries; for each language by itself."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bot.errors import ReferenceDataInvalid
from bot.offers.assess import assess
from bot.offers.rules import FLAG_IDS
from bot.offers.verdict import Asker, Assessment
from bot.settings import DATA
from nlu.evaluation.scores import Share
from nlu.pay.amounts import Amount
from nlu.text import languages

#: Offers by language of their file: data/heldout/offers_id.jsonl.
LANGUAGES = languages.LANGUAGES
HALVES = ("dev", "test")


@dataclass(frozen=True)
class Labelled:
    """One offer with what an experienced protection officer says of it."""

    text: str
    lang: str
    asker: Asker
    #: scam honest grey
    sort: str
    verdict: str
    flags: frozenset[str]
    salary: dict[str, Any] | None
    half: str
    #: It is no offer: it warns of some, reports, answers, or tells how it went. Known of the building offers alone.
    reported: bool = False
    #: What a second reader, who saw no label, says of it; None where there was none.
    second: frozenset[str] | None = None


def read(path: Path) -> list[Labelled]:
    """The offers of one file. Raises ReferenceDataInvalid, with the line, for what is no offer or names no flag."""
    found = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        try:
            row = json.loads(line)
            offer = Labelled(
                row["text"],
                row["lang"],
                row["asker"],
                row["class"],
                row["verdict"],
                frozenset(row["flags"]),
                row["salary"],
                row.get("half", "building"),
                row.get("voice", "offer") != "offer",
                frozenset(row["second"]) if "second" in row else None,
            )
        except (ValueError, KeyError, TypeError) as problem:
            why = f"needs a JSON object with text, lang, class, verdict, flags, salary, asker ({problem})"
            raise ReferenceDataInvalid(str(path.relative_to(DATA.parent)), number, why) from None
        if strange := (offer.flags | (offer.second or frozenset())) - frozenset(FLAG_IDS):
            why = f"{', '.join(sorted(strange))} is none of the flags {', '.join(FLAG_IDS)}"
            raise ReferenceDataInvalid(str(path.relative_to(DATA.parent)), number, why)
        found.append(offer)
    return found


def held_out(lang: str) -> list[Labelled]:
    """The held-out offers of a language, both halves."""
    return read(DATA / "heldout" / f"offers_{lang}.jsonl")


def digest(lang: str, half: str = "test") -> str:
    """SHA-256 over the lines of a half as they stand in the file, in order."""
    lines = (DATA / "heldout" / f"offers_{lang}.jsonl").read_text(encoding="utf-8").splitlines(keepends=True)
    return hashlib.sha256("".join(line for line in lines if json.loads(line)["half"] == half).encode()).hexdigest()


def judged(offer: Labelled) -> Assessment:
    """What the check says to the person who would go."""
    return assess(offer.text, asker=offer.asker)


def same_salary(expected: dict[str, Any] | None, found: Amount | None) -> bool:
    """Whether the pay was read right: both ends, currency and period; none where there is none."""
    if expected is None or found is None:
        return expected is None and found is None
    ends = zip((expected["amount_min"], expected["amount_max"]), (found.amount_min, found.amount_max), strict=True)
    near = all(
        (a is None and b is None) or (a is not None and b is not None and abs(a - b) <= 0.01 * abs(a)) for a, b in ends
    )
    return near and expected["currency"] == found.currency and expected["period"] == found.period


def auc(bad: Sequence[float], good: Sequence[float]) -> float:
    """The chance that a scam is ranked above an honest offer; ties count half (Mann-Whitney)."""
    if not bad or not good:
        return float("nan")
    won = sum((b > g) + 0.5 * (b == g) for b in bad for g in good)
    return won / (len(bad) * len(good))


@dataclass(frozen=True)
class Scores:
    """How one set of offers was judged."""

    scams_high: Share
    honest_high: Share
    verdicts: Share
    auc: float
    salary: Share
    #: For each flag: found rightly, found wrongly, missed.
    flags: dict[str, tuple[int, int, int]]

    @property
    def micro_f1(self) -> float:
        """Over all flags: twice the right ones among those found and those there."""
        right = sum(counts[0] for counts in self.flags.values())
        wrong = sum(counts[1] + counts[2] for counts in self.flags.values())
        return 2 * right / (2 * right + wrong) if right + wrong else float("nan")


def score(offers: Sequence[Labelled], found: Sequence[Assessment]) -> Scores:
    """Hold the verdicts against the labels."""
    pairs = list(zip(offers, found, strict=True))

    def share(of: Iterable[bool]) -> Share:
        counted = list(of)
        return Share(sum(counted), len(counted))

    ids = sorted({flag for offer in offers for flag in offer.flags} | {f.id for one in found for f in one.flags})
    counts: dict[str, Counter[str]] = {flag: Counter() for flag in ids}
    for offer, one in pairs:
        got = {flag.id for flag in one.flags}
        for flag in got | offer.flags:
            counts[flag]["right" if flag in got & offer.flags else "wrong" if flag in got else "missed"] += 1
    return Scores(
        scams_high=share(one.risk == "high" for offer, one in pairs if offer.sort == "scam"),
        honest_high=share(one.risk == "high" for offer, one in pairs if offer.sort == "honest"),
        verdicts=share(one.risk == offer.verdict for offer, one in pairs),
        auc=auc(
            [one.score for offer, one in pairs if offer.sort == "scam"],
            [one.score for offer, one in pairs if offer.sort == "honest"],
        ),
        salary=share(same_salary(offer.salary, one.facts.salary) for offer, one in pairs),
        flags={flag: (c["right"], c["wrong"], c["missed"]) for flag, c in counts.items()},
    )
