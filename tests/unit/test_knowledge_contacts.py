"""Numbers people are given: the right one for where they are, and none that may not be shown."""

from __future__ import annotations

import dataclasses
import datetime as dt

import pytest

from bot.knowledge import answers, contacts
from bot.texts import LANGS, Lang

FIRST_DAY = dt.date(2026, 11, 25)
LAST_DAY = dt.date(2027, 2, 22)
AFTER = dt.date(2027, 2, 23)
COUNTRIES = ["KH", "TH", "MM", "LA", "VN", "PH", "MY", "SG", "KR", "JP", "TW", "HK", "ID", None]


@pytest.mark.parametrize(
    "place, contact_id",
    [
        ("KH", "id_kbri_phnom_penh"),
        ("TH", "id_kbri_bangkok"),
        ("MM", "id_kbri_yangon"),
        ("VN", "id_kjri_hcmc"),
        ("LA", "id_kemlu_pwni"),
        ("MY", "id_kemlu_pwni"),
        (None, "id_kemlu_pwni"),
        ("ID", "id_bp2mi_halo"),
    ],
)
def test_an_indonesian_in_danger_gets_the_mission_of_that_country_or_the_ministry(
    place: str | None, contact_id: str
) -> None:
    found = contacts.for_distress(place, "ID", FIRST_DAY)
    assert found is not None and found.id == contact_id


@pytest.mark.parametrize("place", COUNTRIES)
@pytest.mark.parametrize("nationality", ["ID", "KH", None])
@pytest.mark.parametrize("lang", LANGS)
def test_nobody_in_danger_is_left_without_a_number_in_the_first_ninety_days(
    place: str | None, nationality: str | None, lang: Lang
) -> None:
    for today in (FIRST_DAY, LAST_DAY):
        found = contacts.for_distress(place, nationality, today, lang=lang)
        assert found is not None
        number = found.phone(place)
        assert number is not None
        assert contacts.line(found, lang, place=place).startswith(number.number)


def test_a_cambodian_at_home_gets_1288_without_words_about_abroad() -> None:
    found = contacts.for_distress("KH", "KH", FIRST_DAY)
    assert found is not None and found.number == "1288"
    assert contacts.line(found, "km", place="KH").startswith("1288 (នគរបាលជាតិកម្ពុជា, គិតត្រឹមឆ្នាំ២០១៥)")
    assert contacts.line(found, "id", place="KH").startswith("1288 (Polisi Nasional Kamboja, per 2015)")


@pytest.mark.parametrize("place", ["TH", "MM", "MY", None])
def test_a_cambodian_abroad_is_told_that_1288_works_only_inside_cambodia(place: str | None) -> None:
    found = contacts.for_distress(place, "KH", FIRST_DAY)
    assert found is not None and found.number == "1288"
    assert "ហៅបានតែក្នុងប្រទេសកម្ពុជា" in contacts.line(found, "km", place=place)
    assert "hanya dari dalam Kamboja" in contacts.line(found, "id", place=place)


def test_a_watched_person_is_warned_before_calling_the_police() -> None:
    for name in ("kh_ahtjp_1288", "kh_police_117"):
        contact = {c.id: c for c in contacts.directory().contacts}[name]
        assert "diawasi" in contacts.line(contact, "id", place="KH")
        assert "តាមមើល" in contacts.line(contact, "km", place="KH")


def test_the_embassy_line_names_number_office_and_month_of_the_page_that_prints_it() -> None:
    found = contacts.for_distress("KH", "ID", FIRST_DAY)
    assert found is not None
    assert contacts.line(found, "id") == "+855 12 813 282 (KBRI Phnom Penh, WhatsApp, per Des 2025)"
    assert "គិតត្រឹមខែធ្នូ ឆ្នាំ២០២៥" in contacts.line(found, "km")


def test_an_unknown_nationality_is_guessed_from_the_language() -> None:
    khmer = contacts.for_distress("KH", None, FIRST_DAY, lang="km")
    indonesian = contacts.for_distress("KH", None, FIRST_DAY, lang="id")
    assert khmer is not None and khmer.id == "kh_ahtjp_1288"
    assert indonesian is not None and indonesian.id == "id_kbri_phnom_penh"


def test_the_start_set_is_hidden_after_ninety_days() -> None:
    assert {c.id for c in contacts.shown(LAST_DAY, place="KH")} == {c.id for c in contacts.shown(FIRST_DAY, place="KH")}
    assert contacts.shown(AFTER, place="KH", safe=True) == []
    assert contacts.for_distress("KH", "ID", AFTER) is None
    assert contacts.for_distress("KH", "KH", AFTER) is None


def test_only_the_start_set_is_shown_on_a_fresh_install() -> None:
    for place in COUNTRIES:
        assert all(contact.start_set for contact in contacts.shown(FIRST_DAY, place=place, safe=True))


def test_a_home_number_is_not_listed_abroad() -> None:
    assert "kh_ahtjp_1288" in {c.id for c in contacts.shown(FIRST_DAY, place="KH", nationality="KH")}
    for place in ("TH", "ID", None):
        assert all(c.dial_from == "anywhere" for c in contacts.shown(FIRST_DAY, place=place))


@pytest.fixture
def confirmed(monkeypatch: pytest.MonkeyPatch) -> contacts.Directory:
    """Every contact called by two people on the day the start set ends, good for a month."""
    known = contacts.directory()
    called = tuple(
        dataclasses.replace(c, checked_by=("sari", "dara"), checked_on=AFTER, expires_on=dt.date(2027, 3, 23))
        for c in known.contacts
    )
    directory = dataclasses.replace(known, contacts=called)
    monkeypatch.setattr(contacts, "directory", lambda: directory)
    return directory


def test_a_number_for_operators_is_never_shown_even_when_confirmed(confirmed: contacts.Directory) -> None:
    for safe in (True, False):
        for place in COUNTRIES:
            seen = contacts.shown(AFTER, place=place, safe=safe)
            assert seen
            assert all(contact.show_when != "operator_only" for contact in seen)
    assert contacts.current("kh_embassy_jakarta", AFTER, safe=True) is None


def test_police_117_is_only_for_people_who_are_safe(confirmed: contacts.Directory) -> None:
    assert "kh_police_117" not in {c.id for c in contacts.shown(AFTER, place="KH")}
    assert "kh_police_117" in {c.id for c in contacts.shown(AFTER, place="KH", safe=True)}


def test_a_cambodian_abroad_gets_the_embassy_there_once_it_is_confirmed(confirmed: contacts.Directory) -> None:
    found = contacts.for_distress("MY", "KH", AFTER)
    assert found is not None and found.id == "kh_embassy_kuala_lumpur"
    assert contacts.line(found, "id", place="MY").endswith("dicek Feb 2027)")


def test_a_confirmed_number_is_hidden_when_it_expires(confirmed: contacts.Directory) -> None:
    assert contacts.for_distress("KH", "ID", dt.date(2027, 3, 22)) is not None
    assert contacts.for_distress("KH", "ID", dt.date(2027, 3, 23)) is None


def test_one_person_calling_twice_confirms_nothing() -> None:
    contact = dataclasses.replace(
        contacts.directory().contacts[0],
        start_set=False,
        checked_by=("sari", "sari"),
        checked_on=FIRST_DAY,
        expires_on=AFTER,
    )
    assert not contact.confirmed
    assert not contacts.directory().fresh(contact, FIRST_DAY)


def test_inside_indonesia_the_free_number_is_given() -> None:
    contact = {c.id: c for c in contacts.directory().contacts}["id_bp2mi_halo"]
    assert contacts.line(contact, "id", place="ID").startswith("0800 1000 (")
    assert contacts.line(contact, "id", place="KH").startswith("+62 21 2924 4800 (")


def test_a_confirmed_embassy_is_the_one_a_question_about_it_shows(confirmed: contacts.Directory) -> None:
    for place, number in (("MY", "+60 3 4257 1150"), ("KR", "+82 2 3785 1041"), ("VN", "+84 24 3942 4788")):
        found = answers.answer("embassy_contact", "km", nationality=None, country=place, today=AFTER)
        assert number in found.text and not found.no_mission
    # Its page is known, its number is not.
    assert answers.answer("embassy_contact", "km", nationality=None, country="TH", today=AFTER).no_mission
