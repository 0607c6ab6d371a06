"""What a message of an open case tells is kept with the case: place, people, signs of danger, wishes, hours."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Collection, Mapping
from typing import Any, Final

from sqlalchemy.ext.asyncio import AsyncSession

from bot.cases import rules, sheet
from bot.cases import service as cases
from bot.desk import service as desk
from bot.outbox import service as outbox
from bot.storage.models import Case, Chat, Update
from bot.turns import hours, phone_words
from bot.turns.person import home_of, how_many, whereabouts
from nlu.sheet import labels, values
from nlu.text.normalise import normalise
from nlu.text.words import words_of
from nlu.understanding import citizens, dialogue
from nlu.understanding.triage import names_minor

#: An operator asks in which hours one can write.
ASKS_WHEN = re.compile(words_of("hours").asks_when, re.I)
#: So many hours of danger are kept with a case, the last ones.
MOST_DANGER_HOURS = 5
#: An answer to "what matters most" is kept up to so many letters.
NEED_LETTERS: Final = 200
#: Years from which somebody is no minor. Source: UN Convention on the Rights of the Child, article 1.
ADULT: Final = 18
#: A number from which it may be an age of somebody who is sent to work.
CHILD: Final = 8
NUMBER: Final = re.compile(r"(?<!\d)\d{1,2}(?!\d)")
#: Signs by which hours that are named are hours of danger, or of a journey, and none to write in.
NO_HOURS: Final = frozenset({"moved", "guard_near", "beaten", "ransom", "must_sign", "hiding", "threatened", "correct"})


async def keep(
    s: AsyncSession, chat: Chat, update: Update, case: Case, text: str, *, told: frozenset[str] | None = None
) -> frozenset[str]:
    """Keep all that a message tells. Returns its labels. The card shows what changed on it."""
    told = labels.read(text) if told is None and text else told or frozenset()
    before = dict(case.facts)
    await note_home(s, case, text)
    await _note_places(s, chat, update, case, text, told)
    found = values.read(text, told, case.asked, money=bool(values.MONEY & sheet.signs_of(case.facts)))
    if "about_other" in told and rules.about(case.facts, case.kind) == "self" and "relation" in found:
        # "My friend was beaten, too": of somebody who writes of themselves this is no kin to report.
        del found["relation"]
    signs = told & frozenset(labels.groups()["signs"])
    wishes = [name for name in labels.groups()["wishes"] if name in told]
    case.facts = sheet.noted(
        case.facts,
        signs=sorted(signs),
        sure=labels.sure(text) if text else signs,
        wishes=wishes,
        values=found,
        words=text,
        update=update.id,
        at=update.received_at or dt.datetime.now(dt.UTC),
    )
    if "is_me" in told:
        case.facts = {**case.facts, "about": "self"}
    if tells_minor(text, told, found.get("age")):
        await cases.mark_minor(s, case)
    if _shown(case.facts) != _shown(before):
        await desk.refresh(s, case)
    return told


def tells_minor(text: str, told: Collection[str], age: int | None) -> bool:
    """Whether a message tells of somebody under 18: an age decides, else plain words for one."""
    if "home_again" in told:
        return False
    young = any(CHILD <= int(number) < ADULT for number in NUMBER.findall(normalise(text).text))
    if age is not None and not (young and "minor" in told):
        return age < ADULT
    return "minor" in told and (young or "minor" in labels.sure(text) or names_minor(text))


def _shown(facts: Mapping[str, Any]) -> dict[str, Any]:
    """What of a case's facts its card shows."""
    return {name: value for name, value in facts.items() if name not in {"said", "asked", "situation"}}


async def _note_places(
    s: AsyncSession, chat: Chat, update: Update, case: Case, text: str, told: frozenset[str]
) -> None:
    """Where somebody is. A place to which they are taken, or that they ask about, is none where they are."""
    facts: dict[str, Any] = {}
    country, place = whereabouts(text, case.nationality or home_of(chat))
    going = bool(told & {"moved", "q_road", "q_embassy"}) and case.asked != "place"
    if going:
        country, place = None, None
    corrected = dialogue.corrects_place(text) or ("correct" in told and place is not None)
    if corrected and place is None and country is not None:
        # The town named before lay elsewhere.
        place = dialogue.named(text)[0].evidence
    if place is not None:
        facts["place"] = place
    if (people := values.read(text, told).get("people") or how_many(text)) is not None:
        facts["people"] = people
    if country is not None:
        facts["country"] = country
        chat.last_country = country
    if case.asked == "need" and text and not corrected:
        facts["need"] = text[:NEED_LETTERS]
    if ("correct" in told or dialogue.corrects(text)) and people is not None and people != case.facts.get("people"):
        case.facts = {**case.facts, "people": people}
    before = case.country
    await cases.enrich(s, case, update, facts, corrected=corrected)
    if case.country != before:
        await desk.right_desk(s, case)


async def note_hours(s: AsyncSession, chat: Chat, case: Case, text: str) -> dict[str, str] | None:
    """Keep the hours that a message names, and tell the desk. Returns the safe ones; None when it names none.

    Hours of danger are facts of the case: nobody writes in them because of this message. Where the question whether
    one can chat is open, or a holder asked, hours without a word of danger are those to write in.
    """
    told = phone_words.read(text).hours
    named = told or hours.named(text)
    if named is None:
        return None
    country = case.country or chat.last_country
    if told is not None and told.kind == "danger":
        await _note_danger(s, case, hours.kept(named, country))
        return None
    plain = told is not None and told.plain
    if labels.read(text) & NO_HOURS and not (plain and await _hours_were_asked(s, case)):
        return None
    if not plain and case.asked not in {"safe", "contact"} and not await _hours_were_asked(s, case):
        return None
    kept = hours.kept(named, country)
    chat.safe_hours = dict(kept)
    await outbox.hours_named(s, chat)
    cases.record(s, case, "safe_hours_named", "worker", **kept)
    await desk.post(s, case, "desk_safe_hours", start=kept["from"], end=kept["to"], zone=kept["zone"])
    return kept


async def _note_danger(s: AsyncSession, case: Case, kept: dict[str, str]) -> None:
    known = list(case.facts.get("danger_hours", ()))
    if kept in known:
        return
    case.facts = {**case.facts, "danger_hours": [*known, kept][-MOST_DANGER_HOURS:]}
    cases.record(s, case, "danger_hours_named", "worker", **kept)
    await desk.post(s, case, "desk_danger_hours", start=kept["from"], zone=kept["zone"])


async def _hours_were_asked(s: AsyncSession, case: Case) -> bool:
    """Whether the last thing that the holder wrote to the worker asks when one can write."""
    if case.holder_id is None:
        return False
    written = await cases.outgoing_of(s, case)
    words = str(written[-1].payload.get("text") or "") if written else ""
    return ASKS_WHEN.search(words) is not None


async def note_home(s: AsyncSession, case: Case, text: str) -> None:
    """Keep whose citizen a message says somebody is; the desk meant for them hears of it."""
    if (home := citizens.said(text)) not in (None, case.nationality):
        case.nationality = home
        await desk.refresh(s, case)
        await desk.right_desk(s, case)
