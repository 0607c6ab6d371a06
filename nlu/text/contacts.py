"""Finds phone numbers, messenger names, links and mail addresses."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

import phonenumbers

from nlu.text.addresses import EMAIL, LINK, SIGN
from nlu.text.khmer import has_khmer, latin_digits
from nlu.text.language import looks_khmer_latin
from nlu.text.words import words_of

_WORDS = words_of("contacts")

#: Regions tried in turn for a number without a country code: the two audiences first, then where they work.
REGIONS = ("ID", "KH", "MY", "TH", "VN", "LA", "MM", "SG", "PH", "HK", "TW", "SA", "AE", "KR", "JP", "CN")
#: In so many pieces a number is written at most: digit by digit.
MOST_PIECES = 15
#: So many digits beside a number may be an age, a floor, a count ("umur 25 0812..."); more belong to it.
SHORT_PIECE = 3
#: Text beyond this many characters is not searched; nobody types so many numbers.
SEARCH_CHARS = 10_000

_AT = re.compile(r"(?<![\w.@/])@([A-Za-z0-9_.]{3,32})")
_NAMED = re.compile(
    r"\b(line|wechat|weixin|we\s?chat|telegram|tele|tg|ig|instagram|tiktok|zalo|skype|kakao(?:talk)?|potato)"
    r"\s*(?:id)?\s*(?:[:=\-：៖]\s*@?(?=[A-Za-z0-9])|(?=\s[A-Za-z][A-Za-z.]{0,31}[_\d])\s)([A-Za-z0-9_.\-]{3,32})|"
    r"\bid\s+(line|wechat|telegram|kakao)\s*[:=\-：]?\s*@?([A-Za-z0-9][A-Za-z0-9_.\-]{2,31})|"
    rf"({_WORDS.service_joined})\s?[:=៖]?\s?@?([A-Za-z][A-Za-z0-9_.]{{4,31}})",
    re.I,
)
#: Digits with what people put between them; a word may be glued to the front, "0812/0813" is two.
_RUN = re.compile(r"(?<![\d.,/@+A-Z_])\+?\(?\d[\d ()\-./\u00a0\n]{5,80}\d(?![\d@])")
_PIECE = re.compile(r"\+?\(?\d[\d()\-.]*")
#: Where a second number may begin.
_BEGINS = re.compile(r"\(?(?:\+|0[1-9]|62|855)")
#: Dates, hours from and to, years, and sums whose thousands are set apart.
_NO_PHONE = re.compile(
    r"\d{1,2}[\-. ]\d{1,2}[\-. ](?:19|20)\d\d|\d{1,2}[.]\d\d ?- ?\d{1,2}[.]\d\d|(?:19|20)\d\d ?- ?(?:19|20)\d\d"
    r"|[1-9]\d{0,2}(?:\.\d{3})+(?: ?- ?[1-9]\d{0,2}(?:\.\d{3})+)?"
)
_MONEY_BEHIND = re.compile(rf"\s?(?:usd|rp\b|\$|%|{_WORDS.money_behind})", re.I)
#: Signs inside a number that is pasted or written in emoji, and the letter that looks like a nought.
_BETWEEN = re.compile("[\u200b-\u200f\u2060\ufeff\ufe0f\u20e3]")
_NOUGHT = re.compile(r"(?<![A-Za-z])[Oo](?=\d)|(?<=\d)[Oo](?![A-Za-z])")
_MONEY_BEFORE = re.compile(r"(?:rp|idr|usd|\$|rm|thb|៛|nt\$|¥)\s*\.?\s*$", re.I)
_MOBILE = (phonenumbers.PhoneNumberType.MOBILE, phonenumbers.PhoneNumberType.FIXED_LINE_OR_MOBILE)
_SERVICES = {
    "weixin": "wechat",
    "we chat": "wechat",
    "tele": "telegram",
    "tg": "telegram",
    "instagram": "ig",
    "kakaotalk": "kakao",
    **_WORDS.meanings("service_joined"),
}


@dataclass(frozen=True)
class Contact:
    """One way to reach somebody: `kind` is phone, handle, link or email; phones are E.164 where they are valid."""

    kind: str
    value: str
    evidence: str
    start: int
    end: int


@lru_cache(maxsize=512)
def phone_value(digits: str, khmer_first: bool = False) -> str | None:
    """The E.164 form of a phone number as typed, or None when no region knows it."""
    if digits.startswith("00"):
        digits = "+" + digits[2:]
    if digits.startswith("+"):
        return _valid(digits, None)
    if digits.startswith(("62", "855", "60", "66", "84", "95", "856", "65", "63", "886", "852", "966", "971")):
        value = _valid("+" + digits, None)
        if value:
            return value
    ours = REGIONS[1::-1] if khmer_first else REGIONS[:2]
    # 0967771234 is a mobile in Cambodia before it is a landline in Papua.
    for region in ours:
        if value := _valid(digits, region, mobile=True):
            return value
    for region in (*ours, *REGIONS[2:]):
        if value := _valid(digits, region):
            return value
    return None


def _valid(number: str, region: str | None, mobile: bool = False) -> str | None:
    try:
        parsed = phonenumbers.parse(number, region)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_valid_number(parsed) or (mobile and phonenumbers.number_type(parsed) not in _MOBILE):
        return None
    return str(phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164))


def contacts(text: str) -> list[Contact]:
    """Every contact in a text, in order, none overlapping; places point into the given text."""
    text = text[:SEARCH_CHARS]
    plain = _NOUGHT.sub("0", _BETWEEN.sub(" ", latin_digits(text)))
    found: list[Contact] = []
    taken: list[tuple[int, int]] = []

    def add(kind: str, value: str, start: int, end: int) -> None:
        if not any(start < b and a < end for a, b in taken):
            taken.append((start, end))
            found.append(Contact(kind, value, text[start:end], start, end))

    for match in EMAIL.finditer(plain):
        add("email", match.group().lower(), *match.span())
    for match in LINK.finditer(plain) if SIGN.search(plain) else ():
        link = match.group().rstrip(".,;:!?)»")
        add(*_read_link(link), match.start(), match.start() + len(link))
    for match in _NAMED.finditer(plain):
        service, name = (part for part in match.groups() if part)
        service, name = service.lower(), name.rstrip(".-")
        if name.isdigit() and len(name) >= 8:
            continue  # "tele: 0812..." is a phone number
        service = _SERVICES.get(service, service)
        value = "@" + name.lower() if service == "telegram" else f"{service}:{name.lower()}"
        add("handle", value, *match.span())
    for match in _AT.finditer(plain):
        name = match.group(1).rstrip(".")
        add("handle", "@" + name.lower(), match.start(), match.start() + 1 + len(name))
    khmer_first = has_khmer(text) or looks_khmer_latin(text)
    for run in _RUN.finditer(plain):
        for start, end, number in _phones(plain, *run.span(), khmer_first):
            add("phone", number, start, end)
    found.sort(key=lambda contact: contact.start)
    return found


def _phones(plain: str, start: int, end: int, khmer_first: bool) -> Iterator[tuple[int, int, str]]:
    """The phone numbers in a run of digits: as many of its pieces as make a number, never the end of a longer one."""
    if _MONEY_BEFORE.search(plain, max(0, start - 6), start):
        return
    pieces = list(_PIECE.finditer(plain, start, end))
    at = 0
    while at < len(pieces):
        number, size = None, 0
        for size in range(min(len(pieces) - at, MOST_PIECES), 0, -1):
            first, last = pieces[at].start(), pieces[at + size - 1].end()
            digits = re.sub(r"[^\d+]", "", plain[first:last])
            dear = _NO_PHONE.fullmatch(plain[first:last]) or _MONEY_BEHIND.match(plain, last)
            behind = pieces[at + size].group() if at + size < len(pieces) and "/" not in plain[last:end] else ""
            cut = len(behind) > SHORT_PIECE and not _BEGINS.match(behind)
            if 8 <= len(digits.lstrip("+")) <= 15 and not (dear or cut or "/" in plain[first:last]):
                number = phone_value(digits, khmer_first)
                if number:
                    yield first, last, number
                    break
        if number is None and len(pieces[at].group()) > SHORT_PIECE and "/" not in plain[start:end]:
            return  # a piece of a longer number is none
        at += size if number else 1
        while number is None and at < len(pieces) and not _BEGINS.match(pieces[at].group()):
            at += 1


def _read_link(link: str) -> tuple[str, str]:
    bare = re.sub(r"^(?:https?://)?(?:www\.)?", "", link, flags=re.I)
    host, _, path = bare.partition("/")
    host = host.lower()
    name = re.fullmatch(r"([A-Za-z][A-Za-z0-9_]{3,31})/?(?:\?.*)?", path)
    if host in ("t.me", "telegram.me") and name is not None:
        return "handle", "@" + name[1].lower()
    if host == "wa.me" or (host.endswith("whatsapp.com") and "phone=" in path):
        digits = re.sub(r"\D", "", path.split("phone=")[-1].split("&")[0].split("?")[0])
        value = phone_value("+" + digits) if digits else None
        if value:
            return "phone", value
    return "link", link
