"""Reads sums of money as people write them, and picks the pay out of an offer."""

from __future__ import annotations

import re
from dataclasses import dataclass

from nlu.pay.currencies import Setting
from nlu.pay.jobs import Candidate
from nlu.pay.money import Sum, prepare, settled, sums
from nlu.pay.wages import may_be_pay, pay_of
from nlu.text import khmer, languages
from nlu.text.files import read_yaml
from nlu.text.language import detect, looks_khmer_latin
from nlu.text.places import places
from nlu.text.words import words_of

_WORDS = words_of("pay")

#: Text beyond this many characters is not searched for money.
SEARCH_CHARS = 8_000

#: "ចេះភាសាអង់គ្លេស", "ឆាតជាមួយភ្ញៀវម៉ាឡេ", "tamu China": languages to speak and customers, not where the work is.
_NO_PLACE = re.compile(rf"(?:{_WORDS.no_place})[\s\u200b]*$", re.I)


@dataclass(frozen=True)
class Amount:
    """A sum: both ends equal unless a range was written; `usd_month` is approximate and for comparing only."""

    amount_min: float
    amount_max: float
    currency: str | None
    period: str | None
    usd_month: float | None
    evidence: str
    start: int
    end: int
    #: The period was not written; it is the one for which the sum is plausible. Never say that the offer names it.
    period_inferred: bool = False


def _usd_month(amount: float, currency: str | None, period: str | None) -> float | None:
    rates = read_yaml("rates.yml")
    rate = rates["usd_per_unit"].get(currency or "")
    if rate is None or period == "once":
        return None
    return round(amount * float(rate) * float(rates["per_month"].get(period or "month", 1)), 2)


def _setting(text: str) -> Setting:
    """The countries named in a text, abroad before home, and whether it is in Khmer."""
    home = {"ID", "KH"}
    named = [
        place.country
        for place in places(text)
        if place.country and not _NO_PLACE.search(text[max(0, place.start - 16) : place.start])
    ]
    ordered = [country for country in named if country not in home] + [c for c in named if c in home]
    return Setting(tuple(dict.fromkeys(ordered)), _in_khmer(text))


def _in_khmer(text: str) -> bool:
    """Khmer script, or romanised Khmer that is nothing else."""
    return khmer.has_khmer(text) or (looks_khmer_latin(text) and detect(text[:2000]).code in languages.BY_SOUND)


def _depends_on_place(one: Sum) -> bool:
    return one.hint == "khmer" or one.code in ("$", "¥", "dinar", "SAR")


def amounts(text: str) -> list[Amount]:
    """Every sum of money in a text, in order; a number alone is none, it needs a currency or a word like juta."""
    text = text[:SEARCH_CHARS]
    source = prepare(text)
    found = [one for one in sums(source.text) if not one.bare]
    setting = _setting(text) if any(map(_depends_on_place, found)) else Setting((), khmer.has_khmer(text))
    out = []
    for one in found:
        currency = settled(one, setting)
        period = None if one.loose and one.period == "once" else one.period
        start, end = source.span(one.start, one.end)
        usd = _usd_month((one.low + one.high) / 2, currency, period)
        out.append(Amount(one.low, one.high, currency, period, usd, text[start:end], start, end))
    return out


def sums_that_may_be_pay(text: str) -> tuple[str, list[Candidate]]:
    """The normalised text of an offer, and the sums in it among which its pay is chosen; the weights learn of them."""
    text = text[:SEARCH_CHARS]
    source = prepare(text)
    found = list(sums(source.text))
    return source.text, may_be_pay(source.text, found, _setting(text)) if found else []


def salary(text: str) -> Amount | None:
    """The base pay of an offer, or None: never a fee, deposit, bonus, piece rate, or what a warning quotes.

    Several jobs in one offer give the least to the most. A number without a currency counts where words of pay or a
    period stand beside it and the place of work makes the currency plain; a period that is not written is inferred
    from the size (`period_inferred`).
    """
    text = text[:SEARCH_CHARS]
    source = prepare(text)
    found = list(sums(source.text))
    pay = pay_of(source.text, found, _setting(text)) if found else None
    if pay is None:
        return None
    start, end = source.span(pay.start, pay.end)
    usd = _usd_month((pay.low + pay.high) / 2, pay.currency, pay.period)
    return Amount(pay.low, pay.high, pay.currency, pay.period, usd, text[start:end], start, end, pay.inferred)
