"""Who may not write sends signs: some say enough together, none alone opens an emergency."""

from __future__ import annotations

import pytest

from nlu.understanding.triage import triage

CRIES = [
    "🔒😭🆘",
    "⛓️😭",
    "🩸🆘",
    "🔪😭",
    "😭🙏 bavet",
    "🙏😭 ប៉ោយប៉ែត",
    "🚨 poipet",
    "🆘 ke taiwan",
    "🆘 នៅម៉ាឡេស៊ី",
    "🆘 nov thai",
    "🆘📍",
    "📍 🆘",
]


@pytest.mark.parametrize("text", CRIES)
def test_signs_together_are_a_cry(text: str) -> None:
    found = triage(text)
    assert found.level == "distress"
    assert any(reason.id.startswith("emoji_") for reason in found.reasons)


@pytest.mark.parametrize("sign", ["🔒", "⛓️", "🩸", "🤕", "🔪", "🚨", "😭", "🙏", "📍"])
@pytest.mark.parametrize("around", ["{}", "{0}{0}{0}", "{} kak", "{} បង", "{} bong"])
def test_a_sign_alone_opens_nothing(sign: str, around: str) -> None:
    assert triage(around.format(sign)).level == "none"


@pytest.mark.parametrize(
    "text",
    [
        "🚨 LOWONGAN KAMBOJA 🚨 gaji 10 juta, data aman 🔒 🙏",
        "🚨 ជ្រើសរើសបុគ្គលិកនៅប៉ោយប៉ែត 🔒 ប្រាក់ខែ ៨០០$ 🙏",
        "📍 Jakarta, dibuka lowongan admin, hubungi hrd 🙏",
        "gak lolos ke korea 😭",
        "songsa jak sor chet knhom hz 🔒❤",
        "ឈីសបាក់ធ្មេញ 🤕 កូនញាំនំ",
    ],
)
def test_signs_in_adverts_and_small_talk_are_none(text: str) -> None:
    assert triage(text).level == "none"
