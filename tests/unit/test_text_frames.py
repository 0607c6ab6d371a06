"""A message that speaks of trouble which is not now, and cries that only look like one."""

from __future__ import annotations

import pytest

from nlu.understanding.frames import FRAME_CHARS
from nlu.understanding.triage import triage

FRAMED = [
    ("ahead", "kalau majikan ambil paspor saya harus apa? saya belum berangkat"),
    ("ahead", "បើថៅកែដកប៉ាស្ព័រ ត្រូវធ្វើម៉េច? ខ្ញុំមិនទាន់ទៅទេ"),
    ("ahead", "ber thaoke dok passport trov tver mech? knhom min toan tov te"),
    ("supposed", "andaikan paspor ditahan majikan, lapor ke mana"),
    ("supposed", "ឧបមាថាថៅកែបង្ខាំងកម្មករ តើត្រូវប្តឹងឯណា"),
    ("supposed", "oupama tha thaoke bongkhang kamakor, ter trov bdeng ena"),
    ("solved", "tahun 2020 pernah dikurung di johor, sekarang sudah di kampung"),
    ("solved", "ពីមុនខ្ញុំធ្លាប់ត្រូវគេឃុំ ឥឡូវខ្ញុំនៅស្រុកវិញ"),
    ("solved", "pi mun knhom tlob trov ke khum, ey lov knhom nov srok vinh"),
    ("denied", "saya tidak pernah dipukul, cuma mau tanya soal cuti"),
    ("denied", "ខ្ញុំមិនដែលត្រូវគេវាយទេ គ្រាន់តែចង់សួរពីវីសា"),
    ("denied", "knhom min del trov ke vay te, kron tae chong suor pi visa"),
    ("news", "Antara: 40 WNI dibebaskan dari Bavet, sebagian dipukuli"),
    ("news", "នគរបាលសង្គ្រោះពលករ ៤០នាក់ ខ្លះត្រូវគេវាយ"),
    ("news", "nokorbal sangkroh polkor 40 nak, khlah trov ke vay"),
]
#: The same words, and what makes them a cry.
CRIES = [
    "kalau majikan ambil paspor saya harus apa? saya belum berangkat, malam ini dijemput paksa",
    "បើថៅកែដកប៉ាស្ព័រ ត្រូវធ្វើម៉េច? មិនទាន់ទៅទេ ជួយខ្ញុំផង",
    "ber thaoke dok passport trov tver mech? min toan tov te, juy knhom pong",
    "andaikan paspor saya ditahan majikan, lapor ke mana",
    "tahun 2020 pernah dikurung di johor, sekarang sudah di kampung tapi adik saya masih di sana",
    "tahun 2020 dikurung di johor, sekarang di rumah bos, pintu dikunci",
    "ពីមុនខ្ញុំធ្លាប់ត្រូវគេឃុំ ឥឡូវខ្ញុំនៅស្រុកវិញ គេគំរាមខ្ញុំ",
    "saya tidak pernah dipukul, cuma mau tanya soal visa yang disimpan bos",
    "knhom min del trov ke vay te, kron tae chong suor pi visa del thaoke tear luy",
    "Antara: 40 WNI dibebaskan dari Bavet, suami saya masih di dalam",
    "នគរបាលសង្គ្រោះពលករ ៤០នាក់ តែខ្ញុំនៅជាប់",
    "nokorbal sangkroh polkor 40 nak, tae puok knhom nov jab",
]


@pytest.mark.parametrize(("frame", "text"), FRAMED)
def test_a_frame_is_seen_in_every_writing(frame: str, text: str) -> None:
    assert triage(text).frame == frame


@pytest.mark.parametrize("text", CRIES)
def test_a_cry_in_the_same_words_wears_no_frame(text: str) -> None:
    assert triage(text).frame is None


def test_the_words_of_the_frame_are_told_among_the_reasons() -> None:
    reasons = triage("Antara: 40 WNI dibebaskan dari Bavet, sebagian dipukuli").all_reasons
    assert (reasons[-1].id, reasons[-1].level, reasons[-1].evidence) == ("news", "none", "Antara")


def test_a_denial_bows_to_any_sign_beside_it() -> None:
    found = triage("saya tidak pernah dipukul, paspor saya disita, cuma mau tanya soal cuti")
    assert found.reasons and found.frame is None


def test_a_long_message_has_more_in_it_than_a_frame() -> None:
    news = "Antara: 40 WNI dibebaskan dari Bavet, sebagian dipukuli. "
    assert triage(news).frame and not triage(news * (FRAME_CHARS // len(news) + 1)).frame
