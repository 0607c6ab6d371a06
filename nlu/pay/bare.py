"""Numbers without a currency: which are no money at all, and which are pay where nothing else is named."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from nlu.pay.cues import cue, last
from nlu.pay.currency import ADDRESS, CLOCK, COUNTED, GAJI, MONTH_AFTER, PERIODS
from nlu.pay.money import Sum
from nlu.text.words import words_of

_WORDS = words_of("pay")


@dataclass(frozen=True)
class Pay:
    """The pay chosen; positions in the normalised text. `inferred`: its period was not written."""

    low: float
    high: float
    currency: str
    period: str | None
    inferred: bool
    start: int
    end: int


_DECIMAL = re.compile(r"\d{1,2},\d{1,2}(?:-\d{1,2}(?:,\d{1,2})?)?")
_MEASURED = re.compile(rf" ?(?:[x%/]|\d|m2|{_WORDS.measured})(?![a-z])")


#: "២៤០-២៦០ ព្រឹក ៤ ដល់ ១១": when the work is.
PART_OF_DAY = re.compile(rf" ?(?:{_WORDS.shift_of})?(?:{_WORDS.part_of_day}) ?(?:\d|[\u1780-\u17d3])")


def no_money(text: str, one: Sum) -> bool:
    """A bare number that counts people or hours, tells the time or is too little: looked at no further."""
    behind = text[one.end : one.end + 14]
    if behind.startswith(")") and one.high < 20 and text[one.start - 1 : one.start] in ("", " ", "\n"):
        # "1) 2.100.000 2) 2.700.000"
        return True
    before = text[max(0, one.start - 30) : one.start]
    if ADDRESS.search(before):
        return True
    if COUNTED.match(behind):
        pay = last(cue("pay"), before)
        if one.high >= 70 and pay and pay.end() >= len(before.rstrip(" :៖")):
            # "លុយខែ 200 វេនយប់": the pay, then the shift.
            return False
        return not (one.high >= 70 and (MONTH_AFTER.match(behind) or PART_OF_DAY.match(behind)))
    if one.high < 60:
        paid_each = one.period in PERIODS and behind.lstrip().startswith(("/", "per"))
        return not paid_each and GAJI.search(before) is None
    return False


def juta_left_out(text: str, found: Sequence[Sum]) -> Pay | None:
    """ "Kasir minimarket, 2,95": a number with a decimal comma and nothing to count is millions of rupiah."""
    for one in found:
        if (
            one.bare
            and 1 <= one.low <= one.high < 20
            and _DECIMAL.fullmatch(text, one.start, one.end)
            and not _MEASURED.match(text, one.end)
            and not CLOCK.search(text[max(0, one.start - 12) : one.start])
            and not cue("not_before").search(text[max(0, one.start - 16) : one.start])
        ):
            return Pay(one.low * 1e6, one.high * 1e6, "IDR", "month", True, one.start, one.end)
    return None
