"""The smaller readers: spelling, words, language, money, places, contacts, and who is a child."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from nlu.pay.amounts import amounts, salary
from nlu.text.contacts import contacts
from nlu.text.language import detect
from nlu.text.normalise import Normalised, normalise, plain
from nlu.text.phonetics import key
from nlu.text.places import places
from nlu.text.segment import words
from nlu.understanding.entities import entities
from nlu.understanding.triage import triage


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("TOLOOOONG", "tolong"),
        ("ខ្ញំុ", "ខ្ញុំ"),  # the signs of "I" in the order many keyboards give them
        ("ស្រ្តី", "ស្ត្រី"),
        ("ខ្ញុំុំ", "ខ្ញុំ"),
        ("១២៣", "123"),
        ("ខ្ញុំ\u200bចង់", "ខ្ញុំចង់"),
        ("ម្ដាយ", "ម្តាយ"),
        ("ｔｏｌｏｎｇ", "tolong"),
        ("កេី", "កើ"),
        # Under a vowel above, the shifter is drawn like the vowel u, and typed so.
        ("សុី", "ស៊ី"),
        ("ស៊ុី", "ស៊ី"),
        ("មុី", "ម៉ី"),
        ("ម៉ុី", "ម៉ី"),
        ("ញុាំបាយ", "ញ៉ាំបាយ"),
        ("ម៉ាឡេសុី", "ម៉ាឡេស៊ី"),
        # A phone that corrects as one types puts spaces inside syllables.
        ("ខ្ ញុំ", "ខ្ញុំ"),
        ("ជ ួយ ផង", "ជួយ ផង"),
        ("បង្  ខាំង", "បង្ខាំង"),
    ],
)
def test_one_spelling_for_what_looks_the_same(typed: str, read: str) -> None:
    assert normalise(typed).text == normalise(read).text


def test_a_letter_ends_one_khmer_word_and_opens_the_next() -> None:
    """ "Take the deposit" keeps its three letters; a stretched "yes" does not."""
    assert normalise("យកកក់ ១០០$").text == "យកកក់ 100$"
    assert normalise("បាទទទ បង").text == normalise("ចាសសសស បង").text.replace("ចាស", "បាទ") == "បាទ បង"


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("tlg sy gk bs klr", "tolong saya tidak bisa keluar"),
        ("t o l o n g", "tolong"),
        ("t0l0ng", "tolong"),
        ("T O L O N G  S A Y A", "tolong saya"),
        ("t-o-l-o-n-g s-a-y-a", "tolong saya"),
        ("ᴛᴏʟᴏɴɢ 🆂🅰🆈🅰", "tolong saya"),
        ("udh 2 bln", "sudah 2 bulan"),
        ("temen2", "teman"),
    ],
)
def test_chat_spelling_is_undone(typed: str, read: str) -> None:
    assert plain(typed).text == read


@pytest.mark.parametrize(
    ("typed", "read", "words"),
    [
        ("#LokerKamboja", "kamboja", "Kamboja"),
        ("#gaji15juta #KerjaDiPoipet", "15juta", "15juta"),
        ("#ប៉ោយប៉ែត #LuyChren", "chren", "Chren"),
    ],
)
def test_the_words_of_a_hashtag_are_read_one_by_one(typed: str, read: str, words: str) -> None:
    clear = normalise(typed)
    assert read in clear.text.replace("#", " ").split()
    at = clear.text.index(read)
    start, end = clear.span(at, at + len(read))
    assert typed[start:end] == words


def test_a_link_with_a_hash_stays_whole() -> None:
    assert normalise("https://x.com/#AbcDef").text == "https://x.com/#abcdef"


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("kerja di k4mb0j4", "k4mb0j4"),
        ("L O K E R  K A M B O J A", "K A M B O J A"),
        ("#LokerKamboja", "Kamboja"),
        ("info #lokerkamboja2026", "kamboja"),
        ("#LOKERKAMBOJA", "KAMBOJA"),
        ("LOKER 🇰🇭🔥 admin", "🇰🇭"),
        ("prak khae 800 nov k.a.m.p.u.c.h.e.a", "k.a.m.p.u.c.h.e.a"),
    ],
)
def test_a_hidden_place_is_found_where_it_was_typed(typed: str, words: str) -> None:
    assert [(place.country, place.evidence) for place in places(typed)] == [("KH", words)]


@pytest.mark.parametrize("sound", ["ខ្ញុំ", "សុំ", "មុំ", "អុះ", "យុវជន", "ប៉ុន្តែ"])
def test_a_vowel_u_of_its_own_stays(sound: str) -> None:
    assert normalise(sound).text == sound


def test_a_mended_shifter_points_to_what_was_typed() -> None:
    clear = normalise("នៅម៉ាឡេស៊ុី")
    assert clear.text == "នៅម៉ាឡេស៊ី"
    assert clear.span(clear.text.index("ស"), len(clear.text)) == (7, 11)


ADDRESSES = [
    "@admin_rahasia",
    "@b0s___besar",
    "@r4h4s1a.kh",
    "l0ker___kh@g00d.co.id",
    "https://t.me/b0s_l0ker",
    "www.g4jiii.com/b0s",
    "wa.me/a_b_c_d_e",
    "l0ker-kh.com",
    "maps.app.goo.gl/a1b2ccc0d",
]


@pytest.mark.parametrize("address", ADDRESSES)
@pytest.mark.parametrize("form", [normalise, plain])
def test_an_address_keeps_every_letter_and_its_place(address: str, form: Callable[[str], Normalised]) -> None:
    typed = f"b0ssss gw t o l o n g {address}, tlg"
    clear = form(typed)
    at = clear.text.index(address)
    start, end = clear.span(at, at + len(address))
    assert typed[start:end] == address
    if form is plain:
        assert clear.text == f"bos saya tolong {address}, tolong"


@pytest.mark.parametrize(
    ("typed", "read"), [("@ku", "aku"), ("@yah", "ayah"), ("p@sp0r", "paspor"), ("t@hun", "tahun")]
)
def test_a_sign_for_a_letter_is_no_address(typed: str, read: str) -> None:
    assert plain(typed).text == plain(read).text


def test_places_point_into_the_typed_text() -> None:
    text = "Kak, TLG sy dipukulll bos"
    reason = triage(text).reasons[0]
    assert text[reason.start : reason.end] == reason.evidence == "dipukulll"
    khmer = "បងអើយ គេយក​លិខិត​ឆ្លង​ដែន"
    reason = triage(khmer).reasons[0]
    assert khmer[reason.start : reason.end] == reason.evidence


@pytest.mark.parametrize(
    ("typed", "read"), [("េគវាយ", "គេវាយ"), ("ខ្ញុំ, េធ្វីការ", "ខ្ញុំ, ធ្វើការ"), ("ែខ្មរ", "ខ្មែរ"), ("គេែម៉", "គេែម៉")]
)
def test_a_vowel_typed_where_it_is_drawn_is_put_behind_its_letters(typed: str, read: str) -> None:
    found = normalise(typed)
    assert found.text == read
    assert found.span(0, len(found.text)) == (0, len(typed))


def test_romanised_khmer_has_one_key_for_many_spellings() -> None:
    assert key("chuoy") == key("juoy") == key("jouy") == key("chuy")
    assert key("knhom") == key("khnhom") == key("khgnom")
    assert key("phteah") == key("pteah") == key("ptas")
    assert key("thaoke") == key("tawke") == key("taoke")


def test_words_of_mixed_writing() -> None:
    found = [word.text for word in words("ខ្ញុំចង់ទៅផ្ទះ help 🆘 @agen t.me/x 12.000")]
    assert found == ["ខ្ញុំ", "ចង់", "ទៅ", "ផ្ទះ", "help", "🆘", "@agen", "t.me/x", "12.000"]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("halo kak", "id"),
        ("tolong saya", "id"),
        ("saya nak balik rumah", "id"),
        ("aku arep mulih", "id"),
        ("ជួយខ្ញុំ", "km"),
        ("ខ្ញុំ nov Poipet", "km"),
        ("jong tver ka nov thai", "km-Latn"),
        ("sousdey bong", "km-Latn"),
        ("please help me", "en"),
        ("how much is the salary", "en"),
        ("xin chào tôi muốn hỏi", "other"),
        ("kumusta po kayo", "other"),
        ("สวัสดีครับ", "other"),
        ("你好", "other"),
    ],
)
def test_languages(text: str, code: str) -> None:
    assert detect(text).code == code


def test_no_letters_means_the_prior_or_nothing() -> None:
    assert detect("???").code == "other"
    assert detect("???").confidence == 0
    assert detect("12 🙏", "km").code == "km"


@pytest.mark.parametrize(
    ("text", "low", "high", "currency", "period"),
    [
        ("gaji 12jt", 12e6, 12e6, "IDR", None),
        ("Rp 12.000.000", 12e6, 12e6, "IDR", None),
        ("12.000.000,-", 12e6, 12e6, "IDR", None),
        ("IDR 8-15jt per bulan", 8e6, 15e6, "IDR", "month"),
        ("800-1200 USD", 800, 1200, "USD", None),
        ("$1.5K a month", 1500, 1500, "USD", "month"),
        ("1,500$", 1500, 1500, "USD", None),
        ("៨០០ដុល្លារក្នុងមួយខែ", 800, 800, "USD", "month"),
        ("៤លានរៀល", 4e6, 4e6, "KHR", None),
        ("45.000 baht", 45000, 45000, "THB", None),
        ("RM3500", 3500, 3500, "MYR", None),
        ("NT$27,470", 27470, 27470, "TWD", None),
        ("¥180.000", 180000, 180000, "JPY", None),
        ("SAR 1500", 1500, 1500, "SAR", None),
        ("15 juta/bulan", 15e6, 15e6, "IDR", "month"),
        ("400 baht per hari", 400, 400, "THB", "day"),
        ("25rb per jam", 25000, 25000, "IDR", "hour"),
    ],
)
def test_sums(text: str, low: float, high: float, currency: str, period: str | None) -> None:
    (amount,) = amounts(text)
    assert (amount.amount_min, amount.amount_max, amount.currency, amount.period) == (low, high, currency, period)


@pytest.mark.parametrize("text", ["umur 25-35 tahun", "081234567890", "tanggal 12.05.2026", "lantai 3", "អាយុ ២០"])
def test_ages_dates_and_phones_are_no_money(text: str) -> None:
    assert amounts(text) == []


def test_pay_is_told_from_fees_and_fines() -> None:
    offer = "Biaya admin 5 juta. Gaji pokok 900 USD/bulan, bonus 500 USD, denda 2000 USD kalau resign"
    pay = salary(offer)
    assert pay is not None
    assert (pay.amount_min, pay.currency, pay.period, pay.usd_month) == (900, "USD", "month", 900)
    assert salary("bayar 5 juta dulu buat tiket") is None
    khmer = salary("ថ្លៃសេវា ៣០០ដុល្លារ ប្រាក់ខែ ៨០០ដុល្លារ")
    assert khmer is not None and khmer.amount_min == 800


@pytest.mark.parametrize(
    ("text", "country", "name", "risk"),
    [
        ("saya di sihanok", "KH", "Sihanoukville", True),
        ("nov kompong som", "KH", "Sihanoukville", True),
        ("ខ្ញុំនៅក្រុងព្រះសីហនុ", "KH", "Sihanoukville", True),
        ("ខ្ញុំនៅស៊ីហនុវីល", "KH", "Sihanoukville", True),
        ("#kerjapoipet", "KH", "Poipet", True),
        ("poi pet", "KH", "Poipet", True),
        ("ប៉ោយប៉ែត", "KH", "Poipet", True),
        ("di KK Park", "MM", "KK Park", True),
        ("miawadi", "MM", "Myawaddy", True),
        ("kerja di Kamboja", "KH", "Cambodia", False),
        ("orang Medan", "ID", "Medan", False),
        ("ភ្នំពេញ", "KH", "Phnom Penh", False),
    ],
)
def test_places_in_any_spelling(text: str, country: str, name: str, risk: bool) -> None:
    (place,) = places(text)
    assert (place.country, place.name, place.risk) == (country, name, risk)


def test_a_hashtag_of_no_place_and_a_link_name_none() -> None:
    assert places("#persaudaraan_indah #lowonganhalal https://x.com/#lokerkamboja") == []


def test_contacts_of_an_advert() -> None:
    text = (
        "Hub 0812-3456-7890, wa.me/85512345678, t.me/agen_hebat, line: abc123, hr@contoh.co.id, https://contoh.id/loker"
    )
    found = {(contact.kind, contact.value) for contact in contacts(text)}
    assert found == {
        ("phone", "+6281234567890"),
        ("phone", "+85512345678"),
        ("handle", "@agen_hebat"),
        ("handle", "line:abc123"),
        ("email", "hr@contoh.co.id"),
        ("link", "https://contoh.id/loker"),
    }
    assert contacts("ទាក់ទង ០១២ ៣៤៥ ៦៧៨")[0].value == "+85512345678"
    assert contacts("gaji Rp 12.000.000") == []


def test_entities_of_a_report() -> None:
    found = {
        (item["entity"], item["value"]) for item in entities("kami 5 orang di Bavet, umur 17, paspor diambil kemarin")
    }
    assert {("people", 5), ("place", "Bavet"), ("age", 17), ("document", "passport"), ("time", "kemarin")} <= found


@pytest.mark.parametrize(
    "text",
    [
        "anak saya umur 16 disekap di kamboja",
        "saya 17 tahun, tolong",
        "ខ្ញុំអាយុ១៦ឆ្នាំ គេមិនឲ្យចេញ",
        "knhom ayu 15 ke min oy chenh",
        "my sister is 16 and they locked her in",
        "saya masih di bawah umur, tolong",
        "umur sy 15",
        "umur adik saya 15 tahun disekap di kamboja",
        "usia tujuh belas",
        "msh 15 thn, dipaksa",
        "anak saya (16) disekap",
        "adik saya 14 tahun dijual",
        "adik saya 15 tahun dikirim ke kamar tamu malam ini",
        "aku 17, di paspor 23, ga boleh keluar",
        "ខ្ញុំអាយុតែ១៦ឆ្នាំ",
        "អាយុរបស់ខ្ញុំគឺ១៦ឆ្នាំ",
        "ប្អូនស្រីខ្ញុំ១៤ឆ្នាំត្រូវគេលក់",
        "ខ្ញុំទើប១៥ឆ្នាំ គេវាយ",
        "អាយុដប់ប្រាំពីរឆ្នាំ",
        "ayu terb tae 16",
        "ayu dop pram pi chhnam",
        "kon srey knhom 16 chnam ke joab nov poipet",
        "kmeng 15 chhnam ke luok",
        "my sister, 15, is locked in",
        "she is fifteen",
    ],
)
def test_a_child_is_noticed(text: str) -> None:
    assert triage(text).minor


@pytest.mark.parametrize(
    "text",
    [
        "umur saya 25, disekap",
        "dibutuhkan usia 17-35 tahun",
        "minimal umur 17",
        "kerja sudah 12 bulan disini",
        "saya 10 tahun kerja di malaysia",
        "tiga anak saya umur 3 di rumah",
        "ខ្ញុំអាយុ២៥",
        "អាយុ១៧ឡើង",
        "ធ្វើការ១៥ឆ្នាំ",
        "knhom nov thai 10 chhnam hery",
        "ayu 17 leng tov",
        "i am 15 km from the border",
        "i am 15 days here",
    ],
)
def test_an_adult_is_not_taken_for_a_child(text: str) -> None:
    assert not triage(text).minor


def test_an_earlier_message_completes_a_sign_but_never_makes_one() -> None:
    assert triage("paspor saya").level == "none"
    assert triage("diambil sama bos", ["paspor saya"]).level == "distress"
    assert triage("ok kak", ["paspor saya diambil bos"]).level == "none"


def test_the_prefix_of_a_passive_is_joined_but_not_the_word_for_in() -> None:
    assert plain("saya di tampar").text == plain("saya dtampar").text == plain("saya ditampar").text
    assert plain("dia di penjara").text == "dia di penjara"
    source = plain("bos bilang di kunci")
    assert source.span(source.text.index("disekap"), len(source.text)) == (11, 19)
