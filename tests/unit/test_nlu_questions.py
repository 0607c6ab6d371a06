"""Two questions in one message are answered only when the model is sure of both."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from nlu.decision import decide
from nlu.questions import judged, several
from nlu.text.triage import triage

type Ranking = list[tuple[str, float]]

TWO = {
    "id": ("biaya ke taiwan brp sama visanya apa?", "biaya ke taiwan brp", "visanya apa"),
    "km": ("ទៅកូរ៉េថ្លៃប៉ុន្មាន ហើយត្រូវការវីសាអី?", "ទៅកូរ៉េថ្លៃប៉ុន្មាន", "ត្រូវការវីសាអី"),
    "km-Latn": ("tov korea thlai ponman haey visa avey?", "tov korea thlai ponman", "visa avey"),
}


def ranks(first: tuple[str, float], second: tuple[str, float], texts: tuple[str, str, str]) -> Callable[[str], Ranking]:
    return {texts[1]: [first], texts[2]: [second]}.__getitem__


@pytest.mark.parametrize("texts", TWO.values(), ids=TWO)
def test_two_sure_questions_of_different_topics_are_both_taken(texts: tuple[str, str, str]) -> None:
    found = several(texts[0], decide("none", [("ask_fees", 0.9)]), ranks(("ask_fees", 0.9), ("ask_visa", 0.8), texts))
    assert [(one.intent, one.text) for one in found] == [("ask_fees", texts[1]), ("ask_visa", texts[2])]


@pytest.mark.parametrize(
    ("whole", "first", "second"),
    [
        ("ask_fees", ("ask_fees", 0.9), ("ask_fees", 0.9)),
        ("ask_fees", ("ask_fees", 0.9), ("ask_visa", 0.4)),
        ("ask_fees", ("ask_fees", 0.9), ("ask_other", 0.9)),
        ("ask_fees", ("ask_fees", 0.9), ("thank", 0.9)),
        ("ask_fees", ("ask_fees", 0.9), ("report_distress", 0.5)),
        ("report_distress", ("ask_fees", 0.9), ("ask_visa", 0.9)),
        ("ask_offer_check", ("ask_fees", 0.9), ("ask_visa", 0.9)),
    ],
)
def test_anything_else_stays_whole(whole: str, first: tuple[str, float], second: tuple[str, float]) -> None:
    for texts in TWO.values():
        assert several(texts[0], decide("none", [(whole, 0.9)]), ranks(first, second, texts)) == []


def test_the_model_is_not_asked_again_about_a_single_question() -> None:
    def never(_: str) -> Ranking:
        raise AssertionError

    for text in ("berapa biaya ke taiwan?", "ទៅកូរ៉េថ្លៃប៉ុន្មាន?", "tov korea thlai ponman?"):
        assert several(text, decide("none", [("ask_fees", 0.9)]), never) == []


INSTEAD = [
    ("bukan itu, paspor", "paspor"),
    ("eh bukan biaya, paspornya", "paspornya"),
    ("bukan biaya paspornya kak", "paspornya kak"),
    ("bukan, mau tanya paspor", "mau tanya paspor"),
    ("អត់ទេ ខ្ញុំសួរពីលិខិតឆ្លងដែន", "ខ្ញុំសួរពីលិខិតឆ្លងដែន"),
    ("មិនមែនប្រាក់ខែទេ លិខិតឆ្លងដែន", "លិខិតឆ្លងដែន"),
    ("min men brak khae te, passport", "passport"),
    ("ot te, knhom suo pi passport", "knhom suo pi passport"),
]


@pytest.mark.parametrize(("text", "rest"), INSTEAD)
@pytest.mark.parametrize("whole", ["deny", "out_of_scope", "cancel", "ask_fees"])
def test_no_the_passport_is_that_question_whatever_it_looks_like_as_a_whole(text: str, rest: str, whole: str) -> None:
    found = several(text, decide("none", [(whole, 0.6)]), {rest: [("ask_passport", 0.9)]}.__getitem__)
    assert [(one.intent, one.text) for one in found] == [("ask_passport", text)]


@pytest.mark.parametrize("text", ["bukan", "bukan saya", "bukan di malaysia", "salah", "អត់ទេ", "មិនមែនខ្ញុំទេ", "ot te"])
def test_a_denial_that_says_nothing_else_stays_one(text: str) -> None:
    assert several(text, decide("none", [("deny", 0.9)]), {}.__getitem__) == []


@pytest.mark.parametrize(
    ("whole", "rest"),
    [
        ("report_distress", ("ask_passport", 0.9)),
        ("ask_offer_check", ("ask_passport", 0.9)),
        ("deny", ("ask_passport", 0.3)),
        ("deny", ("ask_other", 0.9)),
        ("deny", ("report_distress", 0.5)),
    ],
)
def test_a_cry_an_offer_and_what_nobody_is_sure_of_are_not_taken_apart(whole: str, rest: tuple[str, float]) -> None:
    assert several("bukan itu, paspor", decide("none", [(whole, 0.9)]), {"paspor": [rest]}.__getitem__) == []


@pytest.mark.parametrize(
    ("text", "cry"),
    [
        ("babi lu semua, gue dipukulin tiap hari", " gue dipukulin tiap hari"),
        ("អាឆ្កែ! គេចាក់សោខ្ញុំមិនឲ្យចេញ", " គេចាក់សោខ្ញុំមិនឲ្យចេញ"),
        ("choy mday, ke chak sor knhom min oy chenh", " ke chak sor knhom min oy chenh"),
    ],
)
def test_a_cry_is_heard_behind_swearing(text: str, cry: str) -> None:
    ranks = {text: [("abuse", 0.99)], cry: [("report_distress", 0.6), ("abuse", 0.3)]}
    assert judged(text, triage(text), ranks.__getitem__).opens_case
    ranks[cry] = [("abuse", 0.99)]
    found = judged(text, triage(text), ranks.__getitem__)
    assert not found.opens_case and found.asks, "then it is asked about"


def test_swearing_without_a_cry_stays_what_it_is() -> None:
    assert judged("anjing, bot goblok", triage("anjing, bot goblok"), lambda _: [("abuse", 0.99)]).kind == "abuse"
