"""Which desk answers a case: by nationality and place, with a named fallback."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

import yaml

from bot.errors import ReferenceDataInvalid, SettingInvalid
from bot.settings import DATA, settings
from bot.storage import crypto
from bot.storage.models import Chat
from bot.texts import LANGS, Lang
from nlu.text import languages

#: What a message calls the languages of a text.
EVERY = f"every language ({', '.join(LANGS)})"
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


@dataclass(frozen=True)
class Site:
    """A desk that answers."""

    id: str
    organisation: dict[str, str]
    serves: frozenset[str]
    reads: frozenset[str]
    countries: frozenset[str]
    hours: dict[str, Any]
    zone: str
    #: Telegram id of its operators' group; None when it has none of its own.
    group: int | None
    #: Where the organisation publishes the bot's address, and where to turn when the bot is gone; None when not set.
    published_at: dict[str, str] | None = None
    fallback_channel: dict[str, str] | None = None

    def name(self, lang: Lang) -> str:
        return self.organisation[lang]

    def is_in(self, group: Chat) -> bool:
        """Whether this is its operators' group, also after Telegram gave it another id; False for a former one."""
        return self.group is not None and crypto.keyed_hash("chat", self.group) == group.desk_hash

    def staffed(self, now: dt.datetime) -> bool:
        """Whether somebody is at the desk at a moment, by its hours; yes when it names none that can be read."""
        try:
            start, end = (dt.time.fromisoformat(self.hours[key]) for key in ("from", "to"))
            days = list(self.hours.get("days") or WEEKDAYS)
            local = now.astimezone(ZoneInfo(self.zone))
        except (KeyError, TypeError, ValueError):
            return True
        clock, today = local.time(), WEEKDAYS[local.weekday()]
        if start <= end:
            return start <= clock < end and today in days
        # A night shift belongs to the day on which it began.
        return (clock >= start and today in days) or (clock < end and WEEKDAYS[local.weekday() - 1] in days)

    def reads_language(self, code: str) -> bool:
        """Whether somebody at this desk reads what the worker writes."""
        return code.partition("-")[0] in self.reads or code == "other"


@dataclass(frozen=True)
class Route:
    """Where a case goes: the desk meant for it, and the desk whose group receives it."""

    meant: Site
    receives: Site
    #: True when nobody at the receiving desk reads the worker's language; the alert says so.
    language_gap: bool


@lru_cache
def sites() -> dict[str, Site]:
    """Every site by id, the fallback first. Raises ReferenceDataInvalid, SettingInvalid."""
    path = DATA / "sites.yml"
    raw = yaml.safe_load(path.read_text(encoding="utf-8"))
    fallback = raw.get("fallback")
    if fallback not in raw.get("sites", {}):
        raise ReferenceDataInvalid("data/sites.yml", None, "fallback must name one of the sites")
    groups = settings().operators_chats
    if wrong := groups.keys() - (raw["sites"].keys() - {fallback}):
        # Its cases would go to the fallback for ever, and nobody would know why.
        others = ", ".join(sorted(raw["sites"].keys() - {fallback}))
        raise SettingInvalid(
            f"OPERATORS_CHATS names {', '.join(sorted(wrong))}, but data/sites.yml has: {others}. "
            f"The group of {fallback} stands in OPERATORS_CHAT_ID."
        )
    found: dict[str, Site] = {}
    for name in sorted(raw["sites"], key=lambda site: site != fallback):
        entry = raw["sites"][name]
        if set(entry.get("organisation", {})) < set(LANGS):
            raise ReferenceDataInvalid("data/sites.yml", None, f"{name} needs its organisation in {EVERY}")
        found[name] = Site(
            id=name,
            organisation=entry["organisation"],
            serves=frozenset(entry["serves"]),
            reads=frozenset(entry["reads"]),
            countries=frozenset(entry.get("countries", ())),
            hours=entry["hours"],
            zone=entry["zone"],
            group=settings().operators_chat if name == fallback else groups.get(name),
            published_at=_in_every(entry, "published_at", name),
            fallback_channel=_in_every(entry, "fallback_channel", name),
        )
    return found


def _in_every(entry: dict[str, Any], field: str, name: str) -> dict[str, str] | None:
    """A text that a desk may have, in every language or not at all."""
    found = entry.get(field)
    if found is None:
        return None
    if not isinstance(found, dict) or set(found) < set(LANGS) or not all(isinstance(v, str) for v in found.values()):
        raise ReferenceDataInvalid("data/sites.yml", None, f"{name} needs its {field} in {EVERY}")
    return found


def fallback() -> Site:
    return next(iter(sites().values()))


def route(nationality: str | None, country: str | None, lang: str) -> Route:
    """The desk for a person: one that serves the nationality and the place, else the fallback."""
    wanted = nationality or languages.country_of(lang)
    fitting = [
        site
        for site in sites().values()
        if wanted in site.serves and (not site.countries or country is None or country in site.countries)
    ]
    # A desk of that very country comes before one for everywhere.
    fitting.sort(key=lambda site: country not in site.countries)
    return _to(fitting[0] if fitting else fallback(), lang)


def answering(site: str, lang: str) -> Route:
    """The desk of an open case: the one it was given to when it opened, whatever became known since.

    Its topic stands in that desk's group; a case that moved by itself would lose it.
    """
    return _to(sites().get(site) or fallback(), lang)


def _to(meant: Site, lang: str) -> Route:
    receives = meant if meant.group is not None else fallback()
    return Route(meant=meant, receives=receives, language_gap=not receives.reads_language(lang))


def site_of_group(telegram_id: int) -> Site | None:
    """The desk whose operators' group this is; None for a foreign group."""
    return next((site for site in sites().values() if site.group == telegram_id), None)


def site_of_chat(group: Chat) -> Site | None:
    """The desk whose operators' group this row is."""
    return next((site for site in sites().values() if site.is_in(group)), None)
