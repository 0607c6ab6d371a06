"""Somebody asks where an answer comes from: by the button under it, or in words about the last one."""

from __future__ import annotations

import datetime as dt
import re

from sqlalchemy.ext.asyncio import AsyncSession

from bot import texts
from bot.knowledge import answers
from bot.outbox import messages
from bot.outbox import service as outbox
from bot.storage.models import Case, Chat, Update
from bot.turns.person import lang_of

#: A client may send any callback data it likes, so the entry's id is checked letter by letter.
_BUTTON = re.compile(r"^source:([a-z0-9_]{1,56})$")


def asked(data: str) -> answers.Entry | None:
    """The answer whose button was pressed; None for any other button, and for an answer that is no more."""
    found = _BUTTON.match(data)
    return answers.by_id(found.group(1)) if found is not None else None


def last_answer(chat: Chat, case: Case | None) -> answers.Entry | None:
    """What was last answered in the chat; None when nothing was."""
    if chat.last_topic is None:
        return None
    today = dt.datetime.now(dt.UTC).date()
    citizen = answers.citizen_of(chat.nationality, lang_of(chat))
    return answers.find(chat.last_topic, citizen, chat.last_country, today=today, safe=_safe(chat, case))


async def say(s: AsyncSession, chat: Chat, update: Update, case: Case | None, entry: answers.Entry | None) -> None:
    """Say where an answer comes from; without one, ask which."""
    lang = lang_of(chat)
    if entry is None:
        text = texts.render("knowledge_source_which", lang)
    else:
        today = dt.datetime.now(dt.UTC).date()
        text = answers.origin(entry, lang, today=today, safe=_safe(chat, case))
    dedupe = f"turn:{update.id}:0"
    await outbox.queue(s, chat.id, *messages.text(text), purpose="reply", update_id=update.id, dedupe=dedupe)


def _safe(chat: Chat, case: Case | None) -> bool:
    """False for somebody with an open case who may be watched."""
    return case is None or not chat.watched
