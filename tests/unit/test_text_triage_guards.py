"""What is seen on a screen, long over or never happened is no cry; what is seen of one's own or goes on is one.

All rows are invented.
"""

from __future__ import annotations

import pytest

from nlu.understanding.triage import triage

URGENT = {"emergency", "distress", "third_party"}

SEEN_ON_A_SCREEN = [
    "ខ្ញុំមើលពត៌មានឃើញគេវាយកម្មករនៅបាវិត",
    "ឃើញក្នុងតិកតុកគេចាក់សោបុគ្គលិកមិនឲ្យចេញ",
    "ទូរទស្សន៍ផ្សាយថាគេឆក់ខ្សែភ្លើងពលករ",
    "មើលឃ្លីបក្នុងហ្វេសបុក គេវាយគ្នាឈាមហូរ",
    "merl porn mean khernh ke vay kammokor nov bavet",
    "khernh knong tik tok ke chak sor tvea min oy chenh",
    "turotus psay tha ke lok monus tov krom hun chen",
    "kheunh vidio ke bongkhang monus knong facebook",
    "leu news tha ke lok monus",
    "mun nih khernh knong tv ke vay kammokor khmer",
    "khernh leu fb ke chak sor tvea tuk monus",
    "page fresh news tha ke vay kammokor",
    "os tiktok khernh ke bongkhang kammokor",
    "stap radio tha ke chab khum khmer",
    "អូសតិកតុកឃើញគេវាយក្មេង",
    "ឃើញរូបក្នុងហ្វេសគេចងដៃចងជើង",
    "មើលព្រឹត្តិការណ៍ថាគេចាប់ឃុំខ្មែរ",
    "lagi rame di fyp karyawan disekap bos di kamboja",
]
SEEN_OF_THEIR_OWN = [
    "ឃើញវីដេអូអគារយើងក្នុងហ្វេសប៊ុក គេវាយយើង",
    "ឃើញវីដេអូកូនខ្ញុំក្នុង tiktok គេវាយវា",
    "khernh video akear yerng knong facebook ke kompong vay knhom",
    "merl tam video call ke vay kon knhom",
    "ke khernh knhom leng fb ke vay knhom",
    "thaoke khernh knhom post knong fb ke vay knhom",
    "knhom leng tiktok ke khernh ke vay knhom",
    "ថៅកែឃើញខ្ញុំលេង tiktok គេវាយខ្ញុំ",
    "គេហាមឡើងហ្វេសប៊ុក ចាក់សោទ្វារ",
    "ber rot ke post rub aakrat knhom ler fb",
    "bos lihat saya buka tiktok saya dipukul",
    "they saw me on facebook and beat me",
    "saya lihat video gedung kami di tiktok kami dipukul tiap hari",
    "i saw a video of our building on tiktok they beat us every day",
]
OVER = [
    "ប្អូនស្រីខ្ញុំបាត់៣ថ្ងៃ តែរកឃើញវិញហើយ",
    "ក្មួយខ្ញុំបាត់នៅប៉ោយប៉ែត ឥឡូវទាក់ទងបានវិញហើយ",
    "ពីមុនគេវាយខ្ញុំនៅថៃ ឥឡូវមកនៅស្រុកខ្មែរវិញហើយ",
    "កាលនោះគេចាក់សោមិនឲ្យចេញ ឥឡូវនៅភូមិ",
    "ឆ្នាំមុនគេលក់ខ្ញុំទៅថៃ ឥឡូវមកដល់ស្រុកវិញហើយ",
    "koat bat pi bavet tae rok koat kheunh hz",
    "paoun knhom bat pi bavet tae teak tong ban vinh hz",
    "pi mun ke vay knhom nov thai eylov nov srok haey",
    "kal noh ke chak sor min oy chenh ilov nov pteah",
]
GOING_ON = [
    "មុននេះគេវាយខ្ញុំ ថ្ងៃនេះវាយទៀតហើយ",
    "កាលនោះគេវាយខ្ញុំ ឥឡូវនៅផ្ទះ តែយប់មិញគេមកវាយម្តងទៀត",
    "គេរកខ្ញុំឃើញហើយ គេវាយខ្ញុំ",
    "pi mun ke vay knhom tngai nih vay tiet",
    "kal noh ke vay knhom eylov nov pteah tae ke mok vay mdong tiet",
    "ke rok knhom khernh haey ke vay knhom",
    "koat call mok vinh haey tha ke vay koat",
    "rok koat khernh haey ke chak sor koat nov bavet",
    "គាត់ខលមកវិញហើយ ថាគេវាយគាត់",
    "រកប្អូនខ្ញុំឃើញហើយ គេចាក់សោនៅបាវិត",
    "គេមករកខ្ញុំដល់ផ្ទះជួលហើយ ខ្ញុំចាក់សោពីក្នុង",
    "dulu saya dipukul, hari ini dipukul lagi",
]
NEVER_HAPPENED = [
    "knhom min del trov ke vay te",
    "knhom ot dael trov ke romlop te",
    "min toan trov ke vay te",
    "mn del mean ke vay knhom te",
    "ot del ke vay kn te",
    "ខ្ញុំមិនដែលត្រូវគេវាយទេ",
    "អត់ទាន់ត្រូវគេឆក់ខ្សែភ្លើងទេ",
    "ថៅកែខ្ញុំល្អ មិនដែលវាយអ្នកណា",
    "saya belum pernah kena pukul",
]
DENIES_SOMETHING_ELSE = [
    "ber ot del krob target ke vay knhom",
    "knhom min del ban luy ke vay knhom",
    "ke vay knhom min del chhop te",
    "គេមិនដែលឈប់វាយខ្ញុំ",
    "អត់លុយលោះខ្លួន",
    "saya belum pernah digaji malah dipukul",
]


@pytest.mark.parametrize("text", [*SEEN_ON_A_SCREEN, *OVER, *NEVER_HAPPENED])
def test_what_is_far_away_over_or_denied_is_no_cry(text: str) -> None:
    assert triage(text).level not in URGENT


@pytest.mark.parametrize("text", [*SEEN_OF_THEIR_OWN, *GOING_ON, *DENIES_SOMETHING_ELSE])
def test_what_is_ones_own_or_goes_on_is_a_cry(text: str) -> None:
    assert triage(text).level in URGENT


@pytest.mark.parametrize(
    "text", ["bong khaing kn nov bontub", "ke bangkhaing yerng", "jab bonkhang nov poipet", "ke khumkheang knhom"]
)
def test_being_detained_is_heard_however_it_is_spelled(text: str) -> None:
    assert "locked_in" in {reason.id for reason in triage(text).reasons}


@pytest.mark.parametrize("text", ["bongkan dai bat haey", "kom kheung bong", "bong kheung online"])
def test_words_that_sound_like_detained_are_not(text: str) -> None:
    assert triage(text).level == "none"


@pytest.mark.parametrize("text", ["tidak aman lagi di sini", "ga aman di sini kak", "posisi saya udah nggak aman lagi"])
def test_not_safe_here_is_more_than_fear(text: str) -> None:
    assert triage(text).strength != "one"


@pytest.mark.parametrize("text", ["aman gak kerja di taiwan kak", "link ini aman kok", "katanya disana ga aman ya"])
def test_asking_whether_a_place_is_safe_is_no_cry(text: str) -> None:
    assert triage(text).level == "none"


@pytest.mark.parametrize(
    "text",
    [
        "https://berita.contoh.id/wni-disekap-di-kamboja-minta-tolong-dipukuli",
        "kak ini aman ga https://loker.contoh.id/tolong-saya-disekap",
        "@tolong_saya_disekap",
        "www.contoh.com/saya-mau-bunuh-diri",
        "បងជួយមើល https://news.contoh.com/kh/they-are-beating-us-help-me",
    ],
)
def test_words_of_a_link_or_a_name_are_nobodys_cry(text: str) -> None:
    assert triage(text).level == "none"


@pytest.mark.parametrize(
    ("text", "level"),
    [
        ("https://maps.app.goo.gl/abcជួយខ្ញុំផងគេវាយ", "emergency"),
        ("tolong @admin_hotline, sy dipukuli https://maps.contoh.com/x", "emergency"),
        ("saya disekap.my boss", "distress"),
        ("t.me/agen_kerja dia nipu, paspor sy diambil", "distress"),
    ],
)
def test_a_cry_beside_a_link_is_heard(text: str, level: str) -> None:
    assert triage(text).level == level


#: Words that stand in questions of safe people too, or inside other words: an identity card is no "sign".
TOLD_NOT_ASKED = [
    "ថៅកែយកអត្តសញ្ញាណប័ណ្ណខ្ញុំ មិនឲ្យវិញ",
    "បើព្រឹកស្អែកខ្ញុំអត់ឆ្លើយ មានន័យថាគេលក់ខ្ញុំហើយ",
    "មកកម្មសិក្សានៅជប៉ុន គេមិនឲ្យចេញ",
    "ខ្ញុំឮគេវាយមិត្តខ្ញុំនៅបន្ទប់ក្បែរ",
    "ចេញអត់បានទេបង គេចាក់សោ",
    "បើចង់ប្តឹងគេ ចេញមិនបាន ត្រូវធ្វើម៉េច",
    "kanleng nis ke hao hun, ke dak knong bontub ngonget",
    "lear hery mak, merl kon pong",
    "gedung ini gak ada yang boleh pulang",
    "kami dengar jelas dia dipukul di blok sebelah",
]


@pytest.mark.parametrize("text", TOLD_NOT_ASKED)
def test_a_common_word_speaks_against_nothing(text: str) -> None:
    assert triage(text).level != "none"


@pytest.mark.parametrize(
    "text", ["kalau di blk, boleh pulang tiap minggu?", "merl kon kore, ke vay knea", "សញ្ញាអ្វីដែលគេបង្ខាំង?"]
)
def test_the_same_word_in_a_question_still_does(text: str) -> None:
    assert triage(text).level == "none"
