"""The forum topic of a case in its site's operators' group: made when first needed, made again when it was deleted."""

from __future__ import annotations

import asyncio

from sqlalchemy import func, select, update
from telegram import error
from telegram.ext import ExtBot

from bot.outbox import sender
from bot.storage import jobs
from bot.storage.models import Case, Chat, TopicMessage
from bot.storage.session import session

#: Seconds to wait for Telegram's answer to the making of a topic, longer than for other calls: asked again too early,
#: there would be two. Less than the database lets a transaction stand still.
ANSWER_SECONDS = 25.0


def title(case: Case) -> str:
    """What operators read in the list of topics: priority, reference, language. Nothing about the person."""
    return f"P{case.priority} · {case.ref} · {case.lang}"


async def thread_for(bot: ExtBot[None], case_id: int, group: Chat) -> int:
    """The thread id of a case's topic, creating the topic if there is none. Raises NotTheSender.

    A topic that is being made is seen to its end, also when its job is broken off because another process sends now.
    """
    async with session() as s:
        case = await s.get_one(Case, case_id)
    if case.topic_id is not None:
        return case.topic_id
    making = asyncio.ensure_future(_make(bot, case, group))
    try:
        return await asyncio.shield(making)
    except asyncio.CancelledError:
        await asyncio.wait({making})
        raise


async def _make(bot: ExtBot[None], case: Case, group: Chat) -> int:
    """Make a topic unless another process is at it: that one is waited for.

    The lock goes with that process, or once it has been stopped for half a minute (bot/storage/session.py).
    """
    async with session() as s:
        await s.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(f"topic:{case.id}", 0))))
        known: int | None = await s.scalar(select(Case.topic_id).where(Case.id == case.id))
        if known is not None:
            return known
        sender.check()
        made = await bot.create_forum_topic(int(group.chat_id), title(case), read_timeout=ANSWER_SECONDS)
        # Forgotten, it would be made twice.
        await jobs.insist(lambda: _remember(case.id, made.message_thread_id))
    return made.message_thread_id


async def _remember(case_id: int, thread: int) -> None:
    async with session() as s:
        await s.execute(update(Case).where(Case.id == case_id).values(topic_id=thread))
        await s.commit()


async def reopen(bot: ExtBot[None], case_id: int, group: Chat) -> bool:
    """Somebody closed the topic of a case: open it again. False when Telegram will not."""
    async with session() as s:
        case = await s.get_one(Case, case_id)
    if case.topic_id is None:
        return False
    try:
        return await bot.reopen_forum_topic(int(group.chat_id), case.topic_id)
    except error.TelegramError:
        return False


def why_not_deleted(told: str) -> str | None:
    """What Telegram's refusal (lower case) to delete a topic means; None when the topic is gone already.

    Source: Bot API, deleteForumTopic: the bot must be an administrator with the right to delete messages.
    """
    if any(part in told for part in ("topic_id_invalid", "topic_deleted", "thread not found", "thread identifier")):
        return None
    if "rights" in told or "admin_required" in told or "administrator" in told:
        return "no_rights"
    if "not a forum" in told or "forum_missing" in told:
        return "not_a_forum"
    if "chat not found" in told or "peer_id_invalid" in told:
        return "group_lost"
    return "bad_request"


async def forget(case_id: int) -> None:
    """The topic is gone. Its card and relays will be posted again in a new one; nothing in our tables is lost."""
    async with session() as s:
        await s.execute(update(Case).where(Case.id == case_id).values(topic_id=None, card_message_id=None))
        await s.execute(
            update(TopicMessage).where(TopicMessage.case_id == case_id, TopicMessage.role == "card").values(role="lost")
        )
        await s.commit()
