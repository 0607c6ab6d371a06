"""One explicit rule that makes a decision out of the lexicon's triage and the model's ranking of intents.

Runs on Python 3.10 (inside Rasa) and 3.13 (the app); knows neither. Thresholds stand in data/decision.yml, kinds and
topics of the intents in data/intents.yml.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

DATA = Path(__file__).resolve().parents[2] / "data"

#: The kinds that open a case, most urgent first.
CASE_KINDS = ("emergency", "distress", "third_party", "human")
#: What has to do with neither work abroad nor trouble.
ORDINARY = "out_of_scope"
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
    open_minor_at: float
    ask_case_at: float
    emergency_share: float
    fallback_below: float
    offer_button_at: float
    follow_up_below: float
    question_at: float
    ask_below: float
    doubt_one_sign: float
    doubt_more_signs: float
    doubt_human: float
    lexicon_emergency_share: float
    ordinary_weight: float
    held_back_at: float
    alarm_at: float
    unnamed_other_at: float
    first_other_share: float
    offer_until: float
    #: By the name of the frame (data/lexicon/frames.yml).
    doubt_framed: Mapping[str, float]
    #: By the name of the frame; a frame that is not named holds back any danger.
    doubt_framed_danger: Mapping[str, float]


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
    #: Whom a report is about: "self" (whoever writes) or "other" (another person whom they report).
    about: str = "self"
    #: An emergency that wakes people: the lexicon sees it, or the model alone is sure enough (`alarm_at`).
    wakes: bool = False
    #: A hint of trouble too weak for a case, or signs that the model or the frame of the message takes back: the person
    #: is asked whether it is so.
    asks: bool = False


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


def intent_of(kind: str) -> str:
    """The first intent of a kind."""
    return next(entry.name for entry in registry().values() if entry.kind == kind)


def decide(
    level: str,
    ranking: Iterable[Mapping[str, Any] | tuple[str, float]],
    limits: Thresholds | None = None,
    *,
    strength: str = "one",
    frame: str | None = None,
    held: bool = False,
) -> Decision:
    """Decide one message: `level` is the lexicon's (a case kind or none), `ranking` the model's.

    What the lexicon sees counts unless the model is all but sure of something harmless; then the person is asked,
    and a sign of trouble is never answered as if it had not been there. `strength` says how much it
    sees: "one" sort of sign, "several", or one that is "sure" and never doubted. Which urgent kind it is, the model
    tells where it sees one too, or else the more urgent wins. In a `frame` (data/lexicon/frames.yml: trouble supposed,
    told as news, over, denied) what is not sure is asked about instead. Where a guard holds back the only sign
    (`held`), a model that is all but sure of trouble overrules it: both have seen it then. The ranking may be cut off,
    empty, or carry nlu_fallback on top; all are harmless: without it the lexicon decides alone.
    """
    limits = limits or thresholds()
    known = registry()
    chances: dict[str, float] = {}
    for entry in ranking:
        name, chance = entry if isinstance(entry, tuple) else (str(entry["name"]), float(entry["confidence"]))
        if name in known:
            chances[name] = chance
    chances = _as_people_write(chances, limits)
    by_model = _by_model(chances, limits)
    by_model_alone = level not in CASE_KINDS[:3] and by_model.opens_case and by_model.kind != "human"
    trouble = level in CASE_KINDS[:3] or by_model_alone
    if frame and chances and trouble and strength != "sure" and _holds_back(frame, chances, limits):
        harmless = _harmless(chances, limits)
        return replace(harmless, asks=not harmless.opens_case)
    if level not in CASE_KINDS:
        sees_both = held and _urgent(chances) >= limits.held_back_at
        return replace(by_model, found_by="both", wakes=by_model.kind == "emergency") if sees_both else by_model
    if chances and _doubted(level, chances, strength, limits):
        return replace(by_model, asks=by_model.asks or (level != "human" and not by_model.opens_case))
    kind = _kind_of_both(level, chances, by_model, limits)
    wakes = kind == "emergency"
    if by_model.opens_case and by_model.kind == kind:
        return replace(by_model, found_by="both", wakes=wakes)
    found_by = "both" if by_model.opens_case else "lexicon"
    return Decision(kind, 1.0, intent_of(kind), chances.get(intent_of(kind), 0.0), None, True, found_by, wakes=wakes)


def of_kind(kind: str, ranking: Iterable[tuple[str, float]]) -> Decision:
    """The decision that a message opens a case of a kind, which somebody else has taken."""
    chance = dict(ranking).get(intent_of(kind), 0.0)
    wakes = kind == "emergency" and chance >= thresholds().alarm_at
    return Decision(kind, 1.0, intent_of(kind), chance, None, True, "model", wakes=wakes)


def meanings(ranking: Iterable[tuple[str, float]], most: int = 2) -> list[str]:
    """The likeliest intents that a button can stand for, to ask what was meant."""
    known, least = registry(), thresholds().offer_button_at
    found = [name for name, chance in ranking if chance >= least and name in known]
    return [name for name in found if known[name].kind == "question" or name in ("ask_offer_check", "ask_identity")][
        :most
    ]


def topic_of(intent: str, ranking: Iterable[tuple[str, float]]) -> str:
    """The topic that is answered: that of the intent, or where it is none in particular the one that comes second."""
    known = registry().get(intent)
    topic = known.topic if known and known.topic else "other"
    return _runner_up(ranking) or topic if topic == "other" else topic


def _runner_up(ranking: Iterable[tuple[str, float]]) -> str | None:
    """The topic that comes second to "something else" and is likely enough to be answered: "other" only says a gap."""
    for name, chance in ranking:
        intent = registry().get(name)
        if intent and intent.kind == "question" and intent.topic not in (None, "other", "privacy_safety"):
            return intent.topic if chance >= thresholds().ask_below else None
    return None


def _as_people_write(chances: Mapping[str, float], limits: Thresholds) -> dict[str, float]:
    """The probabilities where ordinary talk is as frequent as in life; they add up to what they did before."""
    weighed = {name: chance * (limits.ordinary_weight if name == ORDINARY else 1.0) for name, chance in chances.items()}
    before, after = sum(chances.values()), sum(weighed.values())
    return {name: chance * before / after for name, chance in weighed.items()} if after else weighed


def _doubted(level: str, chances: Mapping[str, float], strength: str, limits: Thresholds) -> bool:
    """Whether the model is so sure of something harmless that the lexicon's sign does not count."""
    if strength == "sure":
        return False
    known, urgent = registry(), _urgent(chances)
    if level == "human":
        wanted = sum(chance for name, chance in chances.items() if known[name].kind == "human")
        return urgent + wanted < limits.doubt_human
    lone = strength == "one" and level != "emergency"
    return urgent < (limits.doubt_one_sign if lone else limits.doubt_more_signs)


def _holds_back(frame: str, chances: Mapping[str, float], limits: Thresholds) -> bool:
    """Whether the model is not so sure of trouble that a message is taken for it in this frame too."""
    danger = chances.get("report_emergency", 0.0)
    return _urgent(chances) <= limits.doubt_framed[frame] and danger <= limits.doubt_framed_danger.get(frame, 1.0)


def _urgent(chances: Mapping[str, float]) -> float:
    """The probability of all reports of trouble together."""
    known = registry()
    return round(sum(chance for name, chance in chances.items() if known[name].kind in CASE_KINDS[:3]), 4)


def _kind_of_both(level: str, chances: Mapping[str, float], by_model: Decision, limits: Thresholds) -> str:
    """The kind of a case that the lexicon sees, in the light of the model."""
    if not by_model.opens_case:
        return level
    if by_model.kind == "human" or level == "human":
        return min(level, by_model.kind, key=CASE_KINDS.index)
    if level == "emergency" and by_model.kind == "third_party":
        # Danger that a relative tells of is danger all the same.
        return level
    if level == "emergency" and by_model.kind != "emergency":
        danger = chances.get("report_emergency", 0.0)
        if danger >= limits.lexicon_emergency_share * by_model.kind_confidence:
            return level
    return by_model.kind


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
        wakes = best == "report_emergency" and reports[best] >= limits.alarm_at
        return Decision(known[best].kind, round(urgent, 4), best, reports[best], None, True, "model", wakes=wakes)
    harmless = _harmless(chances, limits)
    return replace(harmless, asks=urgent >= limits.ask_case_at and not harmless.opens_case)


def _harmless(chances: Mapping[str, float], limits: Thresholds) -> Decision:
    """The likeliest meaning that reports no trouble."""
    known = registry()
    others = {name: chance for name, chance in chances.items() if known[name].kind not in CASE_KINDS[:3]}
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
