"""What one message is, whatever the model makes of it: who is in trouble, who is fine, who asks, who advertises."""

from __future__ import annotations

import pytest

from nlu.text.offered import offered
from nlu.text.whom import named
from nlu.understanding.decision import Decision
from nlu.understanding.reader import understand
from nlu.understanding.triage import names_minor, triage

REPORTED = [("report_third_party", 0.8), ("report_distress", 0.1)]
TRAPPED = [("report_distress", 0.85), ("ask_offer_check", 0.1)]


def understood(text: str, ranking: list[tuple[str, float]]) -> Decision:
    return understand(text, rank=lambda _: ranking).decision


@pytest.mark.parametrize(
    "opener",
    [
        "mau tanya kerja di taiwan",
        "halo kak mau nanya kerja di korea syaratnya apa",
        "pengen tanya kesempatan kerja di jepang",
        "mau konsultasi kerja ke hongkong",
        "mau tanya keberangkatan ke korea kapan",
        "min mau tanya ke taiwan berapa biayanya",
        "halo mau ngobrol sebentar soal kerja di jepang",
    ],
)
def test_whoever_asks_about_work_asks_for_no_person(opener: str) -> None:
    assert triage(opener).level == "none"


@pytest.mark.parametrize("wish", ["mau bicara dengan petugas", "bisa ngobrol sama orang kbri?", "mau bicara langsung"])
def test_whoever_wants_a_person_still_gets_one(wish: str) -> None:
    assert triage(wish).level == "human"


@pytest.mark.parametrize(
    "plea",
    [
        "tolong saya disekap di bavet, paspor diambil, hp cuma bisa malam",
        "disekap di poipet, paspor ditahan, tolong",
        "ខ្ញុំនៅបាវិត គេមិនឲ្យចេញ ជួយខ្ញុំផង",
        "nhom nov bavet ke min oy chenh juoy phong",
    ],
)
def test_whoever_names_nobody_else_is_no_third_party(plea: str) -> None:
    found = understood(plea, REPORTED)
    assert found.kind in ("distress", "emergency") and found.about == "self"


@pytest.mark.parametrize(
    "report",
    [
        "adik saya di kamboja dipukul bos tiap malam, tolong",
        "suami saya di kapal dikurung dan diancam mau dibunuh",
        "ប្អូនស្រីខ្ញុំនៅមីយ៉ាន់ម៉ា គេវាយរាល់ថ្ងៃ ជួយផង",
        "paoun srey nhom nov myawaddy ke vay roal thngai juoy phong",
    ],
)
def test_danger_that_a_relative_tells_of_is_an_emergency_of_another(report: str) -> None:
    found = understood(report, REPORTED)
    assert (found.kind, found.about, found.wakes) == ("emergency", "other", True)


@pytest.mark.parametrize(
    "text",
    [
        "paspor saya pegang sendiri kok, gaji juga lancar",
        "saya baik baik saja kak, majikan baik",
        "ga pernah dipukul, bebas keluar tiap minggu",
        "លិខិតឆ្លងដែនខ្ញុំកាន់ខ្លួនឯង ថៅកែល្អណាស់",
        "passport nov neng kloun, thaoke la nas",
    ],
)
def test_whoever_says_that_nothing_is_wrong_is_asked_and_has_no_case(text: str) -> None:
    found = understood(text, [("report_distress", 0.8), ("out_of_scope", 0.2)])
    assert not found.opens_case and found.asks


@pytest.mark.parametrize(
    "text",
    [
        "saya baik baik saja tapi tidak boleh keluar",
        "disuruh bilang saya baik baik saja, majikan baik, tolong",
        "sok sabay te bong, tae ke min oy chenh",
    ],
)
def test_a_denial_that_is_taken_back_is_a_cry(text: str) -> None:
    assert understood(text, TRAPPED).opens_case


def test_danger_is_heard_behind_any_frame() -> None:
    assert understood("gapapa kak, saya pegang sendiri paspornya", [("report_emergency", 0.97)]).opens_case


@pytest.mark.parametrize(
    "offer",
    [
        "Dibutuhkan 10 orang ABK kapal cumi, gaji $380, kontrak 2 tahun, HP dititipkan kapten, tidak boleh keluar. "
        "Minat hub admin",
        "Lowongan admin Kamboja gaji 15 juta, mess gratis, paspor disimpan kantor, minat hubungi wa",
        "ត្រូវការស្រី ៥នាក់ ធ្វើការកាស៊ីណូ ប្រាក់ខែ ៧០០ដុល្លារ ប៉ាស្ព័រក្រុមហ៊ុនទុក ចេញក្រៅមិនបាន មកដាក់ពាក្យ",
    ],
)
def test_a_recruiters_clause_is_no_cry(offer: str) -> None:
    for words in (offer, f"{offer}\nini beneran ga?", f"{offer}\nពិតទេ?", f"pit te? {offer}"):
        found = understood(words, TRAPPED)
        assert (found.kind, found.opens_case, found.asks) == ("offer", False, True), words


@pytest.mark.parametrize(
    "cry",
    [
        "lowongannya admin gaji 15 juta makan gratis, minat hub katanya. sekarang saya dikurung di lantai 5",
        "dijanjiin gaji 15 juta jadi admin, ternyata disuruh nipu, tolong saya",
        "គេផុសថាត្រូវការបុគ្គលិក ៧០០ដុល្លារ ឥឡូវខ្ញុំជាប់ក្នុងអគារ ជួយខ្ញុំផង",
    ],
)
def test_a_cry_that_quotes_an_offer_stays_one(cry: str) -> None:
    assert not offered(cry).is_offer
    assert understood(cry, TRAPPED).opens_case


def test_danger_now_is_never_taken_for_an_offer() -> None:
    text = "Lowongan ABK kapal cumi gaji $380 sebulan, minat hub admin"
    assert offered(text).is_offer
    assert understood(text, [("report_emergency", 0.9)]).opens_case


@pytest.mark.parametrize(
    "text",
    [
        "mas aku sek 15 taun, digowo nang Batam",
        "anak tetangga, 14 taun, dikasih ke majikan",
        "baru lulus SMP, sekarang di Jordan",
        "ខ្ញុំ១៦ គេឲ្យបោកគេ",
        "ខ្ញុំនៅថ្នាក់ទី៩ គេលក់ខ្ញុំ",
        "oun ayu 16 te, ke vay oun, juoy phong",
        "aku cewe 17thn, disuruh nipu orang, mau pulang",
        "baru ultah ke 17 di sini, tiap hari disetrum",
        "Saya kelahiran Desember 2010, dijual ke agen",
        "sa baru tamat SMP, upah tidak pernah dikasih",
        "មិនទាន់គ្រប់១៧ផង គេមិនឱ្យលុយ",
        "មិត្តរួមថ្នាក់ខ្ញុំជាប់នៅប៉ោយប៉ែត",
        "teb 14 chhnam ke yok tov touk nesat",
        "kert 2011 bong, ke bongkhom bohk ke",
        "rean nov thnak ti 10, jab nov chan ti 4",
    ],
)
def test_an_age_is_understood_however_it_is_told(text: str) -> None:
    assert names_minor(text)


@pytest.mark.parametrize(
    "text",
    [
        "ខ្ញុំ១៦ខែមិនបានលុយ",
        "saya 15 tahun kerja di sini",
        "ខ្ញុំ១០នាក់នៅទូក",
        "kontrak 10 tahun, paspor diambil",
        "sudah 12 tahun disiksa",
        "udah 15 tahun ga pulang, paspor ditahan",
        "min 17 tahun, paspor dipegang agen",
    ],
)
def test_what_is_counted_otherwise_is_no_age(text: str) -> None:
    assert not names_minor(text)


@pytest.mark.parametrize(
    "offer",
    [
        "Lowongan ART, lulus SMP, gaji RM1500, HP dikumpulkan majikan, tidak boleh keluar rumah, paspor dipegang agen",
        "Loker pabrik Taiwan, tamat SMP, pengalaman 8 tahun, paspor dipegang agen, tidak boleh keluar mess",
        "រើសបុគ្គលិក រៀនត្រឹមថ្នាក់ទី៦ក៏បាន ប្រាក់ខែ ៥០០ដុល្លារ ប៉ាស្ព័រទុកនៅក្រុមហ៊ុន មិនឱ្យចេញក្រៅ",
    ],
)
def test_what_a_recruiter_asks_of_schooling_makes_an_offer_no_report_of_a_child(offer: str) -> None:
    assert not triage(offer).minor


def test_where_a_child_is_named_a_small_hint_opens_a_case() -> None:
    hint = [("ask_offer_check", 0.8), ("report_distress", 0.13)]
    assert understood("saya umur 13, tiap hari pikul sawit", hint).opens_case
    assert not understood("saya umur 33, tiap hari pikul sawit", hint).opens_case


def test_who_names_another_is_told_from_who_does_not() -> None:
    assert named("paman saya di dubai hilang").another_first
    assert not named("saya di dubai, hp disita").another
    assert named("saya kakaknya, dia dikurung").another_first
