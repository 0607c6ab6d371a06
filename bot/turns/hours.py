"""Hours a worker names as safe: "aman jam 7 sampai 9 malam", "ម៉ោង ៨ ដល់ ១០ យប់", "8pm-10pm"."""

from __future__ import annotations

import re
from typing import Final

from nlu.text.normalise import normalise

#: Where the worker's clock is, by the country of the case. Source: IANA time zone database.
ZONES: Final = {
    "KH": "Asia/Phnom_Penh",
    "TH": "Asia/Bangkok",
    "LA": "Asia/Vientiane",
    "VN": "Asia/Ho_Chi_Minh",
    "MM": "Asia/Yangon",
    "MY": "Asia/Kuala_Lumpur",
    "SG": "Asia/Singapore",
    "PH": "Asia/Manila",
    "ID": "Asia/Jakarta",
    "TW": "Asia/Taipei",
    "HK": "Asia/Hong_Kong",
    "KR": "Asia/Seoul",
    "JP": "Asia/Tokyo",
    "SA": "Asia/Riyadh",
    "AE": "Asia/Dubai",
}
#: A single named hour is safe for this long, in hours.
SINGLE_HOURS = 1

_MARK = r"(?:jam|jm|pukul|pkl|ម៉ោង|maong|moung|maung|mong|at|from)"
_TO = r"(?:-|–|sampai|smp|sampe|hingga|s/d|dan|to|until|and|ដល់|dol|dal|daol)"
_PART = (
    r"(?P<{0}>malam|mlm|sore|siang|pagi|subuh|pm|am|"
    r"យប់|ល្ងាច|រសៀល|ថ្ងៃត្រង់|ព្រឹក|yob|yub|yop|yup|lngeach|lngiech|roseal|rosiel|prek|pruk)"
)
_HOUR = r"(?P<{0}>2[0-3]|[01]?\d)(?!\d)(?:[.:](?P<{1}>[0-5]\d))?"
_RANGE = re.compile(
    rf"(?:{_MARK}\s*)?{_HOUR.format('h1', 'm1')}\s*{_PART.format('p1')}?\s*{_TO}\s*(?:{_MARK}\s*)?"
    rf"{_HOUR.format('h2', 'm2')}\s*{_PART.format('p2')}?"
)
_SINGLE = re.compile(
    rf"{_MARK}\s*{_HOUR.format('h1', 'm1')}\s*{_PART.format('p1')}?|"
    rf"{_HOUR.format('h3', 'm3')}\s*{_PART.format('p3')}"
)
_EVENING = frozenset({"malam", "mlm", "sore", "pm", "យប់", "ល្ងាច", "រសៀល", "yob", "yub", "yop", "yup"}) | frozenset(
    {"lngeach", "lngiech", "roseal", "rosiel"}
)
_NOON = frozenset({"siang", "ថ្ងៃត្រង់"})


def safe_hours(text: str, country: str | None) -> dict[str, str] | None:
    """{"from": "19:00", "to": "21:00", "zone": ...} when a message names hours; None when it does not.

    Words for parts of the day count for both ends; without one the hours are taken as written (24 hours).
    """
    plain = normalise(text).text
    zone = ZONES.get(country or "", "Asia/Phnom_Penh")
    found = _RANGE.search(plain)
    if found is not None and (found["p1"] or found["p2"] or re.search(_MARK, plain)):
        part = found["p2"] or found["p1"]
        start = _hour(found["h1"], found["p1"] or part)
        end = _hour(found["h2"], part)
        if start is None or end is None or start == end:
            return None
        return {"from": f"{start:02}:{found['m1'] or '00'}", "to": f"{end:02}:{found['m2'] or '00'}", "zone": zone}
    single = _SINGLE.search(plain)
    if single is None:
        return None
    hour, minute, part = (
        (single["h1"], single["m1"], single["p1"]) if single["h1"] else (single["h3"], single["m3"], single["p3"])
    )
    start = _hour(hour, part)
    if start is None:
        return None
    minute = minute or "00"
    return {"from": f"{start:02}:{minute}", "to": f"{(start + SINGLE_HOURS) % 24:02}:{minute}", "zone": zone}


def _hour(digits: str, part: str | None) -> int | None:
    """An hour of 24 from what is said: 7 in the evening is 19, 12 at night is 0."""
    hour = int(digits)
    if hour > 23:
        return None
    if part in _EVENING:
        if hour == 12:
            return 12 if part == "pm" else 0
        # One to four "at night" are the small hours.
        small = hour <= 4 and part in {"malam", "mlm", "យប់", "yob", "yub", "yop", "yup"}
        return hour + 12 if hour < 12 and not small else hour
    if part in _NOON:
        return hour + 12 if hour <= 4 else hour
    if part == "am" and hour == 12:
        return 0
    return hour
