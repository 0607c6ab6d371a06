"""The first thing a new chat reads: who we are, in its probable language, with two buttons to choose."""

from __future__ import annotations

from sqlalchemy import bindparam, exists, select
from sqlalchemy.ext.asyncio import AsyncSession

from bot import texts
from bot.outbox import messages
from bot.outbox import service as outbox
from bot.outbox.messages import Button
from bot.storage.models import Chat, Outgoing, Update
from bot.turns.person import lang_of

#: Chats known to have been greeted, as far as this process remembers: nobody is greeted twice, so it need not ask.
GREETED_KEPT = 20_000
_greeted: set[int] = set()
_SPOKEN_TO = select(exists().where(Outgoing.chat_id == bindparam("chat")))


def greeted(chat: Chat) -> bool:
    """Whether this process knows that the chat was greeted."""
    return chat.id in _greeted


async def say(s: AsyncSession, chat: Chat, update: Update, *, always: bool = False) -> bool:
    """Greet a new chat in its probable language, with two buttons to choose. False when it was greeted before."""
    if not always:
        if greeted(chat):
            return False
        if await s.scalar(_SPOKEN_TO, {"chat": chat.id}):
            if len(_greeted) >= GREETED_KEPT:
                _greeted.clear()
            _greeted.add(chat.id)
            return False
    lang = lang_of(chat)
    text = texts.render("welcome", lang)
    if chat.lang is None and chat.heard_lang == "en":
        text = f"{text}\n{texts.render('english_line', lang)}"
    await outbox.queue(
        s,
        chat.id,
        *messages.text(text, buttons=language_buttons()),
        purpose="reply",
        update_id=update.id,
        dedupe=f"welcome:{update.id}",
    )
    return True


def language_buttons() -> list[list[Button]]:
    """Each language in its own name."""
    return [[Button(texts.render("language_name", lang), f"lang:{lang}") for lang in texts.LANGS]]
