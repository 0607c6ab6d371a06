"""From red flags to a verdict, step by step as data/offers/scoring.yml tells. Every verdict names what decided it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bot.offers.rules import Combo, Rules
from bot.offers.verdict import Flag, Risk


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
    #: How much the offer reads like those that were scams, 0 to 1, by the learned model; None when it was not asked.
    scam: float | None = None
    #: An operator confirmed that this recruiter deceives people.
    confirmed: bool = False
    #: How many others reported this recruiter, where nobody confirmed it.
    reported: int = 0


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
    """The verdict on the flags of one offer, moved by how much it reads like the offers that were scams."""
    scoring = rules.scoring
    risk, decided_by, total = _by_flags(flags, situation, rules)
    limits, scam = scoring.learned, situation.scam
    if scam is not None:
        # Likeness alone has no words to show for it: then it must be surer.
        enough = limits.high_at if any(not flag.learned for flag in flags) else limits.unflagged_high_at
        if risk != "high" and scam >= enough:
            risk, decided_by = "high", "reads_like_scams"
        elif risk == "high" and scam < limits.calm_below and not _beyond_doubt(flags, situation, decided_by):
            risk, decided_by = "medium", "reads_unlike_scams"
        elif risk in ("low", "unknown") and scam >= limits.medium_at:
            risk, decided_by = "medium", "reads_like_scams"
    known = scoring.known
    if situation.confirmed:
        # Whatever the words are like: an operator looked.
        risk, decided_by, total = known.confirmed_band, "recruiter_confirmed", total + known.confirmed_weight
    elif situation.reported >= known.reported_from:
        # Inside the band: nobody is accused by reports that nobody confirmed.
        total += min(known.reported_most, known.reported_weight * situation.reported)
    low, high, full = scoring.scale[risk]
    place = min(1.0, total / full)
    if scam is not None:
        place = (place + scam) / 2
    return Verdict(risk, low + round((high - low) * place), decided_by)


#: Steps whose verdict a likeness to honest offers may take back: mere sums, a place, and good pay for a foreigner.
_DOUBTFUL = frozenset({"sum", "critical_context", "foreigner_bound_for_closed_country"})


def _beyond_doubt(flags: Sequence[Flag], situation: Situation, decided_by: str) -> bool:
    """Whether no likeness to honest offers takes a verdict back: a critical act, what the person answered, screen work
    in a country of the compounds."""
    return (
        decided_by not in _DOUBTFUL
        or any(flag.answer is not None for flag in flags)
        or (situation.closed_country and any(flag.id == "vague_job" and not flag.learned for flag in flags))
    )


def _by_flags(flags: Sequence[Flag], situation: Situation, rules: Rules) -> tuple[Risk, str, int]:
    """Band, the step that decided it, and the sum of weights, by the flags alone."""
    scoring = rules.scoring
    ids = frozenset(flag.id for flag in flags)
    total = sum(flag.weight for flag in flags)
    critical = {rule.id: rule.critical for rule in rules.flags}
    # What only the learned model says makes nothing high alone: it weighs.
    if any(critical[flag.id] in ("act", "mixed") and not flag.context and not flag.learned for flag in flags):
        return "high", "critical_act", total
    in_context = [flag for flag in flags if flag.context]
    if not situation.home and any(situation.closed_country or flag.id == "high_risk_place" for flag in in_context):
        return "high", "critical_context", total
    for combo in scoring.combos:
        if _fits(combo, ids, situation):
            if combo.band == "high":
                return "high", combo.id, total
            if total < scoring.high:
                return "medium", combo.id, total
    if situation.home:
        total = sum(scoring.home_weights.get(flag.id, flag.weight) for flag in flags)
        if total >= scoring.high and not ids & scoring.home_strong:
            return "medium", "home_second_flag", total
        if in_context and len(in_context) == len(flags):
            return "medium", "home_second_flag", total
    if total >= scoring.high:
        return "high", "sum", total
    if total >= scoring.medium:
        return "medium", "sum", total
    if situation.readable < scoring.readable_minimum:
        return "unknown", "unknown", total
    return "low", "sum", total
