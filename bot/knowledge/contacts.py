"""Numbers a worker may be given: which, when, and in what words. Data and rules: data/knowledge/contacts.yml."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any, ClassVar, Literal, get_args

from bot import texts
from bot.errors import ReferenceDataInvalid
from bot.knowledge import confirmed as people
from bot.knowledge import source as sources
from bot.knowledge.source import Source
from bot.settings import DATA
from bot.texts import Lang

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
        """True when the file says that two different people called the number; the database is asked by `fresh`."""
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
    """All contacts, and how long the start set may be shown without anybody having called."""

    start_set_from: dt.date
    start_set_days: int
    contacts: tuple[Contact, ...]

    @property
    def start_set_until(self) -> dt.date:
        """The first day on which the start set is no longer shown."""
        return self.start_set_from + dt.timedelta(days=self.start_set_days)

    def fresh(self, contact: Contact, today: dt.date) -> bool:
        """True when the number may still be shown: confirmed and not expired, or start set in its first days.

        What two people once confirmed has left the start set: changed, or confirmed too long ago, it is hidden. A clock
        that runs before start_set_from shows the start set: silence would be worse.
        """
        said = people.standing(contact, today).state
        if said == "confirmed":
            return True
        if contact.expires_on is not None and today >= contact.expires_on:
            return False
        if contact.confirmed:
            return True
        return said in ("none", "half") and contact.start_set and today < self.start_set_until


def read(path: Path = FILE) -> Directory:
    """The contacts of a file. Raises ReferenceDataInvalid."""
    where = sources.label(path)
    data = sources.read(path)
    if not isinstance(data, dict) or not isinstance(data.get("start_set_from"), dt.date):
        raise ReferenceDataInvalid(where, None, "start_set_from is not a date")
    days = data.get("start_set_days")
    if not isinstance(days, int) or not 0 < days <= 90:
        raise ReferenceDataInvalid(where, None, "start_set_days is not between 1 and 90")
    contacts = tuple(_contact(entry, where) for entry in data.get("contacts") or ())
    names = [contact.id for contact in contacts]
    for name in names:
        if names.count(name) > 1:
            raise ReferenceDataInvalid(where, None, f"{name} stands twice")
    return Directory(data["start_set_from"], days, contacts)


@lru_cache
def directory() -> Directory:
    """The product's contacts, read once."""
    return read()


def shown(
    today: dt.date, *, place: str | None = None, nationality: str | None = None, safe: bool = False
) -> list[Contact]:
    """The contacts that may be shown to a worker that day, those of `place` first.

    `place` is the country the person is in (ISO 3166 alpha-2); a home-only number is shown nowhere else. `safe` is
    true only for somebody who is not inside a site, watched or in danger.
    """
    known = directory()
    found = [
        contact
        for contact in known.contacts
        if _may_see(known, contact, today, safe)
        and (nationality is None or contact.serves in (nationality, "ANY"))
        and (contact.dial_from == "anywhere" or contact.country == place)
    ]
    return sorted(found, key=lambda contact: contact.country != place)


def current(contact_id: str, today: dt.date, *, safe: bool = False) -> Contact | None:
    """One contact if it may be shown that day, wherever the reader is: `line` says where a home number works.

    Raises KeyError for an unknown id.
    """
    known = directory()
    contact = {contact.id: contact for contact in known.contacts}[contact_id]
    return contact if _may_see(known, contact, today, safe) else None


def reachable(
    place: str | None, nationality: str | None, today: dt.date, *, safe: bool = False, lang: Lang | None = None
) -> list[Contact]:
    """Who helps a person of that nationality in that country, best first.

    Indonesians: their missions where they are, then the foreign ministry and the migrant workers' ministry (the other
    way round inside Indonesia). Cambodians: their missions where they are, once confirmed, then 1288, which works only
    inside Cambodia: abroad it is for the family at home, and `line` says so. A nationality nobody knows is guessed from
    `lang`; without it we take Indonesian, whose missions are the only ones that can be dialled abroad at the start.
    """
    citizen = nationality or ("KH" if lang == "km" else "ID")
    known = directory()
    order = {
        "ID": ("id_bp2mi_halo", "id_kemlu_pwni") if place == "ID" else ("id_kemlu_pwni", "id_bp2mi_halo"),
        "KH": ("kh_ahtjp_1288",),
    }.get(citizen, ())
    seen = [c for c in known.contacts if c.phones and _may_see(known, c, today, safe)]
    return missions(place, citizen, today, safe=safe) + [c for name in order for c in seen if c.id == name]


def missions(place: str | None, citizen: str, today: dt.date, *, safe: bool = False) -> list[Contact]:
    """The embassies and consulates in a country that may be called there by a citizen of another one."""
    known = directory()
    return [
        c
        for c in known.contacts
        if c.phones
        and (c.country, c.serves) == (place, citizen)
        and c.group.startswith("embassy")
        and _may_see(known, c, today, safe)
    ]


def for_distress(
    place: str | None, nationality: str | None, today: dt.date, *, lang: Lang | None = None
) -> Contact | None:
    """The best number for somebody in danger there; None when none may be shown: say so honestly."""
    return next(iter(reachable(place, nationality, today, lang=lang)), None)


def line(contact: Contact, lang: Lang, *, place: str | None = None) -> str:
    """A contact in one line, number first: "+855 12 813 282 (KBRI Phnom Penh, WhatsApp, per Des 2025)".

    Says where a home-only number works unless the person is there, and adds the contact's caution.
    """
    phone = contact.phone(place)
    about = [contact.name[lang]]
    if phone is not None and phone.whatsapp:
        about.append("WhatsApp")
    if (called_on := _called_on(contact)) is not None:
        about.append(texts.render("knowledge_checked", lang, month=sources.month(called_on, lang)))
    else:
        about.append(sources.per(contact.source.date, lang))
    if phone is not None and phone.dial_from == "home" and place != contact.country:
        about.append(texts.render(f"knowledge_only_inside_{contact.country}", lang))
    number = phone.number if phone else contact.web or ""
    text = texts.render("knowledge_contact", lang, number=number, about=", ".join(about)).strip()
    if contact.caution is None:
        return text
    return texts.render("knowledge_caution", lang, line=text, caution=contact.caution[lang])


def _called_on(contact: Contact) -> dt.date | None:
    """The day on which the second of two people called it as it stands now."""
    days = (contact.checked_on, people.standing(contact, dt.date.max).on)
    return max((day for day in days if day is not None), default=None)


def _may_see(known: Directory, contact: Contact, today: dt.date, safe: bool) -> bool:
    allowed = contact.show_when == "any" or (contact.show_when == "safe_only" and safe)
    return allowed and known.fresh(contact, today)


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
