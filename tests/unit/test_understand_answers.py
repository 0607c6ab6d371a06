"""`hotline understand` says what the bot would say, also where the meaning alone does not tell."""

from __future__ import annotations

from typing import cast

import pytest

from bot.texts import Lang, render
from bot.turns import model
from bot.turns.understand import _why, understand
from nlu.model.intent_model import IntentModel


class Says:
    """A model with one ranking for a text that has a word, and another for the rest."""

    def __init__(self, *rest: tuple[str, float], **words: tuple[str, float]) -> None:
        self.rest, self.words = list(rest), words

    def ranking(self, text: str) -> list[tuple[str, float]]:
        return next(([one] for word, one in self.words.items() if word in text), self.rest)


def answer(text: str, says: Says) -> str:
    return str(understand(text, cast(IntentModel, says))["answer"])


@pytest.mark.parametrize(("text", "lang"), [("yang kemarin itu gimana", "id"), ("រឿងម្សិលមិញនោះយ៉ាងម៉េច", "km")])
def test_what_is_not_understood_is_asked_back_with_the_likeliest_meanings(text: str, lang: Lang) -> None:
    said = answer(text, Says(("ask_insurance", 0.2), ("ask_visa", 0.1), ("report_distress", 0.05)))
    assert said.splitlines() == [
        *render("fallback_which", lang).splitlines(),
        f"[{render('meaning_ask_insurance', lang)}]",
        f"[{render('meaning_ask_visa', lang)}]",
    ]


@pytest.mark.parametrize(("text", "lang"), [("makasih ya kak", "id"), ("អរគុណបង", "km")])
def test_thanks_are_answered_as_thanks(text: str, lang: Lang) -> None:
    assert answer(text, Says(("thank", 0.98))) == render("small_thank", lang)


def test_two_questions_get_both_answers() -> None:
    both = Says(("ask_fees", 0.7), ("ask_visa", 0.3), visa=("ask_visa", 0.9), biaya=("ask_fees", 0.9))
    said = answer("berapa biaya ke taiwan? terus visanya apa?", both)
    assert render("meaning_ask_fees", "id") in said and render("meaning_ask_visa", "id") in said


@pytest.mark.parametrize(
    ("no", "question"),
    [("bukan itu, ", "paspor"), ("អត់ទេ ", "ខ្ញុំសួរពីលិខិតឆ្លងដែន"), ("ot te, ", "knhom suo pi passport")],
    ids=["id", "km", "km-Latn"],
)
def test_what_is_asked_instead_gets_its_answer(no: str, question: str) -> None:
    passport = ("ask_passport", 0.9)
    found = understand(no + question, cast(IntentModel, Says(passport, **{no.strip(", "): ("deny", 0.9)})))
    assert (found["kind"], found["intent"], found["topic"]) == ("question", "ask_passport", "passport")
    assert found["answer"] == answer(question, Says(passport))


@pytest.mark.parametrize(
    ("text", "lang"),
    [("gaji, visa, kontrak gimana?", "id"), ("ប្រាក់ខែ វីសា និងកុងត្រា?", "km"), ("brak khae visa nung kontra?", "km")],
)
def test_a_list_of_topics_gets_two_answers_and_a_button_for_the_third(text: str, lang: Lang) -> None:
    said = answer(text, Says(("ask_offer_check", 0.7), ("ask_visa", 0.3)))
    for topic in ("salary_rights", "visa", "contract"):
        assert render(f"meaning_ask_{topic}", lang) in said
    assert said.splitlines()[-1] == f"[{render('meaning_ask_contract', lang)}]"


@pytest.mark.parametrize(
    ("text", "word"),
    [("bukan itu, paspor", "Paspor"), ("មិនមែនប្រាក់ខែទេ លិខិតឆ្លងដែន", "លិខិតឆ្លងដែន"), ("trus paspornya", "Paspor")],
)
def test_another_topic_instead_gets_its_answer(text: str, word: str) -> None:
    passport = ("ask_passport", 0.9)
    assert word in answer(text, Says(("deny", 0.6), paspor=passport, លិខិត=passport))


def test_a_list_that_may_be_a_cry_is_answered_and_asked_about(monkeypatch: pytest.MonkeyPatch) -> None:
    ranking = [("ask_visa", 0.6), ("report_distress", 0.4)]
    monkeypatch.setattr(model, "ranking", lambda _: ranking)
    for text in ("visa sama paspor?", "ទិដ្ឋាការ និងលិខិតឆ្លងដែន?", "visa nung passport"):
        seen = understand(text, cast(IntentModel, Says(*ranking)))
        assert (seen["kind"], seen["intent"], seen["opens_case"]) == ("question", "ask_visa", False)
        assert seen["answer"].endswith(render("doubted_ask", "km" if seen["language"]["code"] != "id" else "id"))
        assert model.understand(text).asks and not model.understand(text).reports


def test_and_to_myanmar_is_no_hint(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(model, "ranking", lambda _: [("ask_fees", 0.9), ("report_distress", 0.1)])
    for text in ("kalau di myanmar?", "ចុះនៅមីយ៉ាន់ម៉ា?", "chos myanmar vinh?"):
        assert not model.understand(text).asks
    for text in ("saya di myanmar", "ខ្ញុំនៅមីយ៉ាន់ម៉ា", "knhom nov myanmar"):
        assert model.understand(text).asks


def test_it_says_who_decided() -> None:
    def why(text: str, *ranking: tuple[str, float]) -> str:
        return _why(text, cast(IntentModel, Says(*ranking)))

    held = "paspor saya dipegang bos"
    assert why(held, ("report_distress", 0.9)).startswith("by lexicon and model; the model gives")
    assert why(held, ("ask_passport", 0.99)).startswith("the model takes the lexicon's sign back: the person is asked")
    assert why("kapan aku pulang", ("report_distress", 0.9)).startswith("by the model alone")
    hint = why("kapan aku pulang", ("ask_going_home", 0.9), ("report_distress", 0.1))
    assert hint.startswith("the model has a hint of trouble: the person is asked")
    assert why("halo", ("greet", 0.9)).startswith("nobody sees what opens a case")
