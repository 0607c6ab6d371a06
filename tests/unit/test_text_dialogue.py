"""How people go on: two questions at once, "and to Korea?", "no, not there", in three writings."""

from __future__ import annotations

import pytest

from nlu.checks import examples
from nlu.understanding import dialogue
from nlu.understanding.decision import registry


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("biaya ke taiwan brp sama visanya apa?", ["biaya ke taiwan brp", "visanya apa"]),
        ("saya mau ke korea. biaya berapa? visanya apa?", ["saya mau ke korea. biaya berapa", "visanya apa"]),
        ("ប៉ាស្ព័រធ្វើនៅណា ហើយថ្លៃប៉ុន្មាន?", ["ប៉ាស្ព័រធ្វើនៅណា", "ថ្លៃប៉ុន្មាន"]),
        ("passport tver nov na haey visa tlai ponman?", ["passport tver nov na", "visa tlai ponman"]),
        ("berapa biaya ke taiwan kak, makasih", []),
        ("apa syarat dan biaya ke taiwan?", ["apa syarat", "biaya ke taiwan"]),
        ("apa syarat dan biaya ke taiwan", []),
        ("ថ្លៃប៉ាស្ព័រ និងវីសាប៉ុន្មាន?", []),
        ("luy khae nov korea ponman bong", []),
        ("", []),
    ],
)
def test_two_questions_are_told_from_one(text: str, parts: list[str]) -> None:
    assert dialogue.questions(text) == parts


def test_a_long_story_is_never_taken_apart() -> None:
    assert dialogue.questions("biaya ke taiwan berapa dan visanya apa? " * 8) == []


# Half of those that are looked at twice do ask two things of one topic ("SPLP itu apa, brp lama jadinya").
@pytest.mark.parametrize(("lang", "most"), [("id", 0.05), ("km", 0.02)])
def test_single_questions_hardly_ever_cost_a_second_look(lang: str, most: float) -> None:
    single = [
        u.text for u in examples.utterances() if u.lang == lang and registry()[u.intent].kind == "question" and u.text
    ][::5]
    looked = sum(bool(dialogue.questions(text)) for text in single)
    assert looked <= most * len(single)


@pytest.mark.parametrize(
    ("text", "asks", "corrects", "places"),
    [
        ("kalau ke korea?", True, False, ["KR"]),
        ("trus jepang gimana kak", True, False, ["JP"]),
        ("bukan korea, jepang", False, True, ["JP"]),
        ("bukan ke korea tapi ke jepang", False, True, ["JP"]),
        ("eh maksudku hong kong", False, True, ["HK"]),
        ("និងម៉ាឡេស៊ីវិញ?", True, False, ["MY"]),
        ("ចុះទៅជប៉ុនវិញបង?", True, False, ["JP"]),
        ("មិនមែនកូរ៉េទេ ជប៉ុន", False, True, ["JP"]),
        ("អត់ទេ ខ្ញុំនៅប៉ោយប៉ែត មិនមែនភ្នំពេញ", False, True, ["KH"]),
        ("chos tov korea vinh?", True, False, ["KR"]),
        ("ot te min men korea te, japan", False, True, ["JP"]),
    ],
)
def test_a_message_that_only_names_a_place_goes_on(text: str, asks: bool, corrects: bool, places: list[str]) -> None:
    how = dialogue.bare(text)
    assert how is not None
    assert (how.asks, how.corrects) == (asks, corrects)
    assert [place.country for place in dialogue.named(text)] == places


@pytest.mark.parametrize(
    "text",
    [
        "kalau ke korea biayanya berapa?",
        "tolong saya di bavet",
        "kalau mereka jual saya ke myanmar?",
        "paspor nya?",
        "ចុះប៉ាស្ព័រ?",
        "គេនឹងលក់ខ្ញុំទៅមីយ៉ាន់ម៉ា",
        "ke luok knhom tov thai",
        "halo",
    ],
)
def test_a_message_that_says_more_is_left_to_the_model(text: str) -> None:
    assert dialogue.bare(text) is None


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("eh salah, saya di bavet bukan poipet", ["Bavet"]),
        ("អត់ទេ ខ្ញុំនៅប៉ោយប៉ែត មិនមែនភ្នំពេញ", ["Poipet"]),
        ("ot te knhom nov poipet min men phnom penh", ["Poipet"]),
    ],
)
def test_where_somebody_is_can_be_corrected(text: str, names: list[str]) -> None:
    assert dialogue.corrects_place(text)
    assert [place.name for place in dialogue.named(text)] == names


@pytest.mark.parametrize("text", ["mereka mau bawa kami ke myanmar, bukan thailand", "គេនឹងយកយើងទៅថៃ មិនមែនវៀតណាមទេ"])
def test_where_others_want_to_take_somebody_corrects_nothing(text: str) -> None:
    assert not dialogue.corrects_place(text)
