"""Answers to questions, each with its source and month; honest words where we know nothing.

How to write one (data/knowledge/answers/*.yml): short calm sentences in both languages that say the same, one next
step, no figure without a source, no phone number typed ({contact:<id>} and {contacts} are filled from contacts.yml), no
promise of rescue, immunity or a dropped fine. Low confidence and operator_only facts stay out. Then run
`python -m bot.knowledge.check`.
"""

from __future__ import annotations

import datetime as dt
import string
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any, ClassVar, Final, Literal, get_args

from bot import texts
from bot.errors import ReferenceDataInvalid
from bot.knowledge import confirmed, contacts
from bot.knowledge import source as sources
from bot.knowledge.contacts import ShowWhen
from bot.knowledge.source import Source
from bot.settings import DATA
from bot.texts import Lang
from nlu.text import languages
from nlu.text.places import Place
from nlu.understanding import citizens, dialogue
from nlu.understanding.decision import registry

Audience = Literal["ID", "KH", "BOTH"]

#: Every topic of data/intents.yml, in its order.
TOPICS: Final = tuple(dict.fromkeys(intent.topic for intent in registry().values() if intent.topic))
#: Topics that ask for numbers: they list one more contact than the others.
NUMBER_TOPICS: Final = frozenset({"embassy_contact", "hotline"})
#: Topics asked by people who may be in trouble: a gap gives them somebody to call.
TROUBLE_TOPICS: Final = NUMBER_TOPICS | {"overstay_fine", "police_report", "repatriation", "shelter", "victim_rights"}

#: Pages shown to somebody who asks where an answer comes from: more do not fit a small screen.
MOST_SOURCES: Final = 3

FOLDER = DATA / "knowledge" / "answers"
SOURCES = DATA / "knowledge" / "sources.yml"
#: Letters that a small phone shows at once: about 24 lines of 38. Two answers that are longer lose their next step.
SCREEN_CHARS = 900


@dataclass(frozen=True)
class Entry:
    """One answer as it stands in the data, in both languages."""

    kind: ClassVar[Literal["answer"]] = "answer"

    id: str
    topics: tuple[str, ...]
    audience: Audience
    #: Destinations it is about (ISO 3166 alpha-2); empty means any.
    countries: tuple[str, ...]
    #: Topics for which it also answers when no country is named, or only the asker's own.
    unknown_too: tuple[str, ...]
    text: dict[Lang, str]
    next_step: dict[Lang, str]
    #: Who says it, in a few words; None only for words about this hotline itself.
    said_by: dict[Lang, str] | None
    #: The first one's month is the month a reader sees.
    sources: tuple[Source, ...]
    confidence: Literal["high", "medium"]
    show_when: ShowWhen
    #: Who proposed the entry: their own word confirms nothing.
    proposed_by: frozenset[str] = frozenset()
    #: The next step of a general entry when a country abroad is named, where the other one asks for it.
    step_abroad: dict[Lang, str] | None = None
    #: The year of the oldest figure in it (a wage, a fee), said to be old once that year is over; None without figures.
    figures_of: int | None = None

    @cached_property
    def digest(self) -> str:
        """What somebody who rereads the sources confirms: these words, for these people, from there."""
        origin = [(source.url, source.date) for source in self.sources]
        steps = [self.next_step, self.step_abroad] if self.step_abroad else self.next_step
        return confirmed.digest(self.text, steps, self.said_by, self.audience, self.countries, origin)

    def step(self, citizen: str, country: str | None) -> dict[Lang, str]:
        """The next step for somebody who asks about a country, or names none."""
        return self.step_abroad if self.step_abroad and country not in (None, citizen) else self.next_step

    def fresh(self, today: dt.date) -> bool:
        """False when two people confirmed it and their word has run out. Before that its source stands for it."""
        return confirmed.standing(self, today).state != "lapsed"

    def old_since(self, today: dt.date) -> int | None:
        """The year of its figures once that year is over; None while it lasts, and without figures."""
        return self.figures_of if self.figures_of is not None and today.year > self.figures_of else None

    def rank(self, topic: str, citizen: str, country: str | None, safe: bool) -> int | None:
        """How closely it fits, higher is closer; None when it does not fit."""
        if topic not in self.topics or self.audience not in (citizen, "BOTH"):
            return None
        if self.show_when != "any" and not (self.show_when == "safe_only" and safe):
            return None
        unnamed = country is None or country == citizen
        about_it = country in self.countries or (unnamed and topic in self.unknown_too)
        if self.countries and not about_it:
            return None
        return 2 * bool(self.countries) + (self.audience == citizen)


@dataclass(frozen=True)
class Answer:
    """What a reader gets. `gap` is true when we have no sourced answer and say so."""

    text: str
    source: Source | None
    gap: bool
    #: The entry it was made of; None for a gap.
    entry: Entry | None = None
    #: They asked for a mission whose number we may not show: the answer says so, and offers a person.
    no_mission: bool = False


def read(folder: Path = FOLDER, source_file: Path = SOURCES) -> tuple[Entry, ...]:
    """All entries of a folder. Raises ReferenceDataInvalid."""
    where = sources.label(source_file)
    known = {
        str(name): sources.parse_source(entry, where, str(name))
        for name, entry in (sources.read(source_file) or {}).items()
    }
    entries = [
        _entry(raw, known, sources.label(path))
        for path in sorted(folder.glob("*.yml"))
        for raw in sources.read(path) or ()
    ]
    names = [entry.id for entry in entries]
    for name in names:
        if names.count(name) > 1:
            raise ReferenceDataInvalid(sources.label(folder), None, f"{name} stands twice")
    return tuple(entries)


@lru_cache
def entries() -> tuple[Entry, ...]:
    """The product's answers, read once."""
    return read()


def by_id(name: str) -> Entry | None:
    """One entry, whatever its age; None when there is none."""
    return next((entry for entry in entries() if entry.id == name), None)


def find(topic: str, citizen: str, country: str | None, *, today: dt.date, safe: bool = True) -> Entry | None:
    """The entry that fits best, or None: first those about the country, of these first those for the audience.

    One whose confirmation has run out comes after every other: an older general answer is better than a stale exact
    one, and a stale one, said to be old, is better than none.
    """
    fitting = [(rank, e) for e in entries() if (rank := e.rank(topic, citizen, country, safe)) is not None]
    return max(fitting, key=lambda pair: (pair[1].fresh(today), pair[0]))[1] if fitting else None


def citizen_of(nationality: str | None, lang: Lang) -> str:
    """Whose answers somebody gets: those of their nationality, else those their language suggests."""
    return nationality or languages.home_of(lang)


def country_of(named: Sequence[Place], citizen: str) -> str | None:
    """The country a question is about, of the places it names: "kedutaan indonesia di korea" is about Korea."""
    abroad = [place.country for place in named if place.country != citizen]
    return next(iter(abroad or [place.country for place in named]), None)


def meant(topic: str, text: str, citizen: str) -> tuple[str, str | None]:
    """For whose citizens, and about which country, a question in these words is asked by a citizen of a country.

    "kedutaan kamboja di jakarta" is for Cambodians in Indonesia, whoever asks.
    """
    mission = citizens.mission(text) if topic == "embassy_contact" else None
    if mission is not None:
        return mission.of, mission.country
    return citizen, country_of(dialogue.named(text), citizen)


def answer(
    topic: str,
    lang: Lang,
    *,
    nationality: str | None,
    country: str | None,
    today: dt.date,
    safe: bool = True,
    organisation: str = "",
    brief: bool = False,
) -> Answer:
    """The answer to a question about a topic.

    `country` is the destination asked about, or where the person is (ISO 3166 alpha-2). An unknown nationality is
    guessed from the language. `safe` is false for somebody inside a site, watched or in danger. `organisation` is who
    reads the messages. A topic we do not know is a gap. `brief` leaves out the next step: another answer stands beside.
    """
    citizen = citizen_of(nationality, lang)
    entry = find(topic, citizen, country, today=today, safe=safe)
    fill = _Fill(topic, lang, citizen, country, today, safe, organisation)
    if entry is None:
        call = fill(texts.catalogue(lang)["knowledge_gap_call"]) if topic in TROUBLE_TOPICS else ""
        return Answer("\n\n".join(filter(None, (texts.render("knowledge_gap", lang), call))), None, True)
    parts = [fill(entry.text[lang])]
    lacks = topic == "embassy_contact" and country not in (None, citizen)
    lacks = lacks and not contacts.missions(country, citizen, today, safe=safe)
    if lacks:
        parts.append(texts.render("knowledge_no_mission", lang))
    if not brief:
        step = fill(entry.step(citizen, country)[lang])
        person = texts.render("knowledge_step_person", lang) if lacks or not step else ""
        parts += filter(None, (step, person))
    main = entry.sources[0] if entry.sources else None
    if (year := entry.old_since(today)) is not None:
        parts.insert(1, texts.render("knowledge_old_figures", lang, year=texts.year(year, lang)))
    if line := _source_line(entry, lang, today):
        parts.append(line)
    return Answer("\n\n".join(parts), main, False, entry, lacks)


def keeps_a_number(entry: Entry, citizen: str, country: str | None, today: dt.date) -> bool:
    """Whether an answer that is to name numbers names at least one that day; true for one that names none by itself."""
    steps = [entry.text[languages.DEFAULT], entry.step(citizen, country)[languages.DEFAULT]]
    wanted = [line for text in steps for line in text.splitlines() if "{contact" in line]
    fill = _Fill("other", languages.DEFAULT, citizen, country, today, True, "")
    return not wanted or any(fill(line) for line in wanted)


def together(intents: Sequence[str], find: Callable[[bool], Sequence[Answer]], lang: Lang) -> Answer:
    """The answers to the two questions of a message, in one that fits on a screen. `find` gives them, brief or not."""
    found = find(False)
    if sum(len(one.text) for one in found) > SCREEN_CHARS:
        found = find(True)
    first, second = (one.text for one in found)
    text = first
    if first != second:
        names = (texts.render(f"meaning_{intent}", lang) for intent in intents)
        values = dict(zip(("first", "second"), names, strict=True), first_answer=first, second_answer=second)
        text = texts.render("answer_both", lang, **values)
    return Answer(text, None, any(one.gap for one in found), no_mission=any(one.no_mission for one in found))


def origin(entry: Entry, lang: Lang, *, today: dt.date, safe: bool = True) -> str:
    """Where an answer comes from, for somebody who asks: who says it, titles and addresses, when we looked again.

    Titles and addresses name what the answer does not: somebody who may be watched (`safe` false) gets none of them.
    """
    if not entry.sources:
        return texts.render("knowledge_source_ours", lang)
    lines = [_source_line(entry, lang, today)]
    if safe:
        for one in entry.sources[:MOST_SOURCES]:
            lines.append(
                texts.render(
                    "knowledge_source_page", lang, title=one.title, per=sources.per(one.date, lang), url=one.url
                )
            )
        if (looked := confirmed.standing(entry, dt.date.max).on) is not None:
            lines.append(texts.render("knowledge_source_checked", lang, month=sources.month(looked, lang)))
    return "\n\n".join(lines)


def _source_line(entry: Entry, lang: Lang, today: dt.date) -> str:
    if not entry.sources or entry.said_by is None:
        return ""
    per = sources.per(entry.sources[0].date, lang)
    if not entry.fresh(today):
        per = f"{per}, {texts.render('knowledge_old', lang)}"
    return texts.render("knowledge_source", lang, said_by=entry.said_by[lang], per=per)


@dataclass(frozen=True)
class _Fill:
    """Fills the placeholders of a text; a line whose numbers may not be shown disappears, with the heading above it."""

    topic: str
    lang: Lang
    citizen: str
    country: str | None
    today: dt.date
    safe: bool
    organisation: str

    def __call__(self, text: str) -> str:
        kept: list[str] = []
        for template in text.splitlines():
            line = self._line(template)
            if line is not None:
                kept.append(line)
            elif template.strip().startswith("{") and kept and kept[-1].endswith((":", "៖")):
                kept.pop()
        return "\n".join(kept).strip()

    def _line(self, template: str) -> str | None:
        filled: list[str] = []
        for literal, name, wanted, _ in string.Formatter().parse(template):
            filled.append(literal)
            if name is None:
                continue
            value = self._value(name, wanted or "")
            if not value:
                return None
            filled.append(value)
        return "".join(filled)

    def _value(self, name: str, wanted: str) -> str:
        if name == "organisation":
            return self.organisation or texts.render("knowledge_our_officers", self.lang)
        if name == "contact":
            found = contacts.current(wanted, self.today, safe=self.safe)
            return contacts.line(found, self.lang, place=self.country, today=self.today) if found else ""
        most = 3 if self.topic in NUMBER_TOPICS else 2
        who = contacts.reachable(self.country, self.citizen, self.today, safe=self.safe)[:most]
        return "\n".join(contacts.line(one, self.lang, place=self.country, today=self.today) for one in who)


def _entry(raw: Any, known: dict[str, Source], where: str) -> Entry:
    if not isinstance(raw, dict) or not raw.get("id"):
        raise ReferenceDataInvalid(where, None, "an answer has no id")
    name = str(raw["id"])

    def wrong(why: str) -> ReferenceDataInvalid:
        return ReferenceDataInvalid(where, None, f"{name}: {why}")

    topics, unknown_too = _topics_of(raw, wrong)
    for field, allowed in (("audience", get_args(Audience)), ("show_when", ("any", "safe_only"))):
        if raw.get(field) not in allowed:
            raise wrong(f"{field} is none of {', '.join(allowed)}")
    if raw.get("confidence") not in ("high", "medium"):
        raise wrong("confidence is neither high nor medium: low stays out")
    countries = tuple(raw.get("countries") or ())
    if not all(isinstance(code, str) and len(code) == 2 and code.isupper() for code in countries):
        raise wrong("countries are not two capital letters")
    found = _sources_of(raw, known, wrong)
    figures_of = raw.get("figures_of")
    if figures_of is not None and (type(figures_of) is not int or not 2000 <= figures_of <= 2100):
        raise wrong("figures_of is not a year")
    about_us = raw.get("about_us") is True
    if not about_us and not found:
        raise wrong("it has no source")
    if found and found[0].date is None:
        raise wrong("its first source has no date, so no month can be shown")
    return Entry(
        id=name,
        topics=topics,
        audience=raw["audience"],
        countries=countries,
        unknown_too=unknown_too,
        text=sources.parse_pair(raw.get("text"), where, f"{name}: text"),
        next_step=sources.parse_pair(raw.get("next_step"), where, f"{name}: next_step"),
        said_by=None if about_us else sources.parse_pair(raw.get("said_by"), where, f"{name}: said_by"),
        sources=found,
        confidence=raw["confidence"],
        show_when=raw["show_when"],
        proposed_by=confirmed.proposers(raw, where, name),
        step_abroad=sources.parse_pair(raw["step_abroad"], where, f"{name}: step_abroad")
        if "step_abroad" in raw
        else None,
        figures_of=figures_of,
    )


def _topics_of(raw: dict[str, Any], wrong: Callable[[str], Exception]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The topics of an answer, and those of them that it also answers for a country we do not know."""
    topics = tuple(raw.get("topics") or ())
    if not topics or not set(topics) <= set(TOPICS):
        raise wrong(f"topics must be some of {', '.join(TOPICS)} (data/intents.yml)")
    unknown_too = tuple(raw.get("unknown_too") or ())
    if not set(unknown_too) <= set(topics):
        raise wrong("unknown_too names a topic that is not among its topics")
    return topics, unknown_too


def _sources_of(raw: dict[str, Any], known: dict[str, Source], wrong: Callable[[str], Exception]) -> tuple[Source, ...]:
    """The sources that an answer cites."""
    names = raw.get("sources") or ()
    for source_id in names:
        if source_id not in known:
            raise wrong(f"source {source_id} is not in sources.yml")
    return tuple(known[source_id] for source_id in names)
