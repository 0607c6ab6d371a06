"""Reported offers and honest vacancies: what a change of phrases or weights does to them."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
import yaml

from bot.offers.assess import assess
from bot.offers.evaluation import reference
from bot.offers.evaluation.scores import LANGUAGES, held_out
from bot.offers.evaluation.teach import building
from bot.offers.rules import FLAG_IDS, OFFERS, rules
from nlu.checks.examples import key

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


def test_a_change_says_which_reference_offers_it_moves(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    now = {"scam a": ("high", "80", "urgency"), "legit b": ("low", "20", ""), "scam c": ("high", "90", "")}
    before = {"scam a": ("medium", "50", "secrecy"), "legit b": ("low", "20", "")}
    monkeypatch.setattr(reference, "judged", lambda: now)
    monkeypatch.setattr(reference, "read", lambda: before)
    reference.show()
    assert capsys.readouterr().out.splitlines() == [
        "reference: scam a: medium 50 -> high 80 -secrecy +urgency",
        "reference: scam c: new, high 90, no flag",
        "reference: 2 of 3 offers are judged another way than at the last `make evaluate`",
    ]


def test_what_was_written_down_is_read_again() -> None:
    assert set(reference.read()) == {f"{offer['kind']} {offer['id']}" for offer in OFFERS_SEEN}


def test_no_offer_of_the_building_set_is_held_out() -> None:
    held = {key(offer.text) for lang in LANGUAGES for offer in held_out(lang)}
    assert sum(key(offer.text) in held for offer in building()) == 0
