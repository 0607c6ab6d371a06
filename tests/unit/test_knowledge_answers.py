"""Answers to questions: both languages, a source and a month, or honest words that we do not know."""

from __future__ import annotations

import datetime as dt
import re

import pytest

from bot import texts
from bot.errors import ReferenceDataInvalid
from bot.knowledge import answers, check, contacts, coverage
from bot.knowledge.answers import Answer
from bot.texts import LANGS, Lang
from nlu.understanding import dialogue

TODAY = dt.date(2026, 11, 25)
AFTER = dt.date(2027, 2, 23)
YEAR_LATER = dt.date(2027, 12, 2)


def ask(
    topic: str,
    lang: Lang,
    nationality: str | None = None,
    country: str | None = None,
    today: dt.date = TODAY,
    safe: bool = True,
) -> Answer:
    return answers.answer(
        topic, lang, nationality=nationality, country=country, today=today, safe=safe, organisation="KBRI Contoh"
    )


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize("nationality", ["ID", "KH", None])
@pytest.mark.parametrize("topic", answers.TOPICS)
def test_every_question_is_answered_with_source_and_month_or_the_gap_is_said(
    topic: str, nationality: str | None, lang: Lang
) -> None:
    for country in coverage.DESTINATIONS:
        for today in (TODAY, AFTER):
            for safe in (True, False):
                found = ask(topic, lang, nationality, country, today, safe)
                assert "{" not in found.text
                if found.gap:
                    assert found.source is None
                    assert found.text.startswith(texts.render("knowledge_gap", lang))
                elif topic != "privacy_safety":
                    assert found.source is not None and found.source.url.startswith("http") and found.source.date
                    last = found.text.splitlines()[-1]
                    if lang == "id":
                        assert re.search(r"^Sumber: .+, per ((\w{3}) )?\d{4}$", last)
                    else:
                        assert re.search(r"^ប្រភព៖ .+, គិតត្រឹម(ខែ\S+ )?ឆ្នាំ[០-៩]{4}$", last)


@pytest.mark.parametrize("lang", LANGS)
def test_an_answer_is_short_enough_for_a_small_screen(lang: Lang) -> None:
    for entry in answers.entries():
        bare = re.sub(r"\{[^}]*\}", "", f"{entry.text[lang]} {entry.next_step[lang]}")
        assert check.words(bare, lang) <= 90, entry.id


@pytest.mark.parametrize("lang", LANGS)
def test_an_answer_keeps_its_numbers_however_long_nobody_called_them(lang: Lang) -> None:
    number = re.compile(r"\+\d[\d ]+|\b1288\b|\b1297\b|\b0800 1000\b")
    for topic in answers.TOPICS:
        for nationality in ("ID", "KH"):
            for country in coverage.DESTINATIONS:
                now, later = (ask(topic, lang, nationality, country, day).text for day in (TODAY, YEAR_LATER))
                assert number.findall(now) == number.findall(later), topic
                assert not re.search(r"[:៖]\s*(\n\n|$)", later), topic


@pytest.mark.parametrize("lang", LANGS)
def test_a_wage_of_a_year_that_is_over_is_called_old(lang: Lang) -> None:
    year, old = {"id": "2026", "km": "២០២៦"}[lang], texts.render("knowledge_old_figures", lang, year="%")
    for day, said in ((dt.date(2026, 12, 31), False), (dt.date(2027, 1, 1), True)):
        text = ask("salary_rights", lang, country="KR", today=day).text
        assert (old.replace("%", year) in text) == said
    assert old.replace("%", {"id": "2025", "km": "២០២៥"}[lang]) in ask("salary_rights", lang, country="TH").text


def test_an_answer_with_a_figure_of_a_year_says_which_year_that_is() -> None:
    for entry in answers.entries():
        if re.search(r"upah minimum|US\$\d|Rp\d", entry.text["id"], re.IGNORECASE) and re.search(
            r"\d{3}", entry.text["id"]
        ):
            assert entry.figures_of is not None, entry.id


def test_no_operator_only_contact_stands_in_any_answer() -> None:
    hidden = {
        phone.number
        for contact in contacts.directory().contacts
        if contact.show_when == "operator_only"
        for phone in contact.phones
    }
    for topic in answers.TOPICS:
        for nationality in ("ID", "KH"):
            for country in coverage.DESTINATIONS:
                text = ask(topic, "id", nationality, country).text
                assert not any(number in text for number in hidden)


def test_an_indonesian_offered_placement_in_cambodia_hears_that_there_is_none() -> None:
    for topic in ("fees", "visa", "procedure", "agency_check", "contract"):
        assert "tidak punya kerja sama penempatan" in ask(topic, "id", "ID", "KH").text
        assert "គ្មានកិច្ចព្រមព្រៀងបញ្ជូន" in ask(topic, "km", "ID", "KH").text


def test_an_indonesian_who_asks_for_the_official_way_to_malaysia_hears_the_way_and_no_gap() -> None:
    assert "SIAPkerja" in ask("thailand_malaysia_mou", "id", "ID", "MY").text
    assert "SIAPkerja" in ask("thailand_malaysia_mou", "km", "ID", "MY").text
    assert "tidak punya kerja sama penempatan" in ask("thailand_malaysia_mou", "id", "ID", "KH").text


def test_an_indonesian_afraid_of_the_overstay_fine_gets_the_rate_and_no_promise() -> None:
    found = ask("overstay_fine", "id", "ID", "KH")
    assert "US$10 per hari" in found.text and "tidak dijanjikan" in found.text
    assert "+855 12 813 282" in found.text
    assert "គេមិនបានសន្យានឹងអ្នកណាទេ" in ask("overstay_fine", "km", "ID", "KH").text


def test_a_cambodian_asking_about_thailand_hears_that_the_border_today_is_unknown() -> None:
    assert "មិនដឹងថាថ្ងៃនេះយ៉ាងណា" in ask("thailand_malaysia_mou", "km", "KH", "TH").text
    assert "tidak tahu keadaannya hari ini" in ask("thailand_malaysia_mou", "id", "KH", "TH").text


def test_a_cambodian_asking_about_korea_hears_that_nobody_can_sell_a_place() -> None:
    for country in (None, "KR", "KH"):
        assert "លក់កន្លែង" in ask("korea_japan_gtog", "km", "KH", country).text


def test_the_language_tells_the_nationality_when_nobody_said_it() -> None:
    assert ask("hotline", "km").text == ask("hotline", "km", "KH").text
    assert ask("hotline", "id").text == ask("hotline", "id", "ID").text


def test_where_we_know_nothing_we_say_so_and_a_person_in_trouble_still_gets_a_number() -> None:
    found = ask("shelter", "km", "KH", "KH")
    assert found.gap and "1288" in found.text and "មន្ត្រី" in found.text
    assert ask("other", "id", "ID").gap
    assert ask("insurance", "km", "KH").gap


def test_someone_asking_who_reads_is_told_the_organisation_the_days_and_how_to_delete() -> None:
    indonesian, khmer = ask("privacy_safety", "id").text, ask("privacy_safety", "km").text
    assert all(part in indonesian for part in ("KBRI Contoh", "30 hari", "/hapus", "terenkripsi"))
    assert all(part in khmer for part in ("KBRI Contoh", "៣០ ថ្ងៃ", "លុប", "អ៊ិនគ្រីប"))


@pytest.mark.parametrize("lang", LANGS)
def test_nothing_promises_rescue_or_freedom_from_punishment(lang: Lang) -> None:
    promises = {
        "id": ("pasti pulang", "akan diselamatkan", "bebas hukuman", "dijamin", "pasti aman"),
        "km": ("នឹងសង្គ្រោះអ្នក", "ធានាថា", "មិនមានទោសទេ", "ប្រាកដជាបាន"),
    }
    for entry in answers.entries():
        whole = f"{entry.text[lang]} {entry.next_step[lang]}"
        assert not any(promise in whole for promise in promises[lang]), entry.id


@pytest.mark.parametrize("country", ["SA", "AE", "KW", "BN", "SG"])
def test_whoever_named_the_country_is_not_asked_for_it_but_told_whom_to_ask(country: str) -> None:
    for lang in LANGS:
        unnamed = answers.answer("salary_rights", lang, nationality="ID", country=None, today=TODAY)
        named = answers.answer("salary_rights", lang, nationality="ID", country=country, today=TODAY)
        entry = unnamed.entry
        assert entry is not None and named.entry is entry
        assert entry.next_step[lang] in unnamed.text
        assert entry.next_step[lang] not in named.text
        assert "+62 812 9007 0027" in named.text


def test_coverage_has_a_column_for_every_other_destination() -> None:
    assert ("salary_rights", "ID", coverage.ELSEWHERE, True) in coverage.coverage(TODAY)
    assert ("salary_rights", "KH", coverage.ELSEWHERE, False) in coverage.coverage(TODAY)
    assert coverage.table(TODAY).splitlines()[0].endswith("ID ++")


def test_coverage_tells_each_gap() -> None:
    rows = coverage.coverage()
    assert len(rows) == len(answers.TOPICS) * 2 * len(coverage.DESTINATIONS)
    assert ("overstay_fine", "KH", "KH", False) in rows
    assert ("fees", "ID", "KH", True) in rows
    assert len(coverage.table().splitlines()) == 2 + 2 * len(answers.TOPICS)


def test_the_data_files_are_right() -> None:
    check.check()


@pytest.mark.parametrize(
    "old, new, why",
    [
        ("sources: [wage_kr_2026]", "sources: []", "no source"),
        ("confidence: medium", "confidence: low", "low stays out"),
        ("    km: ប្រាក់ឈ្នួលអប្បបរមានៅកូរ៉េ", "    kh: ប្រាក់ឈ្នួលអប្បបរមានៅកូរ៉េ", "exactly id and km"),
        ("10.320 won per jam", "telepon +82 2 3785 1041", "typed phone number"),
        ("10.320 won per jam", "{contact:kh_embassy_jakarta}", "other placeholders"),
        ("10.320 won per jam", " kata" * 100, "at most 90"),
        ("10.320 won per jam", "{contacts", "text has a { or } without the other"),
        ("  proposed_by: project\n", "", "write in proposed_by the name"),
        ("topics: [salary_rights]", "topics: [salary]", "topics must be some of fees, visa, .*data/intents.yml"),
        ("    km: ប្រាក់ឈ្នួលអប្បបរមានៅកូរ៉េ", "    km: ថ្លៃ: ប្រាក់", "quotes around a text with a colon"),
    ],
)
def test_a_wrong_answer_file_is_refused(tmp_path, old: str, new: str, why: str) -> None:  # type: ignore[no-untyped-def]
    folder = tmp_path / "knowledge"
    (folder / "answers").mkdir(parents=True)
    for name in ("contacts.yml", "sources.yml"):
        (folder / name).write_text((answers.FOLDER.parent / name).read_text(encoding="utf-8"), encoding="utf-8")
    text = (answers.FOLDER / "pay.yml").read_text(encoding="utf-8")
    assert old in text
    (folder / "answers" / "pay.yml").write_text(text.replace(old, new), encoding="utf-8")
    with pytest.raises(ReferenceDataInvalid, match=why):
        check.check(folder)


@pytest.mark.parametrize(
    "old, new, why",
    [
        ('number: "+855 12 813 282"', 'number: "+855 1"', "no phone number"),
        (
            'number: "1288", dial_from: home',
            'number: "1288", dial_from: anywhere',
            "needs . and the country code, or else dial_from: home",
        ),
        ("  proposed_by: project\n", "", "id_kbri_phnom_penh: write in proposed_by the name"),
        ("  start_set: true\n", "  start_set: true\n  wrong_since: soon\n", "wrong_since is not a day"),
        ('date: "2025-12-08"', 'date: "2025-13-08"', "there is no day"),
        ("km: ស្ថានទូតឥណ្ឌូណេស៊ី ភ្នំពេញ", "km: ''", "has no km"),
    ],
)
def test_a_wrong_contact_file_is_refused(tmp_path, old: str, new: str, why: str) -> None:  # type: ignore[no-untyped-def]
    folder = tmp_path / "knowledge"
    folder.mkdir()
    text = contacts.FILE.read_text(encoding="utf-8")
    assert old in text
    (folder / "contacts.yml").write_text(text.replace(old, new), encoding="utf-8")
    with pytest.raises(ReferenceDataInvalid, match=why):
        check.check(folder)


@pytest.mark.parametrize(
    ("lang", "country", "number"),
    [
        ("id", "KH", "+855 12 813 282"),
        ("id", "TH", "+66 92 903 1103"),
        ("id", "MM", "+95 9 503 7055"),
        ("id", "KR", "+82 10 5394 2546"),
        ("km", "MY", "+60 3 4257 1150"),
        ("km", "KR", "+82 2 3785 1041"),
    ],
)
def test_whoever_asks_for_the_embassy_gets_its_number_where_we_may_show_it(
    lang: Lang, country: str, number: str
) -> None:
    found = ask("embassy_contact", lang, country=country)
    assert number in found.text and not found.no_mission


@pytest.mark.parametrize(
    ("lang", "country"),
    [("id", "TW"), ("id", "SA"), *(("km", there) for there in ("TH", "LA", "ID", "SG"))],
)
def test_where_no_number_of_the_embassy_may_be_shown_that_is_said_and_a_person_offered(
    lang: Lang, country: str
) -> None:
    for today in (TODAY, AFTER):
        found = ask("embassy_contact", lang, country=country, today=today)
        assert found.no_mission
        assert texts.render("knowledge_no_mission", lang) in found.text
        assert found.text.count(texts.render("knowledge_step_person", lang)) == 1
    assert not ask("embassy_contact", lang).no_mission


@pytest.mark.parametrize(
    ("text", "citizen", "country"),
    [
        ("kedutaan indonesia di korea dimana", "ID", "KR"),
        ("ស្ថានទូតកម្ពុជានៅម៉ាឡេស៊ីលេខប៉ុន្មាន", "KH", "MY"),
        ("sthantut kampuchea nov laos lek ponman", "KH", "LA"),
        ("gaji di indonesia berapa", "ID", "ID"),
        ("apa kabar", "ID", None),
    ],
)
def test_the_embassy_of_their_own_country_is_asked_for_where_they_are(
    text: str, citizen: str, country: str | None
) -> None:
    assert answers.country_of(dialogue.named(text), citizen) == country
