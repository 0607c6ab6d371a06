"""For which period a sum would be paid: as written, else as its size suggests, or once for a job that ends."""

from __future__ import annotations

import re

from nlu.pay.beside import Beside
from nlu.pay.cues import cue
from nlu.pay.currency import infer, like_a_month, plausible
from nlu.pay.money import Sum
from nlu.pay.told import Told
from nlu.text.words import words_of

_WORDS = words_of("pay")

#: A kidney, or a child carried for others: paid once, however like a month's pay the sum is.
_OF_THE_BODY = re.compile(_WORDS.of_the_body)
#: What a bank account is sold or lent for.
_LENT_ACCOUNT = re.compile(_WORDS.lent_account)
#: "3 hari, 5 juta", "dua minggu di Poipet. 25 juta": the pay of a short job.
_SHORT_JOB = re.compile(
    rf"(?:\b(?:{_WORDS.goes_to_work}) (?:\d{{1,2}}|{_WORDS.few_days})[ -]?(?:{_WORDS.days})"
    rf"|(?:\b(?:[2-9]|1\d|{_WORDS.few})[ -]?(?:{_WORDS.days}) (?:{_WORDS.in_a_place}) \w+)"
    rf"|{_WORDS.not_behind('until', '', ' ')}(?<!-)\b(?:[2-9]|1\d) ?(?:{_WORDS.short_days})"
    rf"(?=[ ,.:]*(?:{_WORDS.paid})? ?\Z))"
    rf"(?!(?:{_WORDS.of_work})? (?:{_WORDS.per_unit}))"
)
_NO_SHORT_JOB = re.compile(rf"\b(?:{_WORDS.no_short_job_word})\b|{_WORDS.no_short_job}")
_IN_ALL = re.compile(_WORDS.in_all)
_FOR_A_WHILE = re.compile(rf"\d ?(?:{_WORDS.while_unit})|{_WORDS.season}")


def lends_account(text: str) -> bool:
    """Whether a text rents, buys or sells accounts."""
    return _LENT_ACCOUNT.search(text) is not None


def sells_body(text: str) -> bool:
    """Whether a text pays for a kidney, for blood, or for a child carried for others."""
    return _OF_THE_BODY.search(text) is not None


def period_of(one: Sum, currency: str, told: Told) -> tuple[str, bool] | None:
    """The period of a sum in a currency, and whether it is inferred; None where no pay is of that size."""
    like = infer(one.high, currency)
    period, inferred = one.period, False
    if (
        period is None
        or (one.loose and not plausible(one.high, currency, period))
        or (one.loose and period == "month" and like != "month")
        or (one.loose and period == "day" and like_a_month(one.high, currency))
    ):
        period, inferred = like, True
    if period is None or (like is None and not (told.firm and plausible(one.high, currency, period))):
        return None
    return period, inferred


def paid_once(text: str, one: Sum, currency: str, period: tuple[str, bool], beside: Beside, told: Told) -> bool:
    """Whether words say that a sum is paid once, whatever its size suggests."""
    behind = cue("once").match(beside.near) or cue("once").match(beside.behind.lstrip(" /"))
    in_all = behind and _IN_ALL.match(behind.group()) and infer(one.high, currency) == "month"
    if in_all and not _FOR_A_WHILE.search(beside.run_up):
        # "4jt total dengan kehadiran": a month's pay with all that belongs to it.
        behind = None
    name, inferred = period
    if not inferred and not (one.loose and name == "day" and behind):
        return False
    return bool(
        behind
        or cue("once_before").search(text, one.start - min(14, len(beside.part)), one.start)
        or (_short_job(beside) and not told.trial and not told.named)
    )


def _short_job(beside: Beside) -> bool:
    return _SHORT_JOB.search(beside.run_up) is not None and _NO_SHORT_JOB.search(beside.run_up) is None
