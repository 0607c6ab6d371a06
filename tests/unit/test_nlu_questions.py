"""Two questions in one message are answered when the model is sure of both, or the message only names their topics."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import yaml

from nlu.understanding.decision import DATA, decide, kind_of
from nlu.understanding.questions import as_listed, judged, several
from nlu.understanding.triage import triage

type Ranking = list[tuple[str, float]]

TWO = {
    "id": ("biaya ke taiwan brp sama visanya apa?", "biaya ke taiwan brp", "visanya apa"),
    "km": ("ទៅកូរ៉េថ្លៃប៉ុន្មាន ហើយត្រូវការវីសាអី?", "ទៅកូរ៉េថ្លៃប៉ុន្មាន", "ត្រូវការវីសាអី"),
    "km-Latn": ("tov korea thlai ponman haey visa avey?", "tov korea thlai ponman", "visa avey"),
}
#: The same by people who say a little more than what each is about.
MORE = {
    "id": ("biaya ke taiwan brp sama visanya diurus siapa?", "biaya ke taiwan brp", "visanya diurus siapa"),
    "km": ("ទៅកូរ៉េថ្លៃប៉ុន្មាន ហើយអ្នកណារត់ការវីសា?", "ទៅកូរ៉េថ្លៃប៉ុន្មាន", "អ្នកណារត់ការវីសា"),
    "km-Latn": ("tov korea thlai ponman haey neak na tver visa?", "tov korea thlai ponman", "neak na tver visa"),
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
    for texts in MORE.values():
        assert several(texts[0], decide("none", [(whole, 0.9)]), ranks(first, second, texts)) == []


def test_the_model_is_not_asked_again_about_a_single_question() -> None:
    for text in ("berapa biaya ke taiwan?", "ទៅកូរ៉េថ្លៃប៉ុន្មាន?", "tov korea thlai ponman?"):
        assert several(text, decide("none", [("ask_fees", 0.9)]), never) == []


def never(_: str) -> Ranking:
    raise AssertionError("the words say enough")


LISTS = [
    ("visa sama paspor?", ["ask_visa", "ask_passport"]),
    ("gaji, visa, kontrak gimana?", ["ask_salary_rights", "ask_visa", "ask_contract"]),
    ("biaya/visa atau paspor ke taiwan kak", ["ask_fees", "ask_visa", "ask_passport"]),
    ("saya mau tanya soal kontrak & gajinya", ["ask_contract", "ask_salary_rights"]),
    ("ទិដ្ឋាការ និងលិខិតឆ្លងដែន?", ["ask_visa", "ask_passport"]),
    ("ប្រាក់ខែ វីសា ហើយនិងកិច្ចសន្យានៅកូរ៉េ", ["ask_salary_rights", "ask_visa", "ask_contract"]),
    ("visa nung passport bong", ["ask_visa", "ask_passport"]),
    ("brak khae haey neng kech sanya?", ["ask_salary_rights", "ask_contract"]),
    ("gajinya?", ["ask_salary_rights"]),
    ("trus kontraknya", ["ask_contract"]),
    ("ចុះធានារ៉ាប់រងវិញ", ["ask_insurance"]),
    ("chos passport vinh", ["ask_passport"]),
]


@pytest.mark.parametrize(("text", "intents"), LISTS)
@pytest.mark.parametrize("whole", ["ask_offer_check", "out_of_scope", "report_distress"])
def test_a_message_that_only_names_topics_asks_about_each_whatever_it_looks_like(
    text: str, intents: list[str], whole: str
) -> None:
    found = decide("none", [(whole, 0.3), ("ask_other", 0.7)] if whole == "report_distress" else [(whole, 0.9)])
    assert [one.intent for one in several(text, found, never)] == intents
    listed = as_listed(text, found)
    assert (listed.kind, listed.intent, listed.opens_case) == ("question", intents[0], False)
    assert listed.asks is (whole == "report_distress"), "what may be a cry is asked about"


@pytest.mark.parametrize(("text", "intents"), [entry for entry in LISTS if len(entry[1]) > 1])
def test_where_the_model_hears_one_of_them_all_are_still_asked(text: str, intents: list[str]) -> None:
    found = decide("none", [(intents[-1], 0.9)])
    asked = several(text, found, lambda _: [(intents[-1], 0.9)])
    assert [one.intent for one in asked] == intents
    assert as_listed(text, found) == found


@pytest.mark.parametrize(
    "text",
    [
        "gaji, paspor diambil",
        "paspor sama hp saya diambil",
        "paspor saya mana?",
        "gaji 5jt, visa kerja, kontrak 2 tahun",
        "visa, kontrak, gaji, tolong saya",
        "bukan visa, paspor",
        "visa turis atau visa kerja?",
        "polisi sama kedutaan?",
        "gaji",
        "គេយកលិខិតឆ្លងដែន និងកុងត្រា",
        "លិខិតឆ្លងដែន និងទូរស័ព្ទ គេដកអស់",
        "passport nung kech sanya ke dork os",
    ],
)
def test_names_of_topics_in_a_cry_an_offer_or_a_correction_are_no_list(text: str) -> None:
    for whole in (decide("none", [("report_distress", 0.9)]), decide("none", [("ask_offer_check", 0.9)])):
        assert as_listed(text, whole) is whole
        assert several(text, whole, {}.__getitem__) == []


def test_a_list_in_which_the_model_is_sure_of_a_cry_is_one() -> None:
    cry = decide("none", [("report_distress", 0.9)])
    assert as_listed("gaji, paspor", cry) is cry
    assert several("gaji, paspor", cry, never) == []


@pytest.mark.parametrize(
    ("text", "intent"),
    [
        ("saya mau tanya gaji", "ask_salary_rights"),
        ("ខ្ញុំចង់សួរពីលិខិតឆ្លងដែន", "ask_passport"),
        ("ot te, knhom jong suor passport", "ask_passport"),
    ],
)
def test_who_says_that_they_ask_reports_nothing_and_is_still_asked_about_it(text: str, intent: str) -> None:
    cry = decide("none", [("report_distress", 0.9)])
    assert [one.intent for one in several(text, cry, never)] == [intent]
    assert as_listed(text, cry).asks


def test_a_question_about_something_else_than_what_it_names_stays_whole() -> None:
    assert several("visa dan paspor ditanggung siapa?", decide("none", [("ask_fees", 0.9)]), never) == []


def test_every_name_of_a_topic_belongs_to_one_question() -> None:
    names = yaml.safe_load((DATA / "topics.yml").read_text(encoding="utf-8"))["names"]
    assert {kind_of(intent) for intent in names} == {"question"}
    every = [name for some in names.values() for name in some]
    assert len(every) == len(set(every))


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


@pytest.mark.parametrize("text", ["eh bukan biaya, paspor sama visa?", "មិនមែនប្រាក់ខែទេ លិខិតឆ្លងដែន និងវីសា"])
def test_no_the_passport_and_the_visa_are_both(text: str) -> None:
    found = several(text, decide("none", [("deny", 0.6)]), never)
    assert [one.intent for one in found] == ["ask_passport", "ask_visa"]


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
