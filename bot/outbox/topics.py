"""The forum topic of a case in its site's operators' group: made when first needed, made again when it was deleted."""

from __future__ import annotations

from sqlalchemy import update
from telegram import error
from telegram.ext import ExtBot

from bot.storage import jobs
from bot.storage.models import Case, Chat, TopicMessage
from bot.storage.session import session


def title(case: Case) -> str:
    """What operators read in the list of topics: priority, reference, language. Nothing about the person."""
    return f"P{case.priority} · {case.ref} · {case.lang}"


async def thread_for(bot: ExtBot[None], case_id: int, group: Chat) -> int:
    """The thread id of a case's topic, creating the topic if there is none."""
    async with session() as s:
        case = await s.get_one(Case, case_id)
    if case.topic_id is not None:
        return case.topic_id
    made = await bot.create_forum_topic(int(group.chat_id), title(case))

    async def remember() -> None:
        async with session() as s:
            # One job at a time sends to a group (its lock), so nobody else made one meanwhile.
            await s.execute(update(Case).where(Case.id == case_id).values(topic_id=made.message_thread_id))
            await s.commit()

    # Forgotten, it would be made twice.
    await jobs.insist(remember)
    return made.message_thread_id


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
