"""Sums that are no pay by their form: for pieces of work, on a line of fines, a hope, what trainees get."""

from __future__ import annotations

import re

from nlu.pay.beside import Beside
from nlu.pay.cues import cue, last, piece_rate, piece_rate_before
from nlu.pay.currencies import Setting
from nlu.pay.currency import PERIODS, infer
from nlu.pay.money import Sum, settled
from nlu.text.words import words_of

_WORDS = words_of("pay")

#: "ពិន័យ៖ យឺត ៥$ បាត់កាត ១០$": what a line is headed with holds for every sum on it.
_HEADING = re.compile(rf"(?:^|\n)[^\w\n]*(?:{_WORDS.heading})[^\n\d:៖]{{0,24}}[:៖][^\n]*\Z")
#: "penghasilan 3-7 jt tergantung usaha": a hope, no pay.
_DEPENDS = re.compile(rf"[ (]*(?:{_WORDS.depends})")
_EARNINGS = re.compile(rf"(?:{_WORDS.earnings})[^\n\d]*\Z")
#: What a school gives its trainees while they learn is no pay of the job it may lead to.
_TRAINEE_MONEY = re.compile(rf"(?:{_WORDS.trainee_money})[^\n\d]{{0,8}}$")
_LEARNING = re.compile(_WORDS.learning)
#: "1កន្សែង ៣ពាន់រៀល", "1lan 11$": one of whatever is made or carried.
_ONE_OF_THEM = re.compile(
    rf"(?<!\d){_WORDS.not_behind('th')}(?:1 ?|{_WORDS.one})(?!{_WORDS.no_piece})"
    r"(?:[\u1780-\u17d3]{2,14}|[a-z]{2,8}) ?$"
)
#: "per orang per bulan": what each of them earns, no piece rate.
_EACH_OF_THEM = re.compile(rf"(?:{_WORDS.per}) ?(?:{_WORDS.each_of_them})|/ ?(?:{_WORDS.each_person})")
#: "borongan RM45/ton": a job that is paid as a whole has no price by weight or by the piece.
_BY_WEIGHT = re.compile(rf" ?(?:/|{_WORDS.each_weight})(?:{_WORDS.weight})(?![a-z])")
#: "៣រូប", "១០តោន": how many are wanted, how much a lorry carries.
_MANY = re.compile(rf"{_WORDS.persons_or_pictures}|\d\d ?(?:{_WORDS.load})")
_LUMP = _WORDS.each("in_one_lump")
_ONE_WORK = re.compile(rf" ?(?:1|{_WORDS.one}) ?(?:{_WORDS.work})")


def no_pay(text: str, one: Sum, beside: Beside, setting: Setting, lent_account: bool) -> bool:
    """Whether a sum is no pay by its form; `lent_account` where the text rents or buys accounts."""
    return bool(
        (not lent_account and _for_pieces(one, text, beside, setting))
        or _HEADING.search(text, max(0, text.rfind("\n", 0, one.start)), one.start)
        or (_DEPENDS.match(beside.behind) and _EARNINGS.search(beside.lead))
        or (_TRAINEE_MONEY.search(beside.part) and _LEARNING.search(text, 0, one.start))
    )


def for_one_of_them(one: Sum, beside: Beside, period: str | None) -> bool:
    """Whether a sum without a period is paid for one of whatever is made or carried."""
    if period not in ("hour", "day") or not _ONE_OF_THEM.search(beside.close):
        return False
    return not (period == "day" and _a_trip(one, beside.close, beside.behind))


def _a_trip(one: Sum, lead: str, behind: str) -> bool:
    """Whether a sum is paid for a journey or another whole job, named straight before or behind it."""
    return one.code is not None and bool(cue("once").match(behind.lstrip(" /")) or last(cue("once_before"), lead[-14:]))


def _for_pieces(one: Sum, text: str, beside: Beside, setting: Setting) -> bool:
    """Whether a sum is paid for each piece of work."""
    lead, behind = text[max(beside.start, one.start - 24) : one.start], beside.behind
    like = infer(one.high, settled(one, setting) or "")
    monthly = bool(one.code) and like == "month"
    if like in ("day", "month") and _a_trip(one, lead, behind) and not _BY_WEIGHT.match(behind):
        return False
    if piece_rate().match(behind):
        lump = monthly and behind.lstrip().startswith(_LUMP)
        each = one.period in PERIODS and _EACH_OF_THEM.match(behind.lstrip())
        return not lump and not each and not _ONE_WORK.match(behind)
    before = piece_rate_before().search(lead)
    # រូប is a picture and also how persons are counted.
    return before is not None and one.period is None and not (monthly and _MANY.search(before.group()))
