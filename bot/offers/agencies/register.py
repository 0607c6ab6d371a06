"""The lists of licensed agencies in memory, and what they say of a name and a number. Pure.

What a list says is never "safe": it is said with the list's month, an old list is called old, and without a list the
answer is "not checked".
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Final, Literal, get_args

from bot.offers.agencies import licences
from bot.offers.agencies.licences import Licence
from bot.offers.agencies.names import Names, fold, words
from nlu.text.khmer import has_khmer

type State = Literal[
    "listed", "expired", "suspended", "revoked", "unlicensed", "similar", "not_listed", "not_checked", "ship_crew"
]
type LicenceState = Literal["matches", "other", "not_listed", "unknown"]
ListId = Literal["p3mi", "molvt"]
LISTS: Final[tuple[ListId, ...]] = get_args(ListId)
#: What a list may say of a company.
STATUSES: Final = ("licensed", "suspended", "revoked")
#: Letters of a name that is looked for inside a text.
_SHORTEST: Final = 6
#: So much of a list must have numbers before a number that it lacks says anything.
_NUMBERED_SHARE: Final = 0.8


@dataclass(frozen=True)
class Entry:
    """One company on a list."""

    name: str
    licence: str | None = None
    #: licensed | suspended | revoked
    status: str = "licensed"
    valid_until: dt.date | None = None


@dataclass(frozen=True)
class Press:
    """A company of which an authority said in the press that it had no licence, or lost it."""

    name: str
    status: Literal["suspended", "revoked", "unlicensed"]
    country: str
    #: YYYY-MM-DD, YYYY-MM or YYYY
    as_of: str
    source: str


@dataclass(frozen=True)
class ListCopy:
    """One list as it was on a day."""

    id: ListId
    country: str
    #: False: some names only, so a name that is missing means nothing.
    complete: bool
    as_of: dt.date
    old_after_days: int
    #: First digits that make two numbers the same; None compares whole numbers.
    licence_digits: int | None
    source: str
    #: Came with the program; False for one that somebody imported.
    seed: bool
    entries: tuple[Entry, ...]

    def old(self, today: dt.date) -> bool:
        """Whether so much may have changed since that the list must be called old."""
        return today - self.as_of > dt.timedelta(self.old_after_days)

    def number(self, licence: str) -> str | None:
        """A licence number in the form in which it can be compared; None when it cannot be."""
        folded = licences.fold(licence)
        if self.licence_digits is None:
            return folded or None
        return folded[: self.licence_digits] if folded.isdecimal() and len(folded) >= self.licence_digits else None

    @cached_property
    def by_name(self) -> Mapping[str, Entry]:
        """Its companies by folded name."""
        return {fold(entry.name): entry for entry in self.entries}

    @cached_property
    def names(self) -> Names:
        """Its names, to look in."""
        return Names.of(entry.name for entry in self.entries)

    @cached_property
    def by_number(self) -> Mapping[str, Entry]:
        """Its companies by number."""
        numbered = ((self.number(entry.licence), entry) for entry in self.entries if entry.licence)
        return {number: entry for number, entry in numbered if number is not None}

    @cached_property
    def _by_first_word(self) -> Mapping[str, Sequence[tuple[tuple[str, ...], str]]]:
        """The words of each name that is looked for in a text and the name, by the first of them, longer ones first."""
        found: dict[str, list[tuple[tuple[str, ...], str]]] = {}
        for entry in sorted(self.entries, key=lambda entry: -len(entry.name)):
            if (named := words(entry.name)) and len("".join(named)) >= _SHORTEST and not has_khmer(entry.name):
                found.setdefault(named[0], []).append((named, entry.name))
        return found

    @cached_property
    def _khmer_names(self) -> Mapping[str, str]:
        return {key: entry.name for key, entry in self.by_name.items() if has_khmer(key) and len(key) >= _SHORTEST}

    def named_in(self, text: str) -> str | None:
        """A company whose name stands in a text that does not call it "PT"; in a Khmer text no space ends a name."""
        said = words(text)
        for at, word in enumerate(said):
            for named, name in self._by_first_word.get(word, ()):
                if said[at : at + len(named)] == named:
                    return name
        folded = "".join(said) if self._khmer_names else ""
        return max((name for key, name in self._khmer_names.items() if key in folded), key=len, default=None)

    @property
    def lacks_means_something(self) -> bool:
        """Whether nearly every company of the list has a number."""
        return self.complete and len(self.by_number) >= _NUMBERED_SHARE * max(1, len(self.entries))


@dataclass(frozen=True)
class LicenceNote:
    """What the list says of a number: of the named company, of another one, of nobody, or it cannot be compared."""

    licence: Licence
    state: LicenceState
    #: The day of the list that was looked in.
    as_of: str
    owner: str | None = None


@dataclass(frozen=True)
class Listing:
    """What is known of the company of an offer."""

    list: ListId
    state: State
    #: As the offer writes it; None when it gives a number alone.
    name: str | None
    #: As the list writes it, or the similar name there.
    found: str | None = None
    #: Of the list, or of what the press reported; None when there is none.
    as_of: str | None = None
    old: bool = False
    valid_until: dt.date | None = None
    source: str | None = None
    licence: LicenceNote | None = None


@dataclass(frozen=True)
class ShipCrew:
    """The licences of agencies that send crews to ships, which another ministry gives; and words of such work."""

    licences: tuple[str, ...]
    ships: tuple[str, ...]

    def named_in(self, text: str) -> bool:
        """Whether a text offers work on a ship and names such a licence."""
        said = text.casefold()
        licensed = any(re.search(rf"\b{re.escape(name.casefold())}\b", said) for name in self.licences)
        return licensed and any(re.search(rf"(?<![a-z]){re.escape(word)}(?![a-z])", said) for word in self.ships)


@dataclass(frozen=True)
class Register:
    """Every list there is."""

    copies: Mapping[str, ListCopy]
    press: tuple[Press, ...] = ()
    #: The licences of agencies that send crews to ships.
    ship_crew: ShipCrew | None = None

    def look_up(self, list_id: ListId, name: str | None, numbers: Sequence[Licence], today: dt.date) -> Listing | None:
        """What is known of a company and the licence it claims; None when an offer names neither."""
        if not name and not numbers:
            return None
        copy = self.copies.get(list_id)
        listing = self._of_name(list_id, copy, name, today)
        note = _of_number(copy, name, numbers, today) if copy is not None else None
        if name is None and note is None:
            return None
        return replace(listing, licence=note)

    def _of_name(self, list_id: ListId, copy: ListCopy | None, name: str | None, today: dt.date) -> Listing:
        if copy is None:
            return self._of_press(list_id, name) or Listing(list_id, "not_checked", name)
        of_list = Listing(
            list_id, "not_listed", name, as_of=copy.as_of.isoformat(), old=copy.old(today), source=copy.source
        )
        entry = copy.by_name.get(fold(name)) if name else None
        if entry is not None:
            state: State = "listed"
            if entry.status in ("suspended", "revoked"):
                state = "suspended" if entry.status == "suspended" else "revoked"
            elif entry.valid_until is not None and entry.valid_until < today:
                state = "expired"
            # The press may have told of what came after the list.
            later = self._of_press(list_id, name)
            if later is not None and state == "listed" and (later.as_of or "") > copy.as_of.isoformat():
                return later
            return replace(of_list, state=state, found=entry.name, valid_until=entry.valid_until)
        if (reported := self._of_press(list_id, name)) is not None:
            return reported
        if name and (near := copy.names.similar(name)) is not None:
            return replace(of_list, state="similar", found=near)
        if not copy.complete or name is None:
            return Listing(list_id, "not_checked", name)
        return of_list

    def _of_press(self, list_id: ListId, name: str | None) -> Listing | None:
        key = fold(name) if name else ""
        for one in self.press:
            if key and one.country == COUNTRY[list_id] and fold(one.name) == key:
                return Listing(list_id, one.status, name, one.name, as_of=one.as_of, source=one.source)
        return None


COUNTRY: Final[Mapping[ListId, str]] = {"p3mi": "ID", "molvt": "KH"}


def _of_number(copy: ListCopy, name: str | None, numbers: Sequence[Licence], today: dt.date) -> LicenceNote | None:
    """What the list says of the numbers: a wrong one before a right one, since one false number is enough."""
    notes = [_note(copy, name, licence, today) for licence in numbers]
    for state in ("other", "not_listed", "matches", "unknown"):
        for note in notes:
            if note.state == state:
                return note
    return None


def _note(copy: ListCopy, name: str | None, licence: Licence, today: dt.date) -> LicenceNote:
    number, day = copy.number(licence.number), copy.as_of.isoformat()
    owner = copy.by_number.get(number) if number is not None else None
    if owner is not None:
        mine = name is not None and fold(name) == fold(owner.name)
        # A number without a name, or with a name that was read a word too long, accuses nobody.
        near = name is None or Names.of([owner.name]).similar(name) is not None
        return LicenceNote(licence, "matches" if mine else "unknown" if near else "other", day, owner.name)
    if number is None or copy.old(today) or not copy.lacks_means_something:
        return LicenceNote(licence, "unknown", day)
    entry = copy.by_name.get(fold(name)) if name else None
    if entry is not None and entry.licence is None:
        # The list itself lacks the number of this company.
        return LicenceNote(licence, "unknown", day)
    return LicenceNote(licence, "not_listed", day)
