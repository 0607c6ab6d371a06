"""A sign of trouble that the model takes back, or a hint that the model has: after the answer the person is asked."""

from __future__ import annotations

import re
from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncSession

from bot import texts
from bot.cases import rules
from bot.cases import service as cases
from bot.cases.rules import Kind
from bot.desk import service as desk
from bot.outbox import service as outbox
from bot.outbox.service import Button
from bot.storage.models import Chat, Update
from bot.turns import bundle, distress_report, model, person
from bot.turns.person import lang_of
from nlu.understanding.triage import Triage, names_minor, triage

#: A client may send any callback data it likes, so it is checked letter by letter.
_BUTTON = re.compile(r"^doubted:([0-9]{1,18})$")


async def ask(s: AsyncSession, chat: Chat, rows: Sequence[Update]) -> None:
    """Ask once about what was taken back or hinted at, unless a case is open: there a person reads the messages.

    Who had the chat erased is not asked: for what the lexicon saw a case opens without a word to the phone.
    """
    doubted = [row for row in rows if row.triage == "none" and _is_asked(row)]
    if not doubted or await cases.open_case_of(s, chat.id) is not None:
        return
    row, lang = doubted[-1], lang_of(chat)
    if chat.erased_at is not None and chat.erased_at >= row.received_at:
        # They had the chat erased with these words: on a phone that has just been cleared nothing may be asked.
        if row.reasons:
            words, heard = bundle.words_of(row), chat.heard_lang or lang
            minor = names_minor(words)
            reported = await cases.report(s, chat, row, _kind(triage(words)), lang=heard, minor=minor)
            await desk.announce(s, reported.case)
        return
    await outbox.say(
        s,
        chat,
        "doubted_ask",
        lang,
        update_id=row.id,
        dedupe=f"doubted:{row.id}",
        buttons=[[Button(texts.render("button_doubted", lang), f"doubted:{row.id}")]],
    )


def _is_asked(row: Update) -> bool:
    """Whether a message has signs that were taken back, or a hint of trouble.

    Forwards, albums and long pastes come in bundles: they are passed on, not told, and a hint in an offer is the
    recruiter's own words.
    """
    found = model.of(row)
    return bool(row.reasons) or (found.asks and not (row.bundle is not None and found.decision.kind == "offer"))


def asked(data: str) -> int | None:
    """The update that a press of such a button is about; None for any other."""
    found = _BUTTON.match(data)
    return int(found[1]) if found else None


async def pressed(s: AsyncSession, chat: Chat, update: Update, number: int) -> None:
    """It is so: a case as the lexicon read the message, however long ago it was asked."""
    row = await s.get(Update, number)
    words = bundle.words_of(row) if row is not None and row.chat_id == chat.id else ""
    found = triage(words)
    country, place = person.whereabouts(words, person.home_of(chat))
    reported = await distress_report.receive(
        s,
        chat,
        update,
        _kind(found),
        lang=chat.heard_lang or lang_of(chat),
        minor=names_minor(words),
        found_by="command" if found.level == "none" else "lexicon",
        country=country,
        facts={} if place is None else {"place": place},
    )
    if words and row is not None:
        row.case_id = reported.case.id


def _kind(found: Triage) -> Kind:
    """The kind of case that the lexicon's signs make; what is only framed as trouble is distress."""
    return next((kind for kind in rules.CASE_KINDS[:3] if kind == found.level), "distress")
