"""How a recruiter is known again: phone, handle, link, mail address, name of the agency. Pure.

Only hashes of these are kept (bot/offers/service.py), and only from offers that somebody reported by pressing a button.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Final, Literal
from urllib.parse import parse_qs, urlsplit

from bot.offers.agencies.names import fold, read
from bot.offers.verdict import Facts
from nlu.text.contacts import Contact, contacts

type Kind = Literal["phone", "handle", "link", "email", "agency"]

#: Of one offer: more than these are a list of branches, not one recruiter.
MOST: Final = 10
#: A shorter name is a word, not a name.
_SHORTEST_NAME: Final = 4
#: Pages of everybody: only what stands behind the host leads to somebody.
_SHARED_HOSTS = re.compile(
    r"(?:^|\.)(?:facebook\.com|fb\.com|fb\.me|m\.me|instagram\.com|tiktok\.com|t\.me|telegram\.me|wa\.me|whatsapp\.com|bit\.ly|s\.id|"
    r"linktr\.ee|forms\.gle|docs\.google\.com|sites\.google\.com|drive\.google\.com|tinyurl\.com|line\.me|youtube\.com|x\.com|"
    r"twitter\.com|linkedin\.com|jobstreet\.co\.id|google\.com|maps\.app\.goo\.gl|blogspot\.com|wordpress\.com)$"
)
#: Authorities, whom scammers name too.
_AUTHORITY = re.compile(r"(?:^|\.)(?:go\.id|gov\.kh|gov|gov\.[a-z]{2})$")


@dataclass(frozen=True)
class Identifier:
    """One way to know a recruiter again, in a form that two spellings share."""

    kind: Kind
    value: str


@dataclass(frozen=True)
class Seen:
    """How often a recruiter was reported by others, and whether an operator confirmed it."""

    identifier: Identifier
    #: Different chats that reported it, the asker's own left out.
    senders: int
    confirmed: bool


def identifiers(facts: Facts, ours: Collection[str] = ()) -> tuple[Identifier, ...]:
    """By what the recruiter of an offer is known again. `ours`: numbers and links of authorities, which stay out."""
    found = [one for contact in facts.contacts if (one := _of_contact(contact)) is not None and one.value not in ours]
    if facts.agency is not None and len(key := fold(read(facts.agency))) >= _SHORTEST_NAME:
        found.append(Identifier("agency", key))
    return tuple(dict.fromkeys(found))[:MOST]


def named(words: str) -> Identifier | None:
    """The recruiter that an operator typed: a number, @name, link, mail address, or else the name of an agency."""
    for contact in contacts(words):
        return _of_contact(contact)
    key = fold(read(words))
    return Identifier("agency", key) if len(key) >= _SHORTEST_NAME and not key.isdecimal() else None


def _of_contact(contact: Contact) -> Identifier | None:
    if contact.kind == "link":
        link = _link(contact.value)
        return Identifier("link", link) if link is not None else None
    if contact.kind == "email" and _AUTHORITY.search(contact.value.rpartition("@")[2]):
        return None
    kinds: Mapping[str, Kind] = {"phone": "phone", "handle": "handle", "email": "email"}
    return Identifier(kinds[contact.kind], contact.value.casefold()) if contact.kind in kinds else None


def _link(link: str) -> str | None:
    """A link without what differs from copy to copy: the whole site, or on a page of everybody the path."""
    try:
        parts = urlsplit(link if "://" in link else f"https://{link}")
        host = (parts.hostname or "").removeprefix("www.").removeprefix("m.").removeprefix("web.")
        asked = parse_qs(parts.query)
    except ValueError:
        return None
    if not host or "." not in host or _AUTHORITY.search(host):
        return None
    if not _SHARED_HOSTS.search(host):
        return host
    path = parts.path.strip("/").casefold()
    if path == "profile.php" and asked.get("id"):
        path += f"?id={asked['id'][0]}"
    return f"{host}/{path}" if path else None


def strongest(seen: Iterable[Seen], from_senders: int) -> Seen | None:
    """What is said of a recruiter: the confirmed one, else the one that most others reported, if enough did."""
    known = [one for one in seen if one.confirmed or one.senders >= from_senders]
    return max(known, key=lambda one: (one.confirmed, one.senders), default=None)
