"""Which bot account answers. The token may be of another account than yesterday's: removed, banned, or given up.

What is the same for a new account: the numbers of chats and of people, the operators' groups with their topics and
message numbers. What is not: it may write to nobody who has not written to it, it counts the messages of private chats
by itself (so a number of the former bot may be another message here), and it cannot fetch the former bot's files.
"""

from __future__ import annotations

import datetime as dt

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from bot import log as logs
from bot.outbox.telegram import bot_id
from bot.storage import jobs
from bot.storage.models import Bot, Chat
from bot.storage.session import session

log = logs.get(__name__)


def ours(sent_by: int | None) -> bool:
    """Whether message numbers of that bot mean the same messages to the present one."""
    return sent_by is None or sent_by == bot_id()


def may_write(chat: Chat) -> bool:
    """Whether the person wrote to the present bot: before that Telegram lets it write nothing to them."""
    return chat.kind != "private" or ours(chat.bot_id)


async def arrive() -> None:
    """Note that the present bot answers from now on. When another one did before, the desks are told, once."""
    async with session() as s:
        await s.execute(select(func.pg_advisory_xact_lock(0x686F7462)))
        last = await s.scalar(select(Bot.id).order_by(Bot.since.desc()).limit(1))
        if last == bot_id():
            return
        now = dt.datetime.now(dt.UTC)
        row = insert(Bot).values(id=bot_id(), since=now)
        await s.execute(row.on_conflict_do_update(index_elements=["id"], set_={"since": now}))
        if last is not None:
            log.warning("bot_changed")
            await jobs.defer(s, "desk.new_bot", queue_name=jobs.DESK, stamp=int(now.timestamp()))
        await s.commit()


async def remember_name(username: str | None) -> None:
    """Keep the username that Telegram gives for the present bot: workers are told it to know us by."""
    async with session() as s:
        row = insert(Bot).values(id=bot_id(), username=username, since=dt.datetime.fromtimestamp(0, dt.UTC))
        await s.execute(row.on_conflict_do_update(index_elements=["id"], set_={"username": username}))
        await s.commit()


async def username(s: AsyncSession) -> str | None:
    """The present bot's username without @; None until Telegram told it."""
    found: str | None = await s.scalar(select(Bot.username).where(Bot.id == bot_id()))
    return found
