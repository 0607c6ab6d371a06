"""Sending: takes a chat's queued rows one by one to Telegram. The one place that meets RetryAfter and Forbidden.

A job sends whatever its chat has queued, in order. It never sleeps for long: when the chat must wait (limits,
Telegram's retry_after, a network fault) it schedules an unlocked `outbox.wake` and ends, so other chats go on.
Only the process that holds the sender's lease sends; it asks before each row and once more before each call.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import time
from collections.abc import Awaitable, Sequence
from weakref import WeakValueDictionary

from sqlalchemy import bindparam, cast, exists, func, select, text, update
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased
from sqlalchemy.orm.attributes import set_committed_value
from telegram import error

from bot import log as logs
from bot.outbox import bots, call, due, fair, joined, messages, refused, sender, service, topics, window
from bot.outbox.limits import AGED_SECONDS, RANK_P1, RANK_RELAY, Limits
from bot.outbox.settled import fail, is_awaited, settle
from bot.outbox.telegram import bot_id, client
from bot.runtime.circuit_breaker import Outage
from bot.settings import settings
from bot.storage import jobs
from bot.storage.models import Chat, Outgoing
from bot.storage.session import each_alone, session

log = logs.get(__name__)

#: A place in the limits that is free within this many seconds is waited for; a later one is scheduled.
PATIENCE_SECONDS = 1.2
#: Pauses between attempts while Telegram cannot be reached, in seconds; the last one repeats.
BACKOFF_SECONDS = (1, 2, 4, 8, 15)
#: After so many attempts that raised something unforeseen a row fails: it must not hold back what stands behind it.
BROKEN_AFTER = 2
#: Chats woken in one transaction once Telegram is back, so that the first ones need not wait for the last.
WOKEN_AT_ONCE = 50
#: Rows among which one is chosen to ask whether Telegram is back.
ASKED_AMONG = 100
#: A job that was given back and runs again must not send beside its twin.
_sending: WeakValueDictionary[int, asyncio.Lock] = WeakValueDictionary()
_limits: Limits | None = None
_pauses = joined.Pauses()
_order = fair.Order()
_telegram = Outage()


@jobs.queue.task(name="outbox.wake", queue=jobs.UPKEEP, retry=jobs.retry_soon())
async def wake(chat: int) -> None:
    """A pause is over: send what the chat has queued."""
    async with session() as s:
        rank = await s.scalar(
            select(func.min(Outgoing.rank)).where(Outgoing.chat_id == chat, Outgoing.state == "queued")
        )
        if rank is not None:
            await service.wake(s, chat, rank=rank)
        await s.commit()


@jobs.queue.task(name="outbox.release", queue=jobs.UPKEEP, retry=jobs.retry_soon())
async def release(chat: int) -> None:
    """A safe hour begins: what waited for it may go out."""
    async with session() as s:
        await service.release_waiting(s, chat, everything=True)
        await s.commit()


@jobs.queue.task(name="outbox.send", queue=jobs.SENDS, retry=jobs.retry_soon())
async def send(chat: int) -> None:
    """Send the chat's queued rows until none is left or the chat must wait."""
    async with _sending.setdefault(chat, asyncio.Lock()):
        while await _send_next(chat):
            pass


async def _send_next(chat_row: int) -> bool:
    """Send one row. True when another may follow at once."""
    now = dt.datetime.now(dt.UTC)
    pausing = _pauses.of(chat_row, time.monotonic()) if _tight(chat_row) else {}
    async with session() as s:
        await each_alone(s)
        found = await due.next_row(s, chat_row, now, pausing, _order.of(chat_row))
        await s.commit()
        if found is None:
            if pausing:
                await _schedule(s, chat_row, now + dt.timedelta(seconds=min(pausing.values())))
                await s.commit()
            return False
        row, chat, fence, had_case = found
        await sender.confirm(fence)
        if (more := await _not_now(s, row, chat, now, had_case=had_case)) is not None:
            return more
        also = await _try(s, row, now)
    if also is None:
        return True
    if chat.kind != "private":
        _order.served(chat_row, row.case_id)
    if row.purpose == "relay" and row.case_id is not None:
        _pauses.sent(chat_row, row.case_id, time.monotonic())
    if also:
        row.payload = joined.together(row, also)
    return await _attempt(row, chat, also)


async def _not_now(s: AsyncSession, row: Outgoing, chat: Chat, now: dt.datetime, *, had_case: bool) -> bool | None:
    """Why a row is not sent now is seen to here: whether another row may follow at once. None: it is sent."""
    if chat.former and row.method != "deleteForumTopic":
        # Never a word into a former group. The desk shows the case in the present one (bot/desk/again.py).
        return False
    if chat.send_after is not None and chat.send_after > now:
        await _schedule(s, chat.id, chat.send_after)
        await s.commit()
        return False
    if chat.kind == "private" and not due.may_reach(chat, row, now, had_case=had_case):
        return await _let_wait(s, chat.id, row.id, had_case=had_case)
    if chat.unreachable_at is not None:
        kept = await s.get_one(Outgoing, row.id, with_for_update=True, populate_existing=True)
        if kept.state == "queued":
            await fail(s, kept, chat, "blocked")
        return True
    if not _telegram.away and (left := _telegram.pause_left(chat.id, time.monotonic())) > 0:
        await _schedule(s, chat.id, now + dt.timedelta(seconds=left))
        await s.commit()
        return False
    if not _telegram.may_call(time.monotonic()):
        # `everyone_again` comes back to this chat once one call has got through.
        return False
    return await _no_place(s, row, chat, now) if due.counted(row, chat) else None


async def _no_place(s: AsyncSession, row: Outgoing, chat: Chat, now: dt.datetime) -> bool | None:
    """Wait for a place in the limits if one is free soon, else have the chat looked at again. None: there is one."""
    pause = _place(row, chat, places=await due.places(s, row))
    if pause > PATIENCE_SECONDS:
        await _schedule(s, chat.id, now + dt.timedelta(seconds=pause))
        await s.commit()
        return False
    if pause > 0:
        await s.rollback()
        await asyncio.sleep(pause)
        return True
    return None


async def _try(s: AsyncSession, row: Outgoing, now: dt.datetime) -> list[Outgoing] | None:
    """Note that a row is being tried. The rows whose words go with it; None when it is not to be sent any more."""
    if row.purpose != "relay" and bots.ours(row.bot_id):
        await each_alone(s)
        attempts = await s.scalar(_TRIED, {"row": row.id, "at": now, "bot": bot_id()})
        await s.commit()
        if attempts is None:
            return None
        set_committed_value(row, "attempts", attempts)
        set_committed_value(row, "bot_id", bot_id())
        return []
    row = await s.get_one(Outgoing, row.id, with_for_update=True, populate_existing=True)
    if row.state != "queued":
        return None
    row.attempts += 1
    row.attempted_at = now
    if not bots.ours(row.bot_id):
        # The parts of it that a former bot sent stand in another chat.
        row.message_ids = []
    row.bot_id = bot_id()
    also = await joined.followers(s, row)
    for follower in also:
        follower.bot_id = bot_id()
    await s.commit()
    return also


_TRIED = (
    update(Outgoing)
    .where(Outgoing.id == bindparam("row"), Outgoing.state == "queued")
    .values(attempts=Outgoing.attempts + 1, attempted_at=bindparam("at"), bot_id=bindparam("bot"))
    .returning(Outgoing.attempts)
    .execution_options(synchronize_session=False)
)


async def _let_wait(s: AsyncSession, chat_row: int, outgoing: int, *, had_case: bool) -> bool:
    """Put a row aside until its worker writes or a safe hour begins.

    Decided under the chat's lock: intake holds it while it notes that the person writes and releases what waits, so
    that no row is put aside just then. True: the next row may follow at once.
    """
    now = dt.datetime.now(dt.UTC)
    chat = await s.get_one(Chat, chat_row, with_for_update={"key_share": True}, populate_existing=True)
    row = await s.get_one(Outgoing, outgoing, with_for_update=True, populate_existing=True)
    if row.state == "queued" and not due.may_reach(chat, row, now, had_case=had_case):
        row.state = "waiting"
        opening = window.next_opening(now, chat.safe_hours)
        if opening is not None:
            await jobs.defer(
                s, "outbox.release", queue_name=jobs.UPKEEP, at=opening, once=f"release:{chat_row}", chat=chat_row
            )
        await settle(s, row, chat)
    await s.commit()
    return True


def _tight(chat_row: int) -> bool:
    return _limits is not None and _limits.tight(chat_row, time.monotonic())


def _place(row: Outgoing, chat: Chat, *, places: int = 1) -> float:
    """Take places in the limits for one message of a row. Returns the seconds to wait when there are none."""
    group = chat.kind != "private"
    waited = (dt.datetime.now(dt.UTC) - row.created_at).total_seconds()
    rank = min(row.rank, RANK_RELAY) if group and waited > AGED_SECONDS else row.rank
    return _counters().take(chat.id, group=group, now=time.monotonic(), rank=rank, places=places)


def _counters() -> Limits:
    global _limits
    if _limits is None:
        _limits = Limits(settings().group_messages_per_minute, settings().messages_per_second)
    return _limits


async def recall_last_minute() -> None:
    """Count what was sent in the last minute, by whichever process: Telegram's limits do not begin anew with us."""
    global _limits
    _limits = None
    now = dt.datetime.now(dt.UTC)
    async with session() as s:
        found = await s.execute(
            select(Outgoing.chat_id, Chat.kind, Outgoing.sent_at, Outgoing.message_ids)
            .join(Chat, Chat.id == Outgoing.chat_id)
            .where(Outgoing.sent_at > now - dt.timedelta(seconds=60), Outgoing.method.not_in(due.UNCOUNTED))
            .order_by(Outgoing.sent_at)
        )
        for chat, kind, sent_at, ids in found.all():
            at = time.monotonic() - (now - sent_at).total_seconds()
            for _ in ids:
                _counters().take(chat, group=kind != "private", now=at, rank=RANK_P1)


class _MustWait(Exception):
    """The limits have no place soon for a further part of a text."""

    def __init__(self, seconds: float) -> None:
        super().__init__()
        self.seconds = seconds


async def _attempt(row: Outgoing, chat: Chat, also: Sequence[Outgoing] = ()) -> bool:
    """Call Telegram for one row, then write down what came of it. `also` are rows whose words went with it."""
    began = time.monotonic()
    try:
        sender.check()
        ids = await call.make(client(), row, chat, lambda: _place_or_pause(row, chat))
    except sender.NotTheSender:
        raise
    except call.NumberOfAnother as told:
        return await refused.instead(row, chat, told.whose)
    except topics.StandsElsewhere:
        return await refused.stands_elsewhere(row)
    except error.RetryAfter as told:
        await _answered()
        seconds = told.retry_after.total_seconds() if isinstance(told.retry_after, dt.timedelta) else told.retry_after
        until = dt.datetime.now(dt.UTC) + dt.timedelta(seconds=float(seconds) + 0.1)
        async with session() as s:
            await s.execute(update(Chat).where(Chat.id == chat.id).values(send_after=until))
            await _schedule(s, chat.id, until)
            await s.commit()
        return False
    except _MustWait as told:
        async with session() as s:
            await _schedule(s, chat.id, dt.datetime.now(dt.UTC) + dt.timedelta(seconds=told.seconds))
            await s.commit()
        return False
    except error.ChatMigrated as told:
        await _answered()
        return await _mended(row, chat, refused.moved(row, chat, told.new_chat_id))
    except error.Forbidden:
        await _answered()
        return await _mended(row, chat, refused.forbidden(row, chat))
    except error.BadRequest as told:
        await _answered()
        return await _mended(row, chat, refused.refused(row, chat, told.message.lower()))
    except error.TelegramError as told:
        # The network, or Telegram itself, is down. What was asked may have been done: the row knows it was attempted.
        if not _telegram.failed(time.monotonic(), began=began):
            # It hung through the end of an outage, as the most urgent row did that asked whether it was over.
            return True
        return await _postpone(row, chat, told)
    except Exception as problem:
        if jobs.database_is_away(problem):
            raise
        return await _broken(row, chat, problem)
    more = await jobs.insist(lambda: _sent((row, *also), chat, ids))
    await _answered()
    return more


async def _mended(row: Outgoing, chat: Chat, mending: Awaitable[bool]) -> bool:
    """What came of a refusal. A group that the bot is out of keeps its rows for later."""
    try:
        return await mending
    except refused.GroupLost:
        return await _postpone(row, chat, error.Forbidden("group"))


async def _answered() -> None:
    """Telegram answered a call: it is not away, or not any more."""
    if _telegram.worked(time.monotonic()):
        await everyone_again()


async def everyone_again() -> int:
    """Telegram is back: send to every chat for which something is queued, the most urgent and oldest first. How many.

    Each chat's own pause would end at some time of its own, and whoever wrote last would be answered first.
    """
    async with session() as s:
        first = func.min(Outgoing.rank), func.min(Outgoing.id)
        query = select(Outgoing.chat_id, first[0]).where(Outgoing.state == "queued").group_by(Outgoing.chat_id)
        waiting = (await s.execute(query.order_by(*first))).all()
        for number, (chat, rank) in enumerate(waiting, start=1):
            await service.wake(s, chat, rank=rank)
            if number % WOKEN_AT_ONCE == 0:
                await s.commit()
        await s.commit()
    log.info("telegram_back", chats=len(waiting))
    return len(waiting)


async def ask_whether_back() -> None:
    """While Telegram is away, try the most urgent row now and then: nobody's pause decides when we notice.

    A chat that has just failed comes after the others: if it alone is the trouble, another one shows it. One whose
    call hangs comes last: nothing else is sent for it meanwhile.
    """
    if not _telegram.away:
        return
    now = time.monotonic()
    async with session() as s:
        query = select(Outgoing.chat_id, Outgoing.rank).where(Outgoing.state == "queued")
        found = (await s.execute(query.order_by(Outgoing.rank, Outgoing.id).limit(ASKED_AMONG))).all()
        if found:
            chat, rank = min(found, key=lambda row: (_hangs(row[0]), _telegram.pause_left(row[0], now) > 0))
            await service.wake(s, chat, rank=rank)
            await s.commit()


def _hangs(chat_row: int) -> bool:
    lock = _sending.get(chat_row)
    return lock is not None and lock.locked()


async def _sent(rows: Sequence[Outgoing], chat: Chat, ids: list[int]) -> bool:
    """Write down that a call succeeded, for the row and those whose words went with it. True when more is queued."""
    if len(rows) == 1 and (more := await _simply_sent(rows[0], ids)) is not None:
        return more
    async with session() as s:
        fresh = await s.get_one(Chat, chat.id)
        for row in rows:
            sent = await s.get_one(Outgoing, row.id, with_for_update=True)
            sent.sent_at = dt.datetime.now(dt.UTC)
            # Sent twice by a stopped process and the one after it, both stand on the screen: an erasure must find both.
            sent.message_ids = [*(known for known in sent.message_ids if known not in ids), *ids]
            if sent.state == "queued" and not due.came_too_late(fresh, sent):
                sent.state = "sent"
                await settle(s, sent, chat)
            elif sent.state in {"queued", "waiting", "withdrawn"}:
                await _take_off(s, fresh, sent)
        more = await s.scalar(select(exists().where(Outgoing.chat_id == chat.id, Outgoing.state == "queued")))
        await s.commit()
    return bool(more)


async def _take_off(s: AsyncSession, chat: Chat, sent: Outgoing) -> None:
    """A row landed that was taken back, or whose chat was shut, while it was under way: delete it from the phone.

    Words of an operator wait again, and the operator hears of it.
    """
    if sent.message_ids:
        gone = messages.deletion(sent.message_ids, bot=bot_id())
        await service.queue(s, chat.id, *gone, purpose="erase", case_id=sent.case_id, override=True)
    if sent.state == "withdrawn" or sent.purpose in service.ANSWERS:
        sent.state, sent.erased_at = "withdrawn", sent.sent_at
        return
    service.put_back(sent)
    await settle(s, sent, chat)


async def _simply_sent(row: Outgoing, ids: list[int]) -> bool | None:
    """The usual end in one statement: nothing follows from the row, and nothing happened to it meanwhile.

    Whether more is queued for the chat; None when the end is not the usual one, and nothing was written.
    """
    if is_awaited(row):
        return None
    now = dt.datetime.now(dt.UTC)
    values = {"row": row.id, "chat": row.chat_id, "at": now, "ids": ids}
    async with session() as s:
        await each_alone(s)
        more: bool | None = await s.scalar(_SIMPLY_SENT, values)
        await s.commit()
    return more


_behind = aliased(Outgoing)
_SIMPLY_SENT = (
    update(Outgoing)
    .where(Outgoing.id == bindparam("row"), Outgoing.state == "queued", Outgoing.message_ids == cast([], JSONB))
    .where(~exists().where(Chat.id == bindparam("chat"), Chat.shut_at >= Outgoing.attempted_at))
    .values(state="sent", sent_at=bindparam("at"), message_ids=bindparam("ids"))
    .returning(
        select(_behind.id)
        .where(_behind.chat_id == bindparam("chat"), _behind.state == "queued", _behind.id != bindparam("row"))
        .exists()
    )
    .execution_options(synchronize_session=False)
)


async def _postpone(row: Outgoing, chat: Chat, problem: Exception) -> bool:
    """Try again later, each time a little later; everything behind the row waits with it, other chats do not."""
    pause = BACKOFF_SECONDS[min(max(row.attempts, 1), len(BACKOFF_SECONDS)) - 1]
    log.warning("send_postponed", outgoing=row.id, seconds=pause, error=type(problem).__name__)
    # A new row of the chat brings a job of its own: it must not try again before its time.
    _telegram.pause(chat.id, time.monotonic() + pause)
    async with session() as s:
        await _schedule(s, chat.id, dt.datetime.now(dt.UTC) + dt.timedelta(seconds=pause))
        await s.commit()
    return False


async def _broken(row: Outgoing, chat: Chat, problem: Exception) -> bool:
    """Something of ours raised. The row is tried once more, then it fails and its hook tells an operator."""
    log.error("send_broken", outgoing=row.id, method=row.method, attempts=row.attempts, exc_info=problem)
    if row.attempts < BROKEN_AFTER:
        return await _postpone(row, chat, problem)
    async with session() as s:
        kept = await s.get_one(Outgoing, row.id, with_for_update=True)
        await fail(s, kept, chat, "gone" if isinstance(problem, FileNotFoundError) else "bad_request")
        return True


async def _schedule(s: AsyncSession, chat_row: int, at: dt.datetime) -> None:
    """Have the chat's rows looked at again; once is enough. Only a send job calls this: it holds the chat's lock."""
    await jobs.defer(s, "outbox.wake", queue_name=jobs.UPKEEP, at=at, once=f"wake:{chat_row}", chat=chat_row)


async def _place_or_pause(row: Outgoing, chat: Chat) -> None:
    """A place in the limits for a further part. Raises _MustWait when it is too far away."""
    while (pause := _place(row, chat)) > 0:
        if pause > PATIENCE_SECONDS:
            raise _MustWait(pause)
        await asyncio.sleep(pause)


#: No job sends for the chat, or will.
_no_job = text(
    "not exists (select from procrastinate_jobs j where j.status in ('todo', 'doing') "
    "and (j.lock = 'send:' || outbox.chat_id or j.queueing_lock = 'wake:' || outbox.chat_id))"
)


def telegram_away() -> bool:
    """Whether Telegram counts as away for this process."""
    return _telegram.away


async def sweep() -> int:
    """Wake chats whose queued rows have no job, as after a lost schedule. Returns how many."""
    if _telegram.away:
        # Nothing would come of it; `everyone_again` follows.
        return 0
    old = func.now() - dt.timedelta(seconds=15)
    async with session() as s:
        found = await s.execute(
            select(Outgoing.chat_id, func.min(Outgoing.rank))
            .join(Chat, Chat.id == Outgoing.chat_id)
            .where(
                Outgoing.state == "queued",
                Outgoing.created_at < old,
                (Outgoing.attempted_at.is_(None)) | (Outgoing.attempted_at < func.now() - dt.timedelta(seconds=90)),
                (Chat.send_after.is_(None)) | (Chat.send_after < func.now()),
                _no_job,
            )
            .group_by(Outgoing.chat_id)
            .order_by(func.min(Outgoing.rank), func.min(Outgoing.id))
            .limit(200)
        )
        chats = found.all()
        for chat, rank in chats:
            await service.wake(s, chat, rank=rank)
        await s.commit()
    return len(chats)
