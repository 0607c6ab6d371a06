"""A position typed or linked is told from sums, questions and offers, in every writing."""

from __future__ import annotations

import pytest

from nlu.understanding.position import bare_place, position


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("11.5564, 104.9282", (11.5564, 104.9282)),
        ("-6.2,106.8", (-6.2, 106.8)),
        ("11,5564, 104,9282", (11.5564, 104.9282)),
        ("11.5564° N, 104.9282° E", (11.5564, 104.9282)),
        ("11°33'N 104°55'E", (11.55, 104.916667)),
        ("11°33’22.5”N 104°55’41.0”E", (11.55625, 104.928056)),
        ("6°12' LS, 106°48' BT", (-6.2, 106.8)),
        ("១១.៥៥៦៤, ១០៤.៩២៨២", (11.5564, 104.9282)),
        ("saya di sini 11.5564 104.9282", (11.5564, 104.9282)),
        ("ទីតាំងខ្ញុំ 11.5564, 104.9282", (11.5564, 104.9282)),
        ("knhom nov ti nis 11.5564,104.9282", (11.5564, 104.9282)),
    ],
)
def test_coordinates(text: str, at: tuple[float, float]) -> None:
    found = position(text)
    assert found is not None and found.at == at


@pytest.mark.parametrize("link", ["maps.app.goo.gl/aBc", "goo.gl/maps/x", "maps.apple.com/?ll=11.5,104.9"])
@pytest.mark.parametrize("words", ["", "di sini", "lokasi saya", "ខ្ញុំនៅទីនេះ", "nov ti nis", "my location", "Bavet"])
def test_a_link_to_a_map(link: str, words: str) -> None:
    found = position(f"{words} https://{link}".strip())
    assert found is not None and found.typed == f"https://{link}" and found.at is None


def test_a_shared_pin_with_its_coordinates() -> None:
    assert position("https://www.google.co.id/maps?q=11.5,104.9\n11.5564, 104.9282") is not None


@pytest.mark.parametrize(
    "text",
    [
        "10.000, 12.500",
        "1.500 25.000",
        "3,5 - 4,5 jt",
        "12.05.2026",
        "0812.3456, 0812.1234",
        "gaji 11.5564, 104.9282",
        "lowongan di sini https://maps.app.goo.gl/aBc gaji 10 juta",
        "di sini aman? https://maps.app.goo.gl/aBc",
        "ការងារនៅទីនេះប្រាក់ខែ ៨០០$ https://maps.app.goo.gl/aBc",
        "https://contoh.id/loker",
        "halo",
        "",
    ],
)
def test_no_position(text: str) -> None:
    assert position(text) is None


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Sihanoukville", "Sihanoukville"),
        ("ក្រុងព្រះសីហនុ", "Sihanoukville"),
        ("bavet", "Bavet"),
        ("saya di bavet", "Bavet"),
        ("ខ្ញុំនៅបាវិត", "Bavet"),
        ("knhom nov poipet", "Poipet"),
    ],
)
def test_the_bare_name_of_a_place(text: str, name: str) -> None:
    found = bare_place(text)
    assert found is not None and found.name == name


@pytest.mark.parametrize(
    "text", ["kalau korea?", "bukan bavet", "gaji di bavet", "ប្រាក់ខែនៅបាវិត", "di bavet apa", "halo"]
)
def test_more_than_a_name(text: str) -> None:
    assert bare_place(text) is None
