"""What people paste and describe, and what the offer check makes of it."""

from __future__ import annotations

import pytest

from bot.offers.assess import assess
from bot.offers.verdict import Assessment


def ids(assessment: Assessment) -> set[str]:
    return {flag.id for flag in assessment.flags}


WALL = """🔥🔥🔥 LOKER KAMBOJA 🇰🇭🔥🔥🔥
💼💼 CUSTOMER SERVICE 💼💼
💰💰 GAJI 12-15JT + BONUS 💰💰
✈️✈️ TIKET, VISA, MESS & MAKAN DITANGGUNG ✈️✈️
✅✅ TANPA IJAZAH ✅✅
⏰⏰ BERANGKAT MINGGU INI ⏰⏰
📲📲 MINAT WA 0812-3456-7890 📲📲"""


def test_a_wall_of_emoji_from_a_group_is_read_through() -> None:
    found = assess(WALL)
    assert found.risk == "high"
    assert {"salary_too_high", "vague_job", "no_requirements", "free_travel", "urgency", "informal_contact"} <= ids(
        found
    )
    assert found.facts.country == "KH" and found.facts.role == "customer_service"
    assert found.facts.salary is not None and found.facts.salary.amount_max == 15_000_000


def test_every_piece_of_evidence_is_the_persons_own_words() -> None:
    found = assess(WALL)
    assert all(WALL[flag.start : flag.end] == flag.evidence for flag in found.flags)


@pytest.mark.parametrize(
    ("text", "flag"),
    [
        ("Loker Taiwan, bayar admin dulu 500rb transfer ke rek pribadi ya kak", "upfront_fee"),
        ("Biaya berangkat kerja dipotong dari gaji 3 bulan pertama", "upfront_fee"),
        ("Kerja di Malaysia, kirim foto KTP sama KK ya", "document_request"),
        ("Paspor dipegang agen biar aman selama kerja", "passport_surrender"),
        ("Kerja di Thailand masuknya visa turis dulu", "tourist_visa"),
        ("kerjanya enak, visa nanti diurus di sana", "tourist_visa"),
        ("gak usah kontrak, percaya aja sama bos, kerja Malaysia", "no_contract"),
        ("Kerja Kamboja, yang penting mau kerja, langsung diterima", "no_requirements"),
        ("Kerja santai cuma ngetik di depan komputer", "vague_job"),
        ("dicari operator slot", "scam_sector"),
        ("kerja chat orang bule gaji dolar", "scam_sector"),
        ("loker poipet", "high_risk_place"),
        ("kerja Malaysia, tiket ditanggung semua", "free_travel"),
        ("kerja pabrik, besok terbang, kuota tinggal 2", "urgency"),
        ("kerja di sana, jangan bilang keluarga dulu", "secrecy"),
        ("kalau ditanya imigrasi bilang liburan", "secrecy"),
        ("loker, chat admin di wa aja", "informal_contact"),
        ("kerja lewat calo kampung sebelah", "unlicensed_agency"),
        ("berangkat kerja lewat batam dulu lanjut darat", "irregular_route"),
        ("dicari CS wajah menarik, lajang", "profile_targeting"),
        ("kerja, denda kalau resign 10 juta", "debt_bond"),
        ("kerja di sana HP dikumpulin, gak boleh keluar", "isolation"),
        ("ការងារនេះ បង់លុយមុន ៣០០ដុល្លារ", "upfront_fee"),
        ("ការងារ ផ្ញើរូបអត្តសញ្ញាណប័ណ្ណមក", "document_request"),
        ("ទៅធ្វើការ លិខិតឆ្លងដែនដាក់នៅក្រុមហ៊ុន", "passport_surrender"),
        ("ធ្វើការនៅថៃ ដោយ ទិដ្ឋាការ ទេសចរណ៍", "tourist_visa"),
        ("ទៅធ្វើការ អត់មានកិច្ចសន្យា", "no_contract"),
        ("ការងារប្រាក់ខែខ្ពស់នៅក្រៅប្រទេស", "salary_too_high"),
        ("រើសបុគ្គលិក អត់ត្រូវការបទពិសោធន៍", "no_requirements"),
        ("ការងារស្រួល គ្រាន់តែវាយអក្សរ", "vague_job"),
        ("ធ្វើការក្រុមហ៊ុនល្បែងអនឡាញ", "scam_sector"),
        ("ការងារនៅប៉ោយប៉ែត", "high_risk_place"),
        ("គេចេញថ្លៃសំបុត្រឲ្យទៅធ្វើការ", "free_travel"),
        ("ការងារ ត្រូវចេញស្អែក កន្លែងតិច", "urgency"),
        ("ទៅធ្វើការ កុំប្រាប់គ្រួសារ", "secrecy"),
        ("ការងារ ទាក់ទងតាមតេឡេក្រាម", "informal_contact"),
        ("មេខ្យល់នាំទៅធ្វើការ", "unlicensed_agency"),
        ("ទៅធ្វើការថៃ ឆ្លងដែនពេលយប់", "irregular_route"),
        ("រើសអ្នកឆាត ទទួលតែស្រី មុខមាត់ស្អាត", "profile_targeting"),
        ("ធ្វើការនៅទីនោះ ពិន័យបើលាឈប់", "debt_bond"),
        ("ធ្វើការនៅទីនោះ គេមិនឲ្យចេញ ហើយដកទូរស័ព្ទ", "isolation"),
        ("bong luy mun 200 dollar tver kar nov thai", "upfront_fee"),
        ("tver kar nov thai krom hun kan passport", "passport_surrender"),
        ("tver kar nov thai ot trov kar visa", "tourist_visa"),
        ("kar ngear ot trov kar bot pisaot", "no_requirements"),
        ("tov tver kar kom prab kruosar", "secrecy"),
        ("me kyal nam tov tver kar", "unlicensed_agency"),
        ("tver kar thai chlong den pel yop", "irregular_route"),
        ("Pay a $300 registration fee before you start the job", "upfront_fee"),
        ("The company will keep your passport while you work", "passport_surrender"),
        ("You enter on a tourist visa, the job starts next week", "tourist_visa"),
        ("crypto customer support job, chat with foreigners", "scam_sector"),
        ("You must pay a penalty if you leave the job early", "debt_bond"),
    ],
)
def test_a_red_flag_is_heard_in_the_words_people_use(text: str, flag: str) -> None:
    assert flag in ids(assess(text))


@pytest.mark.parametrize(
    ("text", "flag"),
    [
        ("Kerja pabrik Taiwan tanpa biaya, tidak dipungut biaya apa pun", "upfront_fee"),
        ("Biaya penempatan ditanggung perusahaan, kerja Malaysia", "upfront_fee"),
        ("Kerja di Malaysia, paspor dipegang sendiri", "passport_surrender"),
        ("Paspor tidak akan ditahan perusahaan, kerja Malaysia", "passport_surrender"),
        ("Kerja CS, bukan judol ya kak", "scam_sector"),
        ("Kerja Korea, bukan visa turis, visa kerja E-9", "tourist_visa"),
        ("Hati-hati calo, daftar kerja langsung di Disnaker", "unlicensed_agency"),
        ("Kerja kebun, tanpa denda kalau berhenti", "debt_bond"),
        ("Kerja pabrik, bebas keluar masuk mess, boleh keluar", "isolation"),
        ("No placement fee, the employer pays for the job", "upfront_fee"),
        ("The passport stays with you, keep your own passport, factory job", "passport_surrender"),
        ("ធ្វើការនៅម៉ាឡេស៊ី មិនយកថ្លៃសេវា", "upfront_fee"),
        ("ធ្វើការនៅថៃ អ្នកកាន់លិខិតឆ្លងដែនខ្លួនឯង", "passport_surrender"),
        ("ការងារនេះមិនមែនល្បែងអនឡាញទេ", "scam_sector"),
        ("ទៅធ្វើការដោយមានលិខិតឆ្លងដែន", "irregular_route"),
    ],
)
def test_what_is_denied_is_not_held_against_an_offer(text: str, flag: str) -> None:
    assert flag not in ids(assess(text))


@pytest.mark.parametrize(
    "text",
    [
        "Waspada! Modus loker Kamboja: gaji 15 juta, tanpa pengalaman, paspor ditahan. Jangan tergiur.",
        "Ciri-ciri lowongan palsu: visa turis, bayar dulu, kontrak di sana.",
        "ប្រយ័ត្ន! ការងារនៅប៉ោយប៉ែត ប្រាក់ខែ ៨០០ដុល្លារ គេដកលិខិតឆ្លងដែន កុំជឿ",
        "Beware: job scam, tourist visa, passport kept by the company.",
        "Polisi menggagalkan keberangkatan korban TPPO, kata dia para tersangka menjanjikan gaji 10 juta. (ANTARA)",
    ],
)
def test_a_warning_about_scams_is_not_judged_as_an_offer(text: str) -> None:
    found = assess(text)
    assert (found.kind, found.risk, found.flags) == ("warning", "unknown", ())


def test_somebody_telling_what_happened_is_not_an_offer() -> None:
    found = assess(
        "Dulu saya dijanjikan kerja restoran, ternyata disuruh scam, paspor disita, akhirnya berhasil pulang"
    )
    assert (found.kind, found.risk) == ("story", "unknown")


def test_a_question_about_a_real_offer_stays_an_offer() -> None:
    found = assess("kak ini aman ga? saya ditawari teman kerja CS di kamboja gaji 10jt, paspor dipegang bos")
    assert found.kind == "offer" and found.risk == "high"


SCAM = "Kerja pabrik Malaysia, tiket dan mess ditanggung, usia 18-35, WA 081234567890"
LICENSED = (
    "Kerja pabrik Malaysia, tiket dan mess ditanggung, usia 18-35, WA 081234567890. P3MI PT Wira Karitas, SIP2MI, "
    "daftar di Disnaker, visa kerja, kontrak kerja 2 tahun, gaji RM1.700 per bulan"
)


def test_the_same_words_in_a_licensed_vacancy_weigh_nothing() -> None:
    assert {"free_travel", "informal_contact"} <= ids(assess(SCAM))
    found = assess(LICENSED)
    assert found.risk == "low" and not ids(found) & {"free_travel", "informal_contact", "profile_targeting"}
    assert found.facts.agency == "PT Wira Karitas"


def test_words_of_a_licence_do_not_cover_a_kept_passport() -> None:
    assert assess(LICENSED + ". Paspor dipegang agen.").risk == "high"


def test_no_licence_makes_an_offer_in_cambodia_honest_for_an_indonesian() -> None:
    found = assess(
        "CS di Kamboja gaji 12 juta, P3MI PT Wira Karitas, SIP2MI, Disnaker, visa kerja, kontrak kerja", "ID"
    )
    assert found.risk == "high"


HOME = "ហាងកាហ្វេនៅប៉ោយប៉ែត ត្រូវការអ្នករត់តុ ប្រាក់ខែ ២៥០ដុល្លារ"


def test_a_border_town_is_home_for_a_cambodian_and_a_warning_for_an_indonesian() -> None:
    assert assess(HOME, "KH").risk == "medium"
    assert assess(HOME, "ID").risk == "high"


def test_screen_work_in_a_border_town_is_dangerous_for_a_cambodian_too() -> None:
    found = assess("រើសបុគ្គលិកឆ្លើយឆាតនៅប៉ោយប៉ែត ប្រាក់ខែ ៨០០ដុល្លារ មិនត្រូវការបទពិសោធន៍ មានកន្លែងស្នាក់នៅនិងអាហារ")
    assert found.risk == "high"


def test_a_small_shop_at_home_may_ask_for_no_experience() -> None:
    found = assess("រោងចក្រកាត់ដេរនៅភ្នំពេញ ជ្រើសរើសកម្មករ ប្រាក់ខែ ២១០ដុល្លារ មិនត្រូវការបទពិសោធន៍ ទាក់ទង 012 345 678")
    assert found.risk in ("low", "unknown")
    assert assess("Dibutuhkan kasir di Bandung, tanpa pengalaman, umur max 25, WA 081234567890").risk in (
        "low",
        "unknown",
    )


def test_khmer_digits_are_a_pay() -> None:
    found = assess("ការងារនៅភ្នំពេញ ប្រាក់ខែ ៨០០ ដុល្លារ ក្នុងមួយខែ")
    assert found.facts.salary is not None and found.facts.salary.usd_month == 800
    assert "salary_too_high" in ids(found) and found.pay is not None and found.pay.times is not None


def test_korea_pays_well_after_an_exam() -> None:
    found = assess("G to G Korea EPS-TOPIK, gaji 30 juta per bulan, daftar di BP2MI")
    assert "salary_too_high" not in ids(found) and found.risk in ("low", "unknown")


def test_khmer_written_with_and_without_spaces_is_the_same() -> None:
    tight, loose = "ការងារមិនត្រូវការបទពិសោធន៍បង់លុយមុន", "ការងារ មិន ត្រូវ ការ បទពិសោធន៍ បង់ លុយ មុន"
    assert ids(assess(tight)) == ids(assess(loose)) >= {"upfront_fee", "no_requirements"}


def test_hidden_letters_do_not_hide_a_flag() -> None:
    assert "scam_sector" in ids(assess("dicari operator ju\u200bdi on\u200bline"))
    assert "passport_surrender" in ids(assess("kerja, p a s p o r dipegang agen"))
    assert "vague_job" in ids(assess("𝗖𝗨𝗦𝗧𝗢𝗠𝗘𝗥 𝗦𝗘𝗥𝗩𝗜𝗖𝗘 kerja di Kamboja"))


QUIET = "Ada kerja pabrik di Malaysia gaji RM1.700 per bulan"


def test_the_verdict_moves_with_the_answers() -> None:
    before = assess(QUIET)
    assert before.risk == "unknown" and before.missing == ("visa", "pays", "contract", "employer")
    good = assess(QUIET, answers={"visa": "work", "pays": "company", "contract": "yes", "employer": "known"})
    assert good.risk == "low" and good.missing == ()
    assert assess(QUIET, answers={"pays": "me"}).risk == "medium"
    bad = assess(QUIET, answers={"visa": "tourist"})
    assert bad.risk == "high" and bad.flags[0].answer == "visa_tourist" and bad.flags[0].evidence == ""
    assert assess(QUIET, answers={"visa": "unknown"}).answered_unknown == ("visa",)


def test_answers_nobody_offered_change_nothing() -> None:
    assert assess(QUIET, answers={"visa": "🤷", "bogus": "x"}) == assess(QUIET)


def test_good_answers_do_not_take_back_what_the_offer_says() -> None:
    answers = {"visa": "work", "pays": "company", "contract": "yes", "employer": "known"}
    assert assess("Kerja Malaysia, paspor dipegang agen", answers=answers).risk == "high"


@pytest.mark.parametrize(
    ("text", "flag"),
    [
        ("Toko buku Cahaya di Bogor butuh penjaga, fokus dan jujur, gaji 2,8 juta sebulan", "high_risk_place"),
        ("Restoran Padang cari koki, kerjanya di Phnom Penh, gaji 700 dolar", "irregular_route"),
        ("We need an electrician to fix the wall of our office in Surabaya, 250 thousand a day", "irregular_route"),
        ("Perawat Abu Dhabi, free ticket, free visa, free accommodation, tertulis di kontrak", "tourist_visa"),
        ("Program perawat Jerman, terjemahan ijazah bayar sendiri nanti diganti rumah sakit", "tourist_visa"),
    ],
)
def test_words_that_only_sound_like_a_sign_are_none(text: str, flag: str) -> None:
    assert flag not in ids(assess(text, by_phrases=True))


def test_romanised_khmer_is_still_heard_by_sound() -> None:
    found = assess("bong ke rok mnus tver ka nov bavit, prak khe 900$, ot jam bach jes ey", by_phrases=True)
    assert "high_risk_place" in ids(found)


@pytest.mark.parametrize(
    ("text", "visa"),
    [
        ("Kerja pabrik Malaysia pakai permit kerja, kontrak 2 tahun", "work"),
        ("Kebun sawit Sabah, calling visa, kontrak 2 tahun", "work"),
        ("ទៅកូរ៉េ វីសា E-9 កិច្ចសន្យា ៤ឆ្នាំ ១០ខែ", "work"),
        ("tver kar nov thai ot mean visa kar ngear, rongchak", None),
        ("No work permit needed, restaurant in Dubai", None),
    ],
)
def test_a_visa_is_asked_for_unless_the_offer_names_one(text: str, visa: str | None) -> None:
    found = assess(text)
    assert (found.facts.visa, "visa" in found.missing) == (visa, visa is None)


@pytest.mark.parametrize(
    ("text", "role"),
    [
        ("Dibutuhkan dealer casino legal di Genting Highlands, gaji RM 2.800, kontrak 2 tahun", "casino_dealer"),
        ("Casino hiring table games dealers, training provided, 350 USD", "casino_dealer"),
        ("កាស៊ីណូ NagaWorld ជ្រើសរើសដីលឺ ២០នាក់ ប្រាក់ខែ ៣៥០ដុល្លារ", "casino_dealer"),
        ("trov kar dealer casino 20 neak, prak khae 350$", "casino_dealer"),
        ("dicari LC untuk KTV di Batam, gaji 6jt + tips", "entertainment"),
        ("lowongan pemandu karaoke di Malaysia, gaji RM2000", "entertainment"),
        ("ត្រូវការបុគ្គលិក KTV ២០នាក់ ប្រាក់ខែ ៣០០ដុល្លារ", "entertainment"),
        ("rok srey ktv 10 neak nov phnom penh prak khae 300$", "entertainment"),
        ("sales dealer motor Honda, gaji 4jt + komisi", "shop_worker"),
        ("pelayan karaoke keluarga di Bandung, gaji 3jt", "restaurant_worker"),
    ],
)
def test_tables_of_a_casino_and_company_in_a_karaoke_are_roles_of_their_own(text: str, role: str) -> None:
    assert assess(text).facts.role == role


@pytest.mark.parametrize(
    ("text", "country"),
    [
        ("ធ្វើការនៅដុបៃ ប្រាក់ខែ ១៥០០ដុល្លារ", "AE"),
        ("ទៅធ្វើការនៅចិនដោយវីសាទេសចរណ៍ ១០០០ដុល្លារ", "CN"),
        ("loker pabrik di Rumania gaji 700 euro", "RO"),
        ("kerja peternakan di Hungaria gaji 900 euro", "HU"),
        ("waiter hotel di Maladewa gaji 450 usd", "MV"),
        ("kerja restoran di Italia gaji 1200 euro", "IT"),
        ("koki restoran Italia di Jakarta gaji 5 juta", "ID"),
    ],
)
def test_where_people_are_sent_lately_is_read_too(text: str, country: str) -> None:
    assert assess(text).facts.country == country
