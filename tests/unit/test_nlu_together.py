"""Who is held with a wife, a brother, a friend is no reporter of somebody else: the case may not wait as one."""

import pytest

from nlu.understanding.companions import together
from nlu.understanding.questions import judged
from nlu.understanding.triage import triage

RANKING = [("report_third_party", 0.95), ("report_distress", 0.04)]


@pytest.mark.parametrize(
    "text",
    [
        "aku sama istriku dikurung di poipet",
        "tolong, saya & adik disekap",
        "beta deng adik beta dapa kurung",
        "ខ្ញុំនិងប្អូនត្រូវគេចាក់សោក្នុងបន្ទប់",
        "ខ្ញុំ និង ប្តី គេមិនឲ្យចេញ",
        "knhom nung p'oun ke jak sor knong bontub",
    ],
)
def test_whoever_is_held_with_somebody_is_held_too(text: str) -> None:
    assert together(text)
    assert judged(text, triage(text), lambda _: RANKING).kind in ("distress", "emergency")


@pytest.mark.parametrize(
    "text",
    [
        "adik saya dan temannya disekap di poipet",
        "saya dengan ini melaporkan adik saya yang disekap",
        "kami dan keluarga mencari adik yang dikurung",
        "suami saya dan adik saya ditahan",
        "កូនខ្ញុំនិងមិត្តវា គេចាក់សោក្នុងបន្ទប់",
        "kon knhom nung mit vea ke jak sor",
    ],
)
def test_who_reports_two_others_is_not(text: str) -> None:
    assert not together(text)
