"""The notation maintainers write phrases in."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from bot.errors import ReferenceDataInvalid
from bot.offers.assess import assess
from bot.offers.evaluation import scores
from bot.offers.phrases import PhraseInvalid, compile_phrase, expand, look_at
from bot.offers.rules import OFFERS, load_rules, rules


def found(phrase: str, language: str, text: str) -> list[str]:
    views = look_at(text)
    view = views.of(language)
    assert view is not None
    spans = [view.span(match.start(), match.end()) for match in compile_phrase(phrase, language).find(view)]
    return [text[start:end] for start, end in spans]


@pytest.mark.parametrize(
    ("phrase", "language", "text", "words"),
    [
        ("bayar (admin|dp) dulu", "id", "Bayar ADMIN dulu ya", ["Bayar ADMIN dulu"]),
        (
            "tiket [pesawat] gratis",
            "id",
            "tiket gratis, tiket pesawat gratis",
            ["tiket gratis", "tiket pesawat gratis"],
        ),
        ("denda % [juta]", "id", "denda 10 juta", ["denda 10 juta"]),
        ("jangan ~ keluarga", "id", "jangan sampai bilang keluarga", ["jangan sampai bilang keluarga"]),
        ("jangan ~~ keluarga", "id", "jangan. keluarga", []),
        ("visa turis", "id", "visa-turis", ["visa-turis"]),
        ("chat*", "en", "chatting", ["chatting"]),
        ("បង់ លុយ មុន", "km", "ត្រូវ បង់លុយ  មុន", ["បង់លុយ  មុន"]),
        ("មិនឲ្យចេញ", "km", "គេមិនអោយចេញ", ["មិនអោយចេញ"]),
        ("me khyol", "km-Latn", "mee kyol nom tov", ["mee kyol"]),
    ],
)
def test_a_phrase_finds_its_words(phrase: str, language: str, text: str, words: list[str]) -> None:
    assert found(phrase, language, text) == words


@pytest.mark.parametrize("file", ["id_1.jsonl", "km_1.jsonl", "en_1.jsonl"])
def test_a_phrase_is_found_in_the_book_wherever_it_is_found_without_it(file: str) -> None:
    known = rules()
    lists = [*known.context.values(), *(role.phrases for role in known.roles), *(rule.phrases for rule in known.flags)]
    for line in (OFFERS / "building" / file).read_text(encoding="utf-8").splitlines()[::40]:
        text = json.loads(line)["text"]
        by_book, one_by_one = look_at(text, known.book), look_at(text)
        for phrases in lists:
            found = [(number, match.span()) for _, match, number in phrases.find(by_book)]
            assert found == [(number, match.span()) for _, match, number in phrases.find(one_by_one)]


@pytest.mark.parametrize("phrase", ["(a|b", "a)", "%", "[maybe]"])
def test_a_phrase_that_cannot_be_read_says_so(phrase: str) -> None:
    with pytest.raises(PhraseInvalid):
        compile_phrase(phrase, "id")


def test_an_unknown_list_of_words_says_so() -> None:
    with pytest.raises(PhraseInvalid, match="NOBODY"):
        expand("<NOBODY> bayar", {})


def test_a_broken_file_is_named(tmp_path: Path) -> None:
    for path in OFFERS.glob("*.yml"):
        (tmp_path / path.name).write_text(path.read_text(encoding="utf-8"), encoding="utf-8")
    (tmp_path / "scoring.yml").write_text("bands: [", encoding="utf-8")
    with pytest.raises(ReferenceDataInvalid, match=r"scoring\.yml"):
        load_rules(tmp_path)


def test_a_phrase_that_cannot_be_read_is_named_with_its_line(tmp_path: Path) -> None:
    for path in OFFERS.glob("*.yml"):
        (tmp_path / path.name).write_text(path.read_text(encoding="utf-8"), encoding="utf-8")
    flags = tmp_path / "red_flags.yml"
    before, rule, after = flags.read_text(encoding="utf-8").partition("    id: |\n")
    flags.write_text(f"{before}{rule}      (transfer|bayar\n{after}", encoding="utf-8")
    line = before.count("\n") + 2
    with pytest.raises(
        ReferenceDataInvalid, match=rf"red_flags\.yml:{line}: upfront_fee: '\(transfer\|bayar': a \) is missing"
    ):
        load_rules(tmp_path)


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (lambda row: {**row, "flags": ["upfront_fe"]}, ":2: upfront_fe is none of the flags upfront_fee"),
        (
            lambda row: {key: value for key, value in row.items() if key != "salary"},
            ":2: needs a JSON object with text",
        ),
        (lambda row: "a sentence", ":2: needs a JSON object with text"),
    ],
)
def test_a_slip_in_a_building_offer_is_named_with_its_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, change: Callable[[dict[str, object]], object], why: str
) -> None:
    row: dict[str, object] = {"text": "Gaji 5 juta", "lang": "id", "asker": "ID", "class": "honest", "verdict": "low"}
    row |= {"flags": [], "salary": None}
    path = tmp_path / "data" / "id_1.jsonl"
    path.parent.mkdir()
    path.write_text(f"{json.dumps(row)}\n{json.dumps(change(row))}\n", encoding="utf-8")
    monkeypatch.setattr(scores, "DATA", tmp_path / "data")
    with pytest.raises(ReferenceDataInvalid, match=why):
        scores.read(path)


@pytest.mark.parametrize(
    "text",
    [
        "FAQ PT Formosa Karya: Paspor ditahan? Tidak, itu melanggar UU. Berangkat pakai visa turis? Tidak pernah.",
        "Pabrik Taiwan, kontrak disahkan. Paspor gak kami pegang, visa kerja diurus kantor.",
        "Dapur hotel Siem Reap, gaji 430 dolar, kontrak dicek di KBRI. Work permit dan E visa diurus hotel dulu.",
        "Perawat di Jerman, syarat B1/B2 Goethe, kontrak dari rumah sakit",
        "Kerja kebun di Australia dengan Work and Holiday Visa, daftar sendiri di imigrasi",
        "Jaga gudang di Nabire. Tiket kapal diganti perusahaan setelah 3 bulan",
        "Call center bank di Semarang, HP disimpan di loker sendiri waktu shift",
        "មន្ទីរពេទ្យ ត្រូវការគិលានុបដ្ឋាក ៣០០$ តាមបទពិសោធន៍ វេនយប់បន្ថែម ៥$",
        "រោងចក្រនៅជប៉ុន៖ តើក្រុមហ៊ុនទុកប៉ាស្ព័រទេ? ទេ ច្បាប់ហាម។ តើទៅវីសាទេសចរណ៍បានទេ? មិនបានដាច់ខាត។",
    ],
)
def test_an_employer_who_says_what_he_does_not_do_is_not_called_high_for_it(text: str) -> None:
    assert assess(text).risk != "high"


@pytest.mark.parametrize(
    "text",
    [
        "paspor dipegang bos ga apa kan min? gak paham saya, kerja di Malaysia",
        "kerja Thailand, visa turis? tidak masalah kok, nanti diurus",
        "kerja di Korea masuk C-3 dulu",
        "ក្រុមហ៊ុនទុកប៉ាស្ព័រ ល្អទេ? មិនដឹងទេបង ការងារនៅម៉ាឡេស៊ី",
    ],
)
def test_a_worried_question_and_a_soothing_answer_take_nothing_back(text: str) -> None:
    assert assess(text).risk == "high"


@pytest.mark.parametrize(
    "text, evidence",
    [
        ("Dibutuhkan admin Kudus, jam 8-4. Cewek max 25 th, WA 0857 1122 3344", "4. Cewek"),
        ("រើសបុគ្គលិក ម៉ោង 8-4. Cewek 18-25 ភ្នំពេញ តេ 012 345 678", "4. Cewek"),
        ("Lowongan Malaysia, biaya 2.500.000. Ringgit dibayar majikan", "2.500.000. Ringgit"),
    ],
)
def test_a_number_at_the_end_of_a_sentence_belongs_to_no_word_of_the_next(text: str, evidence: str) -> None:
    assert not [flag.evidence for flag in assess(text).flags if evidence in flag.evidence]
