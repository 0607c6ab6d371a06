"""Numbers people are given: the right one for where they are, and none that may not be shown."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from bot.knowledge import answers, contacts, facts
from bot.knowledge.contacts import Contact
from bot.texts import LANGS, Lang

TODAY = dt.date(2026, 12, 2)
CALLED = dt.date(2027, 2, 23)
LATER = (dt.timedelta(0), dt.timedelta(90), dt.timedelta(365))
COUNTRIES = [*facts.PLACES, None]


def first(place: str | None, nationality: str | None, today: dt.date = TODAY, lang: Lang | None = None) -> Contact:
    """The number that somebody in danger is given first."""
    return contacts.for_distress(place, nationality, today, lang=lang)[0]


def lines(place: str | None, nationality: str | None, lang: Lang, today: dt.date = TODAY) -> list[str]:
    found = contacts.for_distress(place, nationality, today, lang=lang)
    return [contacts.line(one, lang, place=place, today=today) for one in found]


@pytest.mark.parametrize(
    "place, contact_id",
    [
        ("KH", "id_kbri_phnom_penh"),
        ("TH", "id_kbri_bangkok"),
        ("MM", "id_kbri_yangon"),
        ("VN", "id_kbri_hanoi"),
        ("LA", "id_kbri_vientiane"),
        ("MY", "id_kbri_kuala_lumpur"),
        ("TW", "id_kemlu_pwni"),
        (None, "id_kemlu_pwni"),
        ("ID", "id_bp2mi_halo"),
    ],
)
def test_an_indonesian_in_danger_gets_the_mission_of_that_country_or_the_ministry(
    place: str | None, contact_id: str
) -> None:
    assert first(place, "ID").id == contact_id


def test_two_nationalities_in_twenty_five_countries_always_get_a_number_that_can_be_dialled_there() -> None:
    assert len(facts.PLACES) == 25
    for later in LATER:
        for place in facts.PLACES:
            for nationality in facts.CITIZENS:
                for lang in LANGS:
                    today = TODAY + later
                    found = first(place, nationality, today, lang)
                    phone = found.phone(place)
                    assert phone is not None and (phone.dial_from == "anywhere" or found.country == place)
                    assert lines(place, nationality, lang, today)[0].startswith(phone.number)
        assert facts.without_number(TODAY + later) == []


@pytest.mark.parametrize("place", COUNTRIES)
def test_every_number_is_given_with_its_month_and_the_words_that_nobody_called_it(place: str | None) -> None:
    for nationality in ("ID", "KH", None):
        for lang, said in (("id", "belum kami coba telepon"), ("km", "យើងមិនទាន់បានហៅសាក")):
            assert all(said in one for one in lines(place, nationality, lang))  # type: ignore[arg-type]


def test_a_cambodian_at_home_gets_1288_without_words_about_abroad_or_the_police() -> None:
    (khmer,), (indonesian,) = lines("KH", "KH", "km"), lines("KH", "KH", "id")
    assert khmer.startswith("1288 (សេវា ១២៨៨ កម្ពុជា, គិតត្រឹមឆ្នាំ២០១៥, យើងមិនទាន់បានហៅសាក)")
    assert indonesian.startswith("1288 (layanan 1288 Kamboja, per 2015, belum kami coba telepon)")
    for told in (khmer, indonesian):
        assert not any(word in told.lower() for word in ("polisi", "diawasi", "នគរបាល", "តាមមើល"))


@pytest.mark.parametrize("place", ["TH", "MM", "TW", "HK", "SG"])
def test_a_cambodian_abroad_gets_an_embassy_that_can_be_called_from_there(place: str) -> None:
    (khmer,), (indonesian,) = lines(place, "KH", "km"), lines(place, "KH", "id")
    assert khmer.startswith("+60 3 4257 1150 (ស្ថានទូតកម្ពុជា កូឡាឡាំពួរ, ហៅពីប្រទេសផ្សេងបាន, ")
    assert indonesian.startswith(
        "+60 3 4257 1150 (Kedutaan Besar Kamboja Kuala Lumpur, bisa ditelepon dari negara lain, "
    )


@pytest.mark.parametrize(
    ("place", "number"), [("MY", "+60 3 4257"), ("KR", "+82 2 3785"), ("VN", "+84 24 3942"), ("JP", "+81 3 5412")]
)
def test_a_cambodian_gets_the_own_embassy_of_the_country_of_stay(place: str, number: str) -> None:
    (line,) = lines(place, "KH", "km")
    assert line.startswith(number) and "ហៅពីប្រទេសផ្សេង" not in line


def test_in_thailand_a_cambodian_is_also_shown_the_line_that_answers_there() -> None:
    assert [c.id for c in contacts.reachable("TH", "KH", TODAY)][:2] == ["kh_embassy_kuala_lumpur", "th_social_1300"]


def test_a_cambodian_whose_country_nobody_knows_gets_a_number_for_abroad_and_one_for_home() -> None:
    abroad, home = lines(None, "KH", "km")
    assert abroad.startswith("+60 3 4257 1150") and home.startswith("1288 ")
    assert "ហៅបានតែក្នុងប្រទេសកម្ពុជា" in home


def test_a_person_is_warned_before_calling_a_line_that_may_betray_them() -> None:
    known = {c.id: c for c in contacts.directory().contacts}
    assert "Tulis dulu di sini" in contacts.line(known["kh_ahtjp_1288"], "id", place="KH")
    assert "សូមសរសេរមកទីនេះសិន" in contacts.line(known["kh_ahtjp_1288"], "km", place="KH")
    assert "tanya petugas" in contacts.line(known["kh_police_117"], "id", place="KH")


def test_the_embassy_line_names_number_office_and_month_of_the_page_that_prints_it() -> None:
    (line,) = lines("KH", "ID", "id")
    assert line == "+855 12 813 282 (KBRI Phnom Penh, WhatsApp, per Des 2025, belum kami coba telepon)"
    assert "គិតត្រឹមខែធ្នូ ឆ្នាំ២០២៥" in lines("KH", "ID", "km")[0]


def test_an_unknown_nationality_is_guessed_from_the_language() -> None:
    assert first("KH", None, lang="km").id == "kh_ahtjp_1288"
    assert first("KH", None, lang="id").id == "id_kbri_phnom_penh"


def test_a_home_number_is_not_listed_abroad() -> None:
    assert "kh_ahtjp_1288" in {c.id for c in contacts.shown(TODAY, place="KH", nationality="KH")}
    for place in ("TH", "ID", None):
        assert all(c.dial_from == "anywhere" or c.country == place for c in contacts.shown(TODAY, place=place))


@pytest.fixture
def marked(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., None]]:
    """Edits contacts as a maintainer does in the file."""

    def edit(*names: str, **fields: Any) -> None:
        known = contacts.directory()
        changed = [dataclasses.replace(one, **fields) if one.id in names else one for one in known.contacts]
        directory = dataclasses.replace(known, contacts=tuple(changed))
        monkeypatch.setattr(contacts, "directory", lambda: directory)
        facts.facts.cache_clear()

    yield edit
    facts.facts.cache_clear()


def test_a_number_known_to_be_wrong_is_given_to_nobody(marked: Callable[..., None]) -> None:
    marked("id_kbri_phnom_penh", wrong_since=TODAY)
    assert first("KH", "ID", TODAY - dt.timedelta(1)).id == "id_kbri_phnom_penh"
    assert first("KH", "ID").id == "id_kemlu_pwni"
    assert contacts.current("id_kbri_phnom_penh", TODAY) is None
    assert facts.without_number(TODAY) == [], "another number stands in its place"


def test_it_is_said_who_is_left_without_a_number_when_the_only_one_is_wrong(marked: Callable[..., None]) -> None:
    marked("kh_ahtjp_1288", "kh_molvt_1297", wrong_since=TODAY)
    assert "the answer fees_kh for KH" in facts.without_number(TODAY)
    assert "NO NUMBER for the answer fees_kh for KH" in facts.table(TODAY, 30)


def test_a_number_that_two_people_called_comes_before_one_that_nobody_called(marked: Callable[..., None]) -> None:
    called = {"checked_by": ("sari", "dara"), "checked_on": TODAY, "expires_on": TODAY + dt.timedelta(100)}
    marked("id_kemlu_pwni", **called)
    assert [c.id for c in contacts.reachable("KH", "ID", TODAY)][:2] == ["id_kemlu_pwni", "id_kbri_phnom_penh"]
    later = TODAY + dt.timedelta(100)
    assert first("KH", "ID", later).id == "id_kbri_phnom_penh", "their word has run out"
    kemlu = {c.id: c for c in contacts.directory().contacts}["id_kemlu_pwni"]
    assert contacts.line(kemlu, "id", today=TODAY).endswith("dicek Des 2026)")
    assert contacts.line(kemlu, "id", today=later).endswith("dicek Des 2026, sudah lama)")


@pytest.fixture
def confirmed(monkeypatch: pytest.MonkeyPatch) -> contacts.Directory:
    """Every contact called by two people on one day, good for a month."""
    known = contacts.directory()
    called = tuple(
        dataclasses.replace(c, checked_by=("sari", "dara"), checked_on=CALLED, expires_on=dt.date(2027, 3, 23))
        for c in known.contacts
    )
    directory = dataclasses.replace(known, contacts=called)
    monkeypatch.setattr(contacts, "directory", lambda: directory)
    return directory


def test_a_number_for_operators_is_never_shown_even_when_confirmed(confirmed: contacts.Directory) -> None:
    for safe in (True, False):
        for place in COUNTRIES:
            seen = contacts.shown(CALLED, place=place, safe=safe)
            assert seen
            assert all(contact.show_when != "operator_only" for contact in seen)
    assert contacts.current("kh_embassy_jakarta", CALLED, safe=True) is None


def test_police_117_is_only_for_people_who_are_safe(confirmed: contacts.Directory) -> None:
    assert "kh_police_117" not in {c.id for c in contacts.shown(CALLED, place="KH")}
    assert "kh_police_117" in {c.id for c in contacts.shown(CALLED, place="KH", safe=True)}


def test_a_cambodian_abroad_gets_the_embassy_there_once_it_is_confirmed(confirmed: contacts.Directory) -> None:
    found = first("MY", "KH", CALLED)
    assert found.id == "kh_embassy_kuala_lumpur"
    assert contacts.line(found, "id", place="MY", today=CALLED).endswith("dicek Feb 2027)")


def test_one_person_calling_twice_confirms_nothing() -> None:
    contact = dataclasses.replace(
        contacts.directory().contacts[0],
        checked_by=("sari", "sari"),
        checked_on=TODAY,
        expires_on=CALLED,
    )
    assert not contact.confirmed
    assert not contacts.called(contact, TODAY)
    assert "belum kami coba telepon" in contacts.line(contact, "id")


def test_inside_indonesia_the_free_number_is_given() -> None:
    contact = {c.id: c for c in contacts.directory().contacts}["id_bp2mi_halo"]
    assert contacts.line(contact, "id", place="ID").startswith("0800 1000 (")
    assert contacts.line(contact, "id", place="KH").startswith("+62 21 2924 4800 (")


def test_a_confirmed_embassy_is_the_one_a_question_about_it_shows(confirmed: contacts.Directory) -> None:
    for place, number in (("MY", "+60 3 4257 1150"), ("KR", "+82 2 3785 1041"), ("VN", "+84 24 3942 4788")):
        found = answers.answer("embassy_contact", "km", nationality=None, country=place, today=CALLED)
        assert number in found.text and not found.no_mission
    # Its page is known, its number is not.
    assert answers.answer("embassy_contact", "km", nationality=None, country="TH", today=CALLED).no_mission
