"""The pay of an offer as people write it: every shape, both languages, and the sums that are no pay."""

from __future__ import annotations

import pytest

from nlu.pay.amounts import amounts, salary
from nlu.pay.currencies import currencies
from nlu.text.files import read_yaml
from nlu.text.normalise import normalise
from nlu.text.numerals import numerals, tail


def read(text: str) -> tuple[float, float, str | None, str | None] | None:
    pay = salary(text)
    return (pay.amount_min, pay.amount_max, pay.currency, pay.period) if pay else None


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("seribu lima ratus", 1500),
        ("dua juta enam ratus lima puluh", 2_650_000),
        ("tiga juta sembilan ratus ribu", 3.9e6),
        ("empat koma lima juta", 4.5e6),
        ("tiga koma tujuh lima juta", 3.75e6),
        ("dua belas juta", 12e6),
        ("dua puluh lima juta", 25e6),
        ("satu setengah juta", 1.5e6),
        ("2jt500", 2.5e6),
        ("2jt5", 2.5e6),
        ("3 juta 500 ribu", 3.5e6),
        ("ពីរពាន់", 2000),
        ("ប្រាំបីរយ", 800),
        ("១ពាន់៥រយ", 1500),
        ("១លាន៩សែន", 1.9e6),
        ("៣ម៉ឺន៥ពាន់", 35_000),
        ("ពីរលានកន្លះ", 2.5e6),
        ("pi poan", 2000),
        ("pram muoy roy", 600),
        ("muoy poan bram roy", 1500),
        ("fifteen hundred", 1500),
        ("two thousand five hundred", 2500),
    ],
)
def test_numbers_in_words_and_in_pieces(text: str, number: float) -> None:
    plain = normalise(text).text
    assert tail(plain, next(numerals(plain))).value == number


@pytest.mark.parametrize(
    ("text", "low", "high", "currency", "period"),
    [
        # Indonesian
        ("Gaji 12jt, mess disediakan", 12e6, 12e6, "IDR", "month"),
        ("GAJI Rp 12.000.000,- bersih", 12e6, 12e6, "IDR", "month"),
        ("pegawai toko 2,7 jt, bonus penjualan", 2.7e6, 2.7e6, "IDR", "month"),
        ("gaji IDR 8-15jt", 8e6, 15e6, "IDR", "month"),
        ("Gaji seribu lima ratus dolar kerja di Kamboja", 1500, 1500, "USD", "month"),
        ("gaji dua belas juta sebulan", 12e6, 12e6, "IDR", "month"),
        ("operator 800-1200 USD di Kamboja", 800, 1200, "USD", "month"),
        ("gaji $1.5K", 1500, 1500, "USD", "month"),
        ("upah 45.000 baht", 45_000, 45_000, "THB", "month"),
        ("kilang sarung tangan Malaysia RM3500", 3500, 3500, "MYR", "month"),
        ("pabrik Taiwan NT$27,470", 27_470, 27_470, "TWD", "month"),
        ("Gaji pokok ¥180.000 di Jepang, tunjangan malam ¥6.000/kali", 180_000, 180_000, "JPY", "month"),
        ("gaji ¥5.000 di pabrik China", 5000, 5000, "CNY", "month"),
        ("kerja kebun di Jepang ¥1.100 per jam", 1100, 1100, "JPY", "hour"),
        ("Cleaner Jeddah SAR 1.600 + makan SAR 300", 1600, 1600, "SAR", "month"),
        ("petik kiwi NZD 2.800, biaya visa 22 jt", 2800, 2800, "NZD", "month"),
        ("Salary CAD 4,200/month, biaya LMIA CAD 950", 4200, 4200, "CAD", "month"),
        ("pabrik roti Polandia PLN 7.500 bersih. Total biaya 58jt, DP 10jt", 7500, 7500, "PLN", "month"),
        ("hotel di Swiss CHF 3.900 per bulan", 3900, 3900, "CHF", "month"),
        ("kafe di Perth Australia kira2 2000 dolar per bulan", 2000, 2000, "AUD", "month"),
        ("tukang batu 1,5jt per minggu dibayar tiap sabtu", 1.5e6, 1.5e6, "IDR", "week"),
        ("tutor Rp55.000/jam, transport 10rb per datang", 55_000, 55_000, "IDR", "hour"),
        ("penjaga kebun upah 35 juta setahun", 35e6, 35e6, "IDR", "year"),
        ("figuran 5jt sekali jalan", 5e6, 5e6, "IDR", "once"),
        ("sehari bisa bawa pulang sejuta", 1e6, 1e6, "IDR", "day"),
        ("4.961.000 utk 8 jam 6 hari ya bun, packing roti", 4_961_000, 4_961_000, "IDR", "month"),
        ("jaga warung, gaji 2,2 + makan", 2.2e6, 2.2e6, "IDR", "month"),
        ("kerja di Kuala Lumpur gaji 2500 sebulan", 2500, 2500, "MYR", "month"),
        ("gajiii 12jutaaa per bulan", 12e6, 12e6, "IDR", "month"),
        ("G A J I  2 0  J U T A  B E R S I H", 20e6, 20e6, "IDR", "month"),
        ("g4ji 15OO USD", 1500, 1500, "USD", "month"),
        ("gaji 1O juta", 10e6, 10e6, "IDR", "month"),
        ("Tukang 190rb kenek 140rb/hr", 140_000, 190_000, "IDR", "day"),
        ("gaji $208 masa percobaan dan $215 sesudahnya", 208, 215, "USD", "month"),
        ("USD 400/350/300 + SC", 300, 400, "USD", "month"),
        # Khmer script
        ("ប្រាក់ខែ ៨០០ដុល្លារ", 800, 800, "USD", "month"),
        ("ប្រាក់ខែ ៤លានរៀល", 4e6, 4e6, "KHR", "month"),
        ("លុយខែ ពីរពាន់ដុល្លារ", 2000, 2000, "USD", "month"),
        ("ប្រាក់ខែ ៨០០ដុល្លារ ដល់ ១២០០ដុល្លារ", 800, 1200, "USD", "month"),
        ("១ខែ ១ពាន់៥រយ$ ធ្វើនៅបាវិត", 1500, 1500, "USD", "month"),
        ("រោងចក្រនៅថៃ ៣៧២ បាត/ថ្ងៃ OT ៧០បាត/ម៉ោង", 372, 372, "THB", "day"),
        ("នៅថៃគេថា ៣៥២បាត ធ្វើរោងចក្រដេរ", 352, 352, "THB", "day"),
        ("ការងារកូរ៉េ ១លាន៩សែនវ៉ុន/ខែ", 1.9e6, 1.9e6, "KRW", "month"),
        ("ប្រាក់ខែ១៥ម៉ឺនយ៉េន នៅជប៉ុន", 150_000, 150_000, "JPY", "month"),
        ("ត្រូវការកម្មករ ៣ម៉ឺន៥ពាន់/ថ្ងៃ", 35_000, 35_000, "KHR", "day"),
        ("អ្នកបោសផ្លូវ ប្រាក់ខែ ៨៥ម៉ឺន", 850_000, 850_000, "KHR", "month"),
        ("ប្រាក់ខែ ២២០ នៅសណ្ឋាគារក្រុងបាវិត", 220, 220, "USD", "month"),
        ("លុយខែ ១២០០០ នៅថៃ កាត់រាល់ខែ", 12_000, 12_000, "THB", "month"),
        ("ខែ ៦០០០ ស៊ិកឡ ថែចាស់ជរានៅអ៊ីស្រាអែល", 6000, 6000, "ILS", "month"),
        ("ប្រាក់ខែ ២ម៉ឺនហុងកុងដុល្លារ", 20_000, 20_000, "HKD", "month"),
        ("1️⃣0️⃣0️⃣0️⃣$ ដល់ 1️⃣4️⃣0️⃣0️⃣$ វាយអក្សរ", 1000, 1400, "USD", "month"),
        ("ចុងភៅ (៣០០$) អ្នកអាំង (២២០$) បុគ្គលិករត់តុ (១៩០$)", 190, 300, "USD", "month"),
        ("ជាងថ្ងៃ ២០$ កូនជាង ១៥$", 15, 20, "USD", "day"),
        # romanised Khmer
        ("prak khae 800 dollar", 800, 800, "USD", "month"),
        ("tver ka nov bokor 780 khae", 780, 780, "USD", "month"),
        ("luy khae pi poan dollar", 2000, 2000, "USD", "month"),
        ("som rok neak cha mee 1, leang chan 1. 800,000r & 650,000r", 650_000, 800_000, "KHR", "month"),
        ("tov rong chak trey nov thai 345b/d OT 65b", 345, 345, "THB", "day"),
        ("kapal nesat korea ke tha 2,3 lean won", 2.3e6, 2.3e6, "KRW", "month"),
        ("chea assistant 350 nov tuol kork", 350, 350, "USD", "month"),
        # English and mixed
        ("CNC operator, €19.20/h, 38 h week", 19.2, 19.2, "EUR", "hour"),
        ("USD 230 basic + service charge (avg. $90)", 230, 230, "USD", "month"),
        ("they said crypto customer relations, 1.2k USD", 1200, 1200, "USD", "month"),
        ("Job ម៉ាឡេស៊ី អ្នកកត់ត្រាទំនិញ RM 2,200 បុគ្គលិក IT support 3,800", 2200, 3800, "MYR", "month"),
    ],
)
def test_the_pay_is_read_as_people_write_it(text: str, low: float, high: float, currency: str, period: str) -> None:
    assert read(text) == (low, high, currency, period)


@pytest.mark.parametrize(
    "text",
    [
        "Kursus bahasa Jerman 10 bulan: biaya Rp 38.000.000 bisa dicicil",
        "Sponsor minta 3 juta untuk uang jalan",
        "deposit 500 USD dulu, jaminan 1 juta",
        "CARI ORANG PANEN CENGKEH, 6.000/kg petik",
        "usia 18-35, tinggi 160, kuota 20 orang, hub 0812-5555-1234",
        '⚠️ WASPADA ⚠️ beredar poster "admin Kamboja gaji 15 juta", itu modus penipuan',
        "Tips: curigai gaji 2000 dolar dan tiket gratis, jangan percaya",
        "ត្រូវបង់ថ្លៃសេវា ៣០០ដុល្លារ មុនចេញដំណើរ",
        "កក់ ៥ម៉ឺនរៀល យកអីវ៉ាន់ទៅធ្វើ",
        "មួយ review បាន ៤ដុល្លារ",
        "⚠️ប្រយ័ត្ន! មានគេថា «ប្រាក់ខែ ១០០០ដុល្លារ» នេះជាការបោកប្រាស់!",
        "អាយុ ១៨-៣០ឆ្នាំ ម៉ោង ៨ ទាក់ទង 012 555 101",
        "trov bong luy 300$ mun, tlai passport 120$",
        "Notice from the Embassy: a viral 'Call centre Cambodia $1,000' ad is fake",
    ],
)
def test_fees_deposits_piece_rates_and_warnings_are_no_pay(text: str) -> None:
    assert read(text) is None


@pytest.mark.parametrize(
    ("text", "low", "high", "currency", "period"),
    [
        # a currency before or after the sum, and sums that are read in another one at home
        ("Telesales di Dubai\nAED 5.500 pokok", 5500, 5500, "AED", "month"),
        ("jaga lansia Taiwan, gaji naik ke NT$24.000", 24_000, 24_000, "TWD", "month"),
        ("potong 6 bulan HK$2.100 dari gaji HK$4.990", 4990, 4990, "HKD", "month"),
        ("Jadi staf kantin di Koh Kong. 900 US. Semua dibayari", 900, 900, "USD", "month"),
        ("PT di Taiwan cari pengasuh, 23 ribu, libur 1 minggu", 23_000, 23_000, "TWD", "month"),
        ("Game host di Kamboja, gaji pokok 13.500.000", 13.5e6, 13.5e6, "IDR", "month"),
        ("5.500.000 rial/khae bek excavator", 5.5e6, 5.5e6, "KHR", "month"),
        ("ម៉ោងមួយ $1.20", 1.2, 1.2, "USD", "hour"),
        # a stall and heads are no second pay
        ("ហាងលក់ខោអាវ (តូប ១៤២) ត្រូវការអ្នកជួយលក់ ២៥០$", 250, 250, "USD", "month"),
        ("ជម្រកឆ្មា រកអ្នកមើលឆ្មា ១០០ក្បាល ១៨០$ + បន្ទប់", 180, 180, "USD", "month"),
        # millions left out
        ("Kasir minimarket baru, 2,95. Nama belum fix", 2.95e6, 2.95e6, "IDR", "month"),
        ("Gaji lu 12 kan masih sisa", 12e6, 12e6, "IDR", "month"),
        ("gapok 14.5 kerja indoor", 14.5e6, 14.5e6, "IDR", "month"),
        # the basic wage beside what comes on top
        ("Pokok 5.800.000 + HM 20rb/jam", 5.8e6, 5.8e6, "IDR", "month"),
        ("កម្មករ ២០៨ដុល្លារ/ខែ + រង្វាន់ ១០$ + ឈ្នួលផ្ទះ ៧$", 208, 208, "USD", "month"),
        ("220 + OT ធ្វើនៅរោងចក្រ", 220, 220, "USD", "month"),
        ("Guru di Bogor, 3,7jt. Trial 2 hari dibayar 100rb/hari", 3.7e6, 3.7e6, "IDR", "month"),
        # an allowance where there is no wage
        ("magang di Jepang, tunjangan ¥180.000", 180_000, 180_000, "JPY", "month"),
        ("Relawan guru di Thailand, tunjangan 9.000 THB", 9000, 9000, "THB", "month"),
        # work of a few days
        ("Kerja 3 hari di Bintan, 8 juta", 8e6, 8e6, "IDR", "once"),
        ("Dua minggu di Poipet. 25 juta", 25e6, 25e6, "IDR", "once"),
        ("Fotografer prewed, per project 2,5jt", 2.5e6, 2.5e6, "IDR", "once"),
        ("ទស្សនា ៥ថ្ងៃ ២ពាន់ដុល្លារក្នុង១ដំណើរ", 2000, 2000, "USD", "once"),
        # periods
        ("Main musik 6 bulan, 9 juta per orang per bulan", 9e6, 9e6, "IDR", "month"),
        ("UK stroberi, £500–£650 per pekan", 500, 650, "GBP", "week"),
        ("ថ្លៃឈ្នួលអាទិត្យ ៥ពាន់បាត", 5000, 5000, "THB", "week"),
        ("550.000 riel muoy atet", 550_000, 550_000, "KHR", "week"),
        ("ម៉ោង $14 ធ្វើនៅចម្ការ", 14, 14, "USD", "hour"),
        ("វេនយប់ ២២៥$", 225, 225, "USD", "month"),
        # several jobs, and numbers that count something else
        ("ថ្ងៃ 12$ ជាង 18$", 12, 18, "USD", "day"),
        ("អ្នកលាងចាន 400 អ្នកយាម 450 អ្នកវាយចិន 1100", 400, 1100, "USD", "month"),
        ("ប្រាក់ខែសាកល្បង $650 ក្រោយសាកល្បង $850", 650, 850, "USD", "month"),
        ("វិស្វករ ១ — ៧៥០ដុល្លារ", 750, 750, "USD", "month"),
        ("Admin di Bavet $1.3k, sudah 300 alumni", 1300, 1300, "USD", "month"),
        ("អាយុក្រោម ២៥ 300$/ខែ កម្ពស់ 1m55", 300, 300, "USD", "month"),
        ("ជ្រើសអ្នកថត ១រូប ៨៥០$", 850, 850, "USD", "month"),
        # words of fees that name the work
        ("Kroasia laundry hotel €1500", 1500, 1500, "EUR", "month"),
        ("អ្នកចាក់សាំងវេនយប់ ២៣០$", 230, 230, "USD", "month"),
        ("អ្នកលក់ធានារ៉ាប់រង 200$ + commission", 200, 200, "USD", "month"),
        ("ជំនួយការ ២២០ដុល្លារ កុងត្រា ៦ខែ", 220, 220, "USD", "month"),
    ],
)
def test_the_pay_is_found_among_other_numbers(text: str, low: float, high: float, currency: str, period: str) -> None:
    assert read(text) == (low, high, currency, period)


@pytest.mark.parametrize(
    "text",
    [
        # piece rates
        "subtitle drama, 35rb per menit video",
        "isi survei, 20rb per survei",
        "input data 500 baris 50rb",
        "១ទំព័រ ២ដុល្លារ",
        "ក្បាលមួយ ២០០ដុល្លារ",
        # fees, advances, money for the family
        "uang fit 8 juta utk keluarga",
        "Booking fee 5jt, sisanya 45jt",
        "Biaya seragam, rekening dan seminar Rp 625.000",
        "បុរេប្រទានបាន ១០០០$",
        "លុយ ៣ពាន់បាតអោយមុន",
        # no base pay at all
        "penghasilan bisa 3-7 jt tergantung usaha",
        "Waiter 1.05k USD, basic-nya belum disebut",
        "គ្មានប្រាក់គោល អ្នកខ្លះបាន ១០០០$",
        "រកចំណូល ២០០-៨០០$ តាមសមត្ថភាព",
        # what is quoted and called false
        'Iklan "gaji 15jt ketik santai Kamboja" itu JEBAKAN',
        'Contoh soal: "Gaji 20 juta, tanpa ijazah." Tandai 4 ciri penipuan!',
        "«ធ្វើ admin ១២០០$» អត់មែនទេ កុំជឿ",
        "អ្នកណាប្រាប់ថា ៦០០០$ គឺកុហក",
        # numbers that are no money
        "gaji 2 digit, paspor kosong",
        "agen ada akun IG 30rb follower, gaji nego",
        "ជួបបញ្ហា ហៅ ១២៨០",
        "chhob 1 dong knong khe",
    ],
)
def test_what_is_no_pay_of_a_stretch_of_time_is_not_read_as_one(text: str) -> None:
    assert read(text) is None


def test_a_real_job_is_read_beside_the_false_one_that_is_quoted() -> None:
    text = 'Pesan "siapkan 2 juta" bukan dari kami, itu penipuan. Operator Rp3,55jt, tanpa biaya'
    assert read(text) == (3.55e6, 3.55e6, "IDR", "month")


def test_the_base_pay_is_told_from_fees_and_extras_beside_it() -> None:
    assert read("Gaji 4,9jt. Admin 3 juta bayar di awal, bonus 2jt") == (4.9e6, 4.9e6, "IDR", "month")
    assert read("prak khae 2,1 lean, kat 900,000 won/khae") == (2.1e6, 2.1e6, "KRW", "month")
    assert read("១៨$ / ថ្ងៃ + អាហារ ៧$ + ធ្វើដំណើរ 15$") == (18, 18, "USD", "day")


def test_food_money_behind_a_list_of_wages_is_no_wage() -> None:
    jobs = "បេឡាករ — ២៣០$\nរៀបទំនិញ — ១៩០$\nសន្តិសុខ — ២០០$"
    assert read(f"{jobs}\nប្រាក់បាយ ១$ /ថ្ងៃ") == (190, 230, "USD", "month")
    assert read("35$/ថ្ងៃ\nទិញកញ្ចប់ 20$\nទិញកញ្ចប់ 100$") == (35, 35, "USD", "day")


def test_the_pay_of_a_trial_gives_way_to_what_follows_it() -> None:
    assert read("brak khe 800$ sak, 1000$ krouy 1khe") == (1000, 1000, "USD", "month")
    assert read("ប្រាក់ខែ ៦៥០$ (សាក) → ៩០០$") == (900, 900, "USD", "month")


def test_a_dollar_sign_is_no_other_money_that_is_named_before_it() -> None:
    assert read("ជ្រើសកម្មករ បិទបាត ២១៥$") == (215, 215, "USD", "month")
    assert read("penempatan Hong Kong HKD 4.990$ per bulan") == (4990, 4990, "HKD", "month")


@pytest.mark.parametrize("text", ["RM3500 kerja di Malaysia", "៨០០ដុល្លារ ធ្វើនៅភ្នំពេញ"])
def test_a_period_nobody_wrote_is_marked_as_inferred(text: str) -> None:
    pay = salary(text)
    assert pay is not None and pay.period == "month" and pay.period_inferred


@pytest.mark.parametrize("text", ["gaji RM3500 sebulan", "៨០០ដុល្លារក្នុងមួយខែ"])
def test_a_written_period_is_not_inferred(text: str) -> None:
    pay = salary(text)
    assert pay is not None and pay.period == "month" and not pay.period_inferred


@pytest.mark.parametrize("text", ["Gaji 1️⃣5️⃣ juta!", "ប្រាក់ខែ​ ៨០០​ដុល្លារ", "g a j i  1 2 j t"])
def test_evidence_is_cut_from_the_text_as_it_was_sent(text: str) -> None:
    for found in [salary(text), *amounts(text)]:
        assert found is not None and text[found.start : found.end] == found.evidence != ""


def test_every_currency_has_a_rate_so_that_its_pay_can_be_held_against_others() -> None:
    assert set(currencies()) <= set(read_yaml("rates.yml")["usd_per_unit"])


@pytest.mark.parametrize(
    ("text", "pay"),
    [
        # A list: each post stands beside the one before it, whatever else its line says.
        (
            "អ្នកដេរ ១២០នាក់ – ប្រាក់ខែគោល 208$\nអ្នកកាត់ ១៥នាក់ – ប្រាក់ខែគោល 215$\nប្រធានក្រុម – ប្រាក់ខែគោល 320$\nប្រាក់ទៀងទាត់ 10$",
            (208, 320),
        ),
        ("អ្នកលក់ ២៣០$ + កម្រៃជើងសា ១%\nអ្នកដឹក-ដំឡើង ២៦០$ + ៣$/ដំឡើង\nអ្នកឌីហ្សាញ 3D ៣៣០$", (230, 330)),
        # Who plasters is named like what comes on top.
        ("ជាងការ៉ូ ៤៨០$\nជាងបូក ៤២០$\nជាងថ្នាំលាប ៣៩០$", (390, 480)),
        # The line that follows names a bonus, or another way to be paid.
        ("កម្មករ ៣៥០$\nប្រាក់ឧស្សាហ៍ ១០០$", (350, 350)),
        # In brackets stands what trainees get; the trial is over; a year is no pay.
        ("Dealer ៤៥០$ បង្រៀន ១ខែ (ឧបត្ថម្ភ ២០០$)", (450, 450)),
        ("សាកល្បង ២ខែ បាន ២០០$\nផុតសាកល្បង ២៣០$ (វេនថ្ងៃ) ឬ ២៦០$ (វេនយប់)", (230, 260)),
        ("ប្រាក់ខែ ២១០$ លក់លើសគោលដៅ ៣,០០០$ បានរង្វាន់", (210, 210)),
        ("ពាន់ដុល្លារមួយខែ បងចេញឲ្យគ្រប់យ៉ាង", (1000, 1000)),
    ],
)
def test_the_pay_of_a_khmer_list_is_read_whole(text: str, pay: tuple[float, float]) -> None:
    found = salary(text)
    assert found is not None
    assert (found.amount_min, found.amount_max, found.currency, found.period) == (*pay, "USD", "month")


def test_a_sum_for_one_piece_is_no_hourly_pay() -> None:
    assert salary("ទទួលប៉ាក់ឈ្មោះលើកន្សែង ១កន្សែង ៣ពាន់រៀល") is None


@pytest.mark.parametrize(
    ("text", "low", "high", "currency", "period"),
    [
        # Food, overtime, tips and travel money per day or hour stand beside the wage; the wage is read.
        ("រោងចក្រស្រោមជើង ជ្រើសរើសកម្មករ ២១៥$ អាហារ ២,០០០៛/ថ្ងៃ", 215, 215, "USD", "month"),
        ("ជាងដេរ ២៣០$ លុយបាយ 1.5$ / ថ្ងៃ", 230, 230, "USD", "month"),
        ("ជាងភ្លើង ៣០០-៤០០$ ប្រាក់ចុះខេត្ត ២៥,០០០៛/ថ្ងៃ", 300, 400, "USD", "month"),
        ("ដេរអាវ ២០០$ OT ២ម៉ោង ២០០០៛/ម៉ោង", 200, 200, "USD", "month"),
        ("ឆ្លើយសារភ្ញៀវ 900$ ណែនាំម្នាក់បាន ២០០$", 900, 900, "USD", "month"),
        ("ឆាតភ្ញៀវ 900$ ប៉ាស្ព័រក្រុមហ៊ុនចេញអស់ ណែនាំម្នាក់បាន ២៥០$", 900, 900, "USD", "month"),
        # The price of a day's work is its pay; the night shift and the day off are no period.
        ("ត្រូវការអ្នកច្រូតស្រូវ ថ្លៃ ៤ម៉ឺន ១ថ្ងៃ", 40000, 40000, "KHR", "day"),
        ("វេនព្រឹក/ល្ងាច/យប់ 220$-280$", 220, 280, "USD", "month"),
        ("មេផ្ទះសិង្ហបុរី S$600 ថ្ងៃឈប់ ១/សប្តាហ៍", 600, 600, "SGD", "month"),
        ("មើលគោ បើកជាឆ្នាំ ៤លានរៀល រួមបាយ", 4e6, 4e6, "KHR", "year"),
        ("លុយខែ 200 វេនយប់", 200, 200, "USD", "month"),
        # How many are wanted, another sewing job, a trial in brackets, an average, a course and a rent.
        ("អ្នករៀបសន្លឹក ៣ – ២៤០ដុល្លារ", 240, 240, "USD", "month"),
        ("ដេរអាវយឺត ២០០$ កាត់ដេរ ២១០$", 200, 210, "USD", "month"),
        ("ឆាតភ្ញៀវ 1,500$ ក្រោយសាក 2 ខែ (សាក 1,100$)", 1500, 1500, "USD", "month"),
        ("ដេរកាបូប ២៣០$ (គោល) ចំណូលសរុបជាមធ្យម ៣២០$-៣៨០$", 230, 230, "USD", "month"),
        ("មេផ្ទះ ១០០០ដុល្លារសិង្ហបុរី\nវគ្គ ១ខែ 200$", 1000, 1000, "SGD", "month"),
        ("roungchak trov ka 200neak 210$ + OT, oy chuol 5$/khae", 210, 210, "USD", "month"),
        # A word does not begin or end within a syllable: "take" is not in "for the child", nor "loses" in "polishes".
        ("រោងស្រូវ ឲ្យកូនខ្ញុំ ២៥០$", 250, 250, "USD", "month"),
        ("រើសជាងឈើ និងកម្មករខាត់ ២១០ដុល្លារ", 210, 210, "USD", "month"),
        # What they pay themselves, and a fee that has its own sum behind.
        ("ធ្វើនៅជ្រៃធំ ១០០០ដុល្លារ ថ្លៃឡានមេចេញ", 1000, 1000, "USD", "month"),
        ("គេថាប៉ូឡូញខ្វះកម្មករ ១៤០០ដុល្លារ ថ្លៃវីសានិងសំបុត្រ ៣២០០$", 1400, 1400, "USD", "month"),
        # A language to speak and the customers' country are not where the work is.
        ("ប្រាក់ខែមួយពាន់ ចេះអង់គ្លេសមិនចេះក៏បាន", 1000, 1000, "USD", "month"),
        ("គេឲ្យ ៨៥០ ឆាតជាមួយភ្ញៀវម៉ាឡេ", 850, 850, "USD", "month"),
        # A quotation somebody asks about is an offer, even where the question holds a word of doubt.
        ("បងជួយមើល សិស្សខ្ញុំសួរ «ត្រូវការអ្នកស្ទង់មតិ ១៥ដុល្លារ/ថ្ងៃ» មែនទេ", 15, 15, "USD", "day"),
        # A week, a day, half a dollar, the Gulf, a thousand with a space, and the money of the place.
        ("gaji harian 500rb", 500_000, 500_000, "IDR", "day"),
        ("pendapatan harian 250rb – 1,5jt", 250_000, 1_500_000, "IDR", "day"),
        ("upah 140 ribu satu hari", 140_000, 140_000, "IDR", "day"),
        ("300$ mouy athit, tver ka nov pteah", 300, 300, "USD", "week"),
        ("prak kamrai 29 men won 1 sabda", 290_000, 290_000, "KRW", "week"),
        ("ឲ្យជួយផេក ១ដុល្លារកន្លះក្នុងមួយម៉ោង", 1.5, 1.5, "USD", "hour"),
        ("ប្រាក់ខែ ១,២០០រៀលកាតា", 1_200, 1_200, "QAR", "month"),
        ("ប្រាក់ខែ ២០០០រៀលសាអូឌី", 2_000, 2_000, "SAR", "month"),
        ("រោងចក្រនៅថៃ ៩ ០០០បាតក្នុងមួយខែ", 9_000, 9_000, "THB", "month"),
        ("tov rongchak nov Korat, 9800b + OT", 9_800, 9_800, "THB", "month"),
        ("ត្រូវការកម្មករ ៨០ ២២០-២៦០ដុល្លារ", 220, 260, "USD", "month"),
        ("25 dolar sehari, proyek di Brunei", 25, 25, "BND", "day"),
    ],
)
def test_the_wage_is_told_from_what_stands_beside_it(
    text: str, low: float, high: float, currency: str, period: str
) -> None:
    assert read(text) == (low, high, currency, period)


@pytest.mark.parametrize(
    "text",
    [
        # Asked of the worker.
        "បងយកប្រាក់កក់តែ ៥០ដុល្លារ ចេញថ្ងៃស្អែក",
        "ចង់បានឈ្មោះក្នុងវគ្គ សូមផ្ញើ ៦៥០ដុល្លារ",
        "ចូលរួមជាសមាជិក ៤៩ដុល្លារ ទទួលឈុតផលិតផល",
        "ត្រូវយកលុយ ៣០០០ដុល្លារមកលោះខ្លួនចេញ",
        "chol roungchak trov oy 70$ chea tlai kafe",
        "អ្នកដែលទារលុយ ១០០០ដុល្លារ គឺឆបោក",
        "អ្នកណាទារលុយ ២០០០ដុល្លារ ឬ ៣០០០ដុល្លារ គឺជនឆបោក",
        "tov korea ot bach prolong. 2800$ bong mun 800",
        # What a school gives its trainees, and what they send home.
        "រៀនជំនាញផ្សារដែក ៣ខែ ឥតបង់ថ្លៃ មានប្រាក់ឧបត្ថម្ភ ២៥ម៉ឺន/ខែ",
        "ខ្ញុំផ្ញើលុយឲ្យម៉ែបាន ១ពាន់រាល់ខែ",
        # Numbers of streets, houses and telephones.
        "ប្រាក់ខែប្រាប់ក្រោយសាក ផ្លូវ ៩៣ ជិតផ្សារ",
        "សង្ស័យ ហៅ 1800 555 010",
        # Quoted as a trick.
        'ការប្រកាស "ជួលកាត ABA ១ខែ ១៥០$" គឺជាល្បិចលាងលុយ',
        "គេមិនឲ្យចេញ សូមផ្ញើទីតាំងមកលេខសង្គ្រោះ ១២៩៨",
        # Told of by courts, police and those who were there.
        "តុលាការកាត់ទោសបុរសម្នាក់ ដែលសន្យាការងារ ៩០០ដុល្លារ រួចលក់បន្ត",
        "ខ្ញុំធ្លាប់ទៅហើយ គេសន្យា ៥០០ដុល្លារ បានត្រឡប់មកវិញ ខ្ញុំប្តឹងរួច",
    ],
)
def test_fees_numbers_and_tales_are_no_pay_in_khmer(text: str) -> None:
    assert salary(text) is None


@pytest.mark.parametrize(
    ("text", "low", "high", "period"),
    [
        # More after some months, or for those who can more: from the least to the most.
        ("ប្រាក់ខែ 700$ ក្រោយ ៣ខែ 900$", 700, 900, "month"),
        ("បោសសម្អាត ៣៥០ដុល្លារ ហើយបើចេះវាយអក្សរបានឡើង ៥០០ដុល្លារ", 350, 500, "month"),
        ("ម៉ៅការរកជាងផ្សារ ១ថ្ងៃ ១៦$ (ជាងធម្មតា) ២២$ (ចេះឡើងកម្ពស់)", 16, 22, "day"),
        ("USD 400 training 3 bln, lanjut 520 USD", 400, 520, "month"),
        # Basic pay stays what it is called.
        ("ប្រាក់ខែគោល ៩០០$ បើទាញភ្ញៀវបាន ឡើងដល់ ១៥០០$", 900, 900, "month"),
        # A trip is a whole job, however many a month holds.
        ("បើកឡានដឹកដំឡូង ១ជើង ៤០$ មួយខែបាន ១៥-២០ជើង", 40, 40, "once"),
        ("ដឹកម៉ាស៊ីនតាមទូក យប់ៗ ៦០$ ក្នុង១ជើង", 60, 60, "once"),
    ],
)
def test_steps_and_trips_are_read_whole(text: str, low: float, high: float, period: str) -> None:
    assert read(text) == (low, high, "USD", period)


@pytest.mark.parametrize(
    "text",
    [
        "The court heard that he promised 900 dollars for typing and was arrested in March.",
        "We never recruit by Telegram. Who paid 150 dollars reported it to police; the public may call the hotline.",
        "Perekrut tersebut mengaku dari PT besar, gaji 15 juta. Akhirnya saya melapor ke posko.",
    ],
)
def test_a_notice_or_a_tale_has_no_pay_in_english_and_indonesian(text: str) -> None:
    assert salary(text) is None


@pytest.mark.parametrize(
    ("text", "low", "high", "currency", "period"),
    [
        # A vacancy may close with a caution.
        (
            "Lowongan operator crane, kawasan industri, gaji pokok Rp4.800.000 + tunjangan, lamaran lewat portal. "
            "Hati2 penipuan mengatasnamakan perusahaan.",
            4.8e6, 4.8e6, "IDR", "month",
        ),
        ("Ditawari panen sawit, upah 120 sehari", 120_000, 120_000, "IDR", "day"),
        # All that belongs to a month's pay, or the pay of a whole season.
        ("Ground staff bandara Rp5,6 jt total (UMK + shift)", 5.6e6, 5.6e6, "IDR", "month"),
        ("katering musim haji 40 hari, 6.000 riyal total", 6000, 6000, "SAR", "once"),
        # A kidney and a child carried for others are paid for once.
        ("Donor ginjal di Kamboja, dibayar 130jt cash", 1.3e8, 1.3e8, "IDR", "once"),
        ("គេអញ្ជើញទៅធ្វើម្តាយជំនួស ១ម៉ឺនដុល្លារ", 10_000, 10_000, "USD", "once"),
    ],
)  # fmt: skip
def test_seasons_totals_and_what_indonesians_leave_out(
    text: str, low: float, high: float, currency: str, period: str
) -> None:
    assert read(text) == (low, high, currency, period)


@pytest.mark.parametrize(
    "text",
    [
        "Bisa masuk pabrik tanpa tes, cukup 12 juta, setengah di depan",
        "Jasa masuk BUMN 6jt bayar setengah dulu",
        "deposit 150rb balik 195rb langsung",
    ],
)
def test_what_a_broker_asks_is_no_pay_in_indonesian(text: str) -> None:
    assert salary(text) is None


@pytest.mark.parametrize(
    ("text", "low", "high", "currency", "period"),
    [
        # How Khmer people write a sum: words, pieces, signs, whose money, net, at least and at most.
        ("ប្រាក់ខែ 300-500ដុល្លា អាចចរចាបាន", 300, 500, "USD", "month"),
        ("ប្រាក់ខែគិតជាលុយខ្មែរ ៩០ម៉ឺនរៀល", 900_000, 900_000, "KHR", "month"),
        ("លុយជាប់ដៃ ១៨០០០បាត ធ្វើនៅរយ៉ង", 18_000, 18_000, "THB", "month"),
        ("ប្រាក់ខែយ៉ាងតិច ៥០០ដុល្លារ យ៉ាងច្រើន ៧០០ដុល្លារ", 500, 700, "USD", "month"),
        ("ប្រាក់ខែ មួយម៉ឺនប្រាំពាន់បាត", 15_000, 15_000, "THB", "month"),
        ("ដូបៃ ប្រាក់ខែ ២៥០០ ឌីរ៉ាម", 2500, 2500, "AED", "month"),
        ("រើសអ្នកធ្វើនៅអូស្ត្រាលី ៤០$ (AUD) ក្នុងមួយម៉ោង", 40, 40, "AUD", "hour"),
        ("kon cheang 2mern8 knong 1thngai, cheang 4mern5. Berk luy lngeach", 28_000, 45_000, "KHR", "day"),
        ("kar cheang bouk si, 1thngai 4man5poan, bay khlun eng", 45_000, 45_000, "KHR", "day"),
        ("rien eng tam ptah, 1h 12000 riel", 12_000, 12_000, "KHR", "hour"),
        ("muoy khae pi poan dollar tver online", 2000, 2000, "USD", "month"),
        ("tov myanmar, pram roy dola muoy athit", 500, 500, "USD", "week"),
        ("ធ្វើនៅម៉ាកាវ ប្រាក់ខែ ១៥០០០ហុងកុង គេចេញសំបុត្រយន្តហោះ", 15_000, 15_000, "HKD", "month"),
        ("អាមេរិក ចម្ការផ្លែឈើ ១៦ដុល្លារ១ម៉ោង ធ្វើការ ៦០ម៉ោង", 16, 16, "USD", "hour"),
        ("ធ្វើនៅទូកថៃ 450បាតx30ថ្ងៃ", 450, 450, "THB", "day"),
        ("រដ្ឋបាល 250$ | ផ្នែកលក់ 230$ + % | ជាងកុំព្យូទ័រ 350$", 230, 350, "USD", "month"),
        ("ក្រុមហ៊ុន 888 យកមនុស្ស ១០០នាក់ ខែ៩០០$ ឆ្លើយឆាត", 900, 900, "USD", "month"),
        # The time a sum is paid for, and the times when the work is.
        ("មួយអាទិត្យបើកម្តង ៧៥ដុល្លារ ការងារសំអាត", 75, 75, "USD", "week"),
        ("អ្នកកាយអំបិល តម្លៃ ៥ទៅ៦ ដុល្លារ ១ព្រឹក", 5, 6, "USD", "day"),
        ("រកគ្រូបង្រៀន ម៉ោងមួយ 4.5$-6$ អាទិត្យ ៣ដង", 4.5, 6, "USD", "hour"),
        ("រកការឲ្យ ២៨ម៉ោងក្នុងសប្តាហ៍ បាន ៩០០០០យ៉េន", 90_000, 90_000, "JPY", "month"),
        ("ម៉ាស្សា Spa 1,800$ ២ឆ្នាំ", 1800, 1800, "USD", "month"),
        ("ធ្វើនៅផ្សារ ១៨០០០បាត រាល់ព្រឹកឆ្លងតាមរបង", 18_000, 18_000, "THB", "month"),
        # What comes on top, what a trial pays, and who learns for nothing.
        ("បេសិក ៣០០$ ថែមកុំម្មីសិន ៥០$", 300, 300, "USD", "month"),
        ("ប្រាក់ខែគោល 800$ បូក KPI 100-500$ ស្នាក់នៅឥតគិតថ្លៃ", 800, 800, "USD", "month"),
        ("ត្រូវការអ្នករៀនដុតនំ មិនចេះក៏បង្រៀន ២០០ដុល្លារ ៣ខែដំបូង រួចឡើង ២៤០", 200, 200, "USD", "month"),
        ("ជាងសក់ 300-400$ ជាងក្រចក 250$ / អ្នកមិនទាន់ចេះសុំរៀនបាន អត់មានប្រាក់ខែ", 250, 400, "USD", "month"),
        ("ប្រាក់ខែ៤០០ដុល្លារឡើង បើចេះភាសាចិន ឡើងដល់៨០០ដុល្លារ", 400, 800, "USD", "month"),
        ("ជាងចម្លាក់ជំនាញ ៣៥០$ និងកូនជាង ១៥០$ ក្នុងរយៈហាត់ ៣ខែ", 350, 350, "USD", "month"),
        ("- អ្នកលក់ ២២០$\n- អ្នកយកលុយ ២៣០$\n- សន្តិសុខ ២១០$", 210, 230, "USD", "month"),
        # Work of lending and of betting; what is cut from the pay, fines on their own line, and papers in dollars.
        ("រើស «បុគ្គលិកទូរស័ព្ទលក់ប្រាក់កម្ចី» 800$/ខែ", 800, 800, "USD", "month"),
        ('ការងារ "បម្រើអតិថិជន" ហ្គេមស៊ីសងអនឡាញ 750$', 750, 750, "USD", "month"),
        ("គាត់ចេញថ្លៃឡាន ១៨០០០បាត កាត់ពីប្រាក់ខែ ២៥០០បាតរាល់ខែ។ ថ្ងៃមួយបាន ៣៣០បាត", 330, 330, "THB", "day"),
        ("ក្រោយសាក ៦០០ដុល្លារ ដល់ ១ពាន់ដុល្លារ\nពិន័យ៖ ដេកពេលធ្វើ ១០$ យឺត ៥$/ថ្ងៃ", 600, 1000, "USD", "month"),
        ("វីសាវិស្វករ ¥285,000 ក្រុមហ៊ុនមកសម្ភាសផ្ទាល់ ធ្វើការនៅជប៉ុន", 285_000, 285_000, "JPY", "month"),
        ("ដេរកាបូប ២៣០$\nកាត់ស្បែក ២៤០$", 230, 240, "USD", "month"),
    ],
)
def test_general_ways_of_writing_pay_in_khmer(text: str, low: float, high: float, currency: str, period: str) -> None:
    assert read(text) == (low, high, currency, period)


@pytest.mark.parametrize(
    "text",
    [
        # Rent, sales, debts, ransoms, prizes and papers.
        "បន្ទប់ជួល ៦០$/ខែ ទឹកភ្លើងដាច់ដោយឡែក",
        "លក់ម៉ូតូ ៨៥០ដុល្លារ ទាក់ទង 012 345 678",
        "ម៉ែខ្ញុំឈឺ ត្រូវការលុយ ៥០០ដុល្លារ",
        "ធ្វើវីសា ១ឆ្នាំ ៣០០ដុល្លារ",
        "គេលក់ខ្ញុំ ៤០០០ដុល្លារ ទៅក្រុមហ៊ុនមួយទៀត",
        "កម្មវិធីឆ្នោត ឈ្នះ ៥លានរៀល",
        "ម្នាក់ ៤៥០០បាត បង់មុន ២០០០ ចេញយប់នេះ",
        "jompeak luy ke 800$ min hean rot",
        "ke tear luy loh 3000 dollar",
        "jol bantob 60$ muoy khe",
        "phner luy tov pteah 200$ ral khe",
        "ក្រសួងការងារជូនដំណឹង៖ សេវាធ្វើសៀវភៅការងារ ២០០០០រៀល",
        "វីសាថៃ ៦០ថ្ងៃ ១៩០០បាត បន្តបាន ១ដង",
        "បើកគណនីធនាគារ ត្រូវមានលុយ ១០ដុល្លារ",
        "វគ្គបណ្តុះបណ្តាលជាងសំណង់ មានប្រាក់ឧបត្ថម្ភ ៥០ដុល្លារក្នុងមួយខែ ដល់សិក្ខាកាម",
        "khnom bong luy oy mekhyol 2500$ tae ot ban tov korea te",
        "ke lok khnom 5000$ tov boss thmey",
        "khnom mean bomnol 2000$ nov thoneakea",
        "ke yok khnom 300$ tha thver ekasar, eylov block khnom hz",
        "bong tlai bantob 50$, tuk pleung 10$",
        "ភ្នាក់ងារស្របច្បាប់ យកតែ ៣០០ដុល្លារ មានវិក្កយបត្រ",
        "jol rean pheasa korea 50$ muoy khe",
        "neak na khchey luy 1000$ song 1100$ muoy khe",
        # What is over, what somebody was promised, and what an office explains.
        "កាលពីឆ្នាំទៅ ខ្ញុំបានទៅធ្វើការនៅកំពង់សោម គេថាបាន ៨០០ដុល្លារ តែដល់ទៅគេដកទូរស័ព្ទ ឥឡូវបានត្រឡប់មកផ្ទះវិញហើយ",
        "គេថាទៅធ្វើអ្នកគិតលុយ ៧០០$ ខ្ញុំរត់ទៅរកប៉ូលិស ឥឡូវខ្ញុំនៅផ្ទះសុខសប្បាយ",
        "ខ្ញុំធ្វើនៅរោងចក្រ ៨ឆ្នាំ ប្រាក់ខែ ២៣០ដុល្លារ ទោះតិចតែសុខចិត្ត មិនដូចអ្នកទៅស៊ីសងអនឡាញ",
        "ប្រាក់ឈ្នួលអប្បបរមាឆ្នាំ ២០២៥ គឺ ២០៨ដុល្លារ សម្រាប់កម្មករកាត់ដេរ",
        "តុលាការឧទ្ធរណ៍តម្កល់ទោស ១០ឆ្នាំ លើមេខ្យល់ដែលសន្យា ១០០០$ ធ្វើការងារកុំព្យូទ័រ",
        "kom chue post nis na, ke tha 1500$ muoy khe, mit khnom tov hz ot chenh ruoch te",
        "ke tha khae 900$, tov dol ke yok passport, eylov nov pteah vinh hz",
        "lek 097 555 6120 nis kom touch oy sos",
        "pi mun khnom tver nov casino ban 400$, eylov chub hz",
        "ខ្ញុំធ្វើការបាន ៣ខែ គេបើកឲ្យតែ ១០០ដុល្លារ ហើយកាត់ពិន័យអស់",
        "bong srey khnom tver nov thai 10chnam hz, pel mun ban 300 bat muoy thngai, eylov chub hz",
    ],
)
def test_what_is_paid_owed_or_over_is_no_pay_in_khmer(text: str) -> None:
    assert salary(text) is None


@pytest.mark.parametrize(
    ("text", "high"),
    [
        # Who asks what others think, or wants people for work, has an offer, whatever words of tales stand beside it.
        ("មិត្តចាស់ឆាតមកថា ពីមុនវាក្រ ឥឡូវគេឲ្យ ៩០០ដុល្លារ ការងារស្រួល ខ្ញុំគួរជឿទេបង", 900),
        ("រោងចក្រ ត្រូវការកម្មករដេរ ប្រាក់គោល ២១០$ កិច្ចសន្យាតាមច្បាប់ការងារ", 210),
        ("អ្នកយាម ៣៥០ដុល្លារ មានកុងត្រា ១ឆ្នាំ។ ម៉ាក់ថាកុំទៅខ្វះសន្តិសុខ", 350),
        ("អង្គការ ត្រូវការមន្ត្រី ប្រាក់ខែ ៥០០$ ជួយជនរងគ្រោះ", 500),
    ],
)
def test_an_offer_with_words_of_tales_is_still_read(text: str, high: float) -> None:
    assert read(text) == (high, high, "USD", "month")


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("Gaji 25 000 - 30 000 baht", (25_000, 30_000, "THB", "month")),
        ("Gaji N5 500$", (500, 500, "USD", "month")),
        ("បុគ្គលិកសាំង 220-250$/ខែ", (220, 250, "USD", "month")),
        ("5 men rm 1500", (1_500, 1_500, "MYR", "month")),
        ("prak khae 300 men som te", (300, 300, "USD", "month")),
        ("Gaji 5000 sebulan, Jl. Merdeka 12B, Jakarta", None),
        ("scan QR 150 ribu per hari", (150_000, 150_000, "IDR", "day")),
        ("10$ កន្លះថ្ងៃ", (10, 10, "USD", "day")),
    ],
)
def test_words_that_look_like_money_and_are_none(text: str, wanted: tuple[float, float, str, str] | None) -> None:
    assert read(text) == wanted


@pytest.mark.parametrize(
    ("text", "low", "high", "currency", "period"),
    [
        ("ទៅធ្វើការអនឡាញ សប្តាហ៍ ៥០០$ ឡើង អ្នកណាក៏ធ្វើបាន", 500, 500, "USD", "week"),
        ("ចម្ការ Adelaide 1450AUD/សប្តាហ៍មុនពន្ធ", 1450, 1450, "AUD", "week"),
        ("ការងារអនឡាញ ថ្ងៃ ១០០-២០០$ តាមគ្រូណែនាំ", 100, 200, "USD", "day"),
        ("ធ្វើចម្ការជាមួយឪ ២ថ្ងៃ ៤នាក់ ២៨ពាន់ម្នាក់មួយថ្ងៃ", 28_000, 28_000, "KHR", "day"),
        ("រកស្រីធ្វើការផ្ទះ បាន៥០ម៉ឺនមួយខែ ឈប់ពីរថ្ងៃ", 500_000, 500_000, "KHR", "month"),
        ("ចាប់ពីម៉ឺន៥ពាន់បាតឡើង ធ្វើរោងត្រីនៅមហាឆៃ", 15_000, 15_000, "THB", "month"),
        ("រោងបង្គាមហាឆៃ ១៥០០០ ខ្ញុំជាអ្នកនាំទៅ", 15_000, 15_000, "THB", "month"),
        ("អ្នកបត់កម្រាល ១២ — 230$\nអ្នកកាន់ម៉ាស៊ីន ៤ — 250$", 230, 250, "USD", "month"),
        ("nov O'Smach 1200$ -> 2000$ scam team Korea", 1200, 2000, "USD", "month"),
        ("បទពិសោធន៍ ១ឆ្នាំ ៧០០ដុល្លារ កិច្ចសន្យា ១ឆ្នាំ", 700, 700, "USD", "month"),
        ("ហាងសក់ កូវ៉ែត រើសស្រីខ្មែរ ៤៥០ដេណា", 450, 450, "KWD", "month"),
        ("អូម៉ង់ធ្វើការផ្ទះ ៣៥០ ម៉ាដាមចិត្តល្អ", 350, 350, "USD", "month"),
        ("hang kafe trov kar neak lang chan 160, bay 2 pel", 160, 160, "USD", "month"),
        ("រោងទឹកកក ទទួលអ្នកដឹក ២៤០-២៦០ ព្រឹក ៤ ដល់ ១១", 240, 260, "USD", "month"),
        ("រត់ឡានកុងតឺន័រ ១ជើង ២៥ដុល្លារ មួយអាទិត្យ ៣-៤ជើង", 25, 25, "USD", "once"),
        ("ឲ្យ ៣ពាន់ដុល្លារ NZ មួយខែ ចម្ការគីវី", 3000, 3000, "NZD", "month"),
    ],
)
def test_pay_as_cambodians_leave_words_out_of_it(
    text: str, low: float, high: float, currency: str, period: str
) -> None:
    assert read(text) == (low, high, currency, period)


@pytest.mark.parametrize(
    "text",
    ["ស្ថានទូតជួយ ទូរស័ព្ទ ឬហៅ ១២៨៨ គ្រប់ពេល", "ម៉ូដែលស្រី អាយុ ១៨-២២ កម្ពស់ ១៦៣ ផ្ញើរូប"],
)
def test_a_hotline_and_a_height_are_no_pay(text: str) -> None:
    assert read(text) is None


@pytest.mark.parametrize(
    ("text", "pay"),
    [
        ("biaya 15jt gaji 9jt", (9e6, 9e6, "IDR", "month")),
        ("kerja di korea bayar 15jt gaji 20jt", (20e6, 20e6, "IDR", "month")),
        ("biaya 15jt", None),
        ("Gaji borongan RM45/ton, bisa dapat RM2500-3000/bln.", (2500, 3000, "MYR", "month")),
        ("gaji borongan RM45/ton", None),
    ],
)
def test_a_fee_and_a_price_by_weight_beside_the_pay_are_told_from_it(
    text: str, pay: tuple[float, float, str, str] | None
) -> None:
    assert read(text) == pay


@pytest.mark.parametrize(
    ("text", "low", "high", "currency", "period"),
    [
        # When the work is, or how many are wanted, is not what the pay is for.
        ("រើសសន្តិសុខ វេន ២ ប្រាក់ខែ ៣០០$", 300, 300, "USD", "month"),
        ("ត្រូវការមេវេន ១ ចាប់ពី ៣៥០$ នៅភ្នំពេញ", 350, 350, "USD", "month"),
        ("អ្នកយាមអគារ ពេលយប់ ៤២០$ នៅបាវិត", 420, 420, "USD", "month"),
        ("រកអ្នកយាម យប់ ១២$ នៅផ្សារ", 12, 12, "USD", "day"),
        ("បើកឡានដឹកបុគ្គលិក យប់តែម្តង ប្រាក់ខែ ៥០០ដុល្លារ", 500, 500, "USD", "month"),
        ("ចូលធ្វើស្អែកបានតែម្ដង ២៦០$ នៅបាន បាយបាន", 260, 260, "USD", "month"),
        ("ត្រូវការអ្នកធ្វើនំ (ធ្លាប់ ២ឆ្នាំ) ២៧០$", 270, 270, "USD", "month"),
        ("ត្រូវការកម្មករ ១០ ថ្ងៃ៣៨០បាត មានកន្លែងស្នាក់", 380, 380, "THB", "day"),
        ("ការដ្ឋានត្រូវការជាងឥដ្ឋ ៨០$ បើករាល់សៅរ៍", 80, 80, "USD", "week"),
        ("ចុច like នៅផ្ទះ ថ្ងៃចំណូល ៣០$ ដល់ ៨០$", 30, 80, "USD", "day"),
        ("វាយអត្ថបទ ថ្ងៃ ៤-៦ទំព័រ = 20-30$", 20, 30, "USD", "day"),
        ("ថតផ្សាយទំនិញ ថ្ងៃ ២៥០ដុល្លារ តេឡេក្រាម", 250, 250, "USD", "day"),
        # A thousand a day is riel; riyal are paid in Arabia.
        ("រកអ្នកជួយលក់នំ ឲ្យ ១ថ្ងៃ ១២ពាន់", 12_000, 12_000, "KHR", "day"),
        ("chuoy dak bonle 9 pan tov 13 pan real 1 preuk nov Takeo", 9_000, 13_000, "KHR", "day"),
        ("lok num prik 5-9, 7$ mouy prik, bay free", 7, 7, "USD", "day"),
        ("ក្រុមហ៊ុនបញ្ជូនទៅសាអូឌីត ប្រាក់ខែ ១៤០០រៀល មើលចាស់", 1_400, 1_400, "SAR", "month"),
        # What an account is lent for is paid once.
        ("ជួលគណនីធនាគារ 90$ បើកលុយភ្លាម", 90, 90, "USD", "once"),
    ],
)
def test_when_the_work_is_is_told_from_what_the_pay_is_for(
    text: str, low: float, high: float, currency: str, period: str
) -> None:
    assert read(text) == (low, high, currency, period)


@pytest.mark.parametrize(
    ("text", "pay"),
    [
        ("kerja kilang plastik di Ipoh 1700, permit diurus majikan", (1_700, "MYR")),
        ("job pabrik tekstil Changhua Taiwan 28.590, PT resmi", (28_590, "TWD")),
        ("jaga lansia Hongkong 5300 lewat PT di Surabaya", (5_300, "HKD")),
        ("temen ngajak kerja di Poipet, admin slot, 900 bersih, tiket ditanggung", (900, "USD")),
        ("petik anggur di Mildura 25 dolar sejam", (25, "AUD")),
    ],
)
def test_a_number_alone_is_the_money_of_the_place_one_would_go_to(text: str, pay: tuple[float, str]) -> None:
    found = salary(text)
    assert found is not None
    assert (found.amount_min, found.currency) == pay
