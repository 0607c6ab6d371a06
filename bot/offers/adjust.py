"""Weighs what stands beside a sign: pay against the job, a number against a shop, a title against a name.

Offers to Cambodians and to Indonesians are written differently, so some of it depends on who would go. Every rule here
is the project's own, from the building offers; what it does to all of them is in docs/offers-evaluation.md.
"""

from __future__ import annotations

import re
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Final

from bot.offers.facts import Reading
from bot.offers.flags import Sign
from bot.offers.pay import judge_pay
from bot.offers.phrases import Views
from bot.offers.rules import Rules
from bot.offers.verdict import Asker, Flag, PayNote
from nlu.text.contacts import Contact
from nlu.text.words import words_of

_WORDS = words_of("offers")

#: Signs of screen work or of the compounds: what is paid beside them is bait, whatever role was read.
_SCREENS: Final = frozenset({"vague_job", "scam_sector", "secrecy", "isolation", "irregular_route", "high_risk_place"})
#: What the offers of the compounds and of chat swindlers dangle or hide, apart from the pay.
_BAIT: Final = frozenset(
    {"vague_job", "high_risk_place", "scam_sector", "isolation", "profile_targeting", "free_travel", "no_requirements"}
)
#: Beside these alone a phone number is how a small honest shop is reached.
_SHOP: Final = frozenset(
    {"informal_contact", "no_requirements", "urgency", "profile_targeting", "document_request", "vague_job"}
)
#: What honest advertisements for a trade say too.
_SOFT: Final = frozenset(
    {"no_requirements", "informal_contact", "urgency", "profile_targeting", "document_request", "free_travel"}
)
#: US dollars: what a month in a town of the compounds pays in a kitchen or on a building site, where the place alone is
#: a sign; and a month of days hired one by one, which nobody gets together.
_MODEST_USD_MONTH, _MODEST_USD_BY_THE_DAY = 660, 1_000
#: "32.000.000" and "@80rb" are sums, not numbers or accounts to write to.
_FIGURE = re.compile(r"^\d{1,3}(?:[.,]000)+$|^@\d")


#: Somebody is sought as a guard: the gate in the offer is his work. "Mess dijaga security" seeks none.
_SOUGHT = re.compile(_WORDS.sought, re.I)
#: Characters before a trade in which it is said that somebody is sought for it.
_SOUGHT_WITHIN: Final = 16


def flag_of(sign: Sign, views: Views, known: Rules) -> Flag:
    """A sign as a flag, with the words as they were typed."""
    return Flag(
        sign.flag_id, known.weight(sign.flag_id), views.original[sign.start : sign.end], sign.start, sign.end,
        context=sign.context, rule=sign.rule or sign.flag_id,
    )  # fmt: skip


def critical(flags: dict[str, Flag], known: Rules) -> bool:
    """Whether a flag is there that makes an offer high alone."""
    return any(
        rule.critical in ("act", "mixed") and rule.id in flags and not flags[rule.id].context for rule in known.flags
    )


@dataclass(frozen=True)
class Weighed:
    """The flags of one offer, changed in place by what stands beside them."""

    flags: dict[str, Flag]
    reading: Reading
    known: Rules
    views: Views
    asker: Asker | None
    home: bool
    closed: bool
    registered: int

    def all(self, *, official: bool) -> PayNote | None:
        """Weigh everything, in the order in which one leans on the other. Returns why the pay is too high, if it is."""
        self._role()
        self._guard()
        pay = None if official else self._pay_note()
        self._pay(pay)
        if self.asker == "KH":
            self._called()
            self._bait()
            self._recruiter()
        else:
            self._written_to()
            self._trade()
        return pay

    def _pay_note(self) -> PayNote | None:
        facts = self.reading.facts
        if self.asker == "KH":
            return judge_pay(facts.salary, facts.country, facts.role, self.known.benchmarks)
        if facts.country is None and not self.flags.keys() - {"informal_contact", "salary_too_high"}:
            return None
        bait = bool(_SCREENS & self.flags.keys()) and facts.country not in self.known.scoring.receiving_countries
        return judge_pay(facts.salary, facts.country, facts.role, self.known.benchmarks, bait)

    def _add(self, flag_id: str, start: int, end: int) -> None:
        self.flags[flag_id] = flag_of(Sign(flag_id, start, end), self.views, self.known)

    @property
    def _trade_named(self) -> bool:
        return self.reading.role is not None and not self.reading.role.vague

    def _pay(self, pay: PayNote | None) -> None:
        """The figure decides where there is one; words like "gaji besar" only where there is none."""
        amount = self.reading.facts.salary
        if amount is None:
            return
        self.flags.pop("salary_too_high", None)
        if pay is not None:
            self._add("salary_too_high", amount.start, amount.end)

    def _chat(self, kinds: tuple[str, ...]) -> Contact | None:
        return next(
            (
                contact
                for contact in self.reading.facts.contacts
                if contact.kind in kinds and not _FIGURE.search(self.views.original[contact.start : contact.end])
            ),
            None,
        )

    def _informal(self, kinds: tuple[str, ...]) -> None:
        chat = self._chat(kinds)
        if chat is not None and "informal_contact" not in self.flags:
            self._add("informal_contact", chat.start, chat.end)

    def _written_to(self) -> None:
        """Words that lead into a chat are a sign, a bare number beside another one; beside a trade alone neither is."""
        alone = not self.flags.keys() - _SHOP
        # A name that nobody checks is no company beside an act that honest ones never do.
        named = self.reading.can_be_looked_up and not critical(self.flags, self.known)
        if named or (alone and self._trade_named):
            self.flags.pop("informal_contact", None)
        if not (named or alone):
            self._informal(("phone", "handle", "link"))

    def _called(self) -> None:
        """A chat account alone is a sign; beside a name, an address or a site of its own it is not.

        A number in an Indonesian offer is a WhatsApp account; Cambodians call it, and at home it is how a small shop is
        reached.
        """
        if self.reading.can_be_looked_up:
            self.flags.pop("informal_contact", None)
        else:
            self._informal(("handle", "link"))

    def _trade(self) -> None:
        """Low demands, a lift and named costs are ordinary beside an honest trade with nothing worse said."""
        if self.flags.keys() - _SOFT - {"upfront_fee"}:
            return
        reachable = self.home or self.reading.can_be_looked_up
        if self._trade_named and reachable and "upfront_fee" not in self.flags:
            for flag_id in ("no_requirements", "free_travel"):
                self.flags.pop(flag_id, None)
        if self.registered and self.reading.facts.agency is not None:
            self.flags.pop("upfront_fee", None)

    def _role(self) -> None:
        """A vague title is a sign abroad; at home only beside a place of the compounds or bait."""
        reading = self.reading
        if reading.role is None or not reading.role.vague or reading.role_span is None or "vague_job" in self.flags:
            return
        if (reading.facts.employer is not None or reading.facts.agency is not None) and not self.closed:
            return
        beside: AbstractSet[str] = {"high_risk_place"}
        if self.asker == "KH":
            beside = (_BAIT - {"vague_job"}) | {"salary_too_high", "upfront_fee"}
        if not self.home or beside & self.flags.keys():
            self._add("vague_job", *reading.role_span)

    def _guard(self) -> None:
        """A gate locks nobody in who is hired to stand there; who may not leave is told by other words."""
        reading, isolation = self.reading, self.flags.get("isolation")
        if isolation is None or not isolation.context or reading.role is None or reading.role_span is None:
            return
        start, end = reading.role_span
        before = self.views.original[max(0, start - _SOUGHT_WITHIN) : end]
        if reading.role.id == "security_guard" and _SOUGHT.search(before):
            del self.flags["isolation"]

    def _bait(self) -> None:
        """Good pay alone may be a good job: of an employer who can be looked up, for a trade, for who has learned.

        Somebody who can be looked up at home and wants a call answered or data typed offers an ordinary job.
        """
        bait = _BAIT & self.flags.keys()
        if "salary_too_high" in self.flags and self._explained(bait):
            del self.flags["salary_too_high"]
        if self.home and self.reading.can_be_looked_up and bait <= {"vague_job", "no_requirements"}:
            self.flags.pop("vague_job", None)

    def _explained(self, bait: AbstractSet[str]) -> bool:
        """Whether a pay above the benchmark is nothing to wonder at."""
        facts, pay = self.reading.facts, self.reading.facts.salary
        if pay is None or pay.usd_month is None:
            return False
        hidden = bait & {"vague_job", "scam_sector"}
        if pay.usd_month < _MODEST_USD_MONTH and bait == {"high_risk_place"}:
            return True
        if self.home and pay.period in ("hour", "day") and pay.usd_month < _MODEST_USD_BY_THE_DAY:
            return True
        if facts.country is None and pay.currency not in ("USD", "KHR", "IDR") and not hidden:
            return True
        trade = self._trade_named or self.known.context["skilled"].occurs(self.views)
        looked_up = self.reading.can_be_looked_up
        if looked_up and trade and not hidden and not bait & {"high_risk_place", "isolation"}:
            return True
        return not bait and (self.home or looked_up) and (trade or looked_up)

    def _recruiter(self) -> None:
        """Nobody is taken across by a back way by an office that could be looked up."""
        by = self.flags.get("irregular_route")
        if by is not None and "unlicensed_agency" not in self.flags and not self.reading.can_be_looked_up:
            self._add("unlicensed_agency", by.start, by.end)
