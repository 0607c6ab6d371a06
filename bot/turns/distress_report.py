"""A report arrives: the case, the first answer with a number to call, and the desk's alert, in one transaction.

Called by intake for what the lexicon recognises, before any turn runs, and by the action server for what Rasa
understood.
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
from bot.desk import lease
from bot.desk import service as desk
from bot.knowledge import contacts
from bot.outbox import messages
from bot.outbox import service as outbox
from bot.outbox.messages import Button
from bot.storage.models import Chat, Update
from bot.texts import Lang
from nlu.text import languages
from nlu.understanding import dialogue
from nlu.understanding.decision import Decision
from nlu.understanding.entities import people_named
from nlu.understanding.triage import names_minor

#: Beyond this a number is read as something else ("500 orang korban" of a headline).
MOST_PEOPLE = 300


def lang_of(chat: Chat, heard: str | None = None) -> Lang:
    """The language a chat is answered in: the one chosen, else the one heard, else the app's, else their country's."""
    if chat.lang in texts.LANGS:
        return chat.lang
    app = (chat.client_lang or "").partition("-")[0]
    home = languages.language_of_country(chat.nationality)
    return texts.reader(next((code for code in (heard, chat.heard_lang, app) if code in rules.SPOKEN), home))


def home_of(chat: Chat, heard: str | None = None) -> str | None:
    """A person's own country: as known, else as their language suggests; None when neither says anything."""
    if chat.nationality is not None:
        return chat.nationality
    code = next((code for code in (heard, chat.lang, chat.heard_lang) if code in rules.SPOKEN), None)
    return languages.country_of(code)


def whereabouts(text: str, home: str | None) -> tuple[str | None, str | None]:
    """The country and the place a message names, abroad before home: "dari Medan, disekap di Bavet" is Bavet.

    The name of the home country alone says who somebody is ("saya orang Indonesia"), not where. What a message takes
    back ("bukan Phnom Penh") does not count.
    """
    found = [place for place in dialogue.named(text) if (place.country, place.kind) != (home, "country")]
    abroad = [place for place in found if place.country != home] or found
    if not abroad:
        return None, None
    country = abroad[0].country
    exact = [place.evidence for place in abroad if place.country == country and place.kind != "country"]
    return country, "; ".join(dict.fromkeys(exact)) or None


def how_many(text: str) -> int | None:
    """The number of people a message is about, where it names one that a desk has to plan for."""
    count = people_named(text)
    return count if count is not None and 2 <= count <= MOST_PEOPLE else None


async def receive(
    s: AsyncSession,
    chat: Chat,
    update: Update,
    kind: Kind,
    *,
    lang: str,
    minor: bool = False,
    about: rules.About = "self",
    found_by: str = "lexicon",
    sure: bool = False,
    country: str | None = None,
    facts: Mapping[str, Any] | None = None,
    chat_locked: bool = False,
) -> Reported:
    """Open or enrich the chat's case, alert the desk, and queue the first answer. Idempotent by update.

    `about` is whom it happens to: whoever writes, or another person. `sure`: see cases.report.
    """
    reported = await cases.report(
        s,
        chat,
        update,
        kind,
        lang=lang,
        minor=minor,
        about=about,
        found_by=found_by,
        sure=sure,
        country=country,
        facts=facts,
        chat_locked=chat_locked,
    )
    case = reported.case
    if reported.opened and chat.minor_named:
        await cases.mark_minor(s, case)
    if reported.opened or reported.raised:
        crowd = await desk.announce(s, case, raised=reported.raised)
        if case.holder_id is None:
            wait = desk.waiting_text(case, crowd) if reported.opened else None
            await _first_answer(s, chat, update, reported, lang_of(chat, lang), wait)
    else:
        if kind == "emergency":
            await lease.danger(s, case, update)
        if "country" in reported.learned:
            await desk.refresh(s, case)
    # Shown only when somebody holds the case already: a raised one may be held.
    await desk.relay(s, case, chat, update)
    return reported


async def minor_named(s: AsyncSession, chat: Chat) -> None:
    """A message that reports nothing names somebody under 18: an open case is marked, and raised where it is one."""
    case = await cases.open_case_of(s, chat.id, lock=True)
    if case is None:
        return
    if await cases.mark_minor(s, case):
        await desk.announce(s, case, raised=True)
    else:
        await desk.refresh(s, case)


async def understood(
    s: AsyncSession, chat: Chat, update: Update, decided: Decision, text: str, *, lang: str
) -> Reported:
    """Open or enrich the chat's case for what only the model recognised, with what the words say of it."""
    kind = next(known for known in rules.CASE_KINDS if known == decided.kind)
    country, place = whereabouts(text, chat.nationality)
    return await receive(
        s,
        chat,
        update,
        kind,
        lang=lang,
        minor=kind != "human" and names_minor(text),
        about="other" if decided.about == "other" else "self",
        found_by="model",
        sure=decided.wakes,
        country=country,
        facts={} if place is None else {"place": place},
    )


async def _first_answer(
    s: AsyncSession, chat: Chat, update: Update, reported: Reported, lang: Lang, wait: str | None
) -> None:
    """Dull, short, true, with one question; for danger now, place and safety in one line. Always a number to call.

    `wait` is the key of what is said about waiting.
    """
    case = reported.case
    question = rules.next_question(case.facts, case.kind, case.country)  # type: ignore[arg-type]
    number = number_line(case.country, case.nationality or chat.nationality, lang, bare=True)
    asking = texts.render(rules.asking(question, case.facts, case.kind), lang) if question else ""
    text = texts.render(f"case_first_{case.kind}", lang, number=number, question=asking)
    if case.lang == "en":
        text = f"{text}\n{texts.render('english_saved', lang)}"
    if wait is not None:
        text = f"{text}\n{texts.render(wait, lang)}"
    await outbox.queue(
        s,
        chat.id,
        *messages.text(text, buttons=question_buttons(question, lang) or None),
        purpose="receipt",
        rank=2,
        case_id=case.id,
        update_id=update.id,
        dedupe=f"receipt:{case.id}:{case.kind}:{case.priority}",
    )
    await cases.ask(s, case, question)


def number_line(country: str | None, nationality: str | None, lang: Lang, *, bare: bool = False) -> str:
    """A number somebody in that country may call, with its source month; honest words when every number is wrong.

    A nationality we have no numbers for is one nobody knows: the reader's language decides then. `bare`: the number
    without whose it is, for an answer to a report.
    """
    citizen = nationality if nationality in {"ID", "KH"} else None
    today = dt.datetime.now(dt.UTC).date()
    found = contacts.for_distress(country, citizen, today, lang=lang)
    lines = [contacts.line(one, lang, place=country, bare=bare) for one in found]
    return "\n".join(lines) or texts.render("case_no_number", lang)


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
