"""A message that cannot be answered by machine: set aside, with its chat shown to operators and the truth told."""

from __future__ import annotations

import datetime as dt

from sqlalchemy.ext.asyncio import AsyncSession

from bot import log as logs
from bot.cases import service as cases
from bot.desk import service as desk
from bot.outbox import service as outbox
from bot.storage.models import Chat, Update
from bot.turns.case_words import number_line
from bot.turns.person import lang_of

log = logs.get(__name__)

#: What `error` of an update says while a dead letter has another try.
REPLAYED = "replayed"


async def set_aside(s: AsyncSession, update: Update, error: str) -> None:
    """Mark an update dead, with a case for it. The worker hears of it unless an operator is there."""
    update.state, update.error = "dead", error
    update.finished_at = dt.datetime.now(dt.UTC)
    log.error("turn_dead", update=update.id, error=error)
    if update.chat_id is None:
        return
    chat = await s.get_one(Chat, update.chat_id)
    case = await cases.open_case_of(s, chat.id)
    if case is None or case.holder_id is None:
        lang = lang_of(chat)
        number = number_line(case.country if case else chat.last_country, chat.nationality, lang, bare=True)
        await outbox.say(s, chat, "turn_dead", lang, update_id=update.id, dedupe=f"dead:{update.id}", number=number)
    await desk.dead_letter(s, chat, update)


async def made_good(s: AsyncSession, chat: Chat, update: Update) -> None:
    """A dead letter's second chance worked: the topic that was asked to answer by hand hears of it."""
    case = await cases.open_case_of(s, chat.id)
    if case is not None:
        await desk.post(s, case, "desk_dead_letter_done", rank=desk.RANK_ALERT, dedupe=f"deadletter_done:{update.id}")
