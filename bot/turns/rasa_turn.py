"""What only Rasa answers: it is asked while nothing is locked, and what it said is put into the outbox.

Most messages are plain words in a chat without a case. For these Rasa is asked before the turn begins, and the turn
then needs one transaction, not two.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import bindparam, exists, select
from sqlalchemy.ext.asyncio import AsyncSession

from bot import texts
from bot.cases import service as cases
from bot.desk import service as desk
from bot.errors import NluUnavailable
from bot.outbox import messages
from bot.outbox import service as outbox
from bot.outbox.messages import Button, Message
from bot.storage.models import Case, Chat, Update
from bot.storage.session import each_alone
from bot.texts import Lang
from bot.turns import ask_back, bundle, model, rasa_client, welcome
from bot.turns.person import lang_of
from nlu.understanding import reader
from nlu.understanding.reader import plain


@dataclass(frozen=True)
class Ahead:
    """What Rasa said before the turn began; None while it is away."""

    parts: list[rasa_client.Part] | None


async def ask_ahead(s: AsyncSession, update_id: int) -> Ahead | None:
    """Ask Rasa about one update, if it is plain words that nobody else will answer. None when it is anything else.

    Only reads. The turn itself looks at everything again, under the chat's lock: what happened meanwhile counts.
    """
    await each_alone(s)
    row = (await s.execute(_PLAIN_WORDS, {"update": update_id})).one_or_none()
    await s.commit()
    if row is None:
        return None
    chat, update = row
    text = bundle.words_of(update)
    if not welcome.greeted(chat) or not plain(text):
        return None
    found = model.of(update)
    if found.control is not None or found.position is not None:
        return None
    try:
        return Ahead(await ask(chat, update, text))
    except NluUnavailable:
        return Ahead(None)


_words = (
    Update.id == bindparam("update"),
    Update.state == "pending",
    Update.kind == "message",
    Update.content == "text",
    Update.triage == "none",
    Update.error.is_(None),
    Update.bundle.is_(None),
)
_PLAIN_WORDS = (
    select(Chat, Update).join(Chat, Chat.id == Update.chat_id).where(*_words, ~exists().where(cases.open_in(Chat.id)))
)
_AS_IT_WAS = (
    select(Chat, Update, Case)
    .select_from(Update)
    .join(Chat, Chat.id == Update.chat_id)
    .outerjoin(Case, cases.open_in(Chat.id))
    .where(*_words)
    .with_for_update(of=Update)
    # An action may have changed the chat (its language).
    .execution_options(populate_existing=True)
)


async def answer_ahead(s: AsyncSession, update_id: int, ahead: Ahead) -> Update | None:
    """Queue what Rasa said ahead, if the update is as it was and no other message opened a case. Returns it then.

    The update is locked, so that a twin of this turn does nothing. None: the turn has to look at everything.
    """
    row = (await s.execute(_AS_IT_WAS, {"update": update_id})).one_or_none()
    if row is None or ahead.parts is None:
        await s.rollback()
        return None
    chat: Chat
    update: Update
    case: Case | None
    chat, update, case = row
    if case is not None and (case.id != update.case_id or case.holder_id is not None):
        await s.rollback()
        return None
    # A case of this very message was opened by the action that Rasa called: that one has answered.
    await _put(s, chat, [update], ahead.parts)
    return update


async def answer(
    s: AsyncSession,
    chat: Chat,
    update: Update,
    *,
    text: str,
    case: Case | None,
    trigger: str | None = None,
    together: Sequence[Update] = (),
    ahead: Ahead | None = None,
) -> None:
    """Queue what Rasa says. Raises NluUnavailable. `ahead` is what it said already."""
    if ahead is None:
        # The action server writes to the same rows: nothing of ours may be locked while we wait.
        await s.commit()
        parts = await ask(chat, update, text, case=case is not None, trigger=trigger)
        # An action may have changed the chat (its language, its flow).
        await s.refresh(chat)
        case = await cases.open_case_of(s, chat.id, lock=True)
    elif ahead.parts is None:
        raise NluUnavailable()
    else:
        parts = ahead.parts
    if case is not None and case.holder_id is not None:
        # Claimed while Rasa was thinking: from here on the operator speaks.
        for row in together or [update]:
            await desk.keep(s, case, chat, row)
        return
    await _put(s, chat, together or [update], parts)


async def _put(s: AsyncSession, chat: Chat, rows: Sequence[Update], parts: Sequence[rasa_client.Part]) -> None:
    """Put the parts of the answer to one or more messages into the outbox."""
    lang = lang_of(chat)
    for number, part in enumerate(parts):
        await _queue_part(s, chat, rows[-1], lang, number, part)
    await ask_back.ask(s, chat, rows)


async def ask(
    chat: Chat, update: Update, text: str, *, case: bool = False, trigger: str | None = None
) -> list[rasa_client.Part]:
    """What Rasa says to a message. Raises NluUnavailable. Nothing may be locked meanwhile: its actions write too."""
    metadata: dict[str, Any] = {
        "chat": chat.id,
        "update": update.id,
        "lang": lang_of(chat),
        "heard": chat.heard_lang,
        "case": case,
        "triage": update.triage or "none",
    }
    if trigger is None:
        found = model.of(update) if text == bundle.words_of(update) else model.understand(text)
        read = found.for_rasa()
        if found.offered and not case:
            # It gets a verdict, whatever the model makes of a recruiter's clauses.
            read["intent"] = {"name": reader.OFFER, "confidence": 1.0}
        metadata["understood"] = read
    return await rasa_client.ask(f"{chat.id}:{chat.flow}", text, metadata, trigger=trigger)


async def _queue_part(
    s: AsyncSession, chat: Chat, update: Update, lang: Lang, number: int, part: rasa_client.Part
) -> None:
    if (said := message(part, lang)) is None:
        return
    await outbox.queue(
        s,
        chat.id,
        *said,
        purpose="reply",
        update_id=update.id,
        dedupe=f"turn:{update.id}:{number}",
    )


def message(part: rasa_client.Part, lang: Lang) -> Message | None:
    """A part of an answer as it is sent; None for one that says nothing."""
    body = part.body
    if body is None and part.text is not None:
        body = texts.render(part.text, lang, **(part.values or {}))
    if not body:
        return None
    rows = [[Button(_label(label, lang), data) for label, data in row] for row in part.buttons or ()]
    return messages.text(body, buttons=rows or None)


def _label(label: str, lang: Lang) -> str:
    return texts.render(label, lang) if label in texts.catalogue(lang) else label
