"""Several jobs in one offer: which sums are the pay of another one."""

from __future__ import annotations

import re
from dataclasses import dataclass

from nlu.text.money import Sum
from nlu.text.pay_cues import cue, near_paper

JOB_BETWEEN = re.compile(r"[a-z\u1780-\u17d3]{2}|&|/")
_ONE_JOB = re.compile(
    r"(?<![a-z])(?:tapi|kalau|kalo|jadi|naik|lembur|ot|total|bisa|if|but|nett?|bersih|take home"
    r"|tergantung|sampai|ex|normal(?:nya)?"
    r"|biasa(?:nya)?|senior|lama|langsung|atau|or|probation)(?![a-z])|តែ|បើ(?!ក)|សរុប|ធម្មតា|ឡើងដល់|អ្នកណា|ក្រោយ"
    r"|បន្ទាប់|កាត់|នៅសល់|(?!\A)ឡើង|មិន|មុន|ហៅ|(?<![a-z])(?:s[ou]m ?ruom|rourm|ruom|sum)(?![a-z])"
)
_STOP = re.compile(r"(?<!\d)[.!?](?= |$)|។")
_AND_ALSO = re.compile(r"(?<![a-z])(?:dan|and|sedangkan|nung|ning)(?![a-z])|និង|ចំណែក")
#: "4.500 masa percobaan, lalu 7.000", "ខែដំបូង ១៥០$ ខែទី៣ ២៥០$": both are the pay of one job.
_TRIAL_THEN = re.compile(
    r"^ ?(?:(?:masa |selama )?(?:percobaan|probation|training|trial)|\(?probation\)?)[, ]{1,3}(?:lalu|dan"
    r"|kemudian|terus|then|and|after) ?(?:[a-z$.]{0,6})? ?$"
    r"|^ ?ខែទី ?\d ?$|^ ?ក្រោយ(?:ពី)? ?សាកល្បង ?$"
)


@dataclass(frozen=True)
class Candidate:
    """A sum that may be the pay, and how much speaks for it."""

    one: Sum
    score: float
    currency: str
    period: str | None
    inferred: bool
    #: Words before it deny that it is pay.
    refused: bool
    #: A bare number, or one that words call an extra: never another job's pay.
    weak: bool
    trial: bool


def another_job(text: str, best: Candidate, other: Candidate) -> bool:
    """Whether a second sum is the pay of another job of the same offer: nothing but a role stands between."""
    first, second = sorted((best.one, other.one), key=lambda one: one.start)
    between = text[first.end : second.start]
    if _TRIAL_THEN.search(between) and not other.refused and other.currency == best.currency:
        return True
    if (
        other.refused
        or other.trial
        or other.currency != best.currency
        or (best.one.bare and best.one.code is None and not other.one.bare)
    ):
        return False
    least, most = sorted((best.one.high, other.one.high))
    if most > least * 6 or other.score < -4.5 or "+" in between:
        return False
    beside = len(between) <= 45 and not _STOP.search(between)
    if other.period != best.period and not (beside and (other.inferred or best.inferred)):
        return False
    if (other.weak and len(between) > 44) or len(between) > 90 or not JOB_BETWEEN.search(between):
        return False
    both_said = not best.inferred and not other.inferred and beside
    if (
        (not both_said and _ONE_JOB.search(between))
        or cue("not_before").search(between)
        or near_paper(between) is not None
    ):
        return False
    if len(between) <= 75 and not _STOP.search(between) and _AND_ALSO.search(between):
        return True
    lines = "\n" in between and between.count("\n") <= 2 and len(between) <= 70
    return beside or lines or (other.score > 3 and not other.weak)
