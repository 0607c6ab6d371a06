"""Khmer and romanised Khmer ways of saying what makes an offer dangerous, each beside its harmless twin."""

from __future__ import annotations

import pytest

from bot.offers.assess import assess


def found_by_phrases(text: str) -> set[str]:
    return {flag.id for flag in assess(text, "KH", by_phrases=True).flags}


@pytest.mark.parametrize(
    ("flag", "said", "harmless"),
    [
        (
            "upfront_fee",
            "ទៅធ្វើការនៅថៃ ត្រូវបង់ ៤៥០ដុល្លារ ឲ្យបងមុន",
            "ទៅធ្វើការនៅថៃ និយោជកបង់ថ្លៃទាំងអស់ កម្មករមិនបង់ថ្លៃអ្វីទេ",
        ),
        (
            "upfront_fee",
            "tver ka nov thai ke oy bong 300$ thlai passport",
            "bong2 tver ka nov phsar thmey luy khae 300$",
        ),
        (
            "document_request",
            "ការងារថ្មី សូមថតអត្តសញ្ញាណប័ណ្ណផ្ញើចូលឆាត",
            "រោងចក្រជ្រើសរើសកម្មករ យកអត្តសញ្ញាណប័ណ្ណថតចម្លងមកដាក់ពាក្យ",
        ),
        (
            "passport_surrender",
            "ទៅធ្វើការនៅម៉ាឡេស៊ី ប៉ាស្ព័រត្រូវទុកជាមួយថៅកែ",
            "ទៅធ្វើការនៅម៉ាឡេស៊ី លិខិតឆ្លងដែនរក្សាទុកដោយកម្មករ",
        ),
        (
            "passport_surrender",
            "tov tver ka nov malay passport kae tuk",
            "tov tver ka nov malay passport kan kluon eng",
        ),
        (
            "tourist_visa",
            "ទៅកូរ៉េធ្វើចម្ការ ចូលជាភ្ញៀវទេសចរសិន ចាំប្តូរ",
            "ទៅកូរ៉េធ្វើចម្ការ ដោយទិដ្ឋាការការងារ E-8",
        ),
        ("no_contract", "ធ្វើការនៅទីនោះ កុងត្រាចាំនិយាយពេលទៅដល់", "ធ្វើការនៅទីនោះ កុងត្រា ២ឆ្នាំ អានមុនចេញដំណើរ"),
        (
            "no_requirements",
            "រើសបុគ្គលិក មិនបាច់ចេះអីទេ មកដល់គេបង្រៀន",
            "រើសជាងដេរ មិនទាន់មានបទពិសោធន៍ យើងបង្ហាត់ ២សប្តាហ៍",
        ),
        (
            "vague_job",
            "ទៅធ្វើការនៅឡាវ អង្គុយមុខកុំព្យូទ័រ ឆ្លើយសារ",
            "ទៅធ្វើការនៅម៉ាឡេស៊ី ដេរស្បែកជើងក្នុងរោងចក្រ",
        ),
        (
            "scam_sector",
            "ការងារឆាតជាមួយភ្ញៀវបរទេស ឲ្យគេទុកចិត្តហើយដាក់លុយ",
            "ការងារទទួលភ្ញៀវបរទេសនៅសណ្ឋាគារ សៀមរាប",
        ),
        ("scam_sector", "tver ka chat jea muy barang jas jas oy ke srolanh", "tver ka knong hang kafe nov siem reap"),
        ("free_travel", "ធ្វើការនៅឡាវ ឡានទៅយកដល់ផ្ទះ អត់អស់លុយអី", "ធ្វើការនៅកំពត ឈប់ថ្ងៃអាទិត្យ បាយថ្ងៃត្រង់ហ្វ្រី"),
        ("urgency", "ការងារនៅថៃ ឡានចេញយប់នេះ នៅតែ ២កន្លែងទៀត", "ជ្រើសរើសបន្ទាន់ កម្មករដេរ រោងចក្រភ្នំពេញ"),
        ("secrecy", "ទៅធ្វើការជាមួយបង កុំឲ្យម្តាយដឹង", "ដាក់ពាក្យធ្វើការ ឈ្មោះបេក្ខជនយើងរក្សាការសម្ងាត់"),
        ("secrecy", "tov tver ka nov lao kom oy mae deng", "tov tver ka nov phnom penh mae deng hz"),
        (
            "informal_contact",
            "ការងារល្អ ទាក់ទងតាម Tele អត់ទទួលខល",
            "ត្រូវការអ្នកលក់ ហាងនៅផ្សារកណ្តាល ខល 012 555 901",
        ),
        (
            "unlicensed_agency",
            "អ៊ំស្រីម្នាក់ថានាំទៅធ្វើមេផ្ទះនៅម៉ាឡេស៊ី",
            "ទៅធ្វើការនៅម៉ាឡេស៊ី តាមក្រុមហ៊ុន គ្មានឈ្មួញ",
        ),
        ("irregular_route", "ទៅធ្វើការនៅថៃ ដើរកាត់ព្រៃពេលយប់", "ទៅធ្វើការនៅថៃ ឆ្លងតាមច្រកផ្លូវការ មិនយកប៉ាស្ព័រទេ"),
        (
            "profile_targeting",
            "រើសស្រីស្អាតៗ អាយុ ១៨-២៤ ធ្វើការ VIP",
            "ប្រាក់ខែ ២១៨ ដល់ ២៤០ដុល្លារ កម្មការិនីរោងចក្រ អាយុ ២១-៤៥",
        ),
        (
            "debt_bond",
            "ធ្វើការនៅទីនោះ បើឈប់មុន ៦ខែ ត្រូវសងថ្លៃឡាន",
            "ធ្វើការនៅហាងកាហ្វេ កក់ថ្លៃអាវ ១០ដុល្លារ ពេលឈប់គេសងវិញ",
        ),
        (
            "isolation",
            "ធ្វើការនៅទីនោះ ចេញក្រៅត្រូវសុំច្បាប់មេក្រុម ទូរស័ព្ទដាក់ឲ្យមេ",
            "ធ្វើការនៅទីនោះ ស្នាក់នៅអន្តេវាសិកដ្ឋាន ចេញចូលដោយសេរី",
        ),
    ],
)
def test_a_danger_is_heard_and_its_harmless_twin_is_not(flag: str, said: str, harmless: str) -> None:
    assert flag in found_by_phrases(said)
    assert flag not in found_by_phrases(harmless)


def test_words_run_together_with_hidden_spaces_are_heard_too() -> None:
    assert "passport_surrender" in found_by_phrases(
        "ទៅ\u200bធ្វើការ\u200bនៅ\u200bថៃ\u200bប៉ាស្ព័រ\u200bត្រូវ\u200bទុក\u200bជាមួយ\u200bថៅកែ"
    )


def test_good_pay_for_somebody_who_has_learned_is_no_bait() -> None:
    learned = "សាលារៀននៅភ្នំពេញ ត្រូវការគ្រូគណិតវិទ្យា បរិញ្ញាបត្រ ប្រាក់ខែ ៧៥០ដុល្លារ"
    assert "salary_too_high" not in found_by_phrases(learned)
    bait = "បុគ្គលិកឆ្លើយឆាតនៅបាវិត ប្រាក់ខែ ៧៥០ដុល្លារ"
    assert "salary_too_high" in found_by_phrases(bait)


def test_a_warning_of_the_police_that_quotes_an_offer_is_no_offer() -> None:
    told = assess("ប៉ូលិសអំពាវនាវ៖ មានជនសង្ស័យរកកម្មករទៅថៃ ប្រាប់ថាឡានចេញយប់នេះ កុំជឿ សូមរាយការណ៍", "KH", by_phrases=True)
    assert told.kind == "warning" and not told.flags


@pytest.mark.parametrize(
    ("flag", "said"),
    [
        ("passport_surrender", "krom hun rok passport tuk, prak khae 700$"),
        ("passport_surrender", "passport ke rok tuk nov kariyalay, tver ka admin 800$"),
        ("passport_surrender", "yerng chuoy reaksa tuk passport, tver ka nov thai 12000 bat"),
        ("isolation", "hot oy chenh krav 3 khae dambong, prak khae 900$"),
        ("isolation", "ham oy chenh krao, luy khae 800$ nov poipet"),
        ("isolation", "ot anuhnhat oy chenh, prak khae 700$"),
    ],
)
def test_a_held_passport_and_a_shut_door_are_heard_in_romanised_khmer(flag: str, said: str) -> None:
    assert flag in found_by_phrases(said)


def test_a_passport_that_the_office_does_not_keep_is_no_sign_in_romanised_khmer() -> None:
    said = "passport yerng kan kloun eng, krom hun ot rok passport te, tver ka nov korea"
    assert "passport_surrender" not in found_by_phrases(said)


@pytest.mark.parametrize(
    "text",
    [
        "krom hun kat der trov ka bokkalik 100 neak prak khae 215$ tel 098765432",
        "prak khae 215$ rok neak kat der 50 neak tel 098765432",
        "rong chak kat der reus brak khae 250$ nov phnom penh",
    ],
)
def test_sewing_is_no_cut_from_the_pay(text: str) -> None:
    found = assess(text)
    assert found.facts.role == "garment_worker" and found.facts.pays is None and not found.flags


def test_a_cut_from_the_pay_of_a_seamstress_is_one() -> None:
    found = assess("kat der nov thai prak khae 12000 bat, kat prak khae 3 khae")
    assert {flag.id for flag in found.flags} >= {"upfront_fee"} and found.facts.pays == "salary_cut"


def test_saat_beautiful_is_no_no() -> None:
    assert "profile_targeting" in found_by_phrases("rok srey ktv phnom penh 500$ sa-at ayu 18-25")


def test_a_contract_of_so_many_years_is_read_in_romanised_khmer() -> None:
    assert assess("cleaner nov dubai 1200 AED visa tver ka, kech sonya 2 chnam").facts.contract == "yes"
    assert assess("bong tver ka nov thai, kontra ot mean te").facts.contract != "yes"


@pytest.mark.parametrize("place", ["phnom penh", "prey veng", "steung meanchey", "tonle bassac"])
def test_sewing_in_a_town_is_no_way_through_mountain_or_forest(place: str) -> None:
    offer = f"rong chak kat der {place} prak khae 230$ mean kontra 1 chnam"
    assert "irregular_route" not in {flag.id for flag in assess(offer, "KH").flags}
    assert "irregular_route" in {
        flag.id for flag in assess("der tam prey yub chlong tov thai, ot trov passport", "KH").flags
    }
