"""The explicit rule that makes one decision out of lexicon and model."""

from __future__ import annotations

import pytest

from nlu.decision import FALLBACK, Thresholds, decide, kind_of, registry, thresholds

LIMITS = Thresholds(
    open_case_at=0.3,
    emergency_share=0.45,
    fallback_below=0.25,
    offer_button_at=0.05,
    follow_up_below=0.6,
    question_at=0.6,
    ask_below=0.4,
)


@pytest.mark.parametrize(
    ("level", "ranking", "kind", "intent", "opens", "found_by"),
    [
        ("none", [("ask_fees", 0.9)], "question", "ask_fees", False, "none"),
        ("none", [("ask_fees", 0.2), ("ask_visa", 0.19)], "question", FALLBACK, False, "none"),
        # Two kinds of trouble together are trouble, though a question is the single likeliest.
        (
            "none",
            [("ask_contract", 0.4), ("report_distress", 0.2), ("report_third_party", 0.15)],
            "distress",
            "report_distress",
            True,
            "model",
        ),
        (
            "none",
            [("report_distress", 0.4), ("report_emergency", 0.35)],
            "emergency",
            "report_emergency",
            True,
            "model",
        ),
        ("none", [("ask_fees", 0.72), ("report_distress", 0.28)], "question", "ask_fees", False, "none"),
        ("none", [("request_operator", 0.8)], "human", "request_operator", True, "model"),
        ("distress", [("ask_fees", 0.9)], "distress", "report_distress", True, "lexicon"),
        ("distress", [("report_emergency", 0.9)], "emergency", "report_emergency", True, "both"),
        ("emergency", [("report_distress", 0.9)], "emergency", "report_emergency", True, "both"),
        ("human", [("greet", 0.9)], "human", "request_operator", True, "lexicon"),
        ("none", [], "out_of_scope", FALLBACK, False, "none"),
    ],
)
def test_the_more_urgent_of_both_wins(
    level: str, ranking: list[tuple[str, float]], kind: str, intent: str, opens: bool, found_by: str
) -> None:
    found = decide(level, ranking, LIMITS)
    assert (found.kind, found.intent, found.opens_case, found.found_by) == (kind, intent, opens, found_by)


def test_rasas_own_form_and_its_fallback_are_read() -> None:
    ranking = [{"name": FALLBACK, "confidence": 0.25}, {"name": "ask_visa", "confidence": 0.24}]
    found = decide("none", ranking, LIMITS)
    assert (found.intent, found.topic) == (FALLBACK, "visa")


def test_kinds_and_topics_come_from_the_registry() -> None:
    assert kind_of("report_emergency") == "emergency"
    assert kind_of("answer_offer") is None
    assert all(intent.topic for intent in registry().values() if intent.kind == "question")


def test_thresholds_are_probabilities() -> None:
    assert all(0 < value < 1 for value in vars(thresholds()).values())
