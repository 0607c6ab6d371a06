"""Several jobs in one offer: which sums are the pay of another one."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from nlu.pay.cues import cue, near_paper
from nlu.pay.money import Sum
from nlu.text.words import words_of

_WORDS = words_of("pay")

JOB_BETWEEN = re.compile(r"[a-z\u1780-\u17d3]{2}|&|/")
_ONE_JOB = re.compile(rf"(?<![a-z])(?:{_WORDS.one_job_word})(?![a-z])|{_WORDS.one_job}")
#: The label of a line that names no job: another way to be paid, or a bonus.
_NO_JOB = re.compile(rf"\W*(?:{_WORDS.no_job})")
#: In brackets behind the pay: what is paid to trainees, or to all together.
IN_ADDITION = re.compile(rf"\((?:[^()\d]*)(?:\d ?(?:{_WORDS.persons})|{_WORDS.in_addition})[^()]*$")
_YEAR = range(1950, 2041)
#: Below this chance a second sum is no pay of another job: a bare number, of which little is expected, and others.
_NO_PAY, _NO_OTHER_PAY = 0.05, 0.2
_STOP = re.compile(r"(?<!\d)[.!?](?= |$)|។")
_AND_ALSO = re.compile(rf"(?<![a-z])(?:{_WORDS.and_also_word})(?![a-z])|{_WORDS.and_also}")
#: "4.500 masa percobaan, lalu 7.000", "ខែដំបូង ១៥០$ ខែទី៣ ២៥០$": both are the pay of one job.
_TRIAL_THEN = re.compile(
    rf"^ ?(?:\(?(?:{_WORDS.for_a_trial})?(?:the )?(?:{_WORDS.trial_named})\)?"
    rf"(?: \(?\d ?(?:{_WORDS.trial_months})\)?)?)[, ]{{1,3}}"
    rf"(?:{_WORDS.then}) ?(?:[a-z$.]{{0,6}})? ?$"
    rf"|^ ?(?:{_WORDS.month_number}) ?\d ?$"
    rf"|^ ?(?:{_WORDS.after})(?:{_WORDS.after_from})? ?"
    rf"(?:\d ?(?:{_WORDS.trial_month})|{_WORDS.trial_over})(?:{_WORDS.goes_up})? ?$"
)
#: "៤០០ដុល្លារ បើចេះវាយអក្សរបានឡើង ៨០០", "១៨$ (ជាងធម្មតា) ២៥$", "9000 bat, ber cheh 11000": more for who can more.
_BETTER = re.compile(
    rf"^ ?(?:{_WORDS.rises})? ?(?:{_WORDS.already})?[, (]*(?:{_WORDS.who_can_more})"
    rf"[^\n។។+]{{0,32}}$|^ ?\([^()\n\d]{{2,18}}\) ?$|^ ?\n?\W*(?:{_WORDS.rises_to}) ?$"
)

#: What follows comes on top of the pay.
_ON_TOP = re.compile(rf"\+|{_WORDS.on_top}")
_BASIC = re.compile(rf"(?:{_WORDS.basic})[^\n\d]{{0,6}}$")


@dataclass(frozen=True)
class Candidate:
    """A sum that may be the pay."""

    one: Sum
    currency: str
    period: str | None
    inferred: bool
    #: Words before it deny that it is pay.
    refused: bool
    #: A bare number, or one that words call an extra: never another job's pay.
    weak: bool
    trial: bool
    #: What the words beside it say, by name.
    told: tuple[str, ...]
    #: That it is the pay, 0 to 1; what the learned weights say.
    chance: float = 0.0


def all_jobs(text: str, best: Candidate, candidates: Sequence[Candidate]) -> list[Candidate]:
    """The pay and that of every other job of the same offer: in a list, each stands beside the one before it."""
    jobs = [best]
    behind = [one for one in candidates if one.one.start > best.one.start]
    before = [one for one in candidates if one.one.start < best.one.start]
    for side in (behind, before[::-1]):
        nearest = best
        for one in side:
            if another_job(text, best, one) or (
                nearest is not best and not one.weak and another_job(text, nearest, one)
            ):
                jobs.append(one)
                nearest = one
    return jobs


def _more_for_more(text: str, first: Sum, second: Sum) -> bool:
    """Whether the second sum is what those get who can do more; basic pay stays what it is called."""
    return (
        first.high < second.high <= 3 * first.high
        and _BETTER.search(text[first.end : second.start]) is not None
        and _BASIC.search(text[max(0, first.start - 24) : first.start]) is None
    )


def another_job(text: str, best: Candidate, other: Candidate) -> bool:
    """Whether a second sum is the pay of another job of the same offer: nothing but a role stands between."""
    first, second = sorted((best.one, other.one), key=lambda one: one.start)
    between = text[first.end : second.start]
    if (_TRIAL_THEN.search(between) or _more_for_more(text, first, second)) and not (
        other.refused or other.currency != best.currency or (other.period != best.period and not other.inferred)
    ):
        return True
    if (
        other.refused
        or other.trial
        or other.currency != best.currency
        or (other.one.bare and not other.one.grouped and other.one.high in _YEAR)
        or (best.one.bare and best.one.code is None and not other.one.bare)
    ):
        return False
    if "(" in between.rpartition(")")[2] and IN_ADDITION.search(between):
        return False
    # What stands on a line of its own has its own label: the rest of the line before says no more about it.
    above, _, label = between.replace("|", "\n").partition("\n")
    if "\n" in label or len(above) > 120 or not JOB_BETWEEN.search(label):
        label = between
    elif _NO_JOB.match(label):
        return False
    least, most = sorted((best.one.high, other.one.high))
    unlikely = other.chance < (_NO_PAY if other.one.bare else _NO_OTHER_PAY)
    if most > least * 6 or unlikely or _ON_TOP.search(label):
        return False
    beside = len(label) <= 45 and not _STOP.search(label)
    if other.period != best.period and not (beside and (other.inferred or best.inferred)):
        return False
    if (other.weak and len(between) > 44) or len(label) > 90 or not JOB_BETWEEN.search(between):
        return False
    both_said = not best.inferred and not other.inferred and beside
    if (not both_said and _ONE_JOB.search(label)) or cue("not_before").search(label) or near_paper(label) is not None:
        return False
    if len(between) <= 75 and not _STOP.search(between) and _AND_ALSO.search(between):
        return True
    lines = "\n" in between and between.count("\n") <= 2 and len(between) <= 70
    return beside or lines or (other.chance > 0.9 and not other.weak)
