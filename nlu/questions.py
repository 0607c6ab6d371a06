"""Two questions in one message: found by a cheap rule on words, believed only when the model is sure of both.

Runs on Python 3.10 (inside Rasa) and 3.13; knows neither. The limit stands in data/decision.yml.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from nlu.decision import FALLBACK, Decision, Thresholds, decide, thresholds
from nlu.text import dialogue

#: Questions that one message is answered.
MOST = 2
#: The topic of what no other covers: half a question often looks like it.
ANYTHING = "other"


@dataclass(frozen=True)
class Asked:
    """One of the questions of a message: its meaning, and the words it is asked in."""

    intent: str
    confidence: float
    text: str


def several(
    text: str,
    whole: Decision,
    rank: Callable[[str], Sequence[tuple[str, float]]],
    limits: Thresholds | None = None,
) -> list[Asked]:
    """The two questions of a message, in its order; empty when it is to be taken as a whole.

    `rank` gives the ranking of a text; it is asked only when the rule on words finds several questions. A message that
    as a whole is anything but a question (a cry for help, an offer) is never taken apart.
    """
    limits = limits or thresholds()
    if whole.kind != "question" and whole.intent != FALLBACK:
        return []
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
    return found[:MOST] if len(found) >= MOST else []
