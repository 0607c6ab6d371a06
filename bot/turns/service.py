"""A turn: what happens to one stored update of a worker's chat. Runs in a job; intake has committed the update already.

A turn that raises is tried once more, then set aside as dead: operators are told, the worker is told the truth, and the
chat's next message passes.
"""

from __future__ import annotations

import asyncio
import datetime as dt

from sqlalchemy import exists, select
from telegram import Update as TelegramUpdate

from bot import log as logs
from bot.desk import service as desk
from bot.errors import NluUnavailable
from bot.outbox import service as outbox
from bot.storage import jobs
from bot.storage.models import Chat, Update
from bot.storage.session import session
from bot.turns import degraded, flow
from bot.turns.distress import lang_of

log = logs.get(__name__)

#: Seconds one turn may take before it counts as failed: Rasa's 5 and room for the rest.
TURN_SECONDS = 20
#: A turn that failed this often is set aside.
MAX_ATTEMPTS = 2


class TurnFailed(Exception):
    """A turn raised; the job tries it once more. Carries no text: the log may show it."""


@jobs.queue.task(name="turns.take", queue=jobs.TURNS, retry=jobs.retry_soon())
async def take(update: int) -> None:
    """Answer one stored update. Safe to run again: what was queued once is not queued twice."""
    try:
        async with asyncio.timeout(TURN_SECONDS):
            await _take(update)
    except Exception as problem:
        if jobs.database_is_away(problem):
            raise
        if not await _failed(update, type(problem).__name__):
            log.warning("turn_failed", update=update, exc_info=True)
            raise TurnFailed from None


async def _take(update_id: int) -> None:
    async with session() as s:
        update = await s.get_one(Update, update_id)
        if update.state not in {"pending", "unanswered"} or update.chat_id is None:
            return
        chat = await s.get_one(Chat, update.chat_id, with_for_update={"key_share": True})
        lang = lang_of(chat)
        parsed = _parse(update)
        if parsed is None and update.kind != "my_chat_member":
            # Stored and confirmed, but not readable for us: say so, never stay silent.
            await outbox.say(s, chat, "turn_unreadable", lang, update_id=update.id, dedupe=f"turn:{update.id}:0")
            await desk.relay_if_open(s, chat, update)
            _finish(update)
            await s.commit()
            return
        try:
            await flow.answer(s, chat, update, parsed)
            _finish(update)
        except NluUnavailable:
            await s.rollback()
            update = await s.get_one(Update, update_id)
            chat = await s.get_one(Chat, update.chat_id)
            await degraded.answer(s, chat, update)
        await s.commit()


def _parse(update: Update) -> TelegramUpdate | None:
    """python-telegram-bot's object of a stored update; None when it cannot be made."""
    try:
        found = TelegramUpdate.de_json(update.raw, None)
    except Exception:
        log.warning("update_unreadable", update=update.id)
        return None
    if found is None or (found.effective_message is None and found.my_chat_member is None):
        return None
    return found


def _finish(update: Update) -> None:
    update.state = "done"
    update.finished_at = dt.datetime.now(dt.UTC)


async def _failed(update_id: int, error: str) -> bool:
    """Count a failure. True when the update was set aside: operators and the worker have been told."""
    async with session() as s:
        update = await s.get_one(Update, update_id, with_for_update=True)
        update.attempts += 1
        if update.attempts < MAX_ATTEMPTS:
            await s.commit()
            return False
        update.state, update.error = "dead", error
        update.finished_at = dt.datetime.now(dt.UTC)
        if update.chat_id is not None:
            chat = await s.get_one(Chat, update.chat_id)
            await outbox.say(
                s,
                chat,
                "turn_dead",
                lang_of(chat),
                update_id=update.id,
                dedupe=f"dead:{update.id}",
                number=degraded.number(chat),
            )
            await desk.dead_letter(s, chat, update)
        await s.commit()
    log.error("turn_dead", update=update_id, error=error)
    return True


async def waiting_for_rasa() -> bool:
    """Whether any message waits for Rasa to come back."""
    async with session() as s:
        return bool(await s.scalar(select(exists().where(Update.state == "unanswered"))))


async def replay_unanswered(limit: int = 50) -> int:
    """Rasa is back: answer what it could not. Returns how many turns were queued."""
    async with session() as s:
        rows = (
            await s.scalars(
                select(Update)
                .where(Update.state == "unanswered")
                .order_by(Update.id)
                .limit(limit)
                .with_for_update(skip_locked=True)
            )
        ).all()
        for row in rows:
            row.state = "pending"
            await jobs.defer(s, "turns.take", queue_name=jobs.TURNS, lock=f"turn:{row.chat_id}", update=row.id)
        await s.commit()
    if rows:
        log.info("unanswered_replayed", count=len(rows))
    return len(rows)
