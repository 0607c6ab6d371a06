"""One explicit rule that makes a decision out of the lexicon's triage and the model's ranking of intents.

Runs on Python 3.10 (inside Rasa) and 3.12 (the app); knows neither. Thresholds stand in data/decision.yml, kinds and
topics of the intents in data/intents.yml.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

DATA = Path(__file__).resolve().parents[1] / "data"

#: The kinds that open a case, most urgent first.
CASE_KINDS = ("emergency", "distress", "third_party", "human")
#: Rasa's name for "not understood".
FALLBACK = "nlu_fallback"
#: Intents of our own making (pressed buttons); nobody types them, so they are not in data/intents.yml.
INTERNAL = frozenset({"answer_offer", FALLBACK})


@dataclass(frozen=True)
class Intent:
    """One entry of the registry."""

    name: str
    kind: str
    topic: str | None = None


@dataclass(frozen=True)
class Thresholds:
    """data/decision.yml."""

    open_case_at: float
    emergency_share: float
    fallback_below: float
    offer_button_at: float
    follow_up_below: float
    question_at: float
    ask_below: float


@dataclass(frozen=True)
class Decision:
    """What one message is. `intent` is nlu_fallback when no meaning is likely enough to act on."""

    kind: str
    kind_confidence: float
    intent: str
    intent_confidence: float
    topic: str | None
    opens_case: bool
    #: lexicon | model | both | none: who found what opens a case.
    found_by: str = "none"


@lru_cache(maxsize=1)
def registry() -> dict[str, Intent]:
    """Every intent a person can express, by name."""
    raw = yaml.safe_load((DATA / "intents.yml").read_text(encoding="utf-8"))["intents"]
    return {name: Intent(name, entry["kind"], entry.get("topic")) for name, entry in raw.items()}


@lru_cache(maxsize=1)
def thresholds() -> Thresholds:
    """The numbers of data/decision.yml. Raises TypeError for a missing or unknown name."""
    return Thresholds(**yaml.safe_load((DATA / "decision.yml").read_text(encoding="utf-8")))


def kind_of(intent: str) -> str | None:
    """The kind of an intent; None for internal ones."""
    found = registry().get(intent)
    return found.kind if found else None


def decide(
    level: str,
    ranking: Iterable[Mapping[str, Any] | tuple[str, float]],
    limits: Thresholds | None = None,
) -> Decision:
    """Decide one message: `level` is the lexicon's (a case kind or none), `ranking` Rasa's intent_ranking.

    The more urgent of both wins. The ranking may be cut off or carry nlu_fallback on top; both are harmless.
    """
    limits = limits or thresholds()
    known = registry()
    chances: dict[str, float] = {}
    for entry in ranking:
        name, chance = entry if isinstance(entry, tuple) else (str(entry["name"]), float(entry["confidence"]))
        if name in known:
            chances[name] = chance
    by_model = _by_model(chances, limits)
    if level not in CASE_KINDS:
        return by_model
    if by_model.opens_case and CASE_KINDS.index(by_model.kind) < CASE_KINDS.index(level):
        return Decision(
            by_model.kind, by_model.kind_confidence, by_model.intent, by_model.intent_confidence, None, True, "both"
        )
    found_by = "both" if by_model.opens_case else "lexicon"
    intent = next(entry.name for entry in known.values() if entry.kind == level)
    return Decision(level, 1.0, intent, chances.get(intent, 0.0), None, True, found_by)


def _by_model(chances: Mapping[str, float], limits: Thresholds) -> Decision:
    known = registry()
    if not chances:
        return Decision("out_of_scope", 0.0, FALLBACK, 0.0, None, False)
    reports = {name: chance for name, chance in chances.items() if known[name].kind in CASE_KINDS[:3]}
    urgent = sum(reports.values())
    if urgent >= limits.open_case_at:
        best = max(reports, key=lambda name: reports[name])
        if reports.get("report_emergency", 0.0) >= limits.emergency_share * urgent:
            best = "report_emergency"
        return Decision(known[best].kind, round(urgent, 4), best, reports[best], None, True, "model")
    others = {name: chance for name, chance in chances.items() if name not in reports}
    best = max(others or chances, key=lambda name: chances[name])
    intent = known[best]
    kind_chance = sum(chance for name, chance in chances.items() if known[name].kind == intent.kind)
    sure = chances[best] >= limits.fallback_below
    opens = sure and intent.kind == "human"
    return Decision(
        intent.kind,
        round(kind_chance, 4),
        best if sure else FALLBACK,
        chances[best] if sure else limits.fallback_below,
        intent.topic,
        opens,
        "model" if opens else "none",
    )
