"""Telegram will not do a call: what can be mended is mended; else the row failed, and its hook tells an operator.

Each function answers whether another row of the chat may follow at once.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter

from sqlalchemy import update
from telegram import error

from bot import log as logs
from bot.outbox import media, service, topics
from bot.outbox.settled import fail, settle
from bot.outbox.telegram import client
from bot.storage import jobs
from bot.storage.models import Chat, Media, Outgoing
from bot.storage.session import session

log = logs.get(__name__)

#: Why a copy is refused when what it is of cannot be read any more.
SOURCE_GONE = "message to copy not found"
#: Row → how often Telegram refused its topic. Its attempts say nothing of that: an outage makes many.
topicless: Counter[int] = Counter()


class GroupLost(Exception):
    """The bot is out of an operators' group: what waits for it is tried again later."""


async def instead(row: Outgoing, chat: Chat, failure: str) -> bool:
    """A message of a former bot or group: what we stored goes instead of a copy; it is not changed or deleted."""
    if not await _send_stored(row):
        async with session() as s:
            await fail(s, await s.get_one(Outgoing, row.id, with_for_update=True), chat, failure)
    return True


async def _send_stored(row: Outgoing) -> bool:
    """Let a copy go out from what we stored of the file. False when it is no copy, or we have nothing."""
    if row.method != "copyMessage" or not row.payload.get("media"):
        return False
    # Mostly it is here long since.
    await media.fetch(row.payload["media"])
    async with session() as s:
        if (await s.get_one(Media, row.payload["media"])).path is None:
            return False
        kept = await s.get_one(Outgoing, row.id, with_for_update=True)
        kept.method, kept.payload = await media.instead_of_copy(s, kept.payload)
        await s.commit()
    return True


async def moved(row: Outgoing, chat: Chat, telegram_id: int) -> bool:
    """A group has another id: the one that the row is for, or the one that it copies from."""
    if row.method == "deleteForumTopic":
        return await _topic_refused(row, chat, "group_lost")
    moved = chat.id if chat.kind != "private" else row.payload.get("from_chat")
    if moved is None:
        return await refused(row, chat, SOURCE_GONE)
    log.warning("operators_group_moved", chat=moved)
    async with session() as s:
        await service.group_moved(s, moved, telegram_id)
        await s.commit()
    return True


async def stands_elsewhere(row: Outgoing) -> bool:
    """The case of a row has left the group meanwhile: where it stands now it is shown from the beginning."""
    log.info("case_stands_elsewhere", outgoing=row.id, case=row.case_id)
    async with session() as s:
        kept = await s.get_one(Outgoing, row.id, with_for_update=True)
        if kept.state == "queued":
            kept.state = "withdrawn"
        await s.commit()
    return True


async def refused(row: Outgoing, chat: Chat, why: str) -> bool:
    """Telegram will not do this call. Mend what can be mended; else the row failed, and its hook tells an operator."""
    if row.method == "deleteForumTopic":
        return await _topic_refused(row, chat, topics.why_not_deleted(why))
    if row.in_topic and row.case_id is not None and any(part in why for part in ("thread not found", "topic", "forum")):
        topicless[row.id] += 1
        if "topic_closed" in why and topicless[row.id] == 1 and await topics.reopen(client(), row.case_id, chat):
            return True
        if topicless[row.id] > 3 or "rights" in why or "not a forum" in why:
            del topicless[row.id]
            # No topic is to be had. General is read by the same operators; an alert is never lost for want of a topic.
            log.error("topic_impossible", case=row.case_id)
            async with session() as s:
                await s.execute(update(Outgoing).where(Outgoing.id == row.id).values(in_topic=False))
                await s.commit()
            return True
        if row.method.startswith(("send", "copy")):
            log.info("topic_made_again", case=row.case_id)
            await topics.forget(row.case_id)
            async with session() as s:
                await jobs.defer(s, "desk.rebuild", queue_name=jobs.DESK, case=row.case_id)
                await s.commit()
            return True
    if "chat not found" in why or "user is deactivated" in why or "peer_id_invalid" in why:
        if not await source_gone(row, chat):
            return await lost(row, chat)
        why = SOURCE_GONE
    if await _send_stored(row):
        # The original is gone from Telegram.
        return True
    if row.method.startswith("edit") and "not modified" in why:
        why = "nothing_to_do"
    else:
        log.warning("send_refused", outgoing=row.id, method=row.method, purpose=row.purpose)
    async with session() as s:
        kept = await s.get_one(Outgoing, row.id, with_for_update=True)
        if why == "nothing_to_do" or row.method == "deleteMessages":
            kept.state = "sent"
            kept.sent_at = dt.datetime.now(dt.UTC)
            await s.commit()
            return True
        without = row.method == "copyMessage" and row.payload.get("media")
        await fail(s, kept, chat, "gone" if without else "bad_request")
        return True


async def forbidden(row: Outgoing, chat: Chat) -> bool:
    """Telegram lets the bot write nothing there, or read nothing of what a copy is of."""
    return await refused(row, chat, SOURCE_GONE) if await source_gone(row, chat) else await lost(row, chat)


async def source_gone(row: Outgoing, chat: Chat) -> bool:
    """Whether a copy was refused for the chat that it is from, and not for the one that it goes to.

    A worker who deleted the account must not hold back the alerts of a whole desk, and a group that we are out of does
    not mean that a worker is gone. Asked of the group: a person who blocked the bot can still be looked up.
    """
    if row.method != "copyMessage":
        return False
    if chat.kind != "private":
        return await _is_there(chat)
    async with session() as s:
        source = await s.get(Chat, row.payload.get("from_chat") or 0)
    return source is not None and not await _is_there(source)


async def _is_there(group: Chat) -> bool:
    try:
        await client().get_chat(int(group.chat_id))
    except error.TelegramError:
        return False
    return True


async def _topic_refused(row: Outgoing, chat: Chat, failure: str | None) -> bool:
    """A topic was not deleted: it is gone already, or a person has to give the bot its rights or delete it by hand."""
    async with session() as s:
        kept = await s.get_one(Outgoing, row.id, with_for_update=True)
        if failure is not None:
            await fail(s, kept, chat, failure)
            return True
        kept.state, kept.sent_at = "sent", dt.datetime.now(dt.UTC)
        await settle(s, kept, chat)
        await s.commit()
    return True


async def lost(row: Outgoing, chat: Chat) -> bool:
    """The person blocked the bot or is gone: every queued row fails, and the desk hears of it once.

    A group that the bot was removed from keeps its rows: nobody is told of a case by losing its alert.
    Raises GroupLost.
    """
    if row.method == "deleteForumTopic":
        # In a group that we were removed from we delete nothing, and nothing there waits for it.
        return await _topic_refused(row, chat, "group_lost")
    if chat.kind != "private":
        log.error("operators_group_lost", chat=chat.id)
        raise GroupLost
    async with session() as s:
        fresh = await s.get_one(Chat, chat.id, with_for_update=True)
        if fresh.unreachable_at is None:
            fresh.unreachable_at = dt.datetime.now(dt.UTC)
            await jobs.defer(s, "desk.unreachable", queue_name=jobs.DESK, chat=chat.id)
        kept = await s.get_one(Outgoing, row.id, with_for_update=True)
        await fail(s, kept, fresh, "blocked")
        return True
