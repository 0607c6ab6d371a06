"""Recruiters seen before: known again in any spelling, and nobody accused by reports that no operator confirmed."""

from __future__ import annotations

import datetime as dt

import pytest

from bot import texts
from bot.offers import message
from bot.offers.agencies import seed
from bot.offers.assess import assess
from bot.offers.outside import Known
from bot.offers.recruiters import Identifier, Seen, identifiers, named
from bot.offers.verdict import Assessment
from bot.texts import LANGS, Lang

OFFERS = {
    "id": "Ada kerja pabrik di Malaysia gaji RM1.700 per bulan, PT Maju, visa kerja, kontrak. WA 0812-3456-7890",
    "km": "ការងាររោងចក្រនៅម៉ាឡេស៊ី ប្រាក់ខែ ៤០០ដុល្លារ មានកិច្ចសន្យា ទាក់ទង 012 345 678",
}
PHONES = {"id": Identifier("phone", "+6281234567890"), "km": Identifier("phone", "+85512345678")}
both = pytest.mark.parametrize("lang", LANGS)


def judged(lang: Lang, senders: int, confirmed: bool = False, text: str | None = None) -> Assessment:
    phone = PHONES[lang]
    known = Known(seed.register(), dt.date(2026, 11, 26), {phone: Seen(phone, senders, confirmed)})
    return assess(text or OFFERS[lang], "ID" if lang == "id" else "KH", known_outside=known)


def told(found: Assessment, lang: Lang) -> str:
    return "\n".join(texts.render(key, lang, **values) for key, values in message.verdict(found, lang))


@pytest.mark.parametrize(
    "words",
    [
        "0812 3456 7890",
        "WA:081234567890",
        "+62 812-3456-7890",
        "wa.me/6281234567890",
        "https://wa.me/6281234567890?text=halo",
    ],
)
def test_one_number_in_many_spellings_is_one_recruiter(words: str) -> None:
    assert named(words) == PHONES["id"]
    assert identifiers(assess(f"Lowongan pabrik Malaysia gaji RM1.700 hubungi {words}").facts)[0] == PHONES["id"]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("@Budi_Kerja", "https://t.me/budi_kerja"),
        ("telegram: budi_kerja", "@budi_kerja"),
        ("https://www.facebook.com/Loker.Malaysia/?ref=share", "http://m.facebook.com/loker.malaysia"),
        ("https://kerja-luar.com/apply?id=3", "www.kerja-luar.com"),
        ("PT. Maju Jaya", "pt maju  jaya"),
        ("HRD@kerja-luar.com", "hrd@kerja-luar.com"),
    ],
)
def test_handles_links_and_names_are_known_again(one: str, other: str) -> None:
    assert named(one) is not None and named(one) == named(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("https://www.facebook.com/groups/1", "https://www.facebook.com/groups/2"),
        ("https://facebook.com/profile.php?id=1", "https://facebook.com/profile.php?id=2"),
        ("https://bit.ly/aaa", "https://bit.ly/bbb"),
        ("PT Maju Jaya", "PT Maju Raya"),
    ],
)
def test_two_pages_of_one_site_are_two_recruiters(one: str, other: str) -> None:
    assert named(one) is not None and named(one) != named(other)


@pytest.mark.parametrize(
    "words",
    [
        "https://siskop2mi.bp2mi.go.id/lowongan",
        "https://www.mlvt.gov.kh",
        "info@kemlu.go.id",
        "https://facebook.com",
        "x",
        "12",
    ],
)
def test_authorities_and_what_leads_to_nobody_are_no_recruiter(words: str) -> None:
    assert named(words) is None


def test_numbers_of_offices_that_we_name_ourselves_are_left_out() -> None:
    facts = assess(OFFERS["id"]).facts
    assert PHONES["id"] in identifiers(facts)
    assert PHONES["id"] not in identifiers(facts, {"+6281234567890"})


@both
def test_one_report_says_and_changes_nothing(lang: Lang) -> None:
    alone, found = judged(lang, 0), judged(lang, 1)
    assert (found.risk, found.score, told(found, lang)) == (alone.risk, alone.score, told(alone, lang))


@both
def test_reports_of_several_raise_the_score_say_so_carefully_and_move_no_verdict(lang: Lang) -> None:
    alone = judged(lang, 0)
    for senders in (2, 3, 1000):
        found = judged(lang, senders)
        assert found.risk == alone.risk and found.score > alone.score
        assert {"id": "belum bukti apa-apa", "km": "មិនទាន់ជាភស្តុតាង"}[lang] in told(found, lang)
    assert told(judged(lang, 2), lang) == told(judged(lang, 1000), lang), "how many they are stays with the operators"


@both
def test_a_thousand_unconfirmed_reports_weigh_little_more_than_a_few(lang: Lang) -> None:
    assert judged(lang, 1000).score == judged(lang, 3).score


@both
def test_a_confirmed_recruiter_is_a_warning_before_everything_else(lang: Lang) -> None:
    found = judged(lang, 0, confirmed=True)
    assert found.risk == "high" and found.decided_by == "recruiter_confirmed"
    lines = told(found, lang).splitlines()
    assert lines[0].startswith("🔴") and lines[1].startswith("⚠️")


def test_the_name_of_a_listed_agency_is_accused_by_nobody_but_an_operator() -> None:
    offer = "Lowongan ke Malaysia bersama PT Andromeda Graha, P3MI resmi, operator pabrik gaji RM1.700"
    name = Identifier("agency", "andromedagraha")
    for confirmed, said in ((False, None), (True, True)):
        known = Known(seed.register(), dt.date(2026, 11, 26), {name: Seen(name, 50, confirmed)})
        found = assess(offer, "ID", known_outside=known).reported
        assert (found.confirmed if found is not None else None) == said


def test_a_button_carries_the_answers_and_nothing_a_client_invents() -> None:
    given = {"visa": "tourist", "contract": "yes"}
    assert message.unpacked(message.packed(given)) == given
    assert message.packed({}) == "0000" and message.unpacked("9999") == {}
    assert len(f"offered:explain:{10**18 - 1}:{message.packed(given)}") <= 64
