"""A kidney or a womb is asked for, dressed up as work."""

from __future__ import annotations

import pytest

from bot.offers.assess import assess
from bot.offers.message import explain, sources, verdict
from bot.texts import Lang


@pytest.mark.parametrize(
    "text",
    [
        "donor ginjal",
        "jual ginjal di kamboja 135 juta",
        "sewa rahim 200 juta, minat inbox",
        "dicari ibu pengganti, 150 juta, tinggal di Phnom Penh 10 bulan",
        "kidney donors wanted, 10,000 dollars, passport arranged",
        "លក់តម្រងនោម",
        "រកស្រីពពោះជំនួស ១ម៉ឺនដុល្លារ",
        "ជួលផ្ទៃ ១០០០០$ ១០ខែ",
        "ke oy knhom tov leuk tomrong nom ban 10000$",
    ],
)
def test_an_offer_for_a_kidney_or_a_womb_is_high_however_short(text: str) -> None:
    found = assess(text)
    assert found.risk == "high" and found.flags[0].id == "scam_sector"
    assert found.flags[0].evidence in text


@pytest.mark.parametrize(
    ("lang", "text"), [("id", "jual ginjal di kamboja 135 juta"), ("km", "លក់តម្រងនោម បាន ១ម៉ឺនដុល្លារ")]
)
def test_the_reason_speaks_of_the_body_and_not_of_gambling(lang: Lang, text: str) -> None:
    found = assess(text)
    assert verdict(found, lang)[1][0] == "offer_flag_body_sale_why"
    assert explain(found)[1][0] == "offer_flag_body_sale_ask"
    assert "https://news.detik.com/berita/d-6833211" in " ".join(url for _, url, _ in sources(found))


@pytest.mark.parametrize(
    "text",
    [
        "Dicari pemain organ tunggal untuk hajatan, 900rb semalam",
        "Lowongan perawat unit ginjal RS Harapan, gaji 5 juta",
        "kerja resmi, bukan jual ginjal ya kak, gaji 5 juta",
        "guru pengganti 2 juta per bulan",
        "warung soto cari yang bisa masak, jual ginjal sapi juga, gaji 2 juta",
        "ហាងលក់បន្លែសរីរាង្គ ត្រូវការអ្នកលក់ ២០០$",
        "ត្រូវការអ្នកលក់ក្រលៀនជ្រូក នៅផ្សារ ២០០$",
        "ជួលផ្ទៃដីធ្វើចម្ការ ត្រូវការកម្មករ ២០០$",
    ],
)
def test_a_keyboard_a_ward_and_a_butcher_sell_nobodys_body(text: str) -> None:
    found = assess(text)
    assert found.risk != "high" and "scam_sector" not in {flag.id for flag in found.flags}
