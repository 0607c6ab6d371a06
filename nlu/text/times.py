"""Finds days, hours and stretches of time, and how many people a message is about, in the three writings."""

from __future__ import annotations

import re

from nlu.text.numerals import SPELT, count

_DAY = r"(?:t?h?(?:ng|gn)a[iy])"
_UNIT = (
    r"jam|menit|mnt|hari|hr|minggu|mgg|bulan|bln|tahun|thn|hours?|hrs?|minutes?|days?|weeks?|months?|years?"
    rf"|{_DAY}|atit|khae?|khe|chh?nam|maong|maung|mong|natey|nati"
)
_UNIT_KM = r"ម៉ោង|នាទី|ថ្ងៃ|អាទិត្យ|សប្តាហ៍|សប្ដាហ៍|ខែ|ឆ្នាំ"
_PART = r"pagi|siang|sore|malam|subuh|mlm|am|pm|nanti malam|nanti|tadi|besok|prek|l'?ngeach|yop|yub|yup"
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
_DAYS_ROMANISED = rf"{_DAY} (?:chan|ch?an|ong?kea|angkear?|put|prohos|sok|sao|saurs?|atit)"
_DAYS_KM = r"ថ្ងៃ(?:ចន្ទ|អង្គារ|ពុធ|ព្រហស្បតិ៍|សុក្រ|សៅរ៍|អាទិត្យ)"
_MONTHS_KM = r"ខែ(?:មករា|កុម្ភៈ|មីនា|មេសា|ឧសភា|មិថុនា|កក្កដា|សីហា|កញ្ញា|តុលា|វិច្ឆិកា|ធ្នូ)"

TIME = re.compile(
    rf"\b(?:(?:jam |pukul |pkl )?setengah (?:\d{{1,2}}|{SPELT})(?: ?(?:{_PART})){{1,3}}"
    rf"|(?:jam|pukul|pkl|maong|maung|mong|at) ?(?:\d{{1,2}}(?:[.:]\d{{2}})?|{SPELT})(?: ?(?:{_PART})){{0,3}}"
    rf"|\d{{1,2}}[.:]\d{{2}} ?(?:wib|wita|wit|am|pm)|\d{{1,2}} ?(?:am|pm|pagi|siang|sore|malam|subuh)"
    rf"|(?:{_SINCE}) (?:hari |bulan )?(?:{_FEASTS}|{_DAYS}|{_MONTHS}"
    rf"|tanggal \d{{1,2}}|tgl \d{{1,2}}|kemarin|\d{{4}}"
    rf"|(?:{_UNIT}) \d{{1,4}})(?: (?:kemarin|lalu|tahun lalu))?"
    rf"|(?:tanggal|tgl) \d{{1,2}}(?: (?:{_MONTHS}))?(?: \d{{4}})?|\d{{1,2}} (?:{_MONTHS})(?: \d{{4}})?"
    r"|\d{1,2}[/\-]\d{1,2}[/\-](?:\d{4}|\d{2})"
    rf"|malam ini|bengi iki|nanti malam|nanti sore|tadi (?:malam|pagi|siang|sore)|semalam"
    rf"|besok(?: pagi| malam| siang| sore)?|hari ini|sekarang"
    rf"|kemarin(?: lusa| malam)?|barusan|lusa|(?:minggu|bulan|tahun) (?:depan|ini|lalu)"
    rf"|(?:awal|akhir|pertengahan) (?:minggu|bulan|tahun)(?: (?:depan|ini|lalu))?"
    rf"|ber(?:hari-hari|minggu-minggu|bulan-bulan|tahun-tahun)|sebentar lagi"
    rf"|setengah (?:jam|hari|bulan|tahun)(?: lagi)?"
    rf"|(?:(?:hari|next|last|on) )?(?:{_DAYS})|hari minggu"
    rf"|tonight|tomorrow|today|right now|yesterday|last night|(?:next|last) (?:week|month|year)"
    rf"|y[uo]?[pb] ?(?:nih?|nis|ning|neng|m[ei]nh)|s(?:a'?|')?(?:a?h?aek|ek|a ek)(?: prek| yub)?|sa ek"
    rf"|m?s[ei]l ?m[ei]nh"
    rf"|{_DAY} ni[hs]?|(?:e[iy]?|i)lo[vw](?: ni[hs])?"
    rf"|(?:atit|khae?|khe|chh?nam) (?:kr[ao]?oy|mun|mok|nis|nih|muk)|{_DAYS_ROMANISED}"
    rf"|{_DAY} ti ?\d{{1,2}}|(?:\d{{1,3}}|se|{SPELT}|beberapa|berapa|several|a few) ?(?:{_UNIT})"
    rf"(?: (?:yang )?(?:lalu|lagi|ago|haey|hery|hz|lebih|tiet)|an)?)\b"
    rf"|ថ្ងៃទី ?\d{{1,2}}(?: ?(?:{_MONTHS_KM}|ខែ ?\d{{1,2}}))?(?: ?ឆ្នាំ ?\d{{4}})?"
    rf"|(?:{_SINCE_KM}) ?(?:{_FEASTS_KM}|{_DAYS_KM}|{_MONTHS_KM})"
    rf"|ម៉ោង ?(?:\d{{1,2}}(?:[.:]\d{{2}})?|{SPELT})(?: ?(?:{_PART_KM}))?(?:នេះ|ស្អែក)?"
    rf"|យប់(?:នេះ|មិញ|ណឹង|ហ្នឹង)|(?:ព្រឹក|ល្ងាច)(?:នេះ|មិញ|ស្អែក)|ស្អែក(?:នេះ)?(?: ?(?:ព្រឹក|ល្ងាច|យប់))?|ថ្ងៃនេះ"
    rf"|ឥឡូវ(?:នេះ)?|អម្បាញ់មិញ|ម្សិល(?:មិញ|ម្ង៉ៃ)?|ខានស្អែក|បន្តិចទៀត"
    rf"|(?:អាទិត្យ|សប្តាហ៍|ខែ|ឆ្នាំ)(?:ក្រោយ|មុន|នេះ)|{_DAYS_KM}|{_MONTHS_KM}|{_FEASTS_KM}|ខែ ?\d{{1,2}}(?!\d)|ឆ្នាំ ?\d{{4}}"
    rf"|កន្លះ(?:ម៉ោង|ថ្ងៃ|ខែ|ឆ្នាំ)"
    rf"|(?:\d{{1,3}}|ពីរបី|ប៉ុន្មាន|{SPELT}) ?(?:{_UNIT_KM})(?: ?(?:កន្លះ))?(?: ?(?:មុន|មកហើយ|ហើយ|ទៀត|ជាង))?"
)
_HEAD = (
    r"orang|org|wni|tki|pmi|tkw|people|persons?|of us|others|girls|men|women|nea?k|nak|teman|kawan|perempuan|laki-laki"
    r"|anak|cewek|cowok|gadis"
)
_TOGETHER = r"dua|tiga|empat|lima|enam|tujuh|delapan|sembilan|sepuluh|sebelas"
PEOPLE = re.compile(
    rf"(?<![\d.,])(?:(?P<n>\d{{1,4}}|{SPELT})|(?P<teens>belasan)) ?(?:(?:{_HEAD})(?![a-z])|នាក់|គ្នា)"
    rf"|(?<![a-z])(?:kami|kita|berjumlah|sebanyak|there are|we are|កងយើង|យើងមាន|ពួកយើងមាន|ពួកយើង|យើង|គ្នាយើង|គ្នា"
    rf"|puok yeung|yerng|yeung mean) ?(?P<m>\d{{1,3}}|{SPELT})(?: ?(?:orang|org|of us|nea?k"
    rf"|នាក់)(?![a-z])|(?=[ .,!?]*$))"
    rf"|\bber-? ?(?P<b>\d{{1,3}}|{_TOGETHER})(?![a-z\d])"
    r"|(?P<one>ម្នាក់ឯង|mneak eng|\bsendirian\b|\bsaya sendiri\b|\balone\b)"
)


def people(match: re.Match[str]) -> int | None:
    """How many people a match of `PEOPLE` is about."""
    if match["one"]:
        return 1
    return 12 if match["teens"] else count(match["n"] or match["m"] or match["b"])
