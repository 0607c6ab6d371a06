"""The short answer a worker reads on a small phone."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pytest
import yaml

from bot.offers.agencies.register import Listing
from bot.offers.assess import assess
from bot.offers.message import ANSWERS, EVIDENCE_CHARS, clip, explain, next_question, reasons, verdict
from bot.offers.rules import FLAG_IDS, rules
from bot.offers.verdict import Asker, Flag
from bot.settings import DATA
from bot.texts import LANGS, Lang, catalogue, placeholders, render

MAX_WORDS, MAX_CHARS = 90, 700
OFFER = (
    "LOWONGAN KAMBOJA Customer Service gaji 12-15jt, tiket pesawat, visa, mess & makan semua ditanggung "
    "oleh perusahaan, tanpa pengalaman, paspor nanti disimpan kantor, kuota terbatas, WA 081234567890"
)


def texts(lang: Lang) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((DATA / "texts" / lang / "offers.yml").read_text(encoding="utf-8"))
    return found


def answer(text: str, lang: Lang) -> str:
    return "\n".join(render(key, lang, **values) for key, values in verdict(assess(text), lang))


@pytest.mark.parametrize("lang", LANGS)
def test_the_answer_fits_a_small_screen_and_quotes_the_person(lang: Lang) -> None:
    said = answer(OFFER, lang)
    assert len(said.split()) <= MAX_WORDS and len(said) <= MAX_CHARS
    assert said.startswith("🔴") and "paspor nanti disimpan" in said
    assert sum(1 for line in said.splitlines() if line[0] in "“«") == 3


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize(
    "text", ["", "halo kak", "bintang kecil di langit yang biru amat banyak", OFFER, "loker bandung kasir"]
)
def test_every_key_of_an_answer_is_in_the_catalogue(text: str, lang: Lang) -> None:
    found = assess(text)
    for key, values in [*verdict(found, lang), *explain(found)]:
        assert placeholders(catalogue(lang)[key]) == set(values)


def test_no_sentence_calls_an_offer_safe() -> None:
    for key, entry in texts("id").items():
        for sentence in re.split(r"[.!?]", entry["text"]):
            assert "aman" not in sentence.lower().split() or "bukan berarti" in sentence, key
    for key, entry in texts("km").items():
        assert "សុវត្ថិភាព" not in entry["text"] or "មិនមែនមានន័យថា" in entry["text"], key


def test_both_languages_have_the_same_keys_and_placeholders() -> None:
    indonesian, khmer = texts("id"), texts("km")
    assert indonesian.keys() == khmer.keys()
    for key in indonesian:
        assert key.startswith("offer_") and indonesian[key]["note"] and khmer[key]["note"]
        assert placeholders(indonesian[key]["text"]) == placeholders(khmer[key]["text"]), key


def test_every_flag_answer_and_button_has_a_text() -> None:
    known = texts("id").keys()
    assert {f"offer_flag_{flag}_{part}" for flag in FLAG_IDS for part in ("why", "ask")} <= known
    for key, values in ANSWERS.items():
        assert {f"offer_ask_{key}", f"offer_missing_{key}"} <= known
        assert {f"offer_answer_{key}_{value}" for value in values} <= known
        effects = rules().scoring.answers[key]
        assert set(values) == set(effects)
        assert {f"offer_answered_{key}_{value}" for value in values if effects[value].flag} <= known


def test_at_most_three_questions_and_none_when_it_is_already_high() -> None:
    quiet = assess("Ada kerja pabrik di Malaysia gaji RM1.700 per bulan")
    first = next_question(quiet)
    assert first is not None and first[0] == "offer_ask_visa" and first[1][0] == ("work", "offer_answer_visa_work")
    assert next_question(quiet, ("visa", "pays", "contract")) is None
    assert next_question(assess(OFFER)) is None


def test_long_evidence_is_cut_at_a_word_and_never_inside_a_khmer_syllable() -> None:
    assert clip("paspor   nanti\n\u200bdisimpan") == "paspor nanti disimpan"
    assert len(clip("kata " * 40)) <= EVIDENCE_CHARS and clip("kata " * 40).endswith("kata…")
    cut = clip("លិខិតឆ្លងដែនត្រូវប្រគល់ឲ្យក្រុមហ៊ុនរក្សាទុករហូតដល់ចប់កិច្ចសន្យាពីរឆ្នាំ")
    assert len(cut) <= EVIDENCE_CHARS and not cut[:-1].endswith("្")


def test_an_answered_button_becomes_a_reason_without_a_quote() -> None:
    found = assess("Ada kerja pabrik di Malaysia gaji RM1.700 per bulan", answers={"visa": "tourist"})
    assert ("offer_answered_visa_tourist", {}) in verdict(found, "km")


@pytest.mark.parametrize("lang", ["id", "km"])
def test_a_pay_far_above_a_known_one_is_told_in_times_with_its_year(lang: Lang) -> None:
    found = assess("Lowongan CS di Kamboja gaji 18jt, WA 0812-5555-0101", "ID")
    assert found.pay is not None and found.pay.times is not None and found.pay.times >= 2
    said = dict(verdict(found, lang))["offer_pay_times"]
    assert said["times"] == str(round(found.pay.times)) and said["year"] == found.pay.year
    assert said["evidence"] in "Lowongan CS di Kamboja gaji 18jt, WA 0812-5555-0101"


@pytest.mark.parametrize("lang", LANGS)
def test_no_dangerous_verdict_stands_without_a_reason_and_explain_never_sees_nothing(lang: Lang) -> None:
    by_wording = replace(assess(OFFER, "ID"), flags=(), pay=None, wording="deposit kembali")
    for found in (assess("Kerja di Laos, hubungi saya ya kak", "ID"), by_wording):
        assert found.risk in ("medium", "high") and not found.flags
        assert any(key in ("offer_closed_country", "offer_reads_like_scams") for key, _ in verdict(found, lang))
        said = [render(key, lang, **values) for key, values in explain(found)]
        assert said == [render("offer_explain", lang), render("offer_wording_ask", lang)]


@pytest.mark.parametrize("lang", LANGS)
def test_explain_tells_where_the_figure_of_a_usual_pay_is_from(lang: Lang) -> None:
    found = assess("Lowongan CS di Kamboja gaji 18jt, WA 0812-5555-0101", "ID")
    assert found.pay is not None and found.pay.year is not None
    said = "\n".join(render(key, lang, **values) for key, values in explain(found))
    assert clip(found.pay.source, 100) in said and found.pay.year in said


@pytest.mark.parametrize(
    "text, lang, said",
    [
        (
            "Loker Singapura PRT, agen minta potong gaji 6 bulan, kontrak 2 tahun, gaji SGD 550",
            "id",
            "dipotong dari gaji",
        ),
        ("ទៅធ្វើការនៅម៉ាឡេស៊ី ផ្នែកជំនួយការផ្ទះ ប្រាក់ខែ ៤០០$ កាត់ប្រាក់ខែ ៦ខែ ជាថ្លៃសេវា", "km", "កាត់ថ្លៃពីប្រាក់ខែ"),
    ],
)
def test_a_cost_that_is_taken_from_the_pay_is_not_called_money_asked_for_before(
    text: str, lang: Lang, said: str
) -> None:
    found = assess(text)
    keys = [key for key, _ in verdict(found, lang)]
    assert "offer_flag_salary_cut_why" in keys and "offer_flag_upfront_fee_why" not in keys
    assert said in answer(text, lang)
    assert ("offer_flag_salary_cut_ask", {}) in explain(found)


@pytest.mark.parametrize(
    "text, lang, never",
    [
        ("Loker CS gaji 15jt, tanpa pengalaman, tiket ditanggung, tele @hr_slot22", "id", "di sana"),
        ("រើសបុគ្គលិកឆាត ប្រាក់ខែ ១៥០០$ មិនត្រូវការបទពិសោធន៍ សំបុត្រហ្វ្រី តេឡេ @abckh", "km", "នៅទីនោះ"),
    ],
)
def test_no_usual_pay_is_claimed_where_none_is_known(text: str, lang: Lang, never: str) -> None:
    found = assess(text)
    assert found.facts.country is None and "salary_too_high" in {flag.id for flag in reasons(found)}
    reason = next(line for line in answer(text, lang).splitlines() if "15" in line or "១៥" in line)
    assert never not in reason


FEE = "loker gudang di Polandia, biaya proses 55jt, ditunggu di terminal"


def _flag(name: str, words: str, *, learned: bool = False) -> Flag:
    start = FEE.index(words)
    return Flag(name, 4, words, start, start + len(words), learned=learned)


def test_the_same_words_are_no_second_reason() -> None:
    fee, by_model = _flag("upfront_fee", "biaya proses 55jt"), _flag("debt_bond", "proses 55jt", learned=True)
    found = replace(assess(FEE), flags=(fee, by_model), wording=None)
    assert reasons(found) == [fee]
    assert [key for key, _ in verdict(found, "id") if key.endswith("_why")] == ["offer_flag_upfront_fee_why"]
    elsewhere = _flag("irregular_route", "ditunggu di terminal", learned=True)
    assert reasons(replace(found, flags=(fee, by_model, elsewhere))) == [fee, elsewhere]


@pytest.mark.parametrize(
    "text, asker, hidden",
    [
        ("Loker Kamboja admin slot gaji 15jt, tiket ditanggung, tele @hr_slot22", "ID", "15jt"),
        ("ទទួលពលករទៅថៃ ឆ្លងតាមរបៀងព្រៃ ប៉ោយប៉ែត ថ្លៃ 3500បាត មិនបាច់ប៉ាស្ព័រ ចេញយប់ ទាក់ទង ០៨៨១២៣៤៥៦៧", "KH", "3500បាត"),
    ],
)
def test_words_that_are_shown_do_not_take_the_place_of_others(text: str, asker: Asker, hidden: str) -> None:
    shown = [flag.evidence for flag in reasons(assess(text, asker))]
    assert len(set(shown)) == 3 and any(hidden in words for words in shown)


def test_the_same_words_are_shown_twice_where_there_are_no_others_or_both_are_acts() -> None:
    fee, soft = _flag("upfront_fee", "biaya proses 55jt"), _flag("vague_job", "biaya proses 55jt")
    act = _flag("passport_surrender", "proses 55jt")
    found = replace(assess(FEE), wording=None)
    assert reasons(replace(found, flags=(fee, soft))) == [fee, soft]
    assert reasons(replace(found, flags=(fee, act, soft))) == [fee, act, soft]


def test_the_wording_that_decided_is_no_reason_of_another_flag() -> None:
    by_model = _flag("irregular_route", "ditunggu di terminal", learned=True)
    found = replace(assess(FEE), risk="high", flags=(by_model,), wording=by_model.evidence)
    assert [values.get("evidence") for _, values in verdict(found, "id")].count(by_model.evidence) == 1


@pytest.mark.parametrize("lang", LANGS)
def test_what_an_offer_leaves_out_is_said_last_and_quotes_nothing(lang: Lang) -> None:
    fee, left_out = _flag("upfront_fee", "biaya proses 55jt"), _flag("unlicensed_agency", "gudang", learned=True)
    heard = _flag("irregular_route", "ditunggu di terminal", learned=True)
    found = replace(assess(FEE), flags=(fee, left_out, heard), wording=None)
    assert reasons(found) == [fee, heard, left_out]
    assert ("offer_flag_unlicensed_agency_left_out", {}) in verdict(found, lang)
    by_phrase = replace(found, flags=(replace(left_out, learned=False),))
    assert ("offer_flag_unlicensed_agency_why", {"evidence": "gudang"}) in verdict(by_phrase, lang)


def test_whose_company_is_on_a_list_is_not_told_that_nobody_knows_who_sends_him() -> None:
    left_out = _flag("unlicensed_agency", "gudang", learned=True)
    listed = Listing("p3mi", "listed", "PT Andromeda Graha", "PT ANDROMEDA GRAHA", as_of="2026-09-17")
    unclear = _flag("vague_job", "gudang", learned=True)
    assert reasons(replace(assess(FEE), flags=(left_out, unclear), wording=None, listing=listed)) == [unclear]


@pytest.mark.parametrize(
    "text, number",
    [
        ("Kerja di Malaysia jadi ART, WA 0812 3333 4444", "WA 0812 3333 4444"),
        ("ទៅធ្វើការនៅម៉ាឡេស៊ី ជំនួយការផ្ទះ ៣៥០$ ទាក់ទង ០១២ ៣៤៥ ៦៧៨", "០១២ ៣៤៥ ៦៧៨"),
    ],
)
def test_a_number_to_call_is_quoted_for_nothing_but_itself(text: str, number: str) -> None:
    start = text.index(number)
    unclear = Flag("urgency", 3, number, start, start + len(number), learned=True)
    personal = replace(unclear, id="informal_contact")
    found = replace(assess(text), flags=(unclear, personal), wording=None)
    assert reasons(found) == [personal]


@pytest.mark.parametrize(
    "text, lang",
    [
        (
            "Saya ditawari magang di Jepang lewat LPK, bayar 35 juta, dijanjikan gaji 15 juta, LPK belum punya izin SO",
            "id",
        ),
        ("ទៅធ្វើការនៅថៃ រោងចក្រត្រីកំប៉ុង ប្រាក់ខែ ១២០០០បាត មីងខ្ញុំប្រាប់", "km"),
    ],
)
def test_the_wording_that_decided_is_not_quoted_behind_its_own_words(text: str, lang: Lang) -> None:
    found = assess(text)
    assert found.wording is not None and found.flags
    assert [key for key, _ in verdict(found, lang) if key == "offer_reads_like_scams"] == []


def test_what_the_person_asks_us_shows_no_flag() -> None:
    forwarded = "BUTUH 5 org cewe kerja di salon Malaysia\nberangkat hari sabtu via batam\npaspor pelancong dulu"
    found = assess(f"{forwarded}\nkak ini aman ga?")
    assert found.risk == "high"
    assert not [flag.evidence for flag in found.flags if "aman" in flag.evidence]


def test_a_sum_is_not_cut_in_its_middle() -> None:
    found = assess("adik saya ditawari kerja di kamboja gaji 12 juta tanpa pengalaman tiket ditanggung")
    assert not [flag.evidence for flag in found.flags if flag.evidence.endswith(" 12")]


def test_a_telephone_number_shows_nothing_but_a_contact() -> None:
    wall = """ក្រុងបាវិត បុគ្គលិកឆ្លើយសារអតិថិជន (CS)
💵 ៨០០-១២០០$ 🏠 មានកន្លែងស្នាក់នៅ + បាយ ៣ ពេល
✅ មិនទាមទារបទពិសោធន៍ ✅ អាយុ ១៨-៣០
📲 Telegram: @hr_bavet168"""
    shown = {flag.id for flag in assess(wall).flags if "@hr_bavet168" in flag.evidence}
    assert shown == {"informal_contact"}
