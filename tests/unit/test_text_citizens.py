"""Whose citizen somebody says they are, and whose embassy is meant: their number and their desk depend on it."""

from __future__ import annotations

import pytest

from nlu.understanding.citizens import Mission, mission, said


@pytest.mark.parametrize(
    ("text", "home"),
    [
        ("saya orang kamboja disekap di poipet tolong", "KH"),
        ("halo kak saya org kmboja", "KH"),
        ("kami 3 orang kamboja di myawaddy", "KH"),
        ("i am from cambodia, they locked us in a building in myanmar", "KH"),
        ("I'm a Cambodian worker in Thailand", "KH"),
        ("help we are 4 indonesians", "ID"),
        ("ខ្ញុំជាជនជាតិឥណ្ឌូណេស៊ី", "ID"),
        ("បង ខ្ញុំជាពលករខ្មែរ", "KH"),
        ("knhom chea khmer nov thai", "KH"),
        ("knhom chun cheat indonesia", "ID"),
    ],
)
def test_who_somebody_says_they_are_is_heard(text: str, home: str) -> None:
    assert said(text) == home


@pytest.mark.parametrize(
    "text",
    [
        "saya di kamboja",
        "saya kamboja",
        "saya dari kamboja mau pulang",
        "i am in cambodia",
        "bos saya orang kamboja",
        "istri saya orang indonesia",
        "saya bukan orang kamboja",
        "ប្រពន្ធខ្ញុំជាជនជាតិខ្មែរ",
        "thaoke knhom chea khmer",
        "saya orang indonesia, istri orang kamboja, saya orang kamboja",
        "",
        "saya orang kamboja " + "a" * 400,
    ],
)
def test_where_somebody_is_and_who_others_are_says_nothing_of_it(text: str) -> None:
    assert said(text) is None


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("kedutaan kamboja di jakarta", Mission("KH", "ID")),
        ("nomor kedutaan besar kamboja di jakarta berapa kak", Mission("KH", "ID")),
        ("kedubes kamboja jakarta", Mission("KH", "ID")),
        ("cambodian embassy in jakarta", Mission("KH", "ID")),
        ("kedutaan jepang di jakarta", Mission("JP", "ID")),
        ("ស្ថានទូតឥណ្ឌូណេស៊ីនៅភ្នំពេញ លេខប៉ុន្មាន", Mission("ID", "KH")),
        ("ស្ថានទូតខ្មែរនៅឥណ្ឌូណេស៊ី", Mission("KH", "ID")),
        ("ស្ថានទូតកម្ពុជានៅហ្សាកាតា", Mission("KH", "ID")),
        ("sthan tut indonesia nov phnom penh", Mission("ID", "KH")),
        ("kbri bangkok nomornya", Mission("ID", "TH")),
        ("kbri", Mission("ID", None)),
        ("kedutaan kamboja nomornya berapa", None),
        ("kedutaan kamboja nomor berapa, saya orang indonesia", None),
        ("kedutaan di malaysia", None),
        ("kedutaan kita di korea", None),
        ("ស្ថានទូតនៅម៉ាឡេស៊ី", None),
    ],
)
def test_an_embassy_is_of_one_country_and_in_another(text: str, meant: Mission | None) -> None:
    assert mission(text) == meant
