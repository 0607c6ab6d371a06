"""Finds how old people are said to be, for triage (a child is urgent) and for whoever reads a report."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from dataclasses import dataclass

from nlu.text.numerals import SPELT, count

_N = rf"\d{{1,2}}(?![\d,./]?\d)|{SPELT}"
#: What stands between "age" and the number: whose it is, and that it is no more.
_WHOSE = (
    r"saya|sy|aku|ak|gue|gw|gua|dia|ia|kami|adik|adek|ade|anak|keponakan|ponakan|sepupu|teman|temen|masih|msh|baru|br|cuma|cm"
    r"|hanya|sekitar|perempuan|laki|cewek|cowok|just|only|is|kh?nhom|khnom|knom|nhom|kn|koat|vea|ke|oun|nis|nih|pel|cuma|deal"
    r"|t[eu]+r?b|tae|trem|ban|chea"
)
_WHOSE_KM = r"របស់|ខ្ញុំ|គាត់|វា|នាង|ប្អូន|កូន|ស្រី|ប្រុស|ទើប|តែ|ត្រឹម|បាន|គឺ|ជា|មាន|ប្រហែល"
#: Somebody whose age is told without the word age: "adik saya 15 tahun", "anak saya (15)", "kmeng srey 15 chnam".
_WHO = (
    r"(?:saya|sy|aku|gue|gw|dia|kami|adik|adek|ade|anak|keponakan|ponakan|sepupu|cewek|gadis)(?:nya|ku|q)?"
    r"(?: (?:saya|sy|aku|kami|ku|gue|gw|perempuan|laki|laki-laki|cewek|cowok|yang|yg)){0,2}"
)
_KIN_EN = r"(?:sister|brother|daughter|son|child|kid|cousin|niece|nephew|friend|wife|girlfriend)"
_WHO_KM = (
    r"(?:ខ្ញុំ|គាត់|នាង|(?:ប្អូន|កូន|ក្មួយ|ក្មេង|មិត្ត)(?: ?(?:ស្រី|ប្រុស|របស់|ខ្ញុំ|យើង))*) ?(?:ទើប ?(?:តែ|បាន)? ?)?"
    r"|ទើប ?(?:តែ|បាន)? ?"
)
_WHO_ROMANISED = (
    r"(?:kh?nhom|knom|nhom|kn|koat|(?:[pb]'?a?)?oun|kou?n|kmeng|kmuoy)(?: (?:srey|bros|kh?nhom|knom|yerng))*"
    r"(?: t[eu]+r?b)?(?: tae)?"
)
_YEARS = r"tahun|taun|taon|thn|th|yrs?|years?|ឆ្នាំ|chh?nam"
#: "17-35", "17 ke atas": whom an offer wants.
_RANGE = (
    rf"(?! ?(?:{_YEARS})? ?(?:[-–+]|s/d|sampai|sampe|hingga|ke ?atas|to\b|up\b|ទៅ|ដល់|ឡើង|leng t[ouv]+|dol\b|laeng))"
)
#: What is counted behind "I": "ខ្ញុំ១៦" alone is an age.
_COUNTED = "ខែ|ថ្ងៃ|នាក់|ម៉ោង|ដុល្លារ|រៀល|បាត|ដង|អាទិត្យ|ពាន់|ម៉ឺន|លាន|គ្រឿង|ឆ្នាំ|នាទី|គីឡូ"
#: Years that pass and not years of a life: "saya 12 tahun di sini".
_NOT_PASSED = (
    r"(?! ?(?:kerja|bekerja|di(?![a-z])|disini|lalu|yang lalu|yg lalu|lagi|lebih|sudah|udah|ago|in\b|hz|hai?y|he?ry"
    r"|mok\b|mun\b|tiet|ហើយ|មក|មុន|ទៀត|ជាង|កន្លះ|នៅ|ដែល))"
)
_AGE = re.compile(
    rf"(?:(?<![a-z])(?:(?:ber)?(?:umur|usia|umr)(?:nya|ku|q|mu)?|aged?|a+ ?y(?:u|ou)[ks]?|arayu|arm)"
    rf" ?[:=]? ?(?:(?:{_WHOSE})\b ?){{0,4}}"
    rf"|អាយុ ?[:=៖]? ?(?:(?:{_WHOSE_KM}) ?){{0,5}})(?P<told>{_N}){_RANGE}"
    rf"|(?<![\d\-–.])(?<!\d )(?P<old>\d{{1,2}}) ?(?:y(?:ea)?rs? ?old|y/?\.?o\b|tahun umur|ឆ្នាំ(?= ?(?:ត្រូវ|គេ|ជាប់|ទេ)))"
    rf"|(?<![a-z])(?:{_WHO} (?:(?:masih|msh|baru|br|cuma|sek|isih) )?|(?:masih|msh|baru|br|sek|isih) )(?P<thn>{_N})"
    rf"(?: ?(?:tahun|taun|taon|thn|th)\b{_NOT_PASSED}{_RANGE}|(?= *(?:[.,!?)]|$)))"
    rf"|(?<![a-z])(?:{_WHO}|(?:anak|adik|keponakan) (?:tetangga|teman|orang|perempuan)|(?:my |her |his )?{_KIN_EN})"
    r" ?[,(] ?(?P<aside>\d\d)"
    r"(?: ?(?:tahun|taun|taon|thn|th|years? old))? ?[,)]"
    rf"|(?:{_WHO_KM})(?P<km>{_N}) ?ឆ្នាំ{_NOT_PASSED}{_RANGE}"
    rf"|(?:ខ្ញុំ|អូន) ?(?:ទើប ?(?:តែ)? ?)?(?P<bare>1[0-7])(?![\d.,$%])(?! ?(?:{_COUNTED}))"
    rf"|(?<![a-z])(?:{_WHO_ROMANISED}) ?(?P<latn>{_N}) ?chh?nam\b{_NOT_PASSED}{_RANGE}"
    rf"|\b(?:{_KIN_EN} is|i am|i'm|im|she is|he is|she's|he's) (?:only |just )?(?P<en>{_N})"
    r"(?= *(?:[.,!?;)]|$|and\b|but\b|years? old))"
    rf"|(?:(?<![a-z])(?:ke)?lahir(?:an)?|(?<![a-z])born(?: in)?|(?<![a-z])ke[ru]?t(?= chh?nam)|កើត(?:នៅ)?)"
    rf"(?: ?(?:pada |tanggal |tgl )?\d{{1,2}}[ /.\-](?:\d{{1,2}}|[a-z]+)[ /.\-])? ?(?:{_YEARS})?"
    r" ?(?P<born>(?:19|20)\d\d)(?!\d)"
)
#: A number of years where no word says whose age it is, in a message that reports trouble: "cewe 17thn", "ultah ke 17".
_BESIDE_TROUBLE = re.compile(
    rf"(?<![\d.,:/\-])(?P<years>[89]|1[0-7]) ?(?:{_YEARS}|msel)(?![a-z]){_NOT_PASSED}{_RANGE}"
    r"|(?:ultah|ulang tahun)(?: (?:yang|yg))?(?: ke)?[ \-]?(?P<birthday>[89]|1[0-7])(?!\d)"
    r"|(?:គ្រប់|ទើប) ?(?:តែ)? ?(?P<km>[89]|1[0-7])(?!\d)"
    r"|(?<![a-z])(?:k?rob|(?:kh?nhom|knom|nhom|(?:[pb]'?)?oun)(?: (?:srey|srei|pros|bros))?) (?P<latn>1[0-7])(?![\d.,])"
    r"(?! ?(?:khe|nak|neak|thngai|mong))"
    r"|(?<![a-z])(?:(?:ke)?lahir(?:an)?|k[ae]*[ru]?t)(?: ?(?:[a-z]+|\d{1,2})){0,2} ?(?P<born>20[01]\d)(?!\d)"
)
#: What lasts so long is no age: "kontrak 10 tahun", "sudah 12 tahun".
_LASTS = re.compile(
    r"(?:kontrak|selama|penjara|hukum(?:an)?|pengalaman|s?u?dah|udh|lebih|hampir|dari|រយៈពេល|អស់|ជាង|គុក"
    r"|roypel|ors|chreng) ?$"
)
#: "minimal umur 17": whom an offer wants, too.
_WANTED = re.compile(r"\b(?:min(?:imal|\.)?|ma(?:x|ks)(?:imal|\.)?) ?$")
#: Fewer years than these are told of what lasts ("saya 2 tahun di sini"), unless the word age is there.
SHORT_LIFE = 8


@dataclass(frozen=True)
class Age:
    """An age in years, and where it stands in the normalised text."""

    years: int
    start: int
    end: int


def ages(normalised: str, year: int | None = None) -> Iterator[Age]:
    """Every age that a normalised text tells of somebody, in order; what an offer asks for ("17-35") is none.

    A year of birth is counted up to `year`, this one where none is given.
    """
    for match in _AGE.finditer(normalised):
        years = count(match[match.lastgroup or 0])
        if match["born"]:
            years = (year or time.gmtime().tm_year) - int(match["born"])
        lived = match["told"] or match["old"] or (years or 0) >= SHORT_LIFE
        if years and lived and not _WANTED.search(normalised, max(0, match.start() - 10), match.start()):
            yield Age(years, *match.span())


def ages_beside_trouble(normalised: str, year: int | None = None) -> Iterator[int]:
    """Ages, in years, that `ages` does not dare to tell: where trouble is reported no child may be missed."""
    for match in _BESIDE_TROUBLE.finditer(normalised):
        before = max(0, match.start() - 10), match.start()
        if _LASTS.search(normalised, *before) or _WANTED.search(normalised, *before):
            continue
        told = int(match[match.lastgroup or 0])
        yield (year or time.gmtime().tm_year) - told if match["born"] else told
