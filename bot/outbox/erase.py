"""Erasing a chat on the phone: both sides' messages of the last 48 hours, by the ids we kept."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import and_, exists, func, or_, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from bot import texts
from bot.learning import unclear
from bot.outbox import bots, messages, service
from bot.outbox.settled import settle
from bot.outbox.telegram import bot_id
from bot.storage import jobs
from bot.storage.models import Case, CaseHold, Chat, Outgoing, Update
from bot.storage.session import session
from bot.texts import Lang

#: Bots may delete messages of a private chat that are younger than this. Source: Bot API, deleteMessage.
DELETABLE_HOURS = 48
#: Seconds the closing line stays before it deletes itself.
CLOSING_SECONDS = 40


async def erase_phone(s: AsyncSession, chat: Chat, lang: Lang, *, upto_update: int, dedupe: str) -> int:
    """Queue the deletion of every message that is on the phone. Returns how many messages it covers.

    The chat counts as cleared since the update `upto_update` was stored: what landed after it goes too, and only the
    bot's answers to later updates are spared. What an operator wrote meanwhile waits for an operator, or for an hour
    named as safe. The case stays: of our tables only what was kept to teach the bot is deleted. The chat's flow number
    rises, so that Rasa forgets the conversation too.
    """
    now = dt.datetime.now(dt.UTC)
    last = await s.get_one(Update, upto_update)
    service.shut(chat, last, "erased", last.received_at)
    # First what is unsent: a call that ends meanwhile is found by the second look.
    ids = await take_back(s, chat, upto_update)
    ids |= await _on_the_phone(s, chat, last, now)
    # Rasa's memory of the conversation goes too; under a legal hold it only begins anew, with the next flow.
    held = select(exists().where(CaseHold.case_id == Case.id, Case.chat_id == chat.id))
    if not await s.scalar(held) and await s.scalar(text("select to_regclass('rasa.events') is not null")):
        await s.execute(text("delete from rasa.events where sender_id like :sender"), {"sender": f"{chat.id}:%"})
    await service.queue(
        s,
        chat.id,
        *messages.deletion(sorted(ids), bot=bot_id()),
        purpose="erase",
        rank=4,
        dedupe=f"{dedupe}:delete",
    )
    elsewhere = await s.scalar(select(exists().where(Update.chat_id == chat.id, Update.bot_id != bot_id())))
    closing = "erase_closing_former_bot" if elsewhere else "erase_closing"
    await service.queue(
        s,
        chat.id,
        *messages.text(texts.render(closing, lang)),
        purpose="closing",
        dedupe=f"{dedupe}:closing",
    )
    chat.flow += 1
    chat.erased_at = now
    # What was kept to teach the bot goes for good, unlike what is kept for the person.
    await unclear.spare(s, chat)
    return len(ids)


async def take_back(s: AsyncSession, chat: Chat, upto_update: int) -> set[int]:
    """Keep from the phone whatever is unsent: answers to updates up to this one are withdrawn, the rest waits.

    Returns the ids of parts that are on the phone already. A call under way is deleted when it ends (bot/outbox/send).
    """
    unsent = await s.scalars(
        select(Outgoing)
        .where(Outgoing.chat_id == chat.id, Outgoing.state.in_(("queued", "waiting")))
        .where(Outgoing.purpose.not_in(("closing", "erase")))
        .order_by(Outgoing.id)
        .with_for_update()
    )
    ids: set[int] = set()
    for row in unsent.all():
        if row.purpose in service.ANSWERS and (row.update_id is None or row.update_id > upto_update):
            continue
        if bots.ours(row.bot_id):
            ids.update(row.message_ids)
        if row.purpose in (*service.ANSWERS, "operator_edit"):
            row.state = "withdrawn"
        else:
            row.state, row.message_ids = "waiting", []
    return ids


async def _on_the_phone(s: AsyncSession, chat: Chat, last: Update, now: dt.datetime) -> set[int]:
    """The ids of both sides' messages that can be deleted; ours are marked as erased."""
    since = now - dt.timedelta(hours=DELETABLE_HOURS) + dt.timedelta(minutes=2)
    theirs = await s.scalars(
        select(Update.message_id).where(
            Update.chat_id == chat.id,
            Update.message_id.is_not(None),
            Update.received_at > since,
            Update.id <= last.id,
            # A former bot's numbers are other messages here; its chat stands on the phone by itself.
            Update.bot_id == bot_id(),
        )
    )
    ids = {found for found in theirs if found is not None}
    later = and_(Outgoing.purpose.in_(service.ANSWERS), Outgoing.update_id > last.id)
    ours = await s.scalars(
        select(Outgoing)
        .where(
            Outgoing.chat_id == chat.id,
            Outgoing.sent_at > since,
            Outgoing.erased_at.is_(None),
            Outgoing.purpose.not_in(("closing", "erase")),
            ~func.coalesce(later, False),
            or_(Outgoing.bot_id.is_(None), Outgoing.bot_id == bot_id()),
        )
        .order_by(Outgoing.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    landed: dict[int, Outgoing] = {}
    for row in ours.all():
        ids.update(row.message_ids)
        row.erased_at = now
        late = row.sent_at is not None and row.sent_at > last.received_at
        if row.purpose == "operator_edit" and (changed := landed.get(row.payload["of"])) is not None:
            changed.payload = {**changed.payload, **{k: v for k, v in row.payload.items() if k != "of"}}
        elif late and row.purpose in {"operator", "notice"} and row.state == "sent":
            # It was hardly read. It waits, and whoever wrote it hears that.
            landed[row.id] = row
    for row in landed.values():
        service.put_back(row)
        row.erased_at = None
        await settle(s, row, chat)
    return ids


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
                *messages.deletion(row.message_ids, bot=row.bot_id),
                purpose="erase",
                dedupe=f"fade:{row.id}",
            )
        await s.commit()


async def closing_sent(s: AsyncSession, row: Outgoing, chat: Chat) -> None:
    """The closing line is out: it deletes itself shortly."""
    if row.state == "sent":
        at = dt.datetime.now(dt.UTC) + dt.timedelta(seconds=CLOSING_SECONDS)
        await jobs.defer(s, "outbox.fade", queue_name=jobs.UPKEEP, at=at, outgoing=row.id)
