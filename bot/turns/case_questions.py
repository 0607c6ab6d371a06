"""The questions of an open case that nobody holds yet: one at a time, each asked once, every answer kept at once."""

from __future__ import annotations

import re
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from bot import texts
from bot.cases import rules
from bot.cases import service as cases
from bot.desk import service as desk
from bot.outbox import service as outbox
from bot.storage.models import Case, Chat, Update
from bot.turns import hours, phone_words
from bot.turns.distress_report import home_of, how_many, lang_of, question_buttons, whereabouts
from nlu.text.words import words_of
from nlu.understanding import citizens, controls, dialogue

#: An operator asks in which hours one can write.
ASKS_WHEN = re.compile(words_of("hours").asks_when, re.I)
#: So many hours of danger are kept with a case, the last ones.
MOST_DANGER_HOURS = 5
#: An answer to "where are you" is short; a longer message without a place is something else. Khmer has no spaces, so
#: letters are counted too.
PLACE_WORDS, PLACE_LETTERS = 12, 60


def answers_question(case: Case, text: str) -> bool:
    """Whether a message plainly answers the question that is open, so that Rasa need not be asked.

    A longer message that names a place may be a cry for help that only Rasa hears.
    """
    if dialogue.corrects_place(text):
        return "?" not in text
    if case.asked == "place":
        return bool(dialogue.named(text)) and "?" not in text and len(text) <= PLACE_LETTERS
    if case.asked == "safe":
        return controls.yes_or_no(text) is not None or hours.named(text) is not None
    return False


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
    if not (told is not None and told.plain) and case.asked != "safe" and not await _hours_were_asked(s, case):
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


async def follow_up(s: AsyncSession, chat: Chat, update: Update, case: Case, text: str) -> None:
    """Keep what a message tells, then ask the next question or say that it is noted. The update is enriched already."""
    if (named := await note_hours(s, chat, case, text)) is not None:
        case.asked = None
        await outbox.say(
            s,
            chat,
            "case_safe_hours",
            lang_of(chat),
            case_id=case.id,
            update_id=update.id,
            dedupe=f"turn:{update.id}:0",
            start=named["from"],
            end=named["to"],
        )
        return
    if case.asked == "safe" and controls.yes_or_no(text):
        await told_safe(s, chat, update, case)
        return
    await learn(s, chat, update, case, text, answers=True)
    await ask_next(s, chat, update, case, again=dialogue.corrects_place(text))


async def learn(s: AsyncSession, chat: Chat, update: Update, case: Case, text: str, *, answers: bool = False) -> None:
    """Keep who and where a message of an open case says somebody is; `answers` takes its words for what was asked."""
    await note_home(s, case, text)
    facts: dict[str, Any] = {}
    country, place = whereabouts(text, case.nationality or home_of(chat))
    if answers and country is None and case.asked == "place" and 0 < len(text) <= PLACE_LETTERS and "?" not in text:
        place = text if len(text.split()) <= PLACE_WORDS else None
    corrected = dialogue.corrects_place(text)
    if corrected and place is None and country is not None:
        # The town named before lay elsewhere.
        place = dialogue.named(text)[0].evidence
    if place is not None:
        facts["place"] = place
    if (people := how_many(text)) is not None:
        facts["people"] = people
    if country is not None:
        facts["country"] = country
        chat.last_country = country
    if answers and case.asked == "need" and text and not corrected:
        facts["need"] = text
    await _keep(s, update, case, facts, corrected=corrected)


async def told_safe(s: AsyncSession, chat: Chat, update: Update, case: Case) -> None:
    """The worker said that they can chat now. Until then the phone counts as watched.

    It opens a chat again that they themselves had shut by saying "not now"; not one that was cleared.
    """
    chat.watched = False
    if chat.shut_why == "stopped":
        outbox.reopen(chat)
        await outbox.release_waiting(s, chat.id)
    await _keep(s, update, case, {"safe": True})
    await ask_next(s, chat, update, case)


async def _keep(s: AsyncSession, update: Update, case: Case, facts: dict[str, Any], *, corrected: bool = False) -> None:
    """Keep facts with the case; the card shows what changed on it."""
    before = (case.country, case.facts.get("safe"), case.facts.get("people"))
    await cases.enrich(s, case, update, facts, corrected=corrected)
    if (case.country, case.facts.get("safe"), case.facts.get("people")) != before:
        await desk.refresh(s, case)
    if case.country != before[0]:
        await desk.right_desk(s, case)


async def ask_next(
    s: AsyncSession, chat: Chat, update: Update, case: Case, *, silent: bool = False, again: bool = False
) -> None:
    """Ask the next question, or only say that it is noted. Silent while an operator holds the case.

    `again`: the message was about an earlier one, so the open question is put once more.
    """
    if case.holder_id is not None:
        return
    if again and case.asked in {"safe", "need"}:
        question: str | None = case.asked
    else:
        question = None if silent else rules.next_question(case.facts, case.kind, case.country)  # type: ignore[arg-type]
        await cases.ask(s, case, question)
    lang = lang_of(chat)
    await outbox.say(
        s,
        chat,
        "case_noted_ask" if question else "case_noted",
        lang,
        case_id=case.id,
        update_id=update.id,
        dedupe=f"turn:{update.id}:0",
        buttons=question_buttons(question, lang),
        question=texts.render(rules.asking(question, case.facts, case.kind), lang) if question else "",
    )
