"""Finds days, hours and stretches of time, and how many people a message is about, in the three writings."""

from __future__ import annotations

import re

#: Numbers in words, up to twenty; Khmer counts on from five ("five one" is six).
NUMBER_WORDS = {
    **{"satu": 1, "dua": 2, "tiga": 3, "empat": 4, "lima": 5, "enam": 6, "tujuh": 7, "delapan": 8, "sembilan": 9},
    **{"sepuluh": 10, "sebelas": 11, "dua belas": 12, "belasan": 12, "duabelas": 12, "lima belas": 15, "dua puluh": 20},
    **{"one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10},
    **{"twelve": 12, "twenty": 20, "ម្នាក់": 1, "មួយ": 1, "ពីរ": 2, "បី": 3, "បួន": 4, "ប្រាំ": 5, "ប្រាំមួយ": 6},
    **{"ប្រាំពីរ": 7, "ប្រាំបី": 8, "ប្រាំបួន": 9, "ដប់": 10, "ដប់ពីរ": 12, "ដប់ប្រាំ": 15, "ម្ភៃ": 20},
    **{
        "muoy": 1,
        "mouy": 1,
        "pir": 2,
        "pi": 2,
        "bey": 3,
        "bei": 3,
        "buon": 4,
        "boun": 4,
        "bourn": 4,
        "bram": 5,
        "pram": 5,
    },
    **{"bram muoy": 6, "pram muoy": 6, "pram pi": 7, "bram pi": 7, "bram bei": 8, "pram bey": 8, "dop": 10, "dob": 10},
}
WORDS = "|".join(sorted(NUMBER_WORDS, key=len, reverse=True))
_BER = {"dua": 2, "tiga": 3, "empat": 4, "lima": 5, "enam": 6, "tujuh": 7, "delapan": 8, "sembilan": 9, "sepuluh": 10}
_UNIT = (
    r"jam|menit|mnt|hari|hr|minggu|mgg|bulan|bln|tahun|thn|hours?|hrs?|minutes?|days?|weeks?|months?|years?"
    r"|ngai|th?ngai|atit|khae?|khe|chh?nam|maong|mong|natey"
)
_UNIT_KM = r"ម៉ោង|នាទី|ថ្ងៃ|អាទិត្យ|សប្តាហ៍|សប្ដាហ៍|ខែ|ឆ្នាំ"
_PART = r"pagi|siang|sore|malam|subuh|mlm|am|pm|nanti malam|nanti|tadi|besok|prek|lngeach|yop|yub"
_PART_KM = r"រំលងអធ្រាត្រ|យប់|ព្រឹក|ល្ងាច|ថ្ងៃត្រង់|រសៀល"
_DAYS = r"senin|selasa|rabu|kamis|jumat|jum'at|sabtu|monday|tuesday|wednesday|thursday|friday|saturday|sunday"
_MONTHS = (
    r"januari|februari|maret|april|mei|juni|juli|agustus|september|oktober|november|desember|january|february|march|june"
    r"|july|august|october|december|jan|feb|apr|agu|sep|okt|nov|des"
)
_FEASTS = (
    r"lebaran|idul fitri|idul adha|puasa|ramadhan|ramadan|natal|tahun baru|imlek|agustusan|pchum ben|chol chnam"
    r"|new year|christmas"
)
_SINCE = r"sejak|dari|semenjak|sebelum|habis|setelah|sblm|abis|since|before|after|tang pi|tang tae"
_SINCE_KM = r"តាំងពី|ចាប់តាំងពី|មុន|ក្រោយ|ពី"
_FEASTS_KM = r"បុណ្យភ្ជុំបិណ្ឌ|ភ្ជុំបិណ្ឌ|ភ្ជុំ|ចូលឆ្នាំ(?:ខ្មែរ|ថ្មី|ចិន)?|អុំទូក|បុណ្យអុំទូក"
_DAYS_KM = r"ថ្ងៃ(?:ចន្ទ|អង្គារ|ពុធ|ព្រហស្បតិ៍|សុក្រ|សៅរ៍|អាទិត្យ)"
_MONTHS_KM = r"ខែ(?:មករា|កុម្ភៈ|មីនា|មេសា|ឧសភា|មិថុនា|កក្កដា|សីហា|កញ្ញា|តុលា|វិច្ឆិកា|ធ្នូ)"

TIME = re.compile(
    rf"\b(?:(?:jam |pukul |pkl )?setengah (?:\d{{1,2}}|{WORDS})(?: ?(?:{_PART})){{1,3}}"
    rf"|(?:jam|pukul|pkl|maong|mong|at) (?:\d{{1,2}}(?:[.:]\d{{2}})?|{WORDS})(?: ?(?:{_PART})){{0,3}}"
    rf"|\d{{1,2}}[.:]\d{{2}} ?(?:wib|wita|wit|am|pm)|\d{{1,2}} ?(?:am|pm)"
    rf"|(?:{_SINCE}) (?:hari )?(?:{_FEASTS}|{_DAYS}|{_MONTHS}"
    rf"|tanggal \d{{1,2}}|tgl \d{{1,2}}|kemarin|\d{{4}}"
    rf"|(?:{_UNIT}) \d{{1,4}})(?: (?:kemarin|lalu|tahun lalu))?"
    rf"|(?:tanggal|tgl) \d{{1,2}}(?: (?:{_MONTHS}))?(?: \d{{4}})?|\d{{1,2}} (?:{_MONTHS})(?: \d{{4}})?"
    r"|\d{1,2}[/\-]\d{1,2}[/\-](?:\d{4}|\d{2})"
    rf"|malam ini|nanti malam|nanti sore|tadi malam|semalam|besok(?: pagi| malam| siang| sore)?|hari ini|sekarang"
    rf"|kemarin(?: lusa| malam)?|barusan|lusa|minggu (?:depan|ini|lalu)|bulan (?:depan|ini|lalu)"
    rf"|tahun (?:depan|ini|lalu)"
    rf"|hari (?:{_DAYS}|minggu)|tonight|tomorrow|today|right now|yesterday|last night|(?:next|last) (?:week|month|year)"
    rf"|yop nih?|yub nis|yop menh|yub menh|s[a']?aek|msel ?m[ei]nh|s'ek|th?ngai nih?|thngai nis|e[iy]?lo[vw]|eylov nis"
    rf"|th?ngai ti ?\d{{1,2}}|(?:\d{{1,3}}|se|{WORDS}|beberapa|berapa|several|a few) ?(?:{_UNIT})"
    rf"(?: (?:yang )?(?:lalu|lagi|ago|haey|hery|hz|lebih|tiet)|an)?)\b"
    rf"|ថ្ងៃទី ?\d{{1,2}}(?: ?(?:{_MONTHS_KM}|ខែ ?\d{{1,2}}))?(?: ?ឆ្នាំ ?\d{{4}})?"
    rf"|(?:{_SINCE_KM}) ?(?:{_FEASTS_KM}|{_DAYS_KM}|{_MONTHS_KM})"
    rf"|ម៉ោង ?(?:\d{{1,2}}(?:[.:]\d{{2}})?|{WORDS})(?: ?(?:{_PART_KM}))?(?:នេះ|ស្អែក)?"
    rf"|យប់(?:នេះ|មិញ)|ព្រឹក(?:នេះ|មិញ|ស្អែក)|ល្ងាចនេះ|ស្អែក|ថ្ងៃនេះ|ឥឡូវ(?:នេះ)?|អម្បាញ់មិញ|ម្សិលមិញ|ម្សិល|ខានស្អែក"
    rf"|(?:អាទិត្យ|ខែ|ឆ្នាំ)(?:ក្រោយ|មុន|នេះ)|{_DAYS_KM}|{_MONTHS_KM}|{_FEASTS_KM}"
    rf"|(?:\d{{1,3}}|ពីរបី|ប៉ុន្មាន|{WORDS}) ?(?:{_UNIT_KM})(?: ?(?:កន្លះ))?(?: ?(?:មុន|ហើយ|ទៀត|ជាង))?"
)
_HEAD = (
    r"orang|org|wni|tki|pmi|tkw|people|persons?|of us|girls|men|women|nea?k|nak|teman|kawan|perempuan|laki-laki|anak"
)
PEOPLE = re.compile(
    rf"(?<![\d.,])(?P<n>\d{{1,4}}|(?<![a-z])(?:{WORDS})) ?(?:(?:{_HEAD})(?![a-z])|នាក់|គ្នា)"
    rf"|(?<![a-z])(?:kami|kita|berjumlah|sebanyak|there are|we are|កងយើង|យើងមាន|ពួកយើងមាន|ពួកយើង|យើង|គ្នាយើង|គ្នា"
    rf"|puok yeung|yerng|yeung mean) ?(?P<m>\d{{1,3}}|{WORDS})(?: ?(?:orang|org|of us|nea?k"
    rf"|នាក់)(?![a-z])|(?=[ .,!?]*$))"
    rf"|\bber-? ?(?P<b>\d{{1,3}}|{'|'.join(_BER)})(?![a-z\d])"
    r"|(?P<one>ម្នាក់ឯង|mneak eng|\bsendirian\b|\bsaya sendiri\b|\balone\b)"
)


def number(word: str) -> int | None:
    """A number in digits or words, None where it is neither."""
    return int(word) if word.isdigit() else NUMBER_WORDS.get(word)


def people(match: re.Match[str]) -> int | None:
    """How many people a match of `PEOPLE` is about."""
    if match.group("one"):
        return 1
    return number(match.group("n") or match.group("m") or match.group("b"))
