"""What a report or an offer names, found in Indonesian, Khmer and romanised Khmer, with its place in what was typed."""

from __future__ import annotations

import time
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from nlu.checks.examples import DATA
from nlu.text.ages import ages
from nlu.text.files import read_yaml
from nlu.text.gazetteer import KINDS
from nlu.text.normalise import normalise
from nlu.understanding.entities import entities, people_named
from tests.support.timed import under

#: entity → rows of (message, value, the words as typed). Values of places are names.
ROWS: dict[str, list[tuple[str, Any, str]]] = {
    "place": [
        ("saya di Kamboja", "Cambodia", "Kamboja"),
        ("posisi di poi pet kak", "Poipet", "poi pet"),
        ("disekap di sihanok", "Sihanoukville", "sihanok"),
        ("dibawa ke KK Park", "KK Park", "KK Park"),
        ("kerja di Malaysia", "Malaysia", "Malaysia"),
        ("orang Lombok", "Mataram", "Lombok"),
        ("ខ្ញុំនៅប៉ោយប៉ែត", "Poipet", "ប៉ោយប៉ែត"),
        ("នៅក្រុងព្រះសីហនុ", "Sihanoukville", "ក្រុងព្រះសីហនុ"),
        ("គេនាំទៅមីយ៉ាន់ម៉ា", "Myanmar", "មីយ៉ាន់ម៉ា"),
        ("ធ្វើការនៅថៃ", "Thailand", "ថៃ"),
        ("ទៅជប៉ុន", "Japan", "ជប៉ុន"),
        ("មកពីបាត់ដំបង", "Battambang", "បាត់ដំបង"),
        ("nov poypet bong", "Poipet", "poypet"),
        ("knhom nov kompong som", "Sihanoukville", "kompong som"),
        ("ke yok tov miawadi", "Myawaddy", "miawadi"),
        ("nov phnom penh", "Phnom Penh", "phnom penh"),
        ("គេយកទៅស្វេកុកកូ", "Shwe Kokko", "ស្វេកុកកូ"),
        ("ធ្វើការនៅប៉េណាំង", "Penang", "ប៉េណាំង"),
        ("ទៅអូម៉ង់", "Oman", "អូម៉ង់"),
        ("នៅប៉ោយ ប៉ែត", "Poipet", "ប៉ោយ ប៉ែត"),
        ("នៅភ្នំ ពេញ", "Phnom Penh", "ភ្នំ ពេញ"),
        ("nov siem reab", "Siem Reap", "siem reab"),
        ("ke yok tov phoumea", "Myanmar", "phoumea"),
    ],
    "amount": [
        ("gaji 12jt", 12e6, "12jt"),
        ("bayar Rp 5.000.000 dulu", 5e6, "Rp 5.000.000"),
        ("tebusan 50 juta", 50e6, "50 juta"),
        ("800 USD sebulan", 800, "800 USD"),
        ("denda 3000 ringgit", 3000, "3000 ringgit"),
        ("500rb", 500e3, "500rb"),
        ("ប្រាក់ខែ ៨០០ដុល្លារ", 800, "៨០០ដុល្លារ"),
        ("៤លានរៀល", 4e6, "៤លានរៀល"),
        ("លោះខ្លួន 3000$", 3000, "3000$"),
        ("១៥០០០បាត", 15000, "១៥០០០បាត"),
        ("៥០០ ដុល្លា", 500, "៥០០ ដុល្លា"),
        ("luy 500 dollar", 500, "500 dollar"),
        ("ke som 200$", 200, "200$"),
        ("prak khae 1000 usd", 1000, "1000 usd"),
        ("tlai 9000 baht", 9000, "9000 baht"),
    ],
    "people": [
        ("kami ber-12", 12, "ber-12"),
        ("kami bertiga", 3, "bertiga"),
        ("kami 5 orang", 5, "kami 5 orang"),
        ("ada dua puluh orang di sini", 20, "dua puluh orang"),
        ("berlima dikurung", 5, "berlima"),
        ("30 org wni", 30, "30 org"),
        ("saya sendirian", 1, "sendirian"),
        ("គ្នា ៥នាក់", 5, "គ្នា ៥នាក់"),
        ("យើងមាន ១០ នាក់", 10, "យើងមាន ១០ នាក់"),
        ("ដប់នាក់នៅក្នុងបន្ទប់", 10, "ដប់នាក់"),
        ("ប្រាំមួយនាក់", 6, "ប្រាំមួយនាក់"),
        ("ខ្ញុំម្នាក់ឯង", 1, "ម្នាក់ឯង"),
        ("yerng bram neak", 5, "yerng bram neak"),
        ("mean dop neak", 10, "dop neak"),
        ("bourn neak nov knong bontub", 4, "bourn neak"),
        ("3 neak jong tov pteah", 3, "3 neak"),
        ("there are 4 of us", 4, "there are 4 of us"),
        ("dua puluh lima org disekap", 25, "dua puluh lima org"),
        ("12 cewek dikurung", 12, "12 cewek"),
        ("ម្ភៃប្រាំនាក់", 25, "ម្ភៃប្រាំនាក់"),
        ("សាមសិបនាក់", 30, "សាមសិបនាក់"),
        ("dop pi neak", 12, "dop pi neak"),
        ("mphey neak", 20, "mphey neak"),
    ],
    "age": [
        ("umur saya 17", 17, "umur saya 17"),
        ("usianya 16", 16, "usianya 16"),
        ("adik umur 15 thn", 15, "umur 15"),
        ("berumur lima belas tahun", 15, "berumur lima belas"),
        ("saya 17 tahun", 17, "saya 17 tahun"),
        ("dia masih 16", 16, "dia masih 16"),
        ("អាយុ១៧", 17, "អាយុ១៧"),
        ("ខ្ញុំអាយុ ១៦ ឆ្នាំ", 16, "អាយុ ១៦"),
        ("ប្អូនអាយុគាត់ ១៥", 15, "អាយុគាត់ ១៥"),
        ("អាយុដប់ប្រាំ ឆ្នាំ", 15, "អាយុដប់ប្រាំ"),
        ("អាយុម្ភៃ", 20, "អាយុម្ភៃ"),
        ("knhom ayu 15", 15, "ayu 15"),
        ("ayu knhom 19", 19, "ayu knhom 19"),
        ("ayu 22 chnam", 22, "ayu 22"),
        ("aged 16", 16, "aged 16"),
        ("she is 14", 14, "she is 14"),
        ("18 years old", 18, "18 years old"),
        ("umur adik saya 15", 15, "umur adik saya 15"),
        ("berusia tujuh belas tahun", 17, "berusia tujuh belas"),
        ("អាយុម្ភៃប្រាំ", 25, "អាយុម្ភៃប្រាំ"),
        ("ayu dop pram pi", 17, "ayu dop pram pi"),
    ],
    "time": [
        ("jam 11 nanti malam", "jam 11 nanti malam", "jam 11 nanti malam"),
        ("sejak lebaran belum pulang", "sejak lebaran", "sejak lebaran"),
        ("2 minggu lalu", "2 minggu lalu", "2 minggu lalu"),
        ("udah 3 bulan di sini", "3 bulan", "3 bulan"),
        ("dijual besok pagi", "besok pagi", "besok pagi"),
        ("hilang sejak senin", "sejak senin", "sejak senin"),
        ("tanggal 12 mei 2026", "tanggal 12 mei 2026", "tanggal 12 mei 2026"),
        ("jam 22.30 wib", "jam 22.30", "jam 22.30"),
        ("៣ថ្ងៃហើយ", "3ថ្ងៃហើយ", "៣ថ្ងៃហើយ"),
        ("ពីរខែហើយ", "ពីរខែហើយ", "ពីរខែហើយ"),
        ("ម៉ោង ១១ យប់នេះ", "ម៉ោង 11 យប់នេះ", "ម៉ោង ១១ យប់នេះ"),
        ("តាំងពីចូលឆ្នាំខ្មែរ", "តាំងពីចូលឆ្នាំខ្មែរ", "តាំងពីចូលឆ្នាំខ្មែរ"),
        ("គេលក់ស្អែក", "ស្អែក", "ស្អែក"),
        ("អាទិត្យក្រោយ", "អាទិត្យក្រោយ", "អាទិត្យក្រោយ"),
        ("bey khae haey", "bey khae haey", "bey khae haey"),
        ("ke luok yub nis", "yub nis", "yub nis"),
        ("maong 9 yub", "maong 9 yub", "maong 9 yub"),
        ("saek ke plas", "saek", "saek"),
        ("s'ek ke luok", "s'ek", "s'ek"),
        ("msel minh", "msel minh", "msel minh"),
        ("thngai ti 12", "thngai ti 12", "thngai ti 12"),
        ("setengah 9 malam", "setengah 9 malam", "setengah 9 malam"),
        ("ថ្ងៃទី១២ ខែឧសភា ឆ្នាំ២០២៦", "ថ្ងៃទី12 ខែឧសភា ឆ្នាំ2026", "ថ្ងៃទី១២ ខែឧសភា ឆ្នាំ២០២៦"),
        ("ម៉ោង ២ រំលងអធ្រាត្រ", "ម៉ោង 2 រំលងអធ្រាត្រ", "ម៉ោង ២ រំលងអធ្រាត្រ"),
        ("jm 11 mlm dijemput", "jam 11 malam", "jm 11 mlm"),
        ("dijual ntar malem", "nanti malam", "ntar malem"),
        ("kmrn dipukul", "kemarin", "kmrn"),
        ("2 hr lg dipindah", "2 hari lagi", "2 hr lg"),
        ("sejak bulan maret", "sejak bulan maret", "sejak bulan maret"),
        ("setengah jam lagi", "setengah jam lagi", "setengah jam lagi"),
        ("គេលក់យប់ហ្នឹង", "យប់ហ្នឹង", "យប់ហ្នឹង"),
        ("កន្លះខែហើយ", "កន្លះខែ", "កន្លះខែ"),
        ("ម៉ោងដប់មួយយប់", "ម៉ោងដប់មួយយប់", "ម៉ោងដប់មួយយប់"),
        ("សប្តាហ៍ក្រោយ", "សប្តាហ៍ក្រោយ", "សប្តាហ៍ក្រោយ"),
        ("maong dop muoy yub", "maong dop muoy yub", "maong dop muoy yub"),
        ("ke luok khe kroy", "khe kroy", "khe kroy"),
    ],
    "relation": [
        ("adik saya hilang", "younger_sibling", "adik saya"),
        ("adik perempuan saya", "younger_sister", "adik perempuan"),
        ("suamiku dipukul", "husband", "suamiku"),
        ("istri saya di Arab", "wife", "istri"),
        ("anak saya belum pulang", "child", "anak saya"),
        ("teman saya ditahan", "friend", "teman"),
        ("ortu khawatir", "parents", "ortu"),
        ("ប្អូនស្រីខ្ញុំបាត់", "younger_sister", "ប្អូនស្រី"),
        ("បងប្រុសនៅថៃ", "older_brother", "បងប្រុស"),
        ("ប្ដីខ្ញុំ", "husband", "ប្ដី"),
        ("ប្រពន្ធនៅផ្ទះ", "wife", "ប្រពន្ធ"),
        ("ម្ដាយខ្ញុំ", "mother", "ម្ដាយ"),
        ("paoun srey knhom bat", "younger_sister", "paoun srey"),
        ("pdey knhom nov thai", "husband", "pdey"),
        ("b'oun srey knhom bat", "younger_sister", "b'oun srey"),
        ("mit pheak knhom ke bok", "friend", "mit pheak"),
        ("my sister is missing", "sister", "sister"),
        ("nenek saya nangis terus", "grandparent", "nenek"),
        ("បងថ្លៃខ្ញុំបាត់", "in_law", "បងថ្លៃ"),
        ("adek sy diculik", "younger_sibling", "adek sy"),
    ],
    "role": [
        ("kerja jadi ABK", "fishing_crew", "ABK"),
        ("pembantu di Riyadh", "domestic_worker", "pembantu"),
        ("kuli bangunan", "construction_worker", "kuli bangunan"),
        ("kebun sawit di Sabah", "plantation_worker", "kebun sawit"),
        ("jadi supir", "driver", "supir"),
        ("admin judol", "online_gambling_operator", "admin judol"),
        ("operator pabrik", "factory_worker", "operator pabrik"),
        ("ធ្វើការសំណង់", "construction_worker", "សំណង់"),
        ("រោងចក្រនៅថៃ", "factory_worker", "រោងចក្រ"),
        ("អ្នកបម្រើតាមផ្ទះ", "domestic_worker", "អ្នកបម្រើ"),
        ("ទូកនេសាទ", "fishing_crew", "ទូកនេសាទ"),
        ("ធ្វើចម្ការ", "plantation_worker", "ចម្ការ"),
        ("knhom tver kar rong chak", "factory_worker", "rong chak"),
        ("knhom nov touk nesat", "fishing_crew", "touk nesat"),
        ("knhom tver somnong", "construction_worker", "somnong"),
        ("work in a call center", "customer_service", "call center"),
        ("jaga lansia di taiwan", "caregiver", "jaga lansia"),
        ("penerjemah mandarin", "translator", "penerjemah"),
        ("គេឲ្យធ្វើអ្នកបកប្រែ", "translator", "អ្នកបកប្រែ"),
        ("knhom nov rong chak kat der", "garment_worker", "kat der"),
    ],
    "document": [
        ("paspor diambil bos", "passport", "paspor"),
        ("pasporku ditahan", "passport", "pasporku"),
        ("KTP dan KK asli", "id_card", "KTP"),
        ("visa turis", "visa", "visa"),
        ("kontrak kerja mana", "contract", "kontrak kerja"),
        ("izin kerja mati", "permit", "izin kerja"),
        ("ijazah ditahan", "diploma", "ijazah"),
        ("ដកលិខិតឆ្លងដែន", "passport", "លិខិតឆ្លងដែន"),
        ("ប៉ាស្ព័រនៅថៅកែ", "passport", "ប៉ាស្ព័រ"),
        ("អត្តសញ្ញាណប័ណ្ណបាត់", "id_card", "អត្តសញ្ញាណប័ណ្ណ"),
        ("កិច្ចសន្យានៅណា", "contract", "កិច្ចសន្យា"),
        ("ប័ណ្ណការងារផុត", "permit", "ប័ណ្ណការងារ"),
        ("ke dok likhet chlong den", "passport", "likhet chlong den"),
        ("knhom ot mean kech sanya", "contract", "kech sanya"),
        ("passport nov thaoke", "passport", "passport"),
        ("pink card phot hery", "permit", "pink card"),
        ("លិខិត ឆ្លង ដែន នៅថៅកែ", "passport", "លិខិត ឆ្លង ដែន"),
        ("passpor sy ditahan", "passport", "passpor"),
    ],
    "injury": [
        ("saya dipukuli", "beaten", "dipukuli"),
        ("disetrum kalau ga target", "electrocuted", "disetrum"),
        ("tangan patah", "broken_bone", "tangan patah"),
        ("saya hamil", "pregnant", "hamil"),
        ("dia diperkosa", "raped", "diperkosa"),
        ("kepala berdarah", "bleeding", "berdarah"),
        ("teman pingsan", "ill", "pingsan"),
        ("mukanya lebam", "bruised", "lebam"),
        ("ហើមមុខហើយ", "bruised", "ហើមមុខ"),
        ("គេវាយខ្ញុំ", "beaten", "គេវាយ"),
        ("ឈាមហូរច្រើន", "bleeding", "ឈាមហូរ"),
        ("បាក់ដៃ", "broken_bone", "បាក់ដៃ"),
        ("គេចាប់រំលោភ", "raped", "ចាប់រំលោភ"),
        ("ខ្ញុំមានផ្ទៃពោះ", "pregnant", "មានផ្ទៃពោះ"),
        ("ke veay knhom", "beaten", "ke veay"),
        ("knhom bak dai", "broken_bone", "bak dai"),
        ("knhom chong slab", "suicidal", "chong slab"),
        ("bleeding a lot", "bleeding", "bleeding"),
        ("sy di pukul terus", "beaten", "di pukul"),
        ("di setrum bos", "electrocuted", "di setrum"),
        ("kaki saya patah", "broken_bone", "patah"),
        ("loncat dari lantai 3", "fell", "loncat dari lantai"),
        ("គេ វាយ ខ្ញុំ", "beaten", "គេ វាយ"),
    ],
    "agency": [
        ("lapor KBRI", "kbri", "KBRI"),
        ("ke kedutaan besar", "kbri", "kedutaan besar"),
        ("tanya BP2MI", "bp2mi", "BP2MI"),
        ("disnaker kota", "disnaker", "disnaker"),
        ("lapor polisi", "police", "polisi"),
        ("ditipu calo", "broker", "calo"),
        ("kantor imigrasi", "immigration", "kantor imigrasi"),
        ("ស្ថានទូតនៅឯណា", "kbri", "ស្ថានទូត"),
        ("ប៉ូលីសចាប់", "police", "ប៉ូលីស"),
        ("មេខ្យល់សុំលុយ", "broker", "មេខ្យល់"),
        ("ក្រសួងការងារ", "labour_ministry", "ក្រសួងការងារ"),
        ("អង្គការជួយ", "ngo", "អង្គការ"),
        ("knhom rok sthan tut", "kbri", "sthan tut"),
        ("mekhyol bok knhom", "broker", "mekhyol"),
        ("knhom tov krosuong karngea", "labour_ministry", "krosuong karngea"),
        ("call the embassy", "kbri", "embassy"),
    ],
    "phone": [
        ("hub 081234567890", "+6281234567890", "081234567890"),
        ("0812-3456-7890", "+6281234567890", "0812-3456-7890"),
        ("+62 812 3456 7890", "+6281234567890", "+62 812 3456 7890"),
        ("wa.me/6281234567890", "+6281234567890", "wa.me/6281234567890"),
        ("nomorku 6281234567890", "+6281234567890", "6281234567890"),
        ("(0812) 34567890", "+6281234567890", "(0812) 34567890"),
        ("ទាក់ទង ០១២ ៣៤៥ ៦៧៨", "+85512345678", "០១២ ៣៤៥ ៦៧៨"),
        ("លេខ ០១២៣៤៥៦៧៨", "+85512345678", "០១២៣៤៥៦៧៨"),
        ("តេ 012345678", "+85512345678", "012345678"),
        ("លេខខ្ញុំ 096 123 4567", "+855961234567", "096 123 4567"),
        ("តេមក +855 12 345 678", "+85512345678", "+855 12 345 678"),
        ("lek knhom +85512345678", "+85512345678", "+85512345678"),
        ("lek 85512345678", "+85512345678", "85512345678"),
        ("tel +66 81 234 5678", "+66812345678", "+66 81 234 5678"),
        ("call +60 12-345 6789", "+60123456789", "+60 12-345 6789"),
        ("0812 3456 7890/0813 1111 2222", "+6281311112222", "0813 1111 2222"),
        ("081234567890 081311112222", "+6281311112222", "081311112222"),
        ("umur 25 081234567890", "+6281234567890", "081234567890"),
        ("O812 3456 789O", "+6281234567890", "O812 3456 789O"),
        ("0 8 1 2 3 4 5 6 7 8 9 0", "+6281234567890", "0 8 1 2 3 4 5 6 7 8 9 0"),
        ("hp saya081234567890", "+6281234567890", "081234567890"),
        ("0812\u200b3456\u200b7890", "+6281234567890", "0812\u200b3456\u200b7890"),
        ("លេខ០៩៦ ៧៧៧ ១២៣៤", "+855967771234", "០៩៦ ៧៧៧ ១២៣៤"),
        ("lek knhom 096 777 1234", "+855967771234", "096 777 1234"),
    ],
    "handle": [
        ("chat @agen_hebat", "@agen_hebat", "@agen_hebat"),
        ("t.me/agen_hebat", "@agen_hebat", "t.me/agen_hebat"),
        ("https://t.me/agen_hebat", "@agen_hebat", "https://t.me/agen_hebat"),
        ("tele: agen_hebat", "@agen_hebat", "tele: agen_hebat"),
        ("line: abc123", "line:abc123", "line: abc123"),
        ("id line abc123", "line:abc123", "id line abc123"),
        ("wechat: xu_88", "wechat:xu_88", "wechat: xu_88"),
        ("ig: kerja.luar", "ig:kerja.luar", "ig: kerja.luar"),
        ("ទាក់ទង @job_khmer", "@job_khmer", "@job_khmer"),
        ("តេឡេក្រាម t.me/job_khmer", "@job_khmer", "t.me/job_khmer"),
        ("telegram: @job_khmer ណា", "@job_khmer", "telegram: @job_khmer"),
        ("line: khmer88 ផង", "line:khmer88", "line: khmer88"),
        ("som chat @job_khmer", "@job_khmer", "@job_khmer"),
        ("tg: job_khmer bong", "@job_khmer", "tg: job_khmer"),
        ("zalo: viec88", "zalo:viec88", "zalo: viec88"),
        ("telegram agen_hebat", "@agen_hebat", "telegram agen_hebat"),
        ("WeChat：abc123", "wechat:abc123", "WeChat：abc123"),
        ("តេឡេក្រាម៖ job_khmer", "@job_khmer", "តេឡេក្រាម៖ job_khmer"),
        ("t.me/agen_hebat?start=1", "@agen_hebat", "t.me/agen_hebat?start=1"),
    ],
}
CASES = [(entity, *row) for entity, rows in ROWS.items() for row in rows]
ANY_TEXT = st.text(st.characters(codec=None, exclude_categories=()), max_size=200)
KHMER_NOISE = st.text(st.characters(min_codepoint=0x1780, max_codepoint=0x17FF), max_size=120)
ORDINARY = [
    "kak saya di kamboja udah 3 bulan paspor ditahan bos, gak boleh keluar gedung, tolong bantu saya pulang",
    "ខ្ញុំនៅប៉ោយប៉ែត ថៅកែយកលិខិតឆ្លងដែន មិនឲ្យចេញក្រៅ ជួយខ្ញុំផងបង",
    "knhom nov poipet thaoke yok passport min oy chenh krav te jouy knhom phong",
]


@pytest.mark.parametrize(("entity", "text", "value", "words"), CASES)
def test_it_is_found_where_it_was_typed(entity: str, text: str, value: Any, words: str) -> None:
    found = [
        (e["value"]["max"] if entity == "amount" else e["value"], e["text"])
        for e in entities(text)
        if e["entity"] == entity
    ]
    assert (value, words) in found


def test_every_entity_has_rows_of_all_writings() -> None:
    assert min(map(len, ROWS.values())) >= 15
    assert set(KINDS) <= set(ROWS)


@pytest.mark.parametrize(
    ("text", "entity"),
    [
        ("kontrak 2 tahun", "people"),
        ("kami 5 bulan di sini", "people"),
        ("bersama teman", "people"),
        ("bertemu calo", "people"),
        ("dibutuhkan 25-35 tahun", "age"),
        ("saya 12 bulan di sini", "age"),
        ("gaji 17 juta", "age"),
        ("kesakitan", "injury"),
        ("usia 25 tahun", "time"),
        ("ប្អូនអាយុ១៦ឆ្នាំ", "time"),
        ("bourn neak", "relation"),
        ("obat saja", "relation"),
        ("artinya apa", "role"),
        ("អម្បាញ់មិញ", "injury"),
        ("ចង់", "time"),
        ("paid 500", "phone"),
        ("17-08-2026", "phone"),
        ("nik 3212 0101 9001 0001", "phone"),
        ("bayar 12.000.000", "phone"),
        ("buka 08.00-17.00", "phone"),
        ("periode 2024-2025", "phone"),
        ("telegram saya diambil", "handle"),
    ],
)
def test_what_only_looks_like_it_is_left(text: str, entity: str) -> None:
    assert [e for e in entities(text) if e["entity"] == entity] == []


def test_the_largest_number_of_people_counts() -> None:
    assert people_named("kami ber-12, yang 3 orang sakit") == 12
    assert people_named("គ្នា ៥នាក់") == 5
    assert people_named("tolong saya") is None


@pytest.mark.parametrize(
    "text", ["kelahiran 2010", "saya lahir 12 mei 2010", "ខ្ញុំកើតឆ្នាំ២០១០", "knhom kert chhnam 2010", "born in 2010"]
)
def test_a_year_of_birth_is_an_age(text: str) -> None:
    assert [age.years for age in ages(normalise(text).text, 2026)] == [16]


def test_every_job_of_an_offer_can_be_named_in_a_report() -> None:
    roles = yaml.safe_load((DATA / "offers" / "roles.yml").read_text(encoding="utf-8"))["roles"]
    assert {role["id"] for role in roles} <= set(read_yaml("entities.yml")["role"])


def test_half_a_syllable_is_no_place() -> None:
    assert [e for e in entities("គូឡា វិញ") if e["entity"] == "place"] == []


def test_forms_are_normalised_and_of_one_meaning() -> None:
    seen: dict[tuple[str, str], str] = {}
    for kind in KINDS:
        for value, writings in read_yaml("entities.yml")[kind].items():
            for name in writings.get("km", ()):
                assert seen.setdefault((kind, name), value) == value


@given(ANY_TEXT)
@settings(max_examples=200, deadline=None)
def test_any_text_has_entities_inside_it(text: str) -> None:
    for found in entities(text):
        assert 0 <= found["start"] <= found["end"] <= len(text)
        assert text[found["start"] : found["end"]] == found["text"]


@given(KHMER_NOISE)
@settings(max_examples=200, deadline=None)
def test_broken_khmer_has_entities_inside_it(text: str) -> None:
    for found in entities(text):
        assert text[found["start"] : found["end"]] == found["text"]


@pytest.mark.timed
@pytest.mark.parametrize(
    "piece", ["kami ber-12 ", "ពីរខែ", "knhom ke veay ", "jam 11 nanti ", "1/1/", "្", "ដប់", "គ្នា ", "adik "]
)
def test_a_hundred_kilobytes_hold_nobody_up(piece: str) -> None:
    started = time.process_time()
    entities((piece * 100_000)[:100_000])
    under(time.process_time() - started, 1.5)


@pytest.mark.timed(only=True)
@pytest.mark.parametrize("text", ORDINARY)
def test_an_ordinary_message_takes_less_than_a_millisecond(text: str) -> None:
    entities(text)
    started = time.process_time()
    for _ in range(40):
        entities(text)
    under((time.process_time() - started) / 40, 0.001)
