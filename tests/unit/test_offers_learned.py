"""Scams said in ways no phrase of data/offers knows, and their harmless twins."""

from __future__ import annotations

import json

import numpy as np
import pytest

from bot.offers import message, service
from bot.offers.assess import assess, told_of
from bot.offers.evaluation.teach import fingerprint
from bot.offers.learned import ensemble, linear
from bot.offers.pieces import Pieces
from bot.offers.rules import FLAG_IDS
from bot.settings import ROOT

BUILDING = ROOT / "data" / "offers" / "building"

#: A scam, and an honest offer in the same manner. Not in the building set.
TWINS = [
    (
        "Kak, ada om di Bandung mau kirim aku ke Bangkok, katanya di kantor ngobrol sama bule lewat hp, dapet 18 juta, "
        "semua diurusin dia, ibu ga boleh tau dulu",
        "Kak, ada pakde di Garut butuh 2 orang bantu panen cabai, 90rb sehari, makan siang, sore pulang, ibu ikut",
        "ID",
    ),
    (
        "បងមានការងារអង្គុយឆាតជាមួយភ្ញៀវបរទេសនៅក្នុងអគារនៅកំពង់សោម បាន ១២០០$ មិនបាច់ចេះអីទេ គេមកទទួលដល់ផ្ទះ កុំប្រាប់ម៉ែ",
        "ហាងដេរខោអាវនៅតាខ្មៅ ត្រូវការជាងដេរ ២នាក់ ប្រាក់ខែ ២៨០ដុល្លារ មានបាយថ្ងៃត្រង់ ទំនាក់ទំនង ០១២ ៥៥៥ ១២៣",
        "KH",
    ),
    (
        "bong mean ka ngea ongkuy chat knong agear nov kompong som ban 1200$ min bach cheh ey te ke "
        "mok totuol dol pteah "
        "kom prab mae",
        "hang der khao av nov takhmao trov ka chiang der 2 neak prak khae 280$ mean bay thngai trong tel 012 555 123",
        "KH",
    ),
]


@pytest.mark.parametrize(("scam", "honest", "asker"), TWINS)
def test_a_scam_told_in_passing_is_high_and_its_twin_is_not(scam: str, honest: str, asker: str) -> None:
    assert assess(scam, asker).risk == "high"  # type: ignore[arg-type]
    assert assess(honest, asker).risk in ("low", "unknown")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "asker", "flag"),
    [
        (
            "Tetangga bisa antar ke Malaysia kerja kebun, paspor dia yang urus, berangkat bareng dia",
            "ID",
            "unlicensed_agency",
        ),
        ("Ada yang ajak saya kerja di Thailand, kerjaannya apa nanti saja dijelaskan", "ID", "vague_job"),
        ("មានគេឲ្យទៅធ្វើការក្រៅប្រទេស លុយល្អ គេរៀបចំឲ្យអស់ មិនបាច់ចេញអីទេ", "KH", "vague_job"),
    ],
)
def test_a_line_typed_in_a_hurry_shows_its_flag_though_no_phrase_knows_it(text: str, asker: str, flag: str) -> None:
    found = assess(text, asker)  # type: ignore[arg-type]
    assert [one.learned for one in found.flags if one.id == flag] == [True]


@pytest.mark.parametrize(
    ("text", "asker", "flag"),
    [
        (
            "Program G to G Korea, EPS-TOPIK. Biar namanya cepat dipanggil titip 25 juta ke Pak Heru, dia orang dalam "
            "di BP2MI. Sudah banyak yang lolos lewat beliau tahun ini",
            "ID",
            "unlicensed_agency",
        ),
        (
            "EPS Korea: គាត់ថាបើចង់ជាប់ត្រូវឲ្យលុយគាត់ 3000$ មុន គាត់ស្គាល់មន្ត្រីក្រសួង អាចដាក់ឈ្មោះឲ្យបាន មិនបាច់ប្រឡងទេ គ្រាន់តែផ្ញើលុយតាមវីង",
            "KH",
            "upfront_fee",
        ),
    ],
)
def test_a_state_programme_in_his_mouth_hides_no_go_between(text: str, asker: str, flag: str) -> None:
    assert flag in {one.id for one in assess(text, asker).flags}  # type: ignore[arg-type]


def test_what_is_learned_is_shown_in_the_persons_own_words() -> None:
    judged = [(scam, assess(scam, asker).flags) for scam, _, asker in TWINS]  # type: ignore[arg-type]
    learned_flags = [(scam, flag) for scam, flags in judged for flag in flags if flag.learned]
    assert learned_flags
    for scam, flag in learned_flags:
        assert flag.evidence and scam[flag.start : flag.end] == flag.evidence and len(flag.evidence) <= 90


def test_what_a_phrase_found_stands_before_what_was_learned() -> None:
    found = [flag.learned for flag in assess(TWINS[0][0], "ID").flags]
    assert found == sorted(found)


def test_a_kept_passport_stays_high_however_honest_the_rest_reads() -> None:
    calm = (
        "PT Wira Karitas (P3MI, SIP2MI 123/2025), pabrik di Johor, kontrak 2 tahun, gaji RM1.700, daftar lewat Disnaker"
    )
    assert assess(calm, "ID").risk in ("low", "unknown")
    assert assess(f"{calm}. Paspor dipegang agen.", "ID").risk == "high"


@pytest.mark.parametrize(
    ("text", "asker"),
    [
        ("រោងចក្រទូរទឹកកកនៅម៉ាឡេ ✅ វីសាការងារ មិនមែនវីសាទេសចរ ✅ កុងត្រាខ្មែរ-ម៉ាឡេ", "KH"),
        ("យើងមិនដែលកាន់លិខិតឆ្លងដែនកម្មករ មិនដែលបញ្ជូនដោយវីសាទេសចរណ៍ មិនប្រើមេខ្យល់ទេ", "KH"),
        ("rong chak chonburi, krom hun mean license, 11000 baht/khae, ot yok luy mun, passport khluon eng", "KH"),
        ("ប្រាក់ខែ ៣០០$ ជាងសំណង់ មកលេងសិនក៏បាន", "KH"),
        ("ម៉ែក្មេកខ្ញុំធ្វើរោងចក្រនៅថៃ ចប់២ឆ្នាំមកវិញមានលុយសង់ផ្ទះ", "KH"),
        ("Kerja perawat di Riyadh. TIDAK ADA paspor ditahan, TIDAK ADA potongan", "ID"),
    ],
)
def test_what_an_honest_recruiter_denies_is_not_held_against_him(text: str, asker: str) -> None:
    assert assess(text, asker).risk in ("low", "unknown")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "asker", "shown"),
    [
        (
            "Kerja jaga toko di Poipet, gaji 12jt, paspor nanti aman sama bos, pulangnya nanti dipikirin",
            "ID",
            "paspor nanti aman sama bos",
        ),
        ("ការងារនៅកំពង់សោម ៩០០ដុល្លារ លិខិតឆ្លងដែនមានសុវត្ថិភាពជាមួយថៅកែ", "KH", "លិខិតឆ្លងដែនមានសុវត្ថិភាពជាមួយថៅកែ"),
    ],
)
def test_a_passport_that_is_safe_with_the_boss_is_one_he_keeps(text: str, asker: str, shown: str) -> None:
    assert [flag.evidence for flag in assess(text, asker).flags if flag.id == "passport_surrender"] == [shown]  # type: ignore[arg-type]


#: What no phrase knows, in an offer where other words say the same one by one.
OBLIQUE = [
    (
        "Kerja kebun sawit di Sabah, gaji RM1.800.\nPaspor dibuatkan, tiket kapal kami belikan.\n"
        "Begitu landing buku hijau dikumpulkan ke mandor\nHubungi Pak Anton di WA.",
        "ID",
        "passport_surrender",
        "Begitu landing buku hijau dikumpulkan ke mandor",
    ),
    (
        "Kerja kebun sawit di Sabah, gaji RM1.800. Kontrak satu tahun katanya. Hitam di atas putih belakangan aja. "
        "Hubungi Pak Anton di WA.",
        "ID",
        "no_contract",
        "Hitam di atas putih belakangan aja",
    ),
    (
        "Ada kerja jaga toko hp di Bangkok, gaji 14 juta.\nTiket dibelikan bos, tinggal di apartemen.\n"
        "jangan lewat pos imigrasi, ada jalan samping\nHubungi Kak Rio di telegram.",
        "ID",
        "irregular_route",
        "jangan lewat pos imigrasi",
    ),
    (
        "មានការងារលក់ទូរស័ព្ទនៅបាងកក ប្រាក់ខែ ៨០០ដុល្លារ។\nថៅកែទិញសំបុត្រឱ្យ ស្នាក់នៅក្នុងអគារ។\n"
        "ការងារគឺតេទៅជនបរទេសឱ្យគេផ្ទេរលុយមក\nឆាតតេឡេក្រាមបងរ៉ា។",
        "KH",
        "scam_sector",
        "ការងារគឺតេទៅជនបរទេសឱ្យគេផ្ទេរលុយមក",
    ),
    (
        "ការងារលក់អនឡាញនៅប៉ោយប៉ែត ៨០០ដុល្លារ។\nឯកសារយើងរៀបចំឱ្យ។\nចូលចិត្តធ្វើទៅចាំគិតពីក្រដាសក្រោយ\nឆាតតេឡេក្រាមបងរ៉ា។",
        "KH",
        "free_travel",
        "ឯកសារយើងរៀបចំឱ្យ",
    ),
]


@pytest.mark.parametrize(("text", "asker", "flag", "shown"), OBLIQUE)
def test_the_words_that_are_shown_are_those_that_say_it_though_they_say_it_obliquely(
    text: str, asker: str, flag: str, shown: str
) -> None:
    found = [one for one in assess(text, asker).flags if one.id == flag]  # type: ignore[arg-type]
    assert [(one.learned, one.evidence) for one in found] == [(True, shown)]


@pytest.mark.parametrize(
    ("said", "filler", "flag"),
    [
        ("Buku hijau dikumpulkan ke mandor", "Makan tiga kali sehari dan mess dekat pabrik. ", "passport_surrender"),
        ("ការងារគឺតេទៅជនបរទេសឱ្យគេផ្ទេរលុយមក", "មានបាយបីពេល និងបន្ទប់នៅជិតរោងចក្រ។ ", "scam_sector"),
    ],
)
def test_what_stands_at_the_end_of_a_long_offer_is_shown_from_there(said: str, filler: str, flag: str) -> None:
    """Of a long text the middle is not read: places behind it are moved."""
    text = filler * 80 + said + ". " + filler * 2
    start, end = linear.learned().opinion(text, []).evidence([flag])[flag]
    assert text[start:end] == said


def test_a_sum_a_contact_or_a_denial_is_shown_last_whatever_was_heard_in_it() -> None:
    clauses = linear.Clauses(
        ((0, 10), (11, 20)), np.array([[3.0], [1.0]]), ("secrecy",), heard=np.array([[9.0], [-0.5]])
    )
    assert clauses.evidence(["secrecy"]) == {"secrecy": (0, 10)}
    assert clauses.evidence(["secrecy"], [(2, 9)]) == {"secrecy": (0, 10)}
    both = linear.Clauses(((0, 10), (11, 20)), clauses.gains, ("secrecy",), heard=np.array([[9.0], [0.5]]))
    assert both.evidence(["secrecy"], [(2, 9)]) == {"secrecy": (11, 20)}


def test_what_was_only_heard_and_is_in_no_word_alone_is_no_flag() -> None:
    clauses = linear.Clauses(((0, 10),), np.array([[-1.0]]), ("secrecy",), heard=np.array([[9.0]]))
    assert clauses.evidence(["secrecy"]) == {}


def test_what_is_denied_is_shown_as_a_sign_of_nothing_else() -> None:
    told = (
        "koat chea mekhyol nam tov rong chak kompong chonburi, 11000 baht/khae, ot yok luy mun, "
        "passport tuk khluon eng, tov tam visa tesachor"
    )
    assert [flag.evidence for flag in assess(told, "KH").flags] == [
        "visa tesachor",
        "koat chea mekhyol nam tov rong chak kompong",
    ]


@pytest.mark.parametrize(
    ("text", "asker"),
    [
        ("ទៅធ្វើការម៉ាឡេ ចូលដោយវីសាទេសចរណ៍សិន ដល់ហើយចាំប្តូរ", "KH"),
        ("ជាងសង់ផ្ទះនៅឡាវ ឈប់មុន១ឆ្នាំត្រូវសង 500$", "KH"),
        ("tov thai, passport thaoke tuk", "KH"),
        ("Berangkat ke Riyadh tanpa visa kerja, paspor ditahan majikan", "ID"),
    ],
)
def test_and_what_a_dishonest_one_says_is(text: str, asker: str) -> None:
    assert assess(text, asker).risk == "high"  # type: ignore[arg-type]


def test_what_the_person_answered_is_not_taken_back() -> None:
    quiet = "Ada kerja pabrik di Malaysia gaji RM1.700 per bulan"
    assert assess(quiet, "ID", {"visa": "tourist"}).risk == "high"
    assert assess(quiet, "ID", {"pays": "me", "contract": "no"}).risk == "high"


def test_a_verdict_without_a_flag_says_which_words_decided() -> None:
    """On scams that it was taught: which of them have no flag changes with what it learns."""
    lines = [line for name in ("id_6", "id_12") for line in (BUILDING / f"{name}.jsonl").open(encoding="utf-8")]
    scams = [row for row in map(json.loads, lines) if row["class"] == "scam"]
    found = [(row["text"], assess(row["text"], row.get("asker"))) for row in scams]
    decided = [(text, one) for text, one in found if one.decided_by == "reads_like_scams" and not one.flags]
    assert decided
    for text, one in decided:
        assert one.risk in {"high", "medium"} and one.wording and one.wording in text
        for lang in ("id", "km"):
            shown = [values for key, values in message.verdict(one, lang) if key == "offer_reads_like_scams"]  # type: ignore[arg-type]
            assert shown == [{"evidence": one.wording}]


def test_a_denied_flag_is_not_raised_by_likeness() -> None:
    scam = TWINS[0][0] + ", paspor tidak dipegang siapa-siapa, aku pegang sendiri"
    assert "passport_surrender" not in {flag.id for flag in assess(scam, "ID").flags}


def test_the_model_is_read_before_the_first_offer_comes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service, "_is_ready", False)
    linear.learned.cache_clear()
    ensemble.together.cache_clear()
    service.warm()
    assert ensemble.together.cache_info().currsize == 1
    assert linear.learned.cache_info().currsize == 1


def test_the_model_belongs_to_the_building_offers() -> None:
    """Whoever changes data/offers/building runs `python -m bot.offers.evaluation.teach`."""
    head = json.loads(linear.FILE.read_text(encoding="utf-8").splitlines()[0])
    assert head["building"] == fingerprint()
    assert head["outputs"] == [linear.SCAM, linear.AS_OFFER, linear.REPORTED, *FLAG_IDS]
    assert json.loads(ensemble.FILE.read_text(encoding="utf-8").splitlines()[0])["building"] == fingerprint()
    assert ensemble.together().flags == FLAG_IDS


@pytest.mark.parametrize("text", ["", " ", "\u200b", "a", "។" * 500, "x" * 100_000, "🙏 " * 2_000, "\ud800"])
def test_any_text_has_an_opinion(text: str) -> None:
    model = linear.learned()
    opinion = model.opinion(text, [])
    assert opinion.scam is not None and 0 <= opinion.scam <= 1
    assert all(0 <= chance <= 1 for chance in opinion.flags.values())
    for start, end in opinion.evidence(FLAG_IDS).values():
        assert 0 <= start < end <= len(text)


@pytest.mark.parametrize(
    "text",
    [
        "gaji 5jt",
        "mau kerja di taiwan",
        "kerja malaysia gaji berapa",
        "butuh art di jakarta 2jt",
        "kerja kebun malaysia 1500 ringgit",
        "ធ្វើការនៅកូរ៉េ",
        "ប្រាក់ខែ ២០០ដុល្លារ",
        "tver kar nov thai ban te",
        "មានការងារនៅហាងបាយនៅម៉ាឡេស៊ី ប្រាក់ខែ 400 ដុល្លារ ចេញដំណើរខែក្រោយ បងជួយមើលផង",
    ],
)
def test_a_few_words_are_like_no_scam(text: str) -> None:
    found = assess(text)
    assert found.risk in ("low", "unknown") and found.flags == ()


@pytest.mark.parametrize(
    "text",
    [
        "Butuh penjaga toko sembako di Bekasi, gaji 2 juta, makan ditanggung, hub Bu Tini 0812-3456-7890",
        "ហាងកាហ្វេនៅទួលគោក ត្រូវការអ្នករត់តុ ប្រាក់ខែ ១៨០ដុល្លារ ធ្វើ ៨ម៉ោង ឈប់អាទិត្យ មកជួបផ្ទាល់",
    ],
)
def test_a_small_honest_shop_is_not_high(text: str) -> None:
    assert assess(text).risk != "high"


@pytest.mark.parametrize(
    "text",
    [
        "⚠️ Waspada: iklan yang bilang paspor dipegang agen, berangkat pakai visa turis dan jangan bilang keluarga itu "
        "ciri penipuan. Kalau menerima tawaran seperti ini, laporkan ke Disnaker.",
        "⚠ កុំជឿ! «ប្រាក់ខែ ១៥០០$ មិនបាច់ចេះភាសា ឡានទៅយកដល់ផ្ទះ កុំប្រាប់គ្រួសារ» សារបែបនេះកំពុងរាលដាល។ "
        "៣នាក់ទៅហើយ ១នាក់ទើបរត់មកវិញ សូមប្រាប់ប៉ុស្តិ៍",
        "Lima orang dari desa kami sudah pulang dari Bavet, paspornya disita di sana. Kepala desa minta warga yang "
        "tahu keberadaan tiga lainnya lapor ke kantor desa.",
        "តុលាការខេត្តបាត់ដំបងកាត់ទោសស្ត្រីម្នាក់ ៧ឆ្នាំ ដែលសន្យាប្រាក់ខែ ៩០០ដុល្លារ រួចដកលិខិតឆ្លងដែនក្មេងៗ ៥នាក់ នៅប៉ោយប៉ែត",
    ],
)
def test_who_warns_of_an_offer_makes_none(text: str) -> None:
    found = assess(text)
    assert (found.kind, found.risk) == ("warning", "unknown")


@pytest.mark.parametrize(
    ("text", "asker"),
    [
        ("LOWONGAN KE KAMBOJA!! admin chat 900$ tanpa ijazah tiket gratis berangkat besok, paspor dititip kantor. "
         "WA 0812-3456-7890. jangan bilang keluarga dulu ya", "ID"),
        ("Loker admin chat Kamboja gaji 900$ tanpa ijazah, tiket gratis, berangkat besok, paspor dititip kantor, "
         "WA 081234567890", "ID"),
        ("kak aku ditawarin kerja di kamboja admin gaji 12 juta tiket ditanggung paspor dipegang agen katanya jangan "
         "bilang ortu, aman ga?", "ID"),
        ("🔥 DIBUTUHKAN CS & MARKETING POIPET 🔥 gaji 15jt, tanpa pengalaman, mess & makan gratis, visa turis dulu, "
         "langsung berangkat, hub Telegram @hr_poipet", "ID"),
        ("Temenku bilang ada kerja di Myawaddy, operator komputer 1000 dolar, lewat Mae Sot malam-malam, "
         "ga usah paspor, keluarga jangan dikasih tau dulu", "ID"),
        ("Kerja judol Sihanoukville, gaji 13 juta bersih, kalau resign denda 30 juta, HP dikumpul, "
         "semua biaya potong gaji", "ID"),
        ("បង គេហៅខ្ញុំទៅធ្វើការនៅប៉ោយប៉ែត ប្រាក់ខែ ៨០០ដុល្លារ អត់ត្រូវការបទពិសោធន៍ គេទុកលិខិតឆ្លងដែន កុំប្រាប់ម៉ែ "
         "ជឿបានទេ?", "KH"),
        ("រើសបុគ្គលិកឆាត ក្រុងព្រះសីហនុ ៩០០$ មិនចាំបាច់មានបទពិសោធន៍ ឡានទៅយក គេទុកប៉ាស្ព័រ កុំប្រាប់គ្រួសារ "
         "តេឡេក្រាម @abc123", "KH"),
        ("ត្រូវការអ្នកលេងកុំព្យូទ័រ នៅបាវិត ប្រាក់ខែ ១០០០ដុល្លារ មិនរើសអាយុ ស្នាក់នៅក្នុងអគារ ចេញក្រៅមិនបាន "
         "បើឈប់មុន ៦ខែ ត្រូវសង ២០០០ដុល្លារ", "KH"),
        ("bong ke rok mnus tver admin nov Bavet 900$ ot jam bach jes ey, laan tov yok, ke kan passport, kom prab mae",
         "KH"),
    ],
)  # fmt: skip
def test_a_plain_scam_is_never_taken_for_a_warning(text: str, asker: str) -> None:
    found = assess(text, asker)  # type: ignore[arg-type]
    assert (found.kind, found.risk) == ("offer", "high")


@pytest.mark.parametrize(
    ("text", "asker"),
    [
        ("Nanti bilang sama petugas kita mau nonton bola di KL. Terus lanjut Phnom Penh kerja. Gampang.", "ID"),
        ("yg mau ke Korea tanpa tes hub saya, 60jt terima beres, kantor ga ada", "ID"),
        ("រើសស្រីៗ ១៨-២៥ ធ្វើការក្នុងអគារ ៨០០$ មិនបាច់ចេះអី តេឡេ @kk88", "KH"),
    ],
)
def test_a_short_scam_is_high_too(text: str, asker: str) -> None:
    assert assess(text, asker).risk == "high"  # type: ignore[arg-type]


@pytest.mark.parametrize(("monthly", "high"), [("3 juta", False), ("30 juta", True)])
def test_the_model_is_told_how_high_the_pay_is(monthly: str, high: bool) -> None:
    told = told_of(f"Butuh penjaga toko di Semarang, gaji {monthly} sebulan, makan siang", "ID")
    assert ("pay from 1600" in told) is high
    assert "pay in IDR" in told and "pay by the month" in told


def test_an_act_counts_though_all_else_is_like_an_honest_vacancy() -> None:
    kept = (
        "Perawat lansia di Taiwan lewat P3MI resmi, gaji NT$ 20.000, kontrak 3 tahun, pelatihan 3 bulan. "
        "Paspor disimpan agensi supaya tidak hilang."
    )
    assert assess(kept, "ID").decided_by == "critical_act"


def test_words_of_an_act_in_an_honest_vacancy_are_no_act(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only where the model all but rules out both the act and the scam."""
    text = TWINS[0][0] + ", paspor dipegang bos"
    assert "passport_surrender" in {flag.id for flag in assess(text, "ID").flags}
    opinion = linear.Opinion(scam=0.01, as_offer=0.01, flags=dict.fromkeys(FLAG_IDS, 0.01))
    monkeypatch.setattr(linear.Learned, "opinion", lambda *_: opinion)
    assert "passport_surrender" not in {flag.id for flag in assess(text, "ID").flags}
    surer = linear.Opinion(scam=0.3, as_offer=0.3, flags=dict.fromkeys(FLAG_IDS, 0.01))
    monkeypatch.setattr(linear.Learned, "opinion", lambda *_: surer)
    assert "passport_surrender" in {flag.id for flag in assess(text, "ID").flags}


def test_what_the_person_asks_us_is_not_shown_as_a_way_of_swindlers() -> None:
    offer = "Ada tawaran kerja jaga toko di Malaysia, gaji 1800 ringgit sebulan, berangkat bulan depan."
    found = assess(offer + " Gimana menurut kakak?", "ID")
    assert found.wording is None or found.wording in offer


def test_a_pay_or_a_contact_that_only_the_model_minds_is_shown_by_its_own_words(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    text = "Kerja pabrik di Malaysia gaji 15 juta per bulan buat siapa saja, kontak saya 0812-3456-7890 kapan saja ya"
    opinion = linear.Opinion(scam=0.9, as_offer=0.9, flags={"salary_too_high": 0.9, "informal_contact": 0.9})
    monkeypatch.setattr(linear.Opinion, "evidence", lambda _, flags, *rest: dict.fromkeys(flags, (0, len(text))))
    monkeypatch.setattr(linear.Learned, "opinion", lambda *_: opinion)
    shown = {flag.id: flag.evidence for flag in assess(text, "ID").flags if flag.learned}
    assert shown == {"salary_too_high": "15 juta", "informal_contact": "0812-3456-7890"}


def test_pieces_are_found_wherever_they_stand_in_a_line() -> None:
    known = {piece: row for row, piece in enumerate([" g", "gaji", "aj", "ខ្មែរ", "រ", "a\U0001f4b0"])}
    line = " gaji aji ខ្មែរ \ud800 gaja\U0001f4b0 gaj"
    rows, starts = Pieces(known).found(line)
    expected = [(row, at) for piece, row in known.items() for at in range(len(line)) if line.startswith(piece, at)]
    assert sorted(zip(rows.tolist(), starts.tolist(), strict=True)) == expected
    assert not len(Pieces(known).found("")[0])


@pytest.mark.parametrize(
    "text",
    [
        "Model/hostess needed for KTV in Phnom Penh, girls 18-24 only, $2000+/month tips, free apartment, we pay "
        "flight, you pay back from tips. Line: star888",
        "បងនេះអាចទុកចិត្តបានទេ? មានគេប្រាប់ឲ្យទៅធ្វើការនៅភូមា ប្រាក់ខែ១៥០០$ គេចេញថ្លៃធ្វើដំណើរ តែគេថាប៉ាស្ព័រទុកនៅថៅកែ",
    ],
)
def test_the_model_calls_no_place_dangerous_that_is_not_named(text: str) -> None:
    found = assess(text)
    assert found.risk == "high" and "high_risk_place" not in {flag.id for flag in found.flags}
