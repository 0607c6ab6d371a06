"""Reads the facts of an offer: where, what, how much, from whom, on which visa, at whose cost, under which contract."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import zip_longest

from bot.offers.agencies.licences import Licence
from bot.offers.agencies.licences import find as find_licences
from bot.offers.agencies.names import read as name_read
from bot.offers.flags import stated
from bot.offers.phrases import Views
from bot.offers.rules import Role, Rules
from bot.offers.verdict import Asker, Facts
from nlu.pay.amounts import Amount, salary
from nlu.text.contacts import Contact, contacts
from nlu.text.normalise import normalise
from nlu.text.places import Place, places
from nlu.text.words import words_of

_WORDS = words_of("offers")

#: Places that pay chat links: nothing there can be looked up like a company's own site.
_CHAT_HOSTS = re.compile(
    r"^(?:https?://)?(?:www\.)?(?:t\.me|telegram|wa\.me|chat\.whatsapp|(?:m\.|web\.)?facebook\.|fb\.|m\.me|bit\.ly|s\.id|"
    r"linktr\.ee|forms\.gle|docs\.google|instagram|tiktok|line\.me|tinyurl)", re.I,
)  # fmt: skip
_FREE_MAIL = re.compile(r"@(?:gmail|yahoo|outlook|hotmail|icloud|proton)", re.I)
_NAME = r"[A-Z][\w&.'’-]*(?:[ ]+(?:&[ ]+)?[A-Z(][\w&.'’()-]*){0,5}"
#: "PT", which is the plainest sign of a name; often without a space behind its dot.
_LEGAL = re.compile(rf"\b(?:PT|P\.T|Pt|CV|UD)(?:\.[ ]*|[ ]+){_NAME}")
_COMPANY = re.compile(
    rf"\b({_NAME}[ ]+(?:Sdn\.?[ ]?Bhd|Co\.?,?[ ]?Ltd|Ltd|Inc|Corp|Corporation|Pte|Berhad|"
    r"Group|Company|Plantation|Agency))\b"
    rf"|\b((?:{_WORDS.house})[ ]+{_NAME})"
    rf"|\b(?:{_WORDS.house_of})[ ]+({_NAME})"
    # "រោងចក្រកាត់ដេរ «...»", "ហាងកាហ្វេ Brown Coffee": what it makes or sells stands between.
    rf"|(?:(?:{_WORDS.house_joined})[\u1780-\u17d3]{{0,14}}|{_WORDS.company_joined})[ \u200b]?"
    r"([A-Z][\w&.'-]*(?:[ ]+[A-Z][\w&.'-]*){0,5}|[«“\"][^»”\"\n]{2,40}[»”\"])"
)
#: "Join Telegram Group", "The Company", "Chinese Company", "ហាង Telegram": nobody can be looked up by that.
_NO_NAME = re.compile(rf"(?:(?:{_WORDS.no_name_before})[ ]+)*(?:{_WORDS.no_name})", re.I)
_SMALL_COMPANY = re.compile(rf"\bpt(?:\.[ ]*|[ ]+)((?!{_WORDS.no_company})[a-z]{{3,}}(?:[ ]+[a-z]{{3,}}){{0,4}})")
_ADDRESS = re.compile(rf"\b(?:{_WORDS.address_before})\s*[:.]?\s*[A-Z0-9]|{_WORDS.address}")
_ABROAD = re.compile(_WORDS.abroad, re.I)


#: "ចេះភាសាអង់គ្លេស", "bahasa Jepang": a language somebody should speak is no place of work.
_LANGUAGE = rf"(?:{_WORDS.speaks})"
_LANGUAGE_BEFORE = re.compile(rf"{_LANGUAGE}[\s\u200b]*$", re.I)
_OR = rf"(?:/|&|\b(?:{_WORDS.either})\b|{_WORDS.either_joined})[ \u200b]*"
#: "អង់គ្លេស ឬចិន": with English beside it or behind it both are spoken; English itself is, where nobody goes there.
_ENGLISH_BEHIND = re.compile(rf"[ \u200b]*{_OR}(?:{_WORDS.language})?(?:{_WORDS.english})", re.I)
_ENGLISH = re.compile(_WORDS.english, re.I)
_GOES_THERE = re.compile(rf"(?:\b(?:{_WORDS.goes_to})|{_WORDS.goes_to_joined})[\s\u200b]*$", re.I)
#: "bahasa Jepang atau Korea", "ចេះចិន ឬអង់គ្លេស": nor is the one behind it.
_LANGUAGES_BEFORE = re.compile(
    rf"(?:{_LANGUAGE}[ \u200b]*(?:[a-z]+|[\u1780-\u17d3]+?)|{_WORDS.english})[ \u200b]*"
    rf"{_OR}(?:(?:[a-z]+|[\u1780-\u17d3]+?)[ \u200b]*{_OR}){{0,2}}$",
    re.I,
)
#: "keluarga Korea di Jakarta", "ហាងម្ហូបកូរ៉េ ភ្នំពេញ": whose or which, and right behind it where.
_WHOSE_BEFORE = re.compile(rf"(?:{_WORDS.whose})[ \u200b]*$", re.I)
_WHERE_BETWEEN = re.compile(rf"[ ,(\u200b]*(?:{_WORDS.where})?[ \u200b]*", re.I)


#: "chat admin", "pak admin": somebody spoken to or of, no work offered.
_SPOKEN_TO_BEFORE = re.compile(rf"(?:{_WORDS.spoken_to})[\s:]*$", re.I)


#: "transfer ke BCA 1234567890 an Yudi", "លេខគណនី៖ 123456789": an account of a bank stands behind it, no number to call.
_BANK_BEFORE = re.compile(
    rf"(?:\b(?:{_WORDS.bank})|{_WORDS.bank_joined})(?:[ ]*(?:{_WORDS.number}))?[\s:.=៖\-\u200b]*$", re.I
)
#: A company beside one of these places people.
_PLACES_PEOPLE = re.compile(_WORDS.places_people)


#: US dollars: what a month in a small town of Indonesia pays. No offer of work abroad seen here promises as little.
_HOME_USD_MONTH = 165
#: Words of a journey, of a bed far from home, and of other money.
_JOURNEY = re.compile(_WORDS.journey, re.I)


@dataclass(frozen=True)
class Reading:
    """The facts of an offer, and what else was read on the way to judge them."""

    facts: Facts
    places: tuple[Place, ...]
    role: Role | None
    role_span: tuple[int, int] | None
    #: Somebody or something that can be looked up: a company, an address, a site or mailbox of its own.
    can_be_looked_up: bool
    says_abroad: bool
    salary_span: tuple[int, int] | None
    #: Numbers of licences, as the offer writes them.
    licences: tuple[Licence, ...] = ()


def _of_work(found: Sequence[Place], text: str, home: str | None) -> list[Place]:
    """Places without languages, and without whose restaurant or family it is where a place at home follows at once."""
    kept = []
    for place, after in zip_longest(found, found[1:]):
        before = text[max(0, place.start - 48) : place.start]
        if _LANGUAGE_BEFORE.search(before[-16:]) or _LANGUAGES_BEFORE.search(before):
            continue
        english = _ENGLISH.fullmatch(text, place.start, place.end)
        if not _GOES_THERE.search(before) and (english or _ENGLISH_BEHIND.match(text, place.end)):
            continue
        at_once = after is not None and after.country == home and _WHERE_BETWEEN.fullmatch(text, place.end, after.start)
        if at_once and place.country != home and place.kind == "country" and _WHOSE_BEFORE.search(before):
            continue
        kept.append(place)
    return kept


def _destination(found: list[Place], home: str | None, closed: frozenset[str]) -> Place | None:
    """The place of work: one of the closed countries before any other abroad, any abroad before home."""
    known = [place for place in found if place.country]
    foreign = [place for place in known if place.country != home]
    for place in foreign:
        if place.country in closed:
            return place
    return next(iter(foreign or known), None)


def _role(views: Views, rules: Rules) -> tuple[Role, tuple[int, int]] | None:
    """The role named first; the longest words win where two begin alike."""
    best: tuple[tuple[int, int, int], Role, tuple[int, int]] | None = None
    for order, role in enumerate(rules.roles):
        for view, match, _ in role.phrases.find(views):
            start, end = view.span(match.start(), match.end())
            if role.id == "admin" and _SPOKEN_TO_BEFORE.search(views.original[max(0, start - 16) : start]):
                continue
            rank = (start, start - end, order)
            if best is None or rank < best[0]:
                best = (rank, role, (start, end))
    return (best[1], best[2]) if best else None


def _company(text: str) -> tuple[str, int] | None:
    for pattern in (_LEGAL, _COMPANY, _SMALL_COMPANY):
        for match in pattern.finditer(text):
            found = match.group() if pattern is not _COMPANY else next(group for group in match.groups() if group)
            name = name_read(found)
            # "Free flight from Jakarta. Company keeps ...": cut before its last word it was no name.
            cut = pattern is _COMPANY and match.group(1) is not None and name.split()[-1:] != found.split()[-1:]
            if name and not cut and not _NO_NAME.fullmatch(name):
                return name, match.start()
    return None


def _bank_account(contact: Contact, text: str) -> bool:
    """Whether a number is an account to pay into. One that begins like a telephone number may be both, as with Wing."""
    if contact.kind != "phone" or contact.evidence.lstrip("( ")[:1] in ("+", "0", "\u17e0"):
        return False
    return _BANK_BEFORE.search(text[max(0, contact.start - 24) : contact.start]) is not None


def _formal(found: tuple[Contact, ...]) -> bool:
    return any(
        (contact.kind == "email" and not _FREE_MAIL.search(contact.value))
        or (contact.kind == "link" and not _CHAT_HOSTS.search(contact.value))
        for contact in found
    )


def _pay(text: str, found: tuple[Contact, ...]) -> Amount | None:
    """The pay of an offer; a piece of a telephone number ("+855 12 345 678") is none."""
    pay = salary(text)
    # Without the plus it may as well be a range of pay that looks like a number.
    phones = [one for one in found if one.kind == "phone" and text[one.start] == "+"]
    if pay is None or not any(one.start <= pay.start < one.end for one in phones):
        return pay
    for one in phones:
        text = text[: one.start] + " " * (one.end - one.start) + text[one.end :]
    return salary(text)


def read_facts(views: Views, rules: Rules, asker: Asker | None) -> Reading:
    """Everything an offer says about itself. What it does not say stays None."""
    text = views.original[:8_000]
    found_contacts = tuple(one for one in contacts(text) if not _bank_account(one, text))
    found_places = _of_work(places(text), text, asker)
    destination = _destination(found_places, asker, rules.scoring.closed_countries)
    cities = [
        place for place in found_places
        if destination is not None and place.country == destination.country and place.kind != "country"
    ]  # fmt: skip
    role = _role(views, rules)
    pay = _pay(text, found_contacts)
    company = _company(text)
    context = rules.context
    agency = employer = None
    if company is not None:
        around = text[max(0, company[1] - 60) : company[1] + 140].lower()
        # A company beside words of a placement licence places people; any other is taken for the employer.
        if _PLACES_PEOPLE.search(around):
            agency = company[0]
        else:
            employer = company[0]
    visa = "work" if stated(context["visa_work"], views, rules) else None
    contract = "yes" if stated(context["contract_yes"], views, rules) else None
    pays = "company" if context["pays_company"].occurs(views) else None
    return Reading(
        facts=Facts(
            country=destination.country if destination else None,
            city=cities[0].name if cities else None,
            role=role[0].id if role else None,
            salary=pay,
            contacts=found_contacts,
            agency=agency,
            employer=employer,
            visa=visa,
            pays=pays,
            contract=contract,
        ),
        places=tuple(found_places),
        role=role[0] if role else None,
        role_span=role[1] if role else None,
        can_be_looked_up=company is not None or bool(_ADDRESS.search(text)) or _formal(found_contacts),
        says_abroad=bool(_ABROAD.search(text)),
        salary_span=(pay.start, pay.end) if pay else None,
        licences=find_licences(text),
    )


def paid_as_at_home(reading: Reading, views: Views) -> bool:
    """Whether an offer that names no country is of work in Indonesia: paid in rupiah as at home, with no journey in it.

    Most small towns stand in no list of places, and what a shop there asks for is no bait.
    """
    pay = reading.facts.salary
    if pay is None or pay.currency != "IDR" or pay.usd_month is None or pay.period == "once" or reading.says_abroad:
        return False
    return 0 < pay.usd_month <= _HOME_USD_MONTH and not _JOURNEY.search(normalise(views.original).text)
