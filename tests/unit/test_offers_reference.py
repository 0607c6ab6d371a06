"""Reported offers and honest vacancies: what a change of phrases or weights does to them."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
import yaml

from bot.offers.assess import assess
from bot.offers.rules import FLAG_IDS, OFFERS, rules

OFFERS_SEEN: list[dict[str, Any]] = yaml.safe_load((OFFERS / "reference.yml").read_text(encoding="utf-8"))["offers"]
#: Share of reported scam offers that must come out high, and high or medium.
HIGH_FLOOR, WARNED_FLOOR = 0.9, 0.97


def test_reported_scam_offers_are_warned_of() -> None:
    bands = Counter(assess(offer["text"]).risk for offer in OFFERS_SEEN if offer["kind"] == "scam")
    total = bands.total()
    print(f"\nscam offers ({total}): {dict(bands)}")
    assert bands["high"] / total >= HIGH_FLOOR
    assert (bands["high"] + bands["medium"]) / total >= WARNED_FLOOR


@pytest.mark.parametrize("offer", [o for o in OFFERS_SEEN if o["kind"] == "legit"], ids=lambda o: str(o["id"]))
def test_an_honest_vacancy_is_never_high(offer: dict[str, Any]) -> None:
    found = assess(offer["text"])
    print(f"\n{offer['id']}: {found.risk} {found.score} {[flag.id for flag in found.flags]}")
    assert found.risk != "high"


def test_every_reference_offer_has_a_source_and_a_language() -> None:
    for offer in OFFERS_SEEN:
        assert offer["source"]["title"] and offer["source"]["url"].startswith("http"), offer["id"]
        assert offer["lang"] in ("id", "km", "km-Latn", "en"), offer["id"]


def test_every_flag_has_sources_phrases_in_both_languages_and_a_normal_case() -> None:
    for rule in rules().flags:
        spoken = {phrase.language for phrase in rule.phrases.phrases}
        assert {"id", "km"} <= spoken, rule.id
        assert rule.sources and rule.when_normal and 1 <= rule.weight <= 5, rule.id
    assert len(FLAG_IDS) == 19
