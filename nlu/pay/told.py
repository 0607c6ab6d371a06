"""What the words beside a sum say of it, each by a name that the learned weights know."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from nlu.pay.beside import Beside
from nlu.pay.cues import cue, last, near_paper
from nlu.pay.currency import PERIODS
from nlu.pay.jobs import IN_ADDITION
from nlu.pay.money import Sum
from nlu.text.words import words_of

_WORDS = words_of("pay")

#: Words that name an extra or a fee, or just as often the pay itself when a period follows.
_SOFT = re.compile(rf"(?:{_WORDS.soft})[a-z]*\Z")
#: "ថ្លៃ ៤ម៉ឺន ១ថ្ងៃ": the price of a day's work.
_PRICE = re.compile(rf"(?:{_WORDS.price})\Z")
_COUNT_WORD = re.compile(rf"(?:{_WORDS.counts})[ :]*$")
_EXTRA = re.compile(rf"(?:{_WORDS.not_behind('age')}\+|{_WORDS.extra}) ?(?:{_WORDS.extra_name})? ?\Z")
#: After a bare number that is the pay: "208 + 15$", "220 + OT".
_AND_MORE = re.compile(r" ?\+")
#: Paid to trainees and volunteers instead of a wage.
_STIPEND = re.compile(_WORDS.stipend)
_TRIAL = re.compile(rf"(?:{_WORDS.trial})[^\n.]{{0,22}}$|(?:{_WORDS.training})[^\n.]{{0,60}}$")
#: "800$ sak, 1000$ krouy", "៦៥០$ (សាក)".
_AS_A_TRIAL = re.compile(rf" ?\(?(?:{_WORDS.as_a_trial})(?![^\n,.)]{{0,18}}?\d+(?!\d| ?(?:{_WORDS.month_or_day})))")
_CONDITION = re.compile(rf"(?:{_WORDS.condition}|(?<![a-z])(?:{_WORDS.condition_word}))[^\n]{{0,24}}$")
_AFTER_TRIAL = re.compile(rf"(?:{_WORDS.after_trial})")
_BASE = re.compile(rf"(?:{_WORDS.base})[^\n\d]{{0,12}}$")
_NOT_OWN = re.compile(
    rf"(?:{_WORDS.takes}) ?(?:{_WORDS.out_of})?(?:\d+ ?(?:{_WORDS.many_months}) ?)?(?:{_WORDS.own_pay})"
    rf"(?: ?\d+ ?(?:{_WORDS.months}))?[^\n\d]{{0,14}}$"
)
_OLD_PAY = re.compile(rf"(?:{_WORDS.old_pay})[^\n]{{0,16}}$")
#: Letters between a sum and a word before it that says it is something else, beyond which the word is about another.
_TOO_FAR, _TOO_FAR_IN_KHMER = 34, 22


@dataclass
class Told:
    """What is said of a sum, by name, and what follows from it."""

    #: A period is written beside it, and in no other sense.
    firm: bool
    #: A word of pay stands in its statement, and that it is "gaji".
    named: bool
    gaji: bool
    names: list[str] = field(default_factory=list)
    #: Words before it deny that it is pay.
    refused: bool = False
    #: Words beside it call it pay.
    said: bool = False
    #: Paid while somebody is tried or taught.
    trial: bool = False
    #: So near to a word of pay or to a period that a number alone is money.
    plain: bool = False


@dataclass(frozen=True)
class _Before:
    """The words in the statement before a sum; None where there is none."""

    #: Of pay, and whether it stands in the same part as the sum.
    pay: re.Match[str] | None
    pay_here: bool
    #: Of getting something ("dapat", "បាន").
    gets: re.Match[str] | None
    #: Of something else than pay: a fee, an extra, a paper.
    other: re.Match[str] | None
    #: The sum is not taken out of a pay that somebody has.
    own: bool


def tell(text: str, one: Sum, beside: Beside, khmer: bool) -> Told:
    """What is said of a sum in a normalised text; `khmer` where the text is Khmer."""
    before = _before(text, beside, khmer)
    told = Told(
        firm=one.period in PERIODS and not one.loose,
        named=before.pay is not None,
        gaji=before.pay is not None and before.pay.group().startswith("gaji"),
    )
    if _BASE.search(beside.part):
        told.names.append("base")
    _tell_before(told, one, beside, before)
    and_more = one.bare and khmer and one.high >= 100 and _AND_MORE.match(beside.behind) is not None
    if and_more:
        told.names.append("and more")
        told.said = True
    paid_after = _tell_behind(told, beside, before)
    _tell_addition(told, text, one, beside)
    _tell_trial(told, text, beside)
    if _CONDITION.search(beside.part):
        told.names.append("condition")
    if told.refused:
        told.names.append("refused any")
    if told.firm:
        told.names.append("firm")
    told.plain = and_more or paid_after or told.firm or _paid_by_word(one, beside, before)
    return told


def _before(text: str, beside: Beside, khmer: bool) -> _Before:
    lead, part = beside.lead, beside.part
    pay = last(cue("pay"), lead)
    other = last(cue("not_before"), part) or near_paper(part)
    if other is not None and (
        len(part) - other.end() > (_TOO_FAR_IN_KHMER if khmer else _TOO_FAR)
        or (_STIPEND.match(other.group()) and not cue("pay").search(text))
    ):
        other = None
    return _Before(
        pay=pay,
        pay_here=pay is not None and pay.start() >= len(lead) - len(part),
        gets=last(cue("gets"), part),
        other=other,
        own=_NOT_OWN.search(lead) is None,
    )


def _tell_before(told: Told, one: Sum, beside: Beside, before: _Before) -> None:
    """What the words before a sum say, and which of them it belongs to."""
    lead, part = beside.lead, beside.part
    pay, gets, other = before.pay, before.gets, before.other
    if pay is not None:
        told.names += [f"pay {_far(len(lead) - pay.end())}", "pay here"][: 1 + before.pay_here]
    if gets is not None:
        told.names.append(f"gets {_far(len(part) - gets.end())}")
    if other is not None:
        told.names += [f"not {_far(len(part) - other.end())}", f"not {other.group()}"]
    if pay is not None and before.own and (other is None or pay.end() > other.end() + len(lead) - len(part)):
        told.names.append("called pay")
        told.said = True
    elif other is not None:
        if before.own and gets is not None and _gets_rather(part, gets, other):
            told.names.append("gets rather")
            told.said = True
        elif told.firm and _is_soft(one, part, other):
            told.names.append("soft")
        else:
            told.names.append("refused")
            told.refused = True
    elif not before.own:
        told.names.append("not own")
        told.refused = True
    elif gets is not None and len(part) - gets.end() < 18:
        told.said = True


def _gets_rather(part: str, gets: re.Match[str], other: re.Match[str]) -> bool:
    """Whether a word of getting stands nearer than the one of something else."""
    return gets.start() >= other.end() and (len(part) - other.end() > 10 or len(part) - gets.end() <= 3)


def _is_soft(one: Sum, part: str, other: re.Match[str]) -> bool:
    """Whether a word of something else names the pay where a period follows."""
    price = _PRICE.match(other.group()) and len(part) - other.end() < 2
    word = _SOFT.match(other.group()) or price
    return bool(word) and (one.period in ("hour", "day") or "bayar" not in other.group())


def _tell_behind(told: Told, beside: Beside, before: _Before) -> bool:
    """What the words behind a sum say. Returns whether they call it pay."""
    if cue("pay_after").match(beside.near):
        told.names.append("pay after")
        told.said = True
        return True
    if cue("not_after").match(beside.near):
        told.names.append("not after")
        told.refused = told.refused or not before.pay_here
    elif cue("beside_after").match(beside.near):
        told.names.append("beside after")
    return False


def _tell_addition(told: Told, text: str, one: Sum, beside: Beside) -> None:
    """Whether a sum comes on top of another."""
    if _EXTRA.search(text[max(0, one.start - 14) : one.start]):
        told.names.append("extra")
        told.refused = True
    if beside.floor and IN_ADDITION.search(text[beside.floor : one.start]):
        told.names.append("in addition")
        told.refused = True
    if _OLD_PAY.search(beside.lead):
        told.names.append("old pay")


def _tell_trial(told: Told, text: str, beside: Beside) -> None:
    """Whether a sum is paid while somebody is tried, or once he has been."""
    after = _AFTER_TRIAL.search(beside.lead[-24:])
    # A trial named straight behind the sum before is that one's.
    told.trial = _AS_A_TRIAL.match(beside.behind) is not None or (
        bool(_TRIAL.search(beside.lead))
        and not _AFTER_TRIAL.search(beside.lead[-24:].rpartition("(")[2])
        and not (beside.floor and _AS_A_TRIAL.match(text, beside.floor))
    )
    if told.trial:
        told.names.append("trial")
    if after:
        told.names.append("after trial")


def _paid_by_word(one: Sum, beside: Beside, before: _Before) -> bool:
    """Whether a word of pay, or of getting so much as no count is, stands straight before a sum."""
    pay, gets, part = before.pay, before.gets, beside.part
    named = pay is not None and before.pay_here and before.own and before.other is None
    if named and pay is not None and len(beside.lead) - pay.end() <= 14:
        return True
    return gets is not None and len(part) - gets.end() <= 4 and one.high >= 70 and not _COUNT_WORD.search(part)


def _far(letters: int) -> int:
    """How far a word stands from the sum, in four steps."""
    return sum(letters > step for step in (3, 12, 25, 50))
