"""The forum topic of a case in its site's operators' group: made when first needed, made again when it was deleted."""

from __future__ import annotations

import asyncio

from sqlalchemy import func, or_, select, update
from telegram import error
from telegram.ext import ExtBot

from bot.outbox import sender
from bot.storage import jobs
from bot.storage.models import Case, Chat, TopicMessage
from bot.storage.session import session

#: Seconds to wait for Telegram's answer to the making of a topic, longer than for other calls: asked again too early,
#: there would be two. Less than the database lets a transaction stand still.
ANSWER_SECONDS = 25.0


class StandsElsewhere(Exception):
    """The case stands in another group: this one gets no post of it, and no topic."""


def title(case: Case) -> str:
    """What operators read in the list of topics: priority, reference, language. Nothing about the person."""
    return f"P{case.priority} · {case.ref} · {case.lang}"


async def thread_for(bot: ExtBot[None], case_id: int, group: Chat) -> int:
    """The thread id of a case's topic in a group, creating it if there is none. Raises NotTheSender, StandsElsewhere.

    A topic that is being made is seen to its end, also when its job is broken off because another process sends now.
    """
    async with session() as s:
        case = await s.get_one(Case, case_id)
    if (known := case.topic_in(group)) is not None:
        return known
    if case.group_id not in (None, group.id):
        raise StandsElsewhere
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
        here = (Case.id == case.id, Case.group_id == group.id)
        known: int | None = await s.scalar(select(Case.topic_id).where(*here))
        if known is not None:
            return known
        sender.check()
        made = await bot.create_forum_topic(int(group.chat_id), title(case), read_timeout=ANSWER_SECONDS)
        # Forgotten, it would be made twice.
        await jobs.insist(lambda: _remember(case.id, group.id, made.message_thread_id))
    return made.message_thread_id


async def _remember(case_id: int, group_id: int, thread: int) -> None:
    async with session() as s:
        # What was posted anew in another group meanwhile stays there.
        mine = (Case.id == case_id, or_(Case.group_id.is_(None), Case.group_id == group_id))
        await s.execute(update(Case).where(*mine).values(topic_id=thread, group_id=group_id))
        await s.commit()


async def reopen(bot: ExtBot[None], case_id: int, group: Chat) -> bool:
    """Somebody closed the topic of a case: open it again. False when Telegram will not."""
    async with session() as s:
        case = await s.get_one(Case, case_id)
    if (topic := case.topic_in(group)) is None:
        return False
    try:
        return await bot.reopen_forum_topic(int(group.chat_id), topic)
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
        await s.execute(
            update(Case).where(Case.id == case_id).values(topic_id=None, card_message_id=None, group_id=None)
        )
        await s.execute(
            update(TopicMessage).where(TopicMessage.case_id == case_id, TopicMessage.role == "card").values(role="lost")
        )
        await s.commit()
