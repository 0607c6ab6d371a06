"""Holds the pay of an offer against what honest work there pays, and against what scam offers promised."""

from __future__ import annotations

import re

from bot.offers.rules import Benchmarks, Figure
from bot.offers.verdict import PayNote
from nlu.pay.amounts import Amount
from nlu.text.words import words_of

#: Pay in any other currency tells where the work is, even when the country was not understood.
_WITHOUT_A_COUNTRY = frozenset({"USD", "IDR"})
#: The rungs a pay is described by: US dollars a month, and times the figure for such work there.
_USD_RUNGS = (140, 200, 280, 400, 560, 800, 1_130, 1_600, 2_260, 3_200, 4_500)
_TIMES_RUNGS = (0.7, 1.0, 1.4, 2.0, 2.8, 4.0, 5.6)


#: "potong gaji", "salary deduction", "កាត់ប្រាក់ខែ", "kat luy khae".
_CUT = re.compile(words_of("offers").cut_from_pay, re.I)


def cut_from_pay(words: str) -> bool:
    """Whether words that tell of a cost say that it is taken from the pay, and not asked for before."""
    return _CUT.search(words) is not None


def judge_pay(
    pay: Amount | None, country: str | None, role: str | None, benchmarks: Benchmarks, bait: bool = False
) -> PayNote | None:
    """Why a pay is too high for this work there, or None. The upper end of a range is the bait and is judged.

    With `bait` the words around it tell of screen work or of the scam trade, whatever role was read.
    """
    if pay is None or pay.usd_month is None or pay.period == "once" or pay.amount_min <= 0:
        return None
    middle = (pay.amount_min + pay.amount_max) / 2
    upper = pay.usd_month * pay.amount_max / middle
    usd = max(pay.usd_month, upper * benchmarks.upper_end_ease)
    figures = _figures(country, role, benchmarks)
    if figures and role not in benchmarks.skilled_roles:
        times = upper / figures[0].usd_month
        ratio = figures[0].ratio or benchmarks.ratio
        if usd / figures[0].usd_month >= ratio and usd >= benchmarks.usd_month_floor:
            return PayNote(round(upper), round(times, 1), figures[0].year, figures[0].source.title)
    seen_in = {place for seen in benchmarks.scam_pay for place in seen.countries}
    place = country if country in seen_in else "unknown" if country is None or bait else None
    if place is None or (place == "unknown" and pay.currency not in _WITHOUT_A_COUNTRY):
        return None
    kind = "none" if bait or (role is None and place == "unknown") else role
    for seen in benchmarks.scam_pay:
        if place in seen.countries and kind in seen.roles and usd >= seen.from_usd:
            return PayNote(round(upper), None, seen.source.date, seen.source.title)
    return None


def describe_pay(pay: Amount | None, country: str | None, role: str | None, benchmarks: Benchmarks) -> list[str]:
    """A pay in words the learned model can weigh: its currency, its period, and every rung it reaches."""
    if pay is None:
        return ["pay none"]
    named = [f"pay by the {pay.period}", f"pay in {pay.currency}"]
    if pay.usd_month is None:
        return named
    named += [f"pay from {rung}" for rung in _USD_RUNGS if pay.usd_month >= rung]
    figures = _figures(country, role, benchmarks)
    if figures:
        times = pay.usd_month / figures[0].usd_month
        named += ["pay measured", *(f"pay {rung} times" for rung in _TIMES_RUNGS if times >= rung)]
    return named


def _figures(country: str | None, role: str | None, benchmarks: Benchmarks) -> list[Figure]:
    """What such work pays there, the nearest figure first."""
    figures = [f for f in benchmarks.figures if f.country == country and (role in f.roles or "all" in f.roles)]
    return sorted(figures, key=lambda f: (role not in f.roles, f.usd_month))
