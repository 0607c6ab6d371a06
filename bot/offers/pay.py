"""Holds the pay of an offer against what honest work there pays, and against what scam offers promised."""

from __future__ import annotations

from bot.offers.model import PayNote
from bot.offers.rules import Benchmarks
from nlu.text.amounts import Amount


def judge_pay(pay: Amount | None, country: str | None, role: str | None, benchmarks: Benchmarks) -> PayNote | None:
    """Why a pay is too high for this work there, or None. The upper end of a range is the bait and is judged."""
    if pay is None or pay.usd_month is None or pay.period == "once" or pay.amount_min <= 0:
        return None
    middle = (pay.amount_min + pay.amount_max) / 2
    upper = pay.usd_month * pay.amount_max / middle
    usd = max(pay.usd_month, upper * benchmarks.upper_end_ease)
    figures = [f for f in benchmarks.figures if f.country == country and (role in f.roles or "all" in f.roles)]
    figures.sort(key=lambda f: (role not in f.roles, f.usd_month))
    if figures and role not in benchmarks.skilled_roles:
        times = upper / figures[0].usd_month
        if usd / figures[0].usd_month >= benchmarks.ratio and usd >= benchmarks.usd_month_floor:
            return PayNote(round(upper), round(times, 1), figures[0].id, figures[0].year, figures[0].source.title)
    for seen in benchmarks.scam_pay:
        if (country or "unknown") in seen.countries and (role or "none") in seen.roles and usd >= seen.from_usd:
            return PayNote(round(upper), None, None, seen.source.date, seen.source.title)
    return None
