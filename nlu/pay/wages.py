"""Chooses the base pay among the sums of an offer: rules say what stands beside each sum and what it would be as pay,
learned weights what that is worth."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from nlu.pay.bare import PART_OF_DAY, Pay, juta_left_out, no_money
from nlu.pay.beside import beside
from nlu.pay.cues import edges
from nlu.pay.currencies import Setting
from nlu.pay.currency import ADDRESS, CLOCK, COUNTED, currency_of, infer, plausible
from nlu.pay.form import for_one_of_them, no_pay
from nlu.pay.jobs import Candidate, all_jobs
from nlu.pay.learned import weights
from nlu.pay.money import Sum, settled
from nlu.pay.period import lends_account, paid_once, period_of, sells_body
from nlu.pay.told import Told, tell
from nlu.pay.warned import CALLED_FALSE, WARNS, denied, tone
from nlu.text.words import words_of

_WORDS = words_of("pay")

#: "មិនមានប្រាក់គោល", "basic-nya belum disebut": what else is named is no base pay.
_NO_BASE = re.compile(_WORDS.no_base)
#: "សាក២សប្តាហ៍អត់ប្រាក់ខែ": who learns or is tried gets nothing, who works does.
_WHILE_LEARNING = re.compile(rf"{_WORDS.while_learning}|(?<![a-z])(?:{_WORDS.while_learning_word})(?![a-z])")
#: From this chance on a sum is the pay. Of 14,181 offers by writers the weights had not seen 0.36, 0.40 and 0.42 read
#: 13,422, 13,414 and 13,409 right; below 0.40 the price of what somebody sells is taken for pay.
ENOUGH = 0.40
_NAMED = re.compile(rf"\b(?:{_WORDS.named_pay}) ?[:=]? ?\Z")
#: The same for the one that is named as pay where all others are fees.
NAMED_BESIDE_A_FEE = 0.25


def pay_of(text: str, found: Sequence[Sum], setting: Setting) -> Pay | None:
    """The base pay among the sums of a normalised text, or None."""
    mood = tone(text)
    if WARNS in mood or _no_base(text, found):
        return None
    candidates = weights().weighed(text, may_be_pay(text, found, setting), mood)
    if not candidates:
        return None if setting.khmer or _spoken(found, setting) else juta_left_out(text, _offered(text, found))
    best = max(candidates, key=lambda one: (one.chance >= ENOUGH, not one.trial, one.chance))
    if best.chance < (NAMED_BESIDE_A_FEE if _named_beside_a_fee(text, best, candidates) else ENOUGH):
        return None
    jobs = all_jobs(text, best, candidates)
    low, high = min(one.one.low for one in jobs), max(one.one.high for one in jobs)
    return Pay(low, high, best.currency, best.period, best.inferred, best.one.start, best.one.end)


def _named_beside_a_fee(text: str, best: Candidate, candidates: Sequence[Candidate]) -> bool:
    """Whether a sum stands straight behind a word of pay, and every other one is a fee ("biaya 15jt gaji 9jt")."""
    named = not best.refused and _NAMED.search(text, 0, best.one.start)
    return bool(named) and len(candidates) > 1 and all(one is best or one.refused for one in candidates)


def may_be_pay(text: str, found: Sequence[Sum], setting: Setting) -> list[Candidate]:
    """The sums of a normalised text that are not by their form something else than pay; not weighed yet."""
    if not found:
        return []
    offer = _Offer(text, found, edges(text), setting, _spoken(found, setting), lends_account(text), sells_body(text))
    unsaid = denied(text)
    judged = (_judge(offer, index) for index, one in enumerate(found) if not any(a < one.start < b for a, b in unsaid))
    return [one for one in judged if one is not None and not CALLED_FALSE.match(text, one.one.end)]


@dataclass(frozen=True)
class _Offer:
    """A normalised text with its sums, and what holds for every one of them."""

    text: str
    sums: Sequence[Sum]
    #: Where its statements begin.
    edges: Sequence[int]
    setting: Setting
    #: The currencies it names.
    spoken: Sequence[str]
    lends_account: bool
    sells_body: bool


def _offered(text: str, found: Sequence[Sum]) -> list[Sum]:
    """The sums outside quotations that the text calls false."""
    unsaid = denied(text)
    return [one for one in found if not any(a < one.start < b for a, b in unsaid)]


def _spoken(found: Sequence[Sum], setting: Setting) -> list[str]:
    """The currencies that the text names."""
    return [code for one in found if one.code and (code := settled(one, setting)) and not one.bare]


def _no_base(text: str, found: Sequence[Sum]) -> bool:
    """Whether the text says that there is no basic pay, and not only while one learns."""
    first = next((one.start for one in found if not one.bare), len(text))
    return any(
        no.start() < first or not _WHILE_LEARNING.search(text, max(0, no.start() - 28), no.start())
        for no in _NO_BASE.finditer(text)
    )


def _judge(offer: _Offer, index: int) -> Candidate | None:
    """What stands beside one sum, and what it would be as pay; None when it is none by its form."""
    one, text, setting = offer.sums[index], offer.text, offer.setting
    if one.bare and no_money(text, one):
        return None
    around = beside(text, offer.sums, index, offer.edges)
    if no_pay(text, one, around, setting, offer.lends_account):
        return None
    told = tell(text, one, around, setting.khmer)
    currency = _currency(offer, one, told)
    if currency is None:
        return None
    if one.bare and currency == "IDR" and one.high < 1_000:
        times = 1e6 if one.high < 60 and one.period != "day" else 1e3
        one = replace(one, low=round(one.low * times, 2), high=round(one.high * times, 2))
    found = period_of(one, currency, told)
    if found is None:
        return None
    period, inferred = found
    if inferred and setting.khmer and for_one_of_them(one, around, period):
        return None
    if inferred and not told.gaji and (offer.sells_body or offer.lends_account):
        period, inferred = "once", False
    if not plausible(one.high, currency, period):
        told.names.append("implausible")
    if paid_once(text, one, currency, (period, inferred), around, told):
        period, inferred = "once", False
    weak = one.bare and not told.said
    return Candidate(one, currency, period, inferred, told.refused, weak, told.trial, tuple(told.names))


def _currency(offer: _Offer, one: Sum, told: Told) -> str | None:
    """The currency a sum would be paid in, None when nothing tells; how sure that is, is told."""
    setting, spoken = offer.setting, offer.spoken
    plain = told.plain or (one.loose and one.period == "month")
    currency, how_sure = currency_of(offer.text, one, setting, spoken, plain)
    far_away = any(country != "ID" for country in setting.countries)
    guessable = one.bare and (setting.khmer or far_away) and one.high >= 100
    if currency is None and guessable and not _no_guess(offer.text, one):
        like_pay = (code for code in spoken if infer(one.high, code) == "month")
        currency = next(like_pay, None) or setting.assume(one.high)
        told.names.append("guessed")
    told.names.append(f"sure {how_sure}")
    return currency


def _no_guess(text: str, one: Sum) -> bool:
    """Whether a number of which nothing is said is a year, an address, a time or a count."""
    lead = text[max(0, one.start - 26) : one.start]
    return bool(
        (one.high % 10 and not 200 < one.high < 260)  # 1288 is a telephone, 163 a height
        or (1950 <= one.high <= 2040 and not one.grouped)
        or ADDRESS.search(lead)
        or CLOCK.search(lead)
        or (COUNTED.match(text[one.end : one.end + 16]) and not PART_OF_DAY.match(text, one.end))
    )
