"""Numbers a worker may be given: which, when, and in what words. Data and rules: data/knowledge/contacts.yml."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any, ClassVar, Final, Literal, get_args

from bot import texts
from bot.errors import ReferenceDataInvalid
from bot.knowledge import confirmed as people
from bot.knowledge import source as sources
from bot.knowledge.source import Source
from bot.settings import DATA
from bot.texts import Lang
from nlu.text import languages

type Nationality = Literal["ID", "KH"]
DialFrom = Literal["anywhere", "home"]
ShowWhen = Literal["any", "safe_only", "operator_only"]
Confidence = Literal["high", "medium", "low"]
Serves = Literal["ID", "KH", "ANY"]

FILE = DATA / "knowledge" / "contacts.yml"


@dataclass(frozen=True)
class Phone:
    """One number as a person dials it."""

    number: str
    dial_from: DialFrom
    whatsapp: bool = False


@dataclass(frozen=True)
class Contact:
    """A hotline or office with the source that prints its number."""

    kind: ClassVar[Literal["contact"]] = "contact"

    id: str
    group: str
    country: str
    #: Whom it helps: citizens of one country, or anyone.
    serves: Serves
    name: dict[Lang, str]
    phones: tuple[Phone, ...]
    web: str | None
    show_when: ShowWhen
    start_set: bool
    confidence: Confidence
    source: Source
    #: The day since which the number is known to be wrong: it is shown to nobody. None while it counts.
    wrong_since: dt.date | None
    #: Citizens in a country where no number of their own is known may call it from there.
    from_abroad: bool
    #: Operators who called the number; a confirmed contact has two different ones.
    checked_by: tuple[str, ...]
    checked_on: dt.date | None
    expires_on: dt.date | None
    #: One sentence that must go with the number, or None.
    caution: dict[Lang, str] | None
    #: For maintainers; never shown.
    note: str
    #: Who proposed the entry: their own word confirms nothing.
    proposed_by: frozenset[str] = frozenset()

    @property
    def dial_from(self) -> DialFrom:
        """anywhere when one number has a country code, else home: it works only inside `country`."""
        return "anywhere" if not self.phones or any(p.dial_from == "anywhere" for p in self.phones) else "home"

    @property
    def number(self) -> str | None:
        """The number that works from most places, or None when no number is known."""
        phone = self.phone()
        return phone.number if phone else None

    @property
    def confirmed(self) -> bool:
        """True when the file says that two different people called the number; the database is asked by `called`."""
        return self.checked_on is not None and self.expires_on is not None and len(set(self.checked_by)) >= 2

    @cached_property
    def digest(self) -> str:
        """What somebody who calls confirms: who answers under which numbers, for whom."""
        phones = [(phone.number, phone.dial_from, phone.whatsapp) for phone in self.phones]
        return people.digest(self.name, self.country, self.serves, phones, self.web)

    def phone(self, place: str | None = None) -> Phone | None:
        """The number to dial there: a free home number inside its country, else one with a country code."""
        home = next((p for p in self.phones if p.dial_from == "home"), None)
        far = next((p for p in self.phones if p.dial_from == "anywhere"), None)
        return (home or far) if place == self.country else (far or home)


@dataclass(frozen=True)
class Directory:
    """All contacts, in the order of the file."""

    contacts: tuple[Contact, ...]


def called(contact: Contact, today: dt.date) -> bool:
    """True when two people called the number, as it stands now, and their word still counts that day."""
    said = people.standing(contact, today).state
    if said == "confirmed":
        return True
    return said != "lapsed" and contact.confirmed and contact.expires_on is not None and today < contact.expires_on


def read(path: Path = FILE) -> Directory:
    """The contacts of a file. Raises ReferenceDataInvalid."""
    where = sources.label(path)
    data = sources.read(path)
    if not isinstance(data, dict):
        raise ReferenceDataInvalid(where, None, "it needs a list named contacts")
    contacts = tuple(_contact(entry, where) for entry in data.get("contacts") or ())
    names = [contact.id for contact in contacts]
    for name in names:
        if names.count(name) > 1:
            raise ReferenceDataInvalid(where, None, f"{name} stands twice")
    return Directory(contacts)


@lru_cache
def directory() -> Directory:
    """The product's contacts, read once."""
    return read()


def shown(
    today: dt.date, *, place: str | None = None, nationality: str | None = None, safe: bool = False
) -> list[Contact]:
    """The contacts that may be shown to a worker that day: those of `place` first, of these the called ones first.

    `place` is the country the person is in (ISO 3166 alpha-2); a home-only number is shown nowhere else. `safe` is
    true only for somebody who is not inside a site, watched or in danger.
    """
    found = [
        contact
        for contact in directory().contacts
        if _may_see(contact, today, safe)
        and (nationality is None or contact.serves in (nationality, "ANY"))
        and (contact.dial_from == "anywhere" or contact.country == place)
    ]
    return sorted(found, key=lambda contact: (contact.country != place, not called(contact, today)))


def current(contact_id: str, today: dt.date, *, safe: bool = False) -> Contact | None:
    """One contact if it may be shown that day, wherever the reader is: `line` says where a home number works.

    Raises KeyError for an unknown id.
    """
    contact = {contact.id: contact for contact in directory().contacts}[contact_id]
    return contact if _may_see(contact, today, safe) else None


#: Who helps a citizen beside the missions, best first; inside Indonesia the second comes before the first.
_AT_HOME: Final = {"ID": ("id_kemlu_pwni", "id_bp2mi_halo"), "KH": ("kh_ahtjp_1288", "kh_molvt_1297")}


def reachable(
    place: str | None, nationality: str | None, today: dt.date, *, safe: bool = False, lang: Lang | None = None
) -> list[Contact]:
    """Who helps a person of that nationality in that country, best first: numbers that were called before the others.

    Their missions where they are come first, then the ministries and lines at home. A Cambodian abroad where no mission
    has a known number gets the embassies that may be called from another country, and the public service of the
    country of stay: the lines in Cambodia cannot be dialled from abroad, so they come last, for the family at home. A
    nationality nobody knows is guessed from `lang`; without it the default language counts.
    """
    citizen = nationality or languages.home_of(lang)
    seen = [contact for contact in directory().contacts if contact.phones and _may_see(contact, today, safe)]
    order = _AT_HOME.get(citizen, ())
    if citizen == place == "ID":
        order = order[::-1]
    home = [contact for name in order for contact in seen if contact.id == name]
    found = missions(place, citizen, today, safe=safe)
    if place != citizen and not found and not any(contact.dial_from == "anywhere" for contact in home):
        found = [c for c in seen if c.serves == citizen and c.from_abroad]
        found += [c for c in seen if c.serves == "ANY" and c.country == place and c.group != "ambulance"]
    found += home
    return sorted(found, key=lambda contact: (not dialled_at(contact, place), not called(contact, today)))


def ambulance(place: str | None, today: dt.date) -> Contact | None:
    """The ambulance of a country, where a source prints its number."""
    return next(
        (
            c
            for c in directory().contacts
            if c.group == "ambulance" and c.country == place and _may_see(c, today, False)
        ),
        None,
    )


def dialled_at(contact: Contact, place: str | None) -> bool:
    """Whether the number can be dialled in that country."""
    return contact.dial_from == "anywhere" or contact.country == place


def missions(place: str | None, citizen: str, today: dt.date, *, safe: bool = False) -> list[Contact]:
    """The embassies and consulates in a country that may be called there by a citizen of another one."""
    return [
        c
        for c in directory().contacts
        if c.phones
        and (c.country, c.serves) == (place, citizen)
        and c.group.startswith("embassy")
        and _may_see(c, today, safe)
    ]


def for_distress(
    place: str | None, nationality: str | None, today: dt.date, *, lang: Lang | None = None
) -> list[Contact]:
    """The best number for somebody in danger there; empty when every number is known to be wrong: say so honestly.

    Two where nobody knows the country and the number at home works only there: one for abroad, one for home.
    """
    found = reachable(place, nationality, today, lang=lang)
    at_home = [contact for contact in found[1:] if place is None and contact.dial_from == "home"]
    return found[:1] + at_home[:1]


def line(
    contact: Contact, lang: Lang, *, place: str | None = None, today: dt.date | None = None, bare: bool = False
) -> str:
    """A contact in one line, number first: "+855 12 813 282 (KBRI Phnom Penh, WhatsApp, dicek Des 2026)".

    Says when it was last called, or that nobody has called it yet and how old its source is; where a home-only number
    works unless the person is there; and the contact's caution. `bare`: for a phone that may be looked at, without
    whose number it is and without the caution.
    """
    today = today or dt.datetime.now(dt.UTC).date()
    phone = contact.phone(place)
    about = [] if bare else [contact.name[lang]]
    if phone is not None and phone.whatsapp:
        about.append("WhatsApp")
    if contact.from_abroad and place != contact.country:
        about.append(texts.render("knowledge_from_abroad", lang))
    called_on = _called_on(contact)
    if called_on is not None:
        about.append(texts.render("knowledge_checked", lang, month=sources.month(called_on, lang)))
        if not called(contact, today):
            about.append(texts.render("knowledge_old", lang))
    else:
        about.append(sources.per(contact.source.date, lang))
        if phone is not None:
            about.append(texts.render("knowledge_not_called", lang))
    if phone is not None and phone.dial_from == "home" and place != contact.country:
        about.append(texts.render(f"knowledge_only_inside_{contact.country}", lang))
    number = phone.number if phone else contact.web or ""
    text = texts.render("knowledge_contact", lang, number=number, about=", ".join(about)).strip()
    if contact.caution is None or bare:
        return text
    return texts.render("knowledge_caution", lang, line=text, caution=contact.caution[lang])


def _called_on(contact: Contact) -> dt.date | None:
    """The day on which the second of two people called it as it stands now."""
    days = (contact.checked_on if contact.confirmed else None, people.standing(contact, dt.date.max).on)
    return max((day for day in days if day is not None), default=None)


def _may_see(contact: Contact, today: dt.date, safe: bool) -> bool:
    """A number is never hidden because nobody confirmed it: only where it is known to be wrong, or not for workers."""
    if contact.wrong_since is not None and today >= contact.wrong_since:
        return False
    return contact.show_when == "any" or (contact.show_when == "safe_only" and safe)


def _contact(entry: Any, where: str) -> Contact:
    if not isinstance(entry, dict) or not entry.get("id"):
        raise ReferenceDataInvalid(where, None, "a contact has no id")
    name = str(entry["id"])

    def one_of(field: str, allowed: tuple[str, ...]) -> Any:
        if entry.get(field) not in allowed:
            raise ReferenceDataInvalid(where, None, f"{name}: {field} is none of {', '.join(allowed)}")
        return entry[field]

    def day(field: str) -> dt.date | None:
        value = entry.get(field)
        if value is not None and type(value) is not dt.date:
            raise ReferenceDataInvalid(where, None, f"{name}: {field} is not a day")
        return value

    if not isinstance(entry.get("country"), str) or len(entry["country"]) != 2:
        raise ReferenceDataInvalid(where, None, f"{name}: country is not two letters")
    return Contact(
        id=name,
        group=str(entry.get("group", "")),
        country=entry["country"],
        serves=one_of("serves", get_args(Serves)),
        name=sources.parse_pair(entry.get("name"), where, f"{name}: name"),
        phones=tuple(_phone(phone, where, name) for phone in entry.get("phones") or ()),
        web=entry.get("web"),
        show_when=one_of("show_when", get_args(ShowWhen)),
        start_set=entry.get("start_set") is True,
        confidence=one_of("confidence", get_args(Confidence)),
        source=sources.parse_source(entry.get("source"), where, name),
        wrong_since=day("wrong_since"),
        from_abroad=entry.get("from_abroad") is True,
        checked_by=tuple(str(who).strip().lower() for who in entry.get("checked_by") or ()),
        checked_on=day("checked_on"),
        expires_on=day("expires_on"),
        caution=sources.parse_pair(entry["caution"], where, f"{name}: caution") if entry.get("caution") else None,
        note=str(entry.get("note", "")),
        proposed_by=people.proposers(entry, where, name),
    )


def _phone(entry: Any, where: str, name: str) -> Phone:
    if not isinstance(entry, dict) or not isinstance(entry.get("number"), str):
        raise ReferenceDataInvalid(where, None, f"{name}: a phone has no number in quotes")
    if entry.get("dial_from") not in get_args(DialFrom):
        raise ReferenceDataInvalid(where, None, f"{name}: dial_from is neither anywhere nor home")
    return Phone(entry["number"], entry["dial_from"], entry.get("whatsapp") is True)
