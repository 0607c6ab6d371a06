"""What is kept of a message shows how somebody asked, and nothing of who asked."""

from __future__ import annotations

import pytest

from bot.learning.redact import redact, says_something, still_personal


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        (
            "nama saya siti rahayu mau tanya biaya ke taiwan, wa 0812-3456-7890",
            "nama saya ‹name› mau tanya biaya ke taiwan, wa ‹phone›",
        ),
        ("Perkenalkan saya Budi Santoso dari desa", "Perkenalkan saya ‹name› dari desa"),
        ("namaku Ani, apa itu SSW?", "namaku ‹name›, apa itu SSW?"),
        ("Pak Joko minta uang, tele: @jokopmi", "Pak ‹name› minta uang, ‹handle›"),
        ("kak mohon info https://loker.example/kamboja", "kak mohon info ‹link›"),
        ("kirim ke siti@example.org ya", "kirim ke ‹email› ya"),
        ("paspor C1234567 nik 3212 0101 9001 0001", "paspor ‹number› nik ‹number›"),
        ("hubungi siti_rahayu88 0812xxxx", "hubungi ‹handle› ‹number›"),
        ("my name is John Smith I want work", "my name is ‹name› I want work"),
        ("ខ្ញុំឈ្មោះសុខ សុភា មកពីខេត្ត លេខ ០៩៧ ១២៣ ៤៥៦៧", "ខ្ញុំឈ្មោះ‹name› មកពីខេត្ត លេខ ‹phone›"),
        ("ឈ្មោះខ្ញុំចាន់ធី ចង់សួរ", "ឈ្មោះខ្ញុំ‹name› ចង់សួរ"),
        ("knhom chhmous Dara jong tov thai", "knhom chhmous ‹name› jong tov thai"),
    ],
)
def test_names_numbers_and_addresses_are_masked(written: str, kept: str) -> None:
    assert redact(written) == kept


@pytest.mark.parametrize(
    "written", ["tolong pak saya mau pulang", "siapa nama agen resmi ya", "kak mohon info", "លោកគ្រូ អ្នកស្រី ខ្ញុំសូមសួរ"]
)
def test_words_that_are_no_names_stay(written: str) -> None:
    assert redact(written) == written


def test_what_the_person_is_called_in_the_app_is_masked_wherever_it_stands() -> None:
    assert redact("ini sreymom, mau kerja", ("Sreymom K.", "sreymom_k")) == "ini ‹name›, mau kerja"
    assert redact("សុភាចង់សួរ", ("សុភា",)) == "‹name›ចង់សួរ"


def test_lines_become_one() -> None:
    assert redact("mau tanya\n\n itu  lho") == "mau tanya itu lho"


@pytest.mark.parametrize(
    ("text", "says"), [("‹phone›", False), ("‹name› 🙏 !!", False), ("brp?", True), ("ថ្លៃ?", True)]
)
def test_a_message_of_masks_alone_says_nothing(text: str, says: bool) -> None:
    assert says_something(text) is says


@pytest.mark.parametrize(
    "text",
    ["wa 081234567890", "tele @jokopmi", "t.me/loker", "a@example.org", "‹name› mau", "0812 34xx xx 99", "siti_rahayu"],
)
def test_a_training_message_with_a_contact_or_a_mask_is_found(text: str) -> None:
    assert still_personal(text)


@pytest.mark.parametrize("text", ["gaji 15.000.000 sebulan", "umur 25 boleh?", "ថ្លៃ ៣០០ ដុល្លារ"])
def test_amounts_and_ages_are_no_contacts(text: str) -> None:
    assert still_personal(text) == []
