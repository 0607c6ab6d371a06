"""Settles the currency of a sum that may be pay, and the period for which it is plausible."""

from __future__ import annotations

import re
from collections.abc import Sequence

from nlu.pay.currencies import Setting, currencies, of_country
from nlu.pay.money import Sum, settled
from nlu.text.words import words_of

_WORDS = words_of("pay")

PERIODS = frozenset({"hour", "day", "week", "month", "year"})
#: A number followed by one of these counts something else than money.
COUNTED = re.compile(rf" ?(?:%|{_WORDS.counted})(?![a-z])")
#: "៣ម៉ឺន៥ពាន់ ម៉ោង ៥ដល់១១": when, and not how many.
_TIME = re.compile(rf" ?(?:{_WORDS.oclock}) ?\d")
MONTH_AFTER = re.compile(rf" ?(?:/|{_WORDS.month_after})")
GAJI = re.compile(rf"(?<![a-z])(?:{_WORDS.gaji})(?:{_WORDS.ending})?(?: (?:{_WORDS.gaji_filler}))*[ :=]{{0,3}}$")
CLOCK = re.compile(
    rf"(?:(?<![a-z])(?:{_WORDS.number_of_word})|(?<!\d)0\d{{1,2}} \d{{3}}|x{{3}}|{_WORDS.number_of}) ?[:.]?$"
)

#: The number of a house, street, card or telephone, or the name of a firm ("ក្រុមហ៊ុន 888"), whatever was said before.
ADDRESS = re.compile(rf"(?:{_WORDS.address}|(?<![a-z])(?:{_WORDS.address_word}))[ :៖]{{0,2}}$|\dx{{2,3}} $|\d{{3,4}} $")


def infer(value: float, currency: str) -> str | None:
    """The period for which a sum is plausible pay, or None when it is too little for an hour."""
    known = currencies().get(currency)
    if known is None:
        return None
    return next(
        (p for p, least in (("month", known.month), ("day", known.day), ("hour", known.hour)) if value >= least), None
    )


def like_a_month(value: float, currency: str) -> bool:
    """Whether a sum beside the word "day" is rather a month's pay: "220-280$ ថ្ងៃអាទិត្យឈប់" names the day off."""
    known = currencies().get(currency)
    return known is not None and value >= 2.5 * known.month


def plausible(value: float, currency: str, period: str) -> bool:
    known = currencies().get(currency)
    if known is None or period == "once":
        return True
    least = {
        "hour": known.hour,
        "day": known.day,
        "week": known.day * 4,
        "month": known.month,
        "year": known.month * 8,
    }[period]
    most = {
        "hour": known.hour * 60,
        "day": known.day * 90,
        "week": known.month * 15,
        "month": known.month * 90,
        "year": known.month * 400,
    }[period]
    return least * 0.4 <= value <= most


def currency_of(text: str, one: Sum, setting: Setting, spoken: Sequence[str], said: bool) -> tuple[str | None, float]:
    """The currency of a sum, and a small change of score for how sure that is."""
    if not one.bare:
        settled_now = _of_written(text, one, setting, spoken)
        if settled_now is not None:
            return settled_now
    behind = text[one.end : one.end + 16]
    if _is_no_money(text, one, behind, said):
        return None, 0
    if one.high < 60 and not (said and one.period in PERIODS and behind.lstrip().startswith(("/", "per"))):
        return (_in_millions(text, one, setting), 0.0)
    big = one.grouped and one.high >= 1_000_000
    if not (said or big or (not one.bare)):
        return (_follow(one, spoken, setting), -3.0) if spoken else (None, 0)
    if one.hint == "khmer" and (foreign := _foreign(one, spoken)):
        return foreign, 0.0
    return _most_plausible(one, setting, spoken, said), -0.5


def _of_written(text: str, one: Sum, setting: Setting, spoken: Sequence[str]) -> tuple[str | None, float] | None:
    """The answer for a sum with a written currency or scale word; None where these words do not settle it."""
    code = settled(one, setting)
    if code == "ILS" and setting.khmer and "nis" in text[one.start : one.end]:
        # How Khmer people type "this".
        return None, 0.0
    if (
        one.code is None
        and COUNTED.match(text[one.end : one.end + 12])
        and one.period is None
        and not (one.scale and _TIME.match(text, one.end))
    ):
        return None, 0.0
    if one.hint == "khmer" and one.code is None:
        return _foreign(one, spoken) or code, 0.0
    return (code, 0.5) if code is not None else None


def _foreign(one: Sum, spoken: Sequence[str]) -> str | None:
    """The first named currency, neither dollar nor riel, in which the sum is plausible pay."""
    return next((c for c in spoken if c not in ("USD", "KHR") and infer(one.high, c)), None)


def _is_no_money(text: str, one: Sum, behind: str, said: bool) -> bool:
    """Whether a number counts something else, is a time or an address, or is a year."""
    if (
        one.bare
        and (count := COUNTED.match(behind))
        and not (one.high >= 70 and ((said and count.group() != " %") or MONTH_AFTER.match(behind)))
    ):
        return True
    if CLOCK.search(text[max(0, one.start - 12) : one.start]) and not said:
        return True
    return one.bare and 1950 <= one.high <= 2040 and not one.grouped and one.period is None and not said


def _most_plausible(one: Sum, setting: Setting, spoken: Sequence[str], said: bool) -> str | None:
    """The currency in which an unnamed sum is plausible pay: of the place, of the other sums, or for its period."""
    value = one.high
    code = (
        _of_place(one, setting, spoken)
        or setting.assume(value)
        or next((c for c in spoken if infer(value, c) == "month"), None)
    )
    if code is None and one.period in PERIODS:
        code = _by_period(value, one.period, setting)
    if code is None and one.period == "day" and 50 <= value < 1_000 and not (setting.khmer or spoken):
        # "upah 120 sehari": Indonesians leave out the thousand. The caller multiplies.
        code = "IDR"
    if code is None and (said or (setting.khmer and not one.bare)):
        code = _by_period(value, "day", setting)
    if code is not None and one.period in PERIODS and not one.loose and not plausible(value, code, one.period):
        # "១ថ្ងៃ ៨ពាន់": nobody is paid so many dollars a day.
        code = _by_period(value, one.period, setting) or code
    return code


def _of_place(one: Sum, setting: Setting, spoken: Sequence[str]) -> str | None:
    """The currency of the place of work, where the text names that currency or the sum is paid by hour or day."""
    local = [code for country in setting.countries if (code := of_country().get(country))]
    named = next((c for c in spoken if infer(one.high, c) == "month" and c in local), None)
    if named is None and one.period in ("hour", "day") and not one.loose:
        # "320-350/ថ្ងៃ" in Thailand: a day's pay there, and none anywhere in dollars.
        return next((c for c in local if c != "KHR" and plausible(one.high, c, one.period)), None)
    return named


def _in_millions(text: str, one: Sum, setting: Setting) -> str | None:
    """ "gaji 3,5" and "gaji 12": Indonesians leave out the million. The caller multiplies."""
    if setting.khmer or not 1 <= one.low <= one.high < 60:
        return None
    return "IDR" if GAJI.search(text[max(0, one.start - 26) : one.start]) else None


def _by_period(value: float, period: str, setting: Setting) -> str | None:
    """The currency in which a bare number is plausible for an hour, a day, a week or a year."""
    wanted = [code for country in setting.countries if (code := of_country().get(country))]
    wanted += ["USD", "KHR"] if setting.khmer else ["IDR"]
    known = currencies()
    for code in wanted:
        least = {"hour": known[code].hour, "day": known[code].day}.get(period, known[code].month)
        if least <= value <= least * 60:
            return code
    return None


def _follow(one: Sum, spoken: Sequence[str], setting: Setting) -> str | None:
    """The currency of the place where it would be a month's pay, else of the other sums: for a role line with nothing
    but a number."""
    here = setting.assume(one.high)
    if here is not None and here in {of_country().get(country) for country in setting.countries}:
        return here
    return next((code for code in spoken if infer(one.high, code) == "month"), None)
