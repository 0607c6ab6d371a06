"""Everything a message says that a case or an offer can use, in one list."""

from __future__ import annotations

import re
from typing import Any

from nlu.text.amounts import amounts
from nlu.text.contacts import contacts
from nlu.text.normalise import normalise
from nlu.text.places import places

#: Text beyond this many characters is not searched.
SEARCH_CHARS = 8_000

_NUMBER_WORDS = {
    "dua": 2,
    "tiga": 3,
    "empat": 4,
    "lima": 5,
    "enam": 6,
    "tujuh": 7,
    "delapan": 8,
    "sembilan": 9,
    "sepuluh": 10,
    "two": 2,
    "three": 3,
    "four": 4,
    "five": 5,
    "six": 6,
    "seven": 7,
    "eight": 8,
    "nine": 9,
    "ten": 10,
    "ពីរ": 2,
    "បី": 3,
    "បួន": 4,
    "ប្រាំ": 5,
    "ប្រាំមួយ": 6,
    "ប្រាំពីរ": 7,
    "ប្រាំបី": 8,
    "ប្រាំបួន": 9,
    "ដប់": 10,
    "pir": 2,
    "bey": 3,
    "buon": 4,
    "bram": 5,
    "pram": 5,
    "dop": 10,
}
_WORDS = "|".join(sorted(_NUMBER_WORDS, key=len, reverse=True))
_PEOPLE = re.compile(
    rf"(?P<n>\d{{1,4}}|{_WORDS}) ?(?:orang|org|wni|tki|pmi|people|persons?|of us|nea?k|នាក់|teman"
    rf"|kawan)(?![a-z])"
    rf"|(?:kami|kita|berjumlah|sebanyak|there are|យើងមាន|ពួកយើង|puok yeung) (?P<m>\d{{1,3}}"
    rf"|{_WORDS})(?= (?:orang|org|of|neak)?)(?! ?(?:bulan|hari|jam|tahun|bln|thn|month|day))"
)
_AGE = re.compile(
    r"(?:umur|usia|berumur|berusia|aged?|ayu|អាយុ) ?(?:saya|ku|nya|dia|khnhom|knhom"
    r"|ខ្ញុំ)? ?(?P<a>\d{1,2})|(?P<b>\d{1,2}) ?(?:years? old|y/?o\b)"
)
_DOCUMENT = re.compile(
    r"\b(?:(?P<passport>pass?port|paspor|pasport)|(?P<id_card>ktp|id card|identity card)"
    r"|(?P<visa>visa)|(?P<contract>kontrak|contract|perjanjian)"
    r"|(?P<splp>splp)|(?P<permit>work permit|izin kerja|permit)|(?P<ticket>tiket|ticket))\b"
    r"|(?P<passport_km>លិខិតឆ្លងដែន|ប៉ាស្ព័រ|ផាសផត|ប៉ាសព័រ)|(?P<id_card_km>អត្តសញ្ញាណប័ណ្ណ)"
    r"|(?P<visa_km>ទិដ្ឋាការ|វីសា)|(?P<contract_km>កិច្ចសន្យា)"
    r"|(?P<ticket_km>សំបុត្រយន្តហោះ)|\b(?P<passport_latn>likh[ei]t ch?h?l[ao]ng den)\b"
)
_TIME = re.compile(
    r"\b(?:malam ini|nanti malam|besok(?: pagi| malam)?|hari ini|sekarang|kemarin|lusa"
    r"|minggu (?:depan|ini)|bulan depan|tonight|tomorrow|today|right now"
    r"|yesterday|next (?:week|month)|yop nih?|s[a']?aek|thngai nih?|e[iy]?lo[vw]|(?:\d{1,2}|se|dua"
    r"|tiga|empat|lima|enam) ?(?:jam|hari|minggu|bulan|bln|tahun|thn"
    r"|hours?|days?|weeks?|months?|years?|khae?|chh?nam)(?: (?:lalu|lagi|yang lalu|ago))?)\b"
    r"|យប់នេះ|ស្អែក|ថ្ងៃនេះ|ឥឡូវ(?:នេះ)?|ម្សិលមិញ|(?:\d{1,2}|មួយ|ពីរ|បី|បួន|ប្រាំ) ?(?:ម៉ោង|ថ្ងៃ"
    r"|អាទិត្យ|សប្តាហ៍|ខែ|ឆ្នាំ)(?: ?(?:មុន|ហើយ|ទៀត))?"
)


def entities(text: str) -> list[dict[str, Any]]:
    """Places, sums, contacts, people, ages, documents and times as `{entity, value, start, end, text}`, in order."""
    found: list[dict[str, Any]] = []

    def add(entity: str, value: Any, start: int, end: int) -> None:
        found.append({"entity": entity, "value": value, "start": start, "end": end, "text": text[start:end]})

    for place in places(text):
        add("place", place.name, place.start, place.end)
    for amount in amounts(text):
        value = {
            "min": amount.amount_min,
            "max": amount.amount_max,
            "currency": amount.currency,
            "period": amount.period,
        }
        add("amount", value, amount.start, amount.end)
    for contact in contacts(text):
        add(contact.kind, contact.value, contact.start, contact.end)
    source = normalise(text[:SEARCH_CHARS])
    for match in _PEOPLE.finditer(source.text):
        raw = match.group("n") or match.group("m")
        add("people", _NUMBER_WORDS.get(raw) or int(raw), *source.span(*match.span()))
    for match in _AGE.finditer(source.text):
        add("age", int(match.group("a") or match.group("b")), *source.span(*match.span()))
    for match in _DOCUMENT.finditer(source.text):
        add("document", str(match.lastgroup).removesuffix("_km").removesuffix("_latn"), *source.span(*match.span()))
    for match in _TIME.finditer(source.text):
        add("time", match.group(), *source.span(*match.span()))
    found.sort(key=lambda entity: (entity["start"], entity["end"]))
    return found
