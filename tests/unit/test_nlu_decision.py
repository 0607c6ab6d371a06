"""The explicit rule that makes one decision out of lexicon and model."""

from __future__ import annotations

from dataclasses import replace

import pytest

from nlu.model.intent_model import STRANGE
from nlu.understanding.decision import FALLBACK, Thresholds, decide, kind_of, registry, thresholds
from nlu.understanding.frames import frames

LIMITS = Thresholds(
    open_case_at=0.3,
    ask_case_at=0.15,
    emergency_share=0.45,
    fallback_below=0.25,
    offer_button_at=0.05,
    follow_up_below=0.6,
    question_at=0.6,
    ask_below=0.4,
    doubt_one_sign=0.1,
    doubt_more_signs=0.05,
    doubt_human=0.1,
    lexicon_emergency_share=0.2,
    ordinary_weight=1.0,
    held_back_at=0.9,
    open_minor_at=0.1,
    alarm_at=0.6,
    unnamed_other_at=0.9,
    first_other_share=0.05,
    offer_until=0.95,
    doubt_framed={"news": 0.9, "plans": 0.7},
    doubt_framed_danger={"plans": 0.3},
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
        ("distress", [], "distress", "report_distress", True, "lexicon"),
        ("distress", [("ask_fees", 0.8), ("report_distress", 0.12)], "distress", "report_distress", True, "lexicon"),
        ("distress", [("ask_fees", 0.9), ("report_distress", 0.02)], "question", "ask_fees", False, "none"),
        ("distress", [("report_emergency", 0.9)], "emergency", "report_emergency", True, "both"),
        ("distress", [("report_third_party", 0.9)], "third_party", "report_third_party", True, "both"),
        ("emergency", [("report_distress", 0.9)], "distress", "report_distress", True, "both"),
        (
            "emergency",
            [("report_distress", 0.6), ("report_emergency", 0.2)],
            "emergency",
            "report_emergency",
            True,
            "both",
        ),
        ("human", [("greet", 0.5), ("request_operator", 0.2)], "human", "request_operator", True, "lexicon"),
        ("human", [("greet", 0.95)], "smalltalk", "greet", False, "none"),
        ("none", [], "out_of_scope", FALLBACK, False, "none"),
    ],
)
def test_lexicon_and_model_together(
    level: str, ranking: list[tuple[str, float]], kind: str, intent: str, opens: bool, found_by: str
) -> None:
    found = decide(level, ranking, LIMITS)
    assert (found.kind, found.intent, found.opens_case, found.found_by) == (kind, intent, opens, found_by)


def test_talk_of_every_day_weighs_as_much_as_it_is_written() -> None:
    """A third of what was taught are cries, and "lg mkn" is like nothing of it."""
    ranking = [("out_of_scope", 0.5), ("report_emergency", 0.4), ("ask_fees", 0.1)]
    assert decide("none", ranking, LIMITS).opens_case
    weighed = decide("none", ranking, replace(LIMITS, ordinary_weight=5.0))
    assert (weighed.kind, weighed.opens_case) == ("out_of_scope", False)
    assert weighed.kind_confidence == pytest.approx(2.5 / 3.0, abs=0.001)


def test_the_weight_of_every_day_leaves_a_ranking_that_was_cut_off_as_it_is() -> None:
    cut = decide("none", [("ask_fees", 0.7)], replace(LIMITS, ordinary_weight=5.0))
    assert (cut.intent, cut.intent_confidence) == ("ask_fees", 0.7)


@pytest.mark.parametrize(("strength", "opens"), [("one", False), ("several", True), ("sure", True)])
def test_the_more_the_lexicon_sees_the_less_it_is_doubted(strength: str, opens: bool) -> None:
    assert (
        decide("distress", [("ask_fees", 0.9), ("report_distress", 0.07)], LIMITS, strength=strength).opens_case
        is opens
    )


def test_one_sign_of_danger_now_weighs_as_several() -> None:
    assert decide("emergency", [("ask_fees", 0.9), ("report_distress", 0.07)], LIMITS).opens_case
    assert not decide("emergency", [("ask_fees", 0.9), ("report_distress", 0.04)], LIMITS).opens_case


@pytest.mark.parametrize(("urgent", "found_by"), [(0.95, "both"), (0.85, "model"), (0.1, "none")])
def test_a_sign_that_is_held_back_counts_when_the_model_is_all_but_sure(urgent: float, found_by: str) -> None:
    ranking = [("report_emergency", urgent), ("ask_fees", 1 - urgent)]
    assert decide("none", ranking, LIMITS, held=True).found_by == found_by
    assert decide("none", ranking, LIMITS).found_by == ("none" if found_by == "none" else "model")


def test_a_bare_cry_is_never_doubted() -> None:
    assert decide("distress", [("greet", 1.0)], LIMITS, strength="sure").kind == "distress"


@pytest.mark.parametrize("strength", ["one", "several"])
@pytest.mark.parametrize("level", ["emergency", "distress", "third_party"])
def test_a_sign_of_trouble_is_never_taken_back_in_silence(level: str, strength: str) -> None:
    found = decide(level, [("ask_fees", 1.0)], LIMITS, strength=strength)
    assert (found.intent, found.opens_case, found.asks) == ("ask_fees", False, True)


def test_nobody_is_asked_where_nothing_was_seen_or_a_case_opens() -> None:
    assert not decide("none", [("ask_fees", 1.0)], LIMITS).asks
    assert not decide("human", [("greet", 1.0)], LIMITS).asks
    assert not decide("distress", [("request_operator", 0.95)], LIMITS).asks
    assert not decide("emergency", [("report_distress", 0.9)], LIMITS).asks


@pytest.mark.parametrize(("chance", "asks", "opens"), [(0.1, False, False), (0.2, True, False), (0.4, False, True)])
def test_a_hint_too_weak_for_a_case_is_asked_about(chance: float, asks: bool, opens: bool) -> None:
    found = decide("none", [("ask_fees", 1 - chance), ("report_distress", chance)], LIMITS)
    assert (found.asks, found.opens_case) == (asks, opens)


def test_a_cry_that_looks_like_an_offer_is_asked_about_too() -> None:
    assert decide("none", [("ask_offer_check", 0.8), ("report_distress", 0.2)], LIMITS).asks


@pytest.mark.parametrize(
    ("level", "trouble", "strength", "opens"),
    [
        ("none", 0.8, "one", False),
        ("emergency", 0.8, "several", False),
        ("emergency", 0.8, "sure", True),
        ("none", 0.95, "one", True),
        ("human", 0.8, "one", False),
        ("human", 0.95, "one", True),
    ],
)
def test_what_is_told_in_a_frame_is_asked_about(level: str, trouble: float, strength: str, opens: bool) -> None:
    ranking = [("report_distress", trouble), ("ask_fees", 1 - trouble)]
    found = decide(level, ranking, LIMITS, strength=strength, frame="news")
    assert (found.opens_case, found.asks) == (opens, not opens)


def test_a_frame_without_trouble_or_without_a_model_changes_nothing() -> None:
    assert decide("none", [("ask_fees", 1.0)], LIMITS, frame="news") == decide("none", [("ask_fees", 1.0)], LIMITS)
    assert decide("distress", [], LIMITS, frame="news").opens_case


def test_every_frame_has_its_doubt() -> None:
    assert {frame.id for frame in frames()} == set(thresholds().doubt_framed)


def test_rasas_own_form_and_its_fallback_are_read() -> None:
    ranking = [{"name": FALLBACK, "confidence": 0.25}, {"name": "ask_visa", "confidence": 0.24}]
    found = decide("none", ranking, LIMITS)
    assert (found.intent, found.topic) == (FALLBACK, "visa")


def test_kinds_and_topics_come_from_the_registry() -> None:
    assert kind_of("report_emergency") == "emergency"
    assert kind_of("answer_offer") is None
    assert all(intent.topic for intent in registry().values() if intent.kind == "question")


def test_thresholds_are_probabilities() -> None:
    numbers = dict(vars(thresholds()))
    assert numbers.pop("ordinary_weight") >= 1
    assert all(0 < value <= 1 for value in numbers.pop("doubt_framed").values())
    assert all(0 < value <= 1 for value in numbers.pop("doubt_framed_danger").values())
    assert all(0 < value < 1 for value in numbers.values())


def test_letters_typed_at_random_open_no_case() -> None:
    # Where no word is known the model keeps this much of what it believes; the rest is shared out among all intents.
    reports = sum(intent.kind in ("emergency", "distress", "third_party") for intent in registry().values())
    assert STRANGE + (1 - STRANGE) * reports / len(registry()) < thresholds().open_case_at
