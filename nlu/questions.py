"""What a message says that does not show in the whole: two questions, one instead of another, a cry behind swearing.

Found by cheap rules on words, believed only when the model is sure of the part alone.

Runs on Python 3.10 (inside Rasa) and 3.13; knows neither. The limit stands in data/decision.yml.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from nlu.decision import CASE_KINDS, FALLBACK, Decision, Thresholds, decide, thresholds
from nlu.text import dialogue
from nlu.text.triage import Triage, triage

#: Questions that one message is answered.
MOST = 2
#: The topic of what no other covers: half a question often looks like it.
ANYTHING = "other"
#: What "no, the passport" may look like as a whole. A cry for help or an offer is never taken apart.
MAY_TAKE_BACK = frozenset({"question", "smalltalk", "control", "out_of_scope"})


@dataclass(frozen=True)
class Asked:
    """One of the questions of a message: its meaning, and the words it is asked in."""

    intent: str
    confidence: float
    text: str


def judged(text: str, found: Triage, rank: Callable[[str], Sequence[tuple[str, float]]]) -> Decision:
    """The decision about a message in which the lexicon may see something; `rank` gives the ranking of a text.

    Swearing drowns what else is said: where the model takes a message for abuse and the lexicon sees trouble in it,
    each clause is judged alone ("babi lu semua, gue dipukulin tiap hari").
    """
    held = found.held is not None
    whole = decide(found.level, rank(text), strength=found.strength, frame=found.frame, held=held)
    if whole.kind != "abuse" or not whole.asks:
        return whole
    for part in dialogue.clauses(text):
        seen = triage(part)
        if seen.level in CASE_KINDS[:3]:
            one = decide(seen.level, rank(part), strength=seen.strength, frame=seen.frame)
            if one.opens_case:
                return one
    return whole


def several(
    text: str,
    whole: Decision,
    rank: Callable[[str], Sequence[tuple[str, float]]],
    limits: Thresholds | None = None,
) -> list[Asked]:
    """The two questions of a message, in its order, or the one it asks instead; empty when it is taken as a whole.

    `rank` gives the ranking of a text; it is asked only when a rule on words finds something. A message that as a whole
    is a cry for help or an offer is never taken apart.
    """
    limits = limits or thresholds()
    if whole.kind != "question" and whole.intent != FALLBACK:
        return _instead(text, whole, rank, limits)
    found: list[Asked] = []
    topics: set[str | None] = {ANYTHING}
    for part in dialogue.questions(text):
        one = decide("none", rank(part), limits)
        if one.opens_case:
            return []
        if one.kind != "question" or one.intent_confidence < limits.question_at or one.topic in topics:
            continue
        topics.add(one.topic)
        found.append(Asked(one.intent, one.intent_confidence, part))
    return found[:MOST] if len(found) >= MOST else _instead(text, whole, rank, limits)


def _instead(
    text: str, whole: Decision, rank: Callable[[str], Sequence[tuple[str, float]]], limits: Thresholds
) -> list[Asked]:
    """The question of "no, the passport", which as a whole looks like a denial, or like what it takes back."""
    rest = dialogue.instead(text) if whole.kind in MAY_TAKE_BACK or whole.intent == FALLBACK else ""
    if not rest:
        return []
    one = decide("none", rank(rest), limits)
    sure = one.kind == "question" and one.intent_confidence >= limits.ask_below and one.topic != ANYTHING
    return [Asked(one.intent, one.intent_confidence, text)] if sure and one.intent != whole.intent else []
