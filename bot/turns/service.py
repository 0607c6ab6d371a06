"""A turn: what happens to one stored update of a worker's chat. Runs in a job; intake has committed the update already.

A turn that raises, hangs, blocks the process or ends it is tried once more, then set aside as dead: operators are told,
the worker is told the truth, and the chat's next message passes.
"""

from __future__ import annotations

import asyncio
import datetime as dt

from sqlalchemy import bindparam, exists, select, text
from sqlalchemy.ext.asyncio import AsyncSession
from telegram import Message
from telegram import Update as TelegramUpdate

from bot import log as logs
from bot.cases import service as cases
from bot.desk import service as desk
from bot.errors import NluUnavailable
from bot.outbox import service as outbox
from bot.runtime import watchdog
from bot.storage import jobs
from bot.storage.models import Case, Chat, Update
from bot.storage.session import session
from bot.turns import bundle, dead_letters, degraded, live, pipeline, rasa_turn
from bot.turns.person import lang_of

log = logs.get(__name__)

#: Seconds one turn may take before it counts as failed: Rasa's 5 and room for the rest.
TURN_SECONDS = 20
#: A turn that failed this often is set aside.
MAX_ATTEMPTS = 2
#: A stored update without a job is given one after this many seconds.
ORPHANED_SECONDS = 30.0
#: Turns queued again in one look when Rasa is back. At 20 in five seconds a long outage would never be caught up.
REPLAYED_AT_ONCE = 100


class TurnFailed(Exception):
    """A turn raised; the job tries it once more. Carries no text: the log may show it."""


@jobs.queue.task(name="turns.take", queue=jobs.TURNS, retry=jobs.retry_soon())
async def take(update: int) -> None:
    """Answer one stored update. Safe to run again: what was queued once is not queued twice."""
    try:
        async with asyncio.timeout(TURN_SECONDS):
            await _take(update)
    except Exception as problem:
        watchdog.let_go(problem)
        if jobs.database_is_away(problem):
            raise
        if not await failed(update, type(problem).__name__):
            log.warning("turn_failed", update=update, exc_info=True)
            raise TurnFailed from None


async def _take(update_id: int) -> None:
    async with session() as s:
        ahead = await rasa_turn.ask_ahead(s, update_id)
        if ahead is not None and (done := await rasa_turn.answer_ahead(s, update_id, ahead)) is not None:
            _finish(done)
            await s.commit()
            return
        chat = await s.scalar(_CHAT_OF, {"update": update_id})
        if chat is None:
            return
        # Read behind the lock: a twin of this job, given back while it still ran, may have done the work.
        update, case = (await s.execute(_UPDATE_AND_CASE, {"update": update_id})).one()
        if update.state not in {"pending", "unanswered"}:
            return
        if live.moves(update.kind, update.content):
            await live.take(s, chat, update)
            await s.commit()
            return
        rows = await bundle.members(s, chat, update)
        if len(rows) > 1:
            await _take_together(s, chat, rows)
            await s.commit()
            return
        await _take_alone(s, chat, rows[0], case, ahead)
        await s.commit()


#: The chat of an update, locked, as it is now.
_CHAT_OF = (
    select(Chat)
    .join(Update, Update.chat_id == Chat.id)
    .where(Update.id == bindparam("update"))
    .with_for_update(of=Chat, key_share=True)
    .execution_options(populate_existing=True)
)
#: An update and the open case of its chat, as they are now, whatever this session read before.
_UPDATE_AND_CASE = (
    select(Update, Case)
    .outerjoin(Case, cases.open_in(Update.chat_id))
    .where(Update.id == bindparam("update"))
    .execution_options(populate_existing=True)
)


async def _take_alone(
    s: AsyncSession, chat: Chat, update: Update, case: Case | None, ahead: rasa_turn.Ahead | None
) -> None:
    """One turn for one update. While Rasa is away it gets the degraded answer, and a dead letter stays one."""
    update_id = update.id
    lang = lang_of(chat)
    parsed = _parse(update)
    if parsed is None and update.kind != "my_chat_member":
        # Stored and confirmed, but not readable for us: say so, never stay silent.
        await outbox.say(s, chat, "turn_unreadable", lang, update_id=update.id, dedupe=f"turn:{update.id}:0")
        await desk.relay_if_open(s, chat, update)
        _finish(update)
        return
    replayed = update.error == dead_letters.REPLAYED
    try:
        if case is not None:
            case = await cases.open_case_of(s, chat.id, lock=True)
        await pipeline.answer(s, chat, update, parsed, case, ahead)
        if replayed:
            await dead_letters.made_good(s, chat, update)
        _finish(update)
    except NluUnavailable as away:
        await s.rollback()
        update = await s.get_one(Update, update_id)
        chat = await s.get_one(Chat, update.chat_id)
        if replayed:
            # Its desk was asked to answer it, and nothing has changed: it is no less a dead letter than before.
            await dead_letters.set_aside(s, update, degraded.AWAY)
            return
        message = parsed.effective_message if parsed is not None and parsed.callback_query is None else None
        words = pipeline.words_of(message) if isinstance(message, Message) else ""
        await degraded.answer(s, chat, update, words, reached=away.reached)


async def _take_together(s: AsyncSession, chat: Chat, rows: list[Update]) -> None:
    """One turn for the messages of a bundle: one answer, and all of them are settled with it."""
    readable: list[tuple[Update, Message]] = []
    ids = [row.id for row in rows]
    for row in rows:
        parsed = _parse(row)
        message = parsed.effective_message if parsed is not None else None
        if isinstance(message, Message):
            readable.append((row, message))
        else:
            await desk.relay_if_open(s, chat, row)
    if not readable:
        last = rows[-1]
        await outbox.say(s, chat, "turn_unreadable", lang_of(chat), update_id=last.id, dedupe=f"turn:{last.id}:0")
    else:
        last_id = readable[-1][0].id
        try:
            await pipeline.answer_together(s, chat, readable)
        except NluUnavailable as away:
            await s.rollback()
            await _degrade_together(s, ids, last_id, reached=away.reached)
            return
    for row in rows:
        _finish(row)


async def _degrade_together(s: AsyncSession, ids: list[int], last_id: int, *, reached: bool) -> None:
    """Rasa is away: the last message stands for all. They wait, or are with the desk, or are set aside, with it."""
    rows = [await s.get_one(Update, number) for number in ids]
    last = next(row for row in rows if row.id == last_id)
    assert last.chat_id is not None
    chat = await s.get_one(Chat, last.chat_id)
    await degraded.answer(s, chat, last, await bundle.all_words(s, last), reached=reached)
    for row in rows:
        if row is last:
            continue
        if last.case_id is not None:
            await desk.relay_if_open(s, chat, row)
        if last.state == "unanswered":
            row.state, row.error = last.state, last.error
        else:
            _finish(row)


def _parse(update: Update) -> TelegramUpdate | None:
    """python-telegram-bot's object of a stored update; None when it cannot be made."""
    try:
        found = TelegramUpdate.de_json(update.raw, None)
    except Exception:
        log.warning("update_unreadable", update=update.id)
        return None
    if found is None or (found.effective_message is None and found.my_chat_member is None):
        return None
    message = found.effective_message
    if isinstance(message, Message) and not all(
        isinstance(part, str | None) for part in (message.text, message.caption)
    ):
        # The library keeps whatever stands where words should be.
        return None
    return found


def _finish(update: Update) -> None:
    update.state, update.error = "done", None
    update.finished_at = dt.datetime.now(dt.UTC)


async def failed(update_id: int, error: str) -> bool:
    """Count a failure: it raised, or it ended the worker. True when the update was set aside, and people were told."""
    async with session() as s:
        update = await s.get_one(Update, update_id, with_for_update=True)
        if update.state not in {"pending", "unanswered"}:
            return True
        update.attempts += 1
        if update.attempts < MAX_ATTEMPTS:
            await s.commit()
            return False
        if await bundle.part(s, update):
            await s.commit()
            return True
        try:
            async with s.begin_nested():
                await dead_letters.set_aside(s, update, error)
        except Exception as problem:
            if jobs.database_is_away(problem):
                raise
            # What cannot even be set aside in good order must not come again for ever.
            log.error("turn_dead_untold", update=update_id, exc_info=True)
            await s.refresh(update)
            update.state, update.error = "dead", error
        await s.commit()
    return True


async def waiting_for_rasa() -> bool:
    """Whether any message waits for Rasa to come back."""
    async with session() as s:
        return bool(await s.scalar(select(exists().where(Update.state == "unanswered"))))


#: Stored updates that no job will ever take: it was given up while the database stumbled.
_ORPHANS = text(
    "select u.id, u.chat_id, c.kind from updates u join chats c on c.id = u.chat_id "
    "where u.state = 'pending' and u.received_at < now() - make_interval(secs => :seconds) "
    "and not exists (select from procrastinate_jobs j where j.status in ('todo', 'doing') "
    "and j.task_name in ('turns.take', 'turns.gather', 'desk.take') "
    "and j.args ->> 'update' in (u.id::text, u.bundle::text)) "
    "order by u.id limit 200"
)


async def sweep(seconds: float = ORPHANED_SECONDS) -> int:
    """Give a job again to every stored update that lost its own. Returns how many: nothing stored stays unanswered."""
    async with session() as s:
        rows = (await s.execute(_ORPHANS, {"seconds": seconds})).all()
        for update_id, chat_id, kind in rows:
            task = "turns.take" if kind == "private" else "desk.take"
            await jobs.defer(s, task, queue_name=jobs.TURNS, lock=f"turn:{chat_id}", update=update_id)
        await s.commit()
    if rows:
        log.warning("turns_queued_again", count=len(rows))
    return len(rows)


async def replay_unanswered(limit: int = REPLAYED_AT_ONCE) -> int:
    """Rasa is back: answer what it could not, oldest first. Returns how many turns were queued.

    Whoever writes now is answered before them: they were told that theirs comes later.
    """
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
            await jobs.defer(
                s, "turns.take", queue_name=jobs.TURNS, lock=f"turn:{row.chat_id}", priority=-1, update=row.id
            )
        await s.commit()
    if rows:
        log.info("unanswered_replayed", count=len(rows))
    return len(rows)
