"""A report arrives: the case, the first answer with a number to call, and the desk's alert, in one transaction.

Called by intake for what the lexicon recognises, before any turn runs, and by the action server for what Rasa understood.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from bot import texts
from bot.cases import rules
from bot.cases import service as cases
from bot.cases.rules import Kind
from bot.cases.service import Reported
from bot.desk import service as desk
from bot.knowledge import contacts
from bot.outbox import service as outbox
from bot.outbox.service import Button
from bot.storage.models import Case, Chat, Update
from bot.texts import Lang


def lang_of(chat: Chat, heard: str | None = None) -> Lang:
    """The language a chat is answered in: the one chosen, else the one heard, else the app's."""
    if chat.lang in ("id", "km"):
        return chat.lang  # type: ignore[return-value]
    for code in (heard, chat.heard_lang, chat.client_lang):
        if code in {"id", "km", "km-Latn"}:
            return texts.reader(code)
    return texts.reader(chat.client_lang)


async def receive(
    s: AsyncSession,
    chat: Chat,
    update: Update,
    kind: Kind,
    *,
    lang: str,
    minor: bool = False,
    found_by: str = "lexicon",
    country: str | None = None,
    facts: Mapping[str, Any] | None = None,
) -> Reported:
    """Open or enrich the chat's case, alert the desk, and queue the first answer. Idempotent by update."""
    reported = await cases.report(
        s, chat, update, kind, lang=lang, minor=minor, found_by=found_by, country=country, facts=facts
    )
    case = reported.case
    if reported.opened or reported.raised:
        await desk.announce(s, case, raised=reported.raised)
        if case.holder_id is None:
            await _first_answer(s, chat, update, case, lang_of(chat, lang))
    else:
        await desk.relay(s, case, chat, update)
    return reported


async def _first_answer(s: AsyncSession, chat: Chat, update: Update, case: Case, lang: Lang) -> None:
    """Dull, short, true, with one question; for danger now, place and safety in one line. Always a number to call."""
    question = rules.next_question(case.facts, case.kind)  # type: ignore[arg-type]
    if case.kind == "emergency":
        question = "place" if question is not None else None
    if case.country is not None and question == "place" and case.kind != "emergency":
        question = "safe"
    number = number_line(case.country or chat.last_country, case.nationality or chat.nationality, lang)
    asking = texts.render(f"case_ask_{question}", lang) if question else ""
    text = texts.render(f"case_first_{case.kind}", lang, number=number, question=asking)
    if case.lang == "en":
        text = f"{text}\n{texts.render('english_saved', lang)}"
    payload: dict[str, Any] = {"text": text}
    if rows := question_buttons(question, lang):
        payload["reply_markup"] = outbox.keyboard(rows)
    await outbox.queue(
        s,
        chat.id,
        "sendMessage",
        payload,
        purpose="receipt",
        rank=2,
        case_id=case.id,
        update_id=update.id,
        dedupe=f"receipt:{case.id}:{case.kind}:{case.priority}",
    )
    await cases.ask(s, case, question)


def number_line(country: str | None, nationality: str | None, lang: Lang) -> str:
    """A number somebody in that country may call, with its source month; honest words when no number is confirmed."""
    found = contacts.for_distress(country, nationality, dt.datetime.now(dt.UTC).date())
    return contacts.line(found, lang) if found is not None else texts.render("case_no_number", lang)


def question_buttons(question: str | None, lang: Lang) -> list[list[Button]]:
    """Buttons that answer a question with one press."""
    if question != "safe":
        return []
    return [
        [
            Button(texts.render("case_button_safe", lang), "safe:yes"),
            Button(texts.render("case_button_not_safe", lang), "safe:no"),
        ]
    ]
