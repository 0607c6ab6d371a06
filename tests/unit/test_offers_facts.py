"""What an offer says of itself: who is behind it, and what only looks like a name or a number to call."""

from __future__ import annotations

import pytest

from bot.offers.assess import assess


@pytest.mark.parametrize(
    "text",
    [
        "Transfer 3jt utk booking seat kerja di Jepang ke BCA 1234567890 an Yudi",
        "kirim dp kerja Korea ke no rekening: 3456 7890 1234",
        "ការងារនៅថៃ ប្រាក់ខែ ៦០០$ លេខគណនី៖ 123456789 បង់កក់ ៥០$ មុន",
        "tver kar nov thai bong luy 50$ mun ABA 123456789",
    ],
)
def test_an_account_to_pay_into_is_no_number_to_call(text: str) -> None:
    found = assess(text)
    assert not found.facts.contacts
    assert not [flag.evidence for flag in found.flags if flag.id == "informal_contact" and flag.evidence.isdecimal()]


@pytest.mark.parametrize(
    "text, number",
    [
        ("kerja korea, rekening Mandiri 1370012345678, wa 0812 3333 4444", "+6281233334444"),
        ("ការងារនៅថៃ ផ្ញើលុយតាម Wing 012345678", "+85512345678"),
    ],
)
def test_a_number_that_may_be_called_stays_one(text: str, number: str) -> None:
    assert [contact.value for contact in assess(text).facts.contacts] == [number]


@pytest.mark.parametrize(
    "text, asker",
    [
        ("Kerja di Thailand admin chat gaji 20jt. Gabung WhatsApp Group kami 0812 3456 7890", "ID"),
        ("Kerja di Dubai, Free flight from Jakarta. Company keeps your passport. Telegram @apex_hr", "ID"),
        ("The Company provides flight, work in Laos, $1000 typist, WA +85620 5555 1234", None),
        ("ធ្វើការនៅថៃ Chinese Company ឆាត ប្រាក់ខែ 1000$ Telegram @xyz1", "KH"),
        ("ហាងទំនិញ Telegram @abcde ត្រូវការអ្នកលក់ ប្រាក់ខែ ២០០$", "KH"),
    ],
)
def test_a_name_that_nobody_can_look_up_is_none(text: str, asker: str) -> None:
    found = assess(text, asker)  # type: ignore[arg-type]
    assert found.facts.employer is None and found.facts.agency is None
    assert "employer" in found.missing and "informal_contact" in {flag.id for flag in found.flags}


@pytest.mark.parametrize(
    "text, asker",
    [
        ("Dibutuhkan satpam pabrik di Karawang, ada security lain, jaga gerbang, gaji UMK, WA 0812 3333 4444", "ID"),
        ("ជ្រើសរើសសន្តិសុខយប់ នៅបុរី ពិភពថ្មី ប្រាក់ខែ 220$ យាមច្រក ១២ម៉ោង មានកន្លែងស្នាក់នៅ", "KH"),
        ("ត្រូវការអ្នកយាម ២នាក់ នៅក្រុមហ៊ុន ភ្នំពេញ ប្រាក់ខែ ១៨០$ យាមទ្វារ", "KH"),
        ("trov kar neak yeam 2 neak nov phnom penh prak khae 200$ mean neak yeam yup", "KH"),
    ],
)
def test_a_gate_locks_nobody_in_who_is_hired_to_guard_it(text: str, asker: str) -> None:
    found = assess(text, asker)  # type: ignore[arg-type]
    assert found.facts.role == "security_guard" and found.risk in ("low", "unknown")


@pytest.mark.parametrize(
    "text, asker",
    [
        ("Kerja di Sihanoukville gaji 9jt, mess dijaga security 24 jam", "ID"),
        ("ធ្វើការក្នុងអគារ មានសន្តិសុខយាមច្រក ២៤ម៉ោង ភ្នំពេញ ប្រាក់ខែ ៦០០$", "KH"),
        ("Security guard wanted, KK Park, 1000$, cannot leave the compound", "ID"),
    ],
)
def test_guards_around_others_stay_a_sign(text: str, asker: str) -> None:
    found = assess(text, asker)  # type: ignore[arg-type]
    flags = {flag.id for flag in found.flags}
    assert found.risk == "high" and "isolation" in flags and "document_request" not in flags


def test_dealing_cards_is_ordinary_work_at_home_and_none_in_a_closed_country() -> None:
    offer = "កាស៊ីណូមានច្បាប់នៅប៉ោយប៉ែត រើសអ្នកចែកបៀ ៣៥០ដុល្លារ មានកិច្ចសន្យា"
    assert assess(offer, "KH").risk == "medium" and assess(offer, "ID").risk == "high"
    assert assess("ចែកបៀអនឡាញ នៅបាវិត ប្រាក់ខែ ៨០០$ មិនបាច់បទពិសោធន៍", "KH").risk == "high"
    asked = "Dicari dealer kasino, Poipet, gaji 5jt, ada kontrak"
    assert assess(asked, "ID").risk == "high"


@pytest.mark.parametrize(
    "text",
    [
        "Dibutuhkan admin olshop Kudus, gaji 1,5jt, jam 8-4. Cewek max 25 th, WA 0857 1122 3344",
        "Warung Bu Yem Wonosari cari tukang masak, gaji 1,4jt, tanpa pengalaman boleh, WA 0812 2222 3333",
    ],
)
def test_a_small_pay_in_rupiah_without_a_journey_is_work_at_home(text: str) -> None:
    found = assess(text, "ID")
    assert found.facts.country is None and found.risk == "low" and "visa" not in found.missing


@pytest.mark.parametrize(
    "text",
    [
        "loker admin gaji 4jt, tanpa pengalaman, langsung kerja, mess, makan, umur 18-30, wa 0812 1111 2222",
        "admin chat gaji 2jt dulu, tanpa pengalaman, tiket dan paspor diurus, umur 18-30, wa 0812 1111 2222",
        "Dibutuhkan operator input data online, 50-100rb/hari, pendaftaran ID kerja 75rb, tele @data_jaya9",
    ],
)
def test_a_journey_a_fee_or_more_pay_is_not_taken_for_home(text: str) -> None:
    assert assess(text, "ID").risk == "high"


@pytest.mark.parametrize(
    "text, asker, country",
    [
        ("Loker Jakarta penerjemah bahasa Jepang atau Korea gaji 7jt", "ID", "ID"),
        ("Loker tour guide Jogja fasih Jepang", "ID", "ID"),
        ("restoran Jepang di Surabaya cari koki gaji 4jt", "ID", "ID"),
        ("ហាងម្ហូបកូរ៉េ ភ្នំពេញ ត្រូវការអ្នករត់តុ ១៨០$", "KH", "KH"),
        ("ធ្វើការនៅ Bavet អ្នកចេះចិន ឬអង់គ្លេស ប្រាក់ខែ ៦០០$", "KH", "KH"),
        ("សណ្ឋាគារ Sokha ព្រះសីហនុ ជ្រើសរើស Receptionist ៣០០$ អង់គ្លេស ឬចិន", "KH", "KH"),
        ("សណ្ឋាគារ Sokha ព្រះសីហនុ ជ្រើសរើស Receptionist ៣០០$ ចិន ឬអង់គ្លេស", "KH", "KH"),
        ("Lowongan resepsionis di Bali gaji 4jt, Korea atau Inggris", "ID", "ID"),
        ("ទៅធ្វើការនៅអង់គ្លេស ប្រាក់ខែ ១៥០០$", "KH", "GB"),
        ("kerja di restoran Taiwan, interview di Jakarta, gaji NT 28000", "ID", "TW"),
        ("Berangkat dari Jakarta, kerja di restoran Taiwan", "ID", "TW"),
        ("bisa bahasa Mandarin, Taiwan gaji NT28000 pabrik", "ID", "TW"),
        ("restoran Jepang di Kamboja gaji 800 dolar", "ID", "KH"),
        ("ទៅធ្វើការនៅកូរ៉េ ឬជប៉ុន ប្រាក់ខែ ១៥០០$", "KH", "KR"),
    ],
)
def test_whose_restaurant_and_which_language_is_no_place_of_work(text: str, asker: str, country: str) -> None:
    assert assess(text, asker).facts.country == country  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "text",
    [
        "Loker pabrik Tangerang gaji 4jt, mess, HP disimpan di loker saat kerja, cuti ada",
        "Dibutuhkan kasir Jakarta gaji 3jt, KTP disimpan sendiri, lamaran disimpan HRD",
    ],
)
def test_what_is_put_away_beside_a_pay_is_no_withheld_pay(text: str) -> None:
    found = assess(text, "ID")
    assert found.risk in ("low", "unknown") and "debt_bond" not in {flag.id for flag in found.flags}


@pytest.mark.parametrize(
    "text", ["kerja di Batam gaji 3 bln pertama ditahan", "gaji 350$, 50 cash 300 ditahan, kerja di Batam"]
)
def test_a_withheld_pay_is_one(text: str) -> None:
    found = assess(text, "ID")
    assert found.risk == "high" and "debt_bond" in {flag.id for flag in found.flags}


@pytest.mark.parametrize(
    "text, role",
    [
        ("saya ditawari jadi tukang masak restoran Indonesia di Malaysia gaji RM2000", "restaurant_worker"),
        ("warung sate cari tukang cuci piring 1,8jt", "restaurant_worker"),
        ("cari tukang batu di Malaysia gaji RM2000", "construction_worker"),
    ],
)
def test_who_cooks_builds_nothing(text: str, role: str) -> None:
    assert assess(text, "ID").facts.role == role


@pytest.mark.parametrize(
    "text, asker, name",
    [
        ("Operator pabrik di Top Glove Sdn. Bhd., Malaysia, gaji RM1700", "ID", "Top Glove Sdn. Bhd"),
        ("Lowongan di Toko Amanah Jl. Sunan Kudus 12 gaji 2jt", "ID", "Amanah"),
        (
            "Our Company needs you! Sime Darby Plantation Berhad, Malaysia, gaji RM1700",
            "ID",
            "Sime Darby Plantation Berhad",
        ),
        ("ធ្វើការនៅថៃ ក្រុមហ៊ុន Sok Leap Group ប្រាក់ខែ ៤០០$", "KH", "Sok Leap Group"),
        ("ហាងកាហ្វេ Brown Coffee ភ្នំពេញ ត្រូវការអ្នករត់តុ ១៨០$ Telegram @browncoffee_hr", "KH", "Brown Coffee"),
        ("រោងចក្រស្បែកជើង Can Sports ត្រូវការកម្មករ ២០៨$", "KH", "Can Sports"),
        ("រោងចក្រកាត់ដេរ «ហ្គោលដិន» ត្រូវការកម្មករ ២០៨$", "KH", "ហ្គោលដិន"),
    ],
)
def test_a_name_is_read(text: str, asker: str, name: str) -> None:
    assert assess(text, asker).facts.employer == name  # type: ignore[arg-type]


def test_a_telephone_in_a_locker_while_at_work_locks_nobody_in() -> None:
    offer = "រោងចក្រ Medtecs ត្រូវការកម្មករដេរ ៥០នាក់ ប្រាក់គោល ២០៨$ ទូរស័ព្ទទុកក្នុងទូពេលធ្វើការ មាន NSSF"
    assert assess(offer, "KH").risk == "low"
    kept = "ត្រូវការបុគ្គលិកឆាត បាវិត ៦០០$ ទូរស័ព្ទទុកក្នុងប្រអប់ មិនឲ្យចេញក្រៅ"
    assert "isolation" in {flag.id for flag in assess(kept, "KH").flags}
    handed = "ការងារនៅប៉ោយប៉ែត ៧០០$ បាយស្នាក់ហ្វ្រី ទូរស័ព្ទប្រគល់ឲ្យប្រធានក្រុមពេលធ្វើការ ឆាតតេឡេ"
    assert "isolation" in {flag.id for flag in assess(handed, "KH").flags}
