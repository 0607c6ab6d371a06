"""`hotline understand` decides a position as a live chat would, whatever the model makes of it."""

from __future__ import annotations

from typing import cast

import pytest

from bot.texts import Lang, render
from bot.turns.understand import understand
from nlu.model.intent_model import IntentModel


class SureOfAnOffer:
    """A model that takes everything for an offer."""

    def ranking(self, text: str) -> list[tuple[str, float]]:
        return [("ask_offer_check", 0.99)]


MODEL = cast(IntentModel, SureOfAnOffer())


@pytest.mark.parametrize(
    ("text", "lang"),
    [
        ("11.5564, 104.9282", "id"),
        ("lokasi saya https://maps.app.goo.gl/aBc12", "id"),
        ("ខ្ញុំនៅទីនេះ https://maps.app.goo.gl/aBc12", "km"),
    ],
)
def test_a_position_is_for_a_person_to_look_at(text: str, lang: Lang) -> None:
    found = understand(text, MODEL)
    assert (found["kind"], found["opens_case"]) == ("human", True)
    assert render("ask_need", lang) in found["answer"]


@pytest.mark.parametrize(("text", "lang"), [("Sihanoukville", "id"), ("ក្រុងព្រះសីហនុ", "km")])
def test_the_bare_name_of_a_place_is_no_offer(text: str, lang: Lang) -> None:
    found = understand(text, MODEL)
    assert (found["kind"], found["opens_case"]) == ("out_of_scope", False)
    assert found["answer"].startswith(render("place_alone", lang, number="").splitlines()[0])
