"""From red flags to a verdict, step by step as data/offers/scoring.yml tells. Every verdict names what decided it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bot.offers.model import Flag, Risk
from bot.offers.rules import Combo, Rules


@dataclass(frozen=True)
class Situation:
    """Who is asked to go where."""

    #: The work is in the asker's own country.
    home: bool
    #: The work is abroad, or probably so.
    abroad: bool
    #: The work is in a country of `closed_countries` that is not the asker's own.
    closed_country: bool
    known_asker: bool
    #: How many of employer, role, pay, payer of costs, visa and contract can be read.
    readable: int


@dataclass(frozen=True)
class Verdict:
    """Band, score inside it, and the step that decided."""

    risk: Risk
    score: int
    decided_by: str


def _fits(combo: Combo, ids: frozenset[str], situation: Situation) -> bool:
    return (
        (not combo.closed_country or situation.closed_country)
        and (not combo.abroad or situation.abroad)
        and (not combo.home or situation.home)
        and (not combo.known_asker or situation.known_asker)
        and combo.all <= ids
        and (not combo.any or bool(combo.any & ids))
    )


def decide(flags: Sequence[Flag], situation: Situation, rules: Rules) -> Verdict:
    """The verdict on the flags of one offer."""
    scoring = rules.scoring
    ids = frozenset(flag.id for flag in flags)
    total = sum(flag.weight for flag in flags)
    critical = {rule.id: rule.critical for rule in rules.flags}

    def verdict(risk: Risk, decided_by: str, weight: int = total) -> Verdict:
        low, high, full = scoring.scale[risk]
        return Verdict(risk, low + round((high - low) * min(1.0, weight / full)), decided_by)

    if any(critical[flag.id] in ("act", "mixed") and not flag.context for flag in flags):
        return verdict("high", "critical_act")
    in_context = [flag for flag in flags if flag.context]
    if not situation.home and any(situation.closed_country or flag.id == "high_risk_place" for flag in in_context):
        return verdict("high", "critical_context")
    for combo in scoring.combos:
        if _fits(combo, ids, situation):
            if combo.band == "high":
                return verdict("high", combo.id)
            if total < scoring.high:
                return verdict("medium", combo.id)
    if situation.home:
        total = sum(scoring.home_weights.get(flag.id, flag.weight) for flag in flags)
        if total >= scoring.high and not ids & scoring.home_strong:
            return verdict("medium", "home_second_flag", total)
        if in_context and len(in_context) == len(flags):
            return verdict("medium", "home_second_flag", total)
    if total >= scoring.high:
        return verdict("high", "sum", total)
    if total >= scoring.medium:
        return verdict("medium", "sum", total)
    if situation.readable < scoring.readable_minimum:
        return verdict("unknown", "unknown", total)
    return verdict("low", "sum", total)
