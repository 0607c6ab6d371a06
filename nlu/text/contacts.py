"""Finds phone numbers, messenger names, links and mail addresses."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

import phonenumbers

from nlu.text.addresses import EMAIL, LINK
from nlu.text.khmer import KHMER_DIGITS, has_khmer

#: Regions tried in turn for a number without a country code: the two audiences first, then where they work.
REGIONS = ("ID", "KH", "MY", "TH", "VN", "LA", "MM", "SG", "PH", "HK", "TW", "SA", "AE", "KR", "JP", "CN")
#: Text beyond this many characters is not searched; nobody types so many numbers.
SEARCH_CHARS = 10_000

_AT = re.compile(r"(?<![\w.@/])@([A-Za-z0-9_.]{3,32})")
_NAMED = re.compile(
    r"\b(line|wechat|weixin|we\s?chat|telegram|tele|tg|ig|instagram|tiktok|zalo|skype|kakao(?:talk)?|potato)"
    r"\s*(?:id)?\s*[:=\-]\s*@?([A-Za-z0-9][A-Za-z0-9_.\-]{2,31})|"
    r"\bid\s+(line|wechat|telegram|kakao)\s*[:=\-]?\s*@?([A-Za-z0-9][A-Za-z0-9_.\-]{2,31})",
    re.I,
)
_PHONE = re.compile(
    r"(?<![\d.,/@\w+])(?:\+\s?|00)?\(?\d[\d ()\-.\u00a0]{5,20}\d(?![\d@])(?!\s?(?:jt|juta|rb|ribu|usd|rp\b|\$|%))", re.I
)
_MONEY_BEFORE = re.compile(r"(?:rp|idr|usd|\$|rm|thb|៛|nt\$|¥)\s*\.?\s*$", re.I)
_SERVICES = {
    "weixin": "wechat",
    "we chat": "wechat",
    "tele": "telegram",
    "tg": "telegram",
    "instagram": "ig",
    "kakaotalk": "kakao",
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
    regions = ("KH", *REGIONS) if khmer_first else REGIONS
    for region in regions:
        value = _valid(digits, region)
        if value:
            return value
    return None


def _valid(number: str, region: str | None) -> str | None:
    try:
        parsed = phonenumbers.parse(number, region)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_valid_number(parsed):
        return None
    return str(phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164))


def contacts(text: str) -> list[Contact]:
    """Every contact in a text, in order, none overlapping; places point into the given text."""
    text = text[:SEARCH_CHARS]
    plain = text.translate(KHMER_DIGITS)
    found: list[Contact] = []
    taken: list[tuple[int, int]] = []

    def add(kind: str, value: str, start: int, end: int) -> None:
        if not any(start < b and a < end for a, b in taken):
            taken.append((start, end))
            found.append(Contact(kind, value, text[start:end], start, end))

    for match in EMAIL.finditer(plain):
        add("email", match.group().lower(), *match.span())
    for match in LINK.finditer(plain):
        link = match.group().rstrip(".,;:!?)»")
        add(*_read_link(link), match.start(), match.start() + len(link))
    for match in _NAMED.finditer(plain):
        service = (match.group(1) or match.group(3)).lower()
        name = (match.group(2) or match.group(4)).rstrip(".-")
        if name.isdigit() and len(name) >= 8:
            continue  # "tele: 0812..." is a phone number
        service = _SERVICES.get(service, service)
        value = "@" + name.lower() if service == "telegram" else f"{service}:{name.lower()}"
        add("handle", value, *match.span())
    for match in _AT.finditer(plain):
        name = match.group(1).rstrip(".")
        add("handle", "@" + name.lower(), match.start(), match.start() + 1 + len(name))
    khmer_first = has_khmer(text)
    for match in _PHONE.finditer(plain):
        digits = re.sub(r"[^\d+]", "", match.group())
        if not 8 <= len(digits.lstrip("+")) <= 15 or _MONEY_BEFORE.search(
            plain[max(0, match.start() - 6) : match.start()]
        ):
            continue
        number = phone_value(digits, khmer_first)
        if number:
            add("phone", number, *match.span())
    found.sort(key=lambda contact: contact.start)
    return found


def _read_link(link: str) -> tuple[str, str]:
    bare = re.sub(r"^(?:https?://)?(?:www\.)?", "", link, flags=re.I)
    host, _, path = bare.partition("/")
    host = host.lower()
    if host in ("t.me", "telegram.me") and re.fullmatch(r"[A-Za-z][A-Za-z0-9_]{3,31}/?", path):
        return "handle", "@" + path.rstrip("/").lower()
    if host == "wa.me":
        digits = re.sub(r"\D", "", path.split("?")[0])
        value = phone_value("+" + digits) if digits else None
        if value:
            return "phone", value
    return "link", link
