"""Erasing a chat on the phone: both sides' messages of the last 48 hours, by the ids we kept."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import and_, exists, or_, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from bot import texts
from bot.learning import unclear
from bot.outbox import bots, service
from bot.outbox.telegram import bot_id
from bot.storage import jobs
from bot.storage.models import Case, CaseHold, Chat, Outgoing, Update
from bot.storage.session import session
from bot.texts import Lang

#: Bots may delete messages of a private chat that are younger than this. Source: Bot API, deleteMessage.
DELETABLE_HOURS = 48
#: Seconds the closing line stays before it deletes itself.
CLOSING_SECONDS = 40
#: The bot's own answers: they go with the message they answer.
ANSWERS = ("reply", "read", "receipt")


async def erase_phone(s: AsyncSession, chat: Chat, lang: Lang, *, upto_update: int, dedupe: str) -> int:
    """Queue the deletion of every message up to and including one update. Returns how many messages it covers.

    What came after the worker's last message is spared (an operator's answer may just have arrived), but not the bot's
    own answers to what is erased, and what had waited for that message waits for the next one. The case stays: of our
    tables only what was kept to teach the bot is deleted. The chat's flow number rises, so that Rasa forgets the
    conversation too.
    """
    since = dt.datetime.now(dt.UTC) - dt.timedelta(hours=DELETABLE_HOURS) + dt.timedelta(minutes=2)
    last = await s.get_one(Update, upto_update)
    theirs = await s.scalars(
        select(Update.message_id).where(
            Update.chat_id == chat.id,
            Update.message_id.is_not(None),
            Update.received_at > since,
            Update.id <= upto_update,
            # A former bot's numbers are other messages here; its chat stands on the phone by itself.
            Update.bot_id == bot_id(),
        )
    )
    ids = {found for found in theirs if found is not None}
    answers = and_(Outgoing.update_id <= upto_update, Outgoing.purpose.in_(ANSWERS))
    ours = (
        await s.scalars(
            select(Outgoing)
            .where(
                Outgoing.chat_id == chat.id,
                Outgoing.sent_at > since,
                or_(Outgoing.sent_at <= last.received_at, answers),
                Outgoing.erased_at.is_(None),
                or_(Outgoing.bot_id.is_(None), Outgoing.bot_id == bot_id()),
            )
            .with_for_update()
        )
    ).all()
    on_their_way = (
        await s.scalars(
            select(Outgoing)
            .where(Outgoing.chat_id == chat.id, Outgoing.state.in_(("queued", "waiting")))
            .where(Outgoing.purpose.in_(("reply", "read")), Outgoing.update_id <= upto_update)
            .with_for_update()
        )
    ).all()
    for row in on_their_way:
        # It would appear on a phone that has just been cleared. Parts of a long text may be there already.
        row.state = "withdrawn"
        if bots.ours(row.bot_id):
            ids.update(row.message_ids)
    just_released = await s.scalars(
        select(Outgoing)
        .where(Outgoing.chat_id == chat.id, Outgoing.purpose.in_(("operator", "notice")))
        .where(Outgoing.created_at <= last.received_at, Outgoing.sent_at > last.received_at)
        .where(Outgoing.state == "sent", Outgoing.bot_id == bot_id())
        .with_for_update()
    )
    for row in just_released:
        ids.update(row.message_ids)
        row.state, row.sent_at, row.message_ids, row.attempts = "waiting", None, [], 0
    # Rasa's memory of the conversation goes too; under a legal hold it only begins anew, with the next flow.
    held = select(exists().where(CaseHold.case_id == Case.id, Case.chat_id == chat.id))
    if not await s.scalar(held) and await s.scalar(text("select to_regclass('rasa.events') is not null")):
        await s.execute(text("delete from rasa.events where sender_id like :sender"), {"sender": f"{chat.id}:%"})
    now = dt.datetime.now(dt.UTC)
    for row in ours:
        ids.update(row.message_ids)
        row.erased_at = now
    await service.queue(
        s,
        chat.id,
        "deleteMessages",
        {"message_ids": sorted(ids), "bot": bot_id()},
        purpose="erase",
        rank=4,
        dedupe=f"{dedupe}:delete",
    )
    elsewhere = await s.scalar(select(exists().where(Update.chat_id == chat.id, Update.bot_id != bot_id())))
    closing = "erase_closing_former_bot" if elsewhere else "erase_closing"
    await service.queue(
        s,
        chat.id,
        "sendMessage",
        {"text": texts.render(closing, lang)},
        purpose="closing",
        dedupe=f"{dedupe}:closing",
    )
    chat.flow += 1
    chat.erased_at = now
    # What was kept to teach the bot goes for good, unlike what is kept for the person.
    await unclear.spare(s, chat)
    return len(ids)


@jobs.queue.task(name="outbox.fade", queue=jobs.UPKEEP, retry=jobs.retry_soon())
async def fade(outgoing: int) -> None:
    """Delete one message of ours: the closing line takes itself away."""
    async with session() as s:
        row = await s.get_one(Outgoing, outgoing, with_for_update=True)
        if row.message_ids and row.erased_at is None:
            row.erased_at = dt.datetime.now(dt.UTC)
            await service.queue(
                s,
                row.chat_id,
                "deleteMessages",
                {"message_ids": list(row.message_ids), "bot": row.bot_id},
                purpose="erase",
                dedupe=f"fade:{row.id}",
            )
        await s.commit()


async def closing_sent(s: AsyncSession, row: Outgoing, chat: Chat) -> None:
    """The closing line is out: it deletes itself shortly."""
    if row.state == "sent":
        at = dt.datetime.now(dt.UTC) + dt.timedelta(seconds=CLOSING_SECONDS)
        await jobs.defer(s, "outbox.fade", queue_name=jobs.UPKEEP, at=at, outgoing=row.id)
