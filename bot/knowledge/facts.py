"""Every sourced fact in data/, and how it stands: confirmed or not, wrong or not, until when. Reads no database."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from bot.errors import ReferenceDataInvalid
from bot.knowledge import answers, confirmed, contacts
from bot.knowledge import source as sources
from bot.knowledge.answers import Entry
from bot.knowledge.confirmed import Kind
from bot.knowledge.contacts import Contact, Directory
from bot.knowledge.source import Source
from bot.settings import DATA
from nlu.text import languages

#: Days ahead in which a confirmation that runs out counts as urgent: two people must still find time to call.
SOON_DAYS: Final = 7
#: Where a worker may need a number: countries of work, of detention and of transit, and the two homes.
PLACES: Final = (
    "KH", "TH", "MM", "LA", "VN", "PH", "MY", "SG", "BN", "KR", "JP", "TW", "HK", "MO", "CN", "IN",
    "AE", "SA", "QA", "KW", "OM", "JO", "TR", "PL", "ID",
)  # fmt: skip
CITIZENS: Final = ("ID", "KH")

BENCHMARKS = DATA / "offers" / "benchmarks.yml"
RED_FLAGS = DATA / "offers" / "red_flags.yml"
RATES = DATA / "lexicon" / "rates.yml"


@dataclass(frozen=True)
class Fact:
    """One entry that people can confirm."""

    id: str
    kind: Kind
    #: What it says, for whoever checks it.
    what: str
    #: None: nothing is named.
    source: Source | None
    digest: str
    proposed_by: frozenset[str]
    #: The entry itself, where whether it is shown depends on more.
    entry: Contact | Entry | None = None


@dataclass(frozen=True)
class Look:
    """How a fact stands on one day."""

    fact: Fact
    shown: bool
    why: str
    #: First day on which its confirmation counts no longer, or since which it is known to be wrong; else None.
    until: dt.date | None
    confirmed: bool
    #: Workers rely on it: an answer, a number of the start set, or one that people confirmed before.
    needed: bool

    def ends_within(self, today: dt.date, days: int) -> bool:
        """Whether its confirmation runs out by then, if nobody looks again."""
        return self.needed and self.confirmed and self.until is not None and self.until <= today + dt.timedelta(days)


@lru_cache
def facts() -> tuple[Fact, ...]:
    """Every fact, in the order of the files. Raises ReferenceDataInvalid."""
    found = tuple(_all(contacts.directory(), answers.entries()))
    names = [fact.id for fact in found]
    for name in names:
        if names.count(name) > 1:
            raise ReferenceDataInvalid("data", None, f"two facts have the id {name}; people confirm a fact by its id")
    return found


def look(today: dt.date) -> list[Look]:
    """How every fact stands that day."""
    return [_look(fact, today) for fact in facts()]


def due(today: dt.date, days: int) -> list[Look]:
    """What is unconfirmed, has ended, or will within the days: what workers need and lack, then what ends first."""
    last = today + dt.timedelta(days)
    found = [one for one in look(today) if not one.confirmed or (one.until is not None and one.until <= last)]
    return sorted(found, key=lambda one: (not (one.needed and not one.shown), not one.needed, one.until or dt.date.max))


def missed(today: dt.date) -> list[Look]:
    """What workers need and are not shown: numbers known to be wrong."""
    return [one for one in look(today) if one.needed and not one.shown]


def ending(today: dt.date, days: int = SOON_DAYS) -> list[Look]:
    """What workers rely on and whose confirmation runs out within the days."""
    return [one for one in look(today) if one.ends_within(today, days)]


def uncalled(today: dt.date) -> list[Look]:
    """Numbers that workers are given although two people have not called them, or too long ago."""
    return [one for one in look(today) if one.needed and one.shown and not one.confirmed and one.fact.kind == "contact"]


def without_number(today: dt.date) -> list[str]:
    """Who is left without a number that day, in words: people in danger somewhere, and answers that name numbers only.

    Empty unless numbers are known to be wrong.
    """
    found = []
    for citizen in CITIZENS:
        for place in PLACES:
            first = contacts.for_distress(place, citizen, today)
            if not first or not contacts.dialled_at(first[0], place):
                found.append(f"somebody from {citizen} in danger in {place}")
    for entry in answers.entries():
        for citizen in CITIZENS if entry.audience == "BOTH" else (entry.audience,):
            for country in entry.countries or (None,):
                if not answers.keeps_a_number(entry, citizen, country, today):
                    found.append(f"the answer {entry.id} for {citizen}")
    return list(dict.fromkeys(found))


def table(today: dt.date, days: int) -> str:
    """The facts that are due, two or three lines each, and what it means in one sentence."""
    found = due(today, days)
    lines = [line for one in found for line in _lines(one, today)]
    lines += [f"NO NUMBER for {who}" for who in without_number(today)]
    wrong, soon, open_ = len(missed(today)), len(ending(today)), len(uncalled(today))
    lines.append(
        f"{len(found)} to look at: {wrong} known to be wrong, {soon} whose confirmation runs out within {SOON_DAYS} "
        f"days, {open_} numbers given to workers that two people have not called. "
        "Two people call or reread each: hotline facts confirm ID --by NAME"
    )
    return "\n".join(lines)


def _lines(one: Look, today: dt.date) -> Iterator[str]:
    fact = one.fact
    shown = "shown" if fact.kind in ("contact", "answer") else "in use"
    seen = shown if one.shown else "HIDDEN" if one.needed else "for operators"
    if one.confirmed and one.until is not None and one.until > today:
        seen += f", confirmed until {one.until}"
    yield f"{fact.id}  {fact.kind}  {seen}: {one.why}"
    yield f"    {fact.what}"
    if fact.source is not None:
        yield f"    {fact.source.title} ({(fact.source.date or 'undated')[:7]}) {fact.source.url}"


# -- how one stands


def _look(fact: Fact, today: dt.date) -> Look:
    if isinstance(fact.entry, Contact):
        return _look_contact(fact, fact.entry, today)
    said = confirmed.standing(fact, today)
    if said.state == "confirmed":
        return Look(fact, True, f"two people looked, {said.on}", said.until, True, fact.kind == "answer")
    words = {
        "none": "nobody has looked yet",
        "half": "one of two people has looked",
        "changed": "it was changed since two people looked",
        "lapsed": f"two people looked, {said.on}: too long ago",
    }[said.state]
    return Look(fact, True, words, said.until, False, fact.kind == "answer")


def _look_contact(fact: Fact, contact: Contact, today: dt.date) -> Look:
    said = confirmed.standing(contact, today)
    for_operators = contact.show_when == "operator_only"
    wrong = contact.wrong_since is not None and today >= contact.wrong_since
    counts = contacts.called(contact, today)
    ever = said.state in ("confirmed", "lapsed", "changed") or contact.confirmed
    needed = not for_operators and (contact.start_set or ever)
    until = None
    if wrong:
        why, until = f"known to be wrong since {contact.wrong_since}", contact.wrong_since
    elif said.state == "confirmed":
        why, until = f"two people called, {said.on}", said.until
    elif counts:
        why, until = f"two people called, {contact.checked_on} (data file)", contact.expires_on
    elif said.state == "lapsed":
        why, until = f"two people called, {said.on}: too long ago", said.until
    elif said.state == "changed":
        why = "it was changed since two people called"
    elif contact.confirmed:
        why, until = f"two people called, {contact.checked_on} (data file): too long ago", contact.expires_on
    else:
        why = "two people have not called"
    if said.state == "half":
        why += "; one has"
    if for_operators:
        why = f"for operators only; {why}"
    return Look(fact, not for_operators and not wrong, why, until, counts and not wrong, needed)


# -- reading


def _all(directory: Directory, entries: Sequence[Entry]) -> Iterator[Fact]:
    for contact in directory.contacts:
        numbers = ", ".join(phone.number for phone in contact.phones) or contact.web or "no number"
        what = f"{contact.name[languages.DEFAULT]}: {numbers}"
        yield Fact(contact.id, "contact", what, contact.source, contact.digest, contact.proposed_by, contact)
    for entry in entries:
        what = f"answer to {', '.join(entry.topics)} for {entry.audience}" + (
            f", going to {', '.join(entry.countries)}" if entry.countries else ""
        )
        main = entry.sources[0] if entry.sources else None
        if main is not None:
            yield Fact(entry.id, "answer", what, main, entry.digest, entry.proposed_by, entry)
    yield from _pay(BENCHMARKS)
    yield from _rates(RATES)
    yield from _red_flags(RED_FLAGS)


def _pay(path: Path) -> Iterator[Fact]:
    where, raw = sources.label(path), sources.read(path)
    for figure in raw["figures"]:
        told = [figure[field] for field in ("country", "roles", "kind", "amount", "currency", "period", "year")]
        what = f"{figure['amount']} {figure['currency']} a {figure['period']} in {figure['country']}, {figure['kind']}"
        yield _fact(str(figure["id"]), "pay", what, told, figure, where)
    for seen in raw["scam_pay"]:
        name = "scam_pay_" + "_".join(seen["countries"])
        told = [seen[field] for field in ("countries", "roles", "from_usd", "seen")]
        yield _fact(name, "pay", f"scam offers, from {seen['from_usd']} USD a month", told, seen, where)


def _rates(path: Path) -> Iterator[Fact]:
    where, raw = sources.label(path), sources.read(path)
    proposed_by = confirmed.proposers(raw, where, "usd_per_unit")
    for currency, usd in raw["usd_per_unit"].items():
        if currency == "USD":
            continue
        # These come from no page: a person wrote down round figures of that year.
        source = Source("written down by hand, see the file", where, sources.parse_date(raw["as_of"], where, "as_of"))
        told = confirmed.digest(currency, usd, raw["as_of"])
        yield Fact(f"rate_{currency}", "rate", f"1 {currency} = {usd:g} USD", source, told, proposed_by)


def _red_flags(path: Path) -> Iterator[Fact]:
    where, raw = sources.label(path), sources.read(path)
    for flag in raw["flags"]:
        name, pages = flag.get("name", flag["id"]), flag["sources"]
        told = [name, [(page["url"], page.get("date")) for page in pages]]
        yield _fact(name, "red_flag", "a red flag of offers", told, {**flag, "source": pages[0]}, where)


def _fact(name: str, kind: Kind, what: str, told: list[Any], entry: dict[str, Any], where: str) -> Fact:
    source = sources.parse_source(entry["source"], where, name)
    origin = (source.url, source.date)
    proposed_by = confirmed.proposers(entry, where, name)
    return Fact(name, kind, what, source, confirmed.digest(told, origin), proposed_by)
