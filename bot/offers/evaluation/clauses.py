"""Single clauses and short offers that show a red flag, and their twins: to teach with, and to measure by."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from bot.errors import ReferenceDataInvalid
from bot.offers.assess import assess
from bot.offers.rules import FLAG_IDS, OFFERS
from bot.offers.verdict import Asker
from nlu.evaluation.scores import Share
from nlu.text import languages

#: Those that teach; the held-out ones lie beside the held-out offers.
BUILDING = OFFERS / "clauses"


@dataclass(frozen=True)
class Clause:
    """A piece of an offer, the flags it was asked about, and those of them it shows."""

    text: str
    asker: Asker
    asked: frozenset[str]
    shown: frozenset[str]


def read(path: Path) -> list[Clause]:
    """The clauses of one file. Raises ReferenceDataInvalid, with the line, for what is no clause or names no flag."""
    found = []
    where = f"{path.parent.parent.name}/{path.parent.name}/{path.name}"
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        try:
            row = json.loads(line)
            asker = languages.home_of(row["lang"])
            clause = Clause(row["text"], asker, frozenset(row["asked"]), frozenset(row["shown"]))
        except (ValueError, KeyError, TypeError) as problem:
            why = f"needs a JSON object with text, lang, asked, shown ({problem})"
            raise ReferenceDataInvalid(where, number, why) from None
        if strange := (clause.asked - set(FLAG_IDS)) | (clause.shown - clause.asked):
            why = f"{', '.join(sorted(strange))} is no flag, or shown without being asked for"
            raise ReferenceDataInvalid(where, number, why)
        found.append(clause)
    return found


def in_folder(folder: Path = BUILDING) -> list[Clause]:
    """The clauses of all files of a folder."""
    return [clause for path in sorted(folder.glob("*.jsonl")) for clause in read(path)]


def found_in(clauses: list[Clause]) -> dict[str, tuple[Share, Share]]:
    """For each flag how many of the clauses that show it the check finds, and in how many twins it finds it wrongly."""
    found = [({flag.id for flag in assess(one.text, asker=one.asker).flags}, one) for one in clauses]

    def share(flag: str, *, shown: bool) -> Share:
        mine = [flag in flags for flags, one in found if flag in one.asked and (flag in one.shown) is shown]
        return Share(sum(mine), len(mine))

    asked = [flag for flag in FLAG_IDS if any(flag in one.asked for one in clauses)]
    return {flag: (share(flag, shown=True), share(flag, shown=False)) for flag in asked}
