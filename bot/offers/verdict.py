"""What the offer check finds out: facts, red flags and a verdict. Plain values, no behaviour."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from bot.offers.agencies.register import Listing
from nlu.pay.amounts import Amount
from nlu.text.contacts import Contact

type Risk = Literal["high", "medium", "low", "unknown"]
type Asker = str
#: What kind of text it was. Only an `offer` gets a verdict other than `unknown`.
type Kind = Literal["offer", "no_text", "too_short", "not_an_offer", "warning", "story"]

#: The facts an offer has to tell before somebody can leave; asked for in this order.
MISSING_KEYS = ("visa", "pays", "contract", "employer")


@dataclass(frozen=True)
class Flag:
    """One red flag: the words that show it and where they stand in the text as it was sent.

    A flag that comes from a button has no words: `evidence` is empty, `start` and `end` are -1 and `answer` names
    the button (`visa_tourist`).
    """

    id: str
    weight: int
    evidence: str
    start: int
    end: int
    answer: str | None = None
    #: Only a place, a route, a casino or a guard: it weighs differently for somebody who is at home there.
    context: bool = False
    #: No phrase of red_flags.yml, but the model learned from labelled offers says so.
    learned: bool = False
    #: The entry of red_flags.yml that found it, which has words of its own: the flag itself, or `body_sale`.
    rule: str = ""
    #: A false licence: the name of the text that says why, instead of the flag's own (`other`, `not_listed`).
    licence: str | None = None


@dataclass(frozen=True)
class Facts:
    """What can be read in an offer; None where it says nothing."""

    country: str | None = None
    city: str | None = None
    role: str | None = None
    salary: Amount | None = None
    contacts: tuple[Contact, ...] = ()
    agency: str | None = None
    employer: str | None = None
    visa: str | None = None
    pays: str | None = None
    contract: str | None = None


@dataclass(frozen=True)
class PayNote:
    """Why a pay is too high: `times` the local figure of `year`, or what scam offers promised (times is None)."""

    usd_month: float
    times: float | None
    year: str | None
    source: str


@dataclass(frozen=True)
class Reported:
    """What is known of the recruiter from others; how many they are stays out of the worker's answer."""

    kind: str
    confirmed: bool
    senders: int


@dataclass(frozen=True)
class Assessment:
    """The verdict on one offer. `low` never means safe, `unknown` is a verdict."""

    risk: Risk
    score: int
    flags: tuple[Flag, ...]
    facts: Facts
    missing: tuple[str, ...]
    language: str
    kind: Kind = "offer"
    #: The step or combination of scoring.yml that decided.
    decided_by: str = ""
    asker: Asker | None = None
    pay: PayNote | None = None
    #: The words for which a verdict was raised because they read like those of scams; None when flags decided.
    wording: str | None = None
    #: Keys of `missing` the person has answered with "I do not know"; not to be asked again.
    answered_unknown: tuple[str, ...] = field(default=())
    #: What the lists of licensed agencies say; None when the offer names no agency or nobody looked.
    listing: Listing | None = None
    #: What others reported; None when nobody did, or nobody looked.
    reported: Reported | None = None
