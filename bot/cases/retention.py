"""Forgetting: what a chat without a case said goes after thirty days. Chats with a case are not touched here.

Closed cases stay until a later release anonymises them; docs/privacy.md says so.
"""

from __future__ import annotations

import datetime as dt

from sqlalchemy import and_, delete, exists, or_, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from bot import log as logs
from bot.outbox import media
from bot.storage.models import Case, Chat, Media, Outgoing, Update
from bot.storage.session import session

log = logs.get(__name__)

#: Days the messages of a chat without a case are kept. Source: data/knowledge/answers, privacy_safety; docs/privacy.md.
KEPT_DAYS = 30
#: Updates forgotten in one transaction, so that nobody waits for a long one.
BATCH = 500


async def forget(now: dt.datetime | None = None) -> dict[str, int]:
    """Delete what is older than thirty days and belongs to no case. Returns how many rows and files went.

    Safe to break off and to run again: files go before the rows that name them.
    """
    before = (now or dt.datetime.now(dt.UTC)) - dt.timedelta(days=KEPT_DAYS)
    gone = {"updates": 0, "outbox": 0, "files": 0, "chats": 0}
    while True:
        async with session() as s:
            more = await _forget_batch(s, before, gone)
            await s.commit()
        if not more:
            break
    if any(gone.values()):
        log.info("forgotten", **gone)
    return gone


async def _forget_batch(s: AsyncSession, before: dt.datetime, gone: dict[str, int]) -> bool:
    # What operators wrote in their group belongs to the cases there.
    private = exists().where(Chat.id == Update.chat_id, Chat.kind == "private")
    without_case = and_(private, ~exists().where(Case.chat_id == Update.chat_id))
    old = select(Update.id).where(Update.received_at < before, or_(Update.chat_id.is_(None), without_case)).limit(BATCH)
    ids = list((await s.scalars(old.with_for_update(skip_locked=True))).all())
    if ids:
        for row in await s.scalars(select(Media).where(Media.update_id.in_(ids))):
            gone["files"] += media.remove(row)
        await s.execute(delete(Media).where(Media.update_id.in_(ids)))
        sent = await s.execute(delete(Outgoing).where(Outgoing.update_id.in_(ids)))
        gone["outbox"] += getattr(sent, "rowcount", 0)
        await s.execute(delete(Update).where(Update.id.in_(ids)))
        gone["updates"] += len(ids)
    await _forget_chats(s, before, gone)
    return len(ids) == BATCH


async def _forget_chats(s: AsyncSession, before: dt.datetime, gone: dict[str, int]) -> None:
    """A private chat of which nothing is left goes too, with what Rasa remembers of it."""
    empty = (
        select(Chat.id)
        .where(
            Chat.kind == "private",
            or_(Chat.last_heard_at.is_(None), Chat.last_heard_at < before),
            Chat.first_seen_at < before,
            ~exists().where(Update.chat_id == Chat.id),
            ~exists().where(Case.chat_id == Chat.id),
        )
        .limit(BATCH)
    )
    ids = list((await s.scalars(empty.with_for_update(skip_locked=True))).all())
    if not ids:
        return
    if await s.scalar(text("select to_regclass('rasa.events') is not null")):
        for chat in ids:
            await s.execute(text("delete from rasa.events where sender_id like :sender"), {"sender": f"{chat}:%"})
    await s.execute(delete(Outgoing).where(Outgoing.chat_id.in_(ids)))
    await s.execute(delete(Chat).where(Chat.id.in_(ids)))
    gone["chats"] += len(ids)
