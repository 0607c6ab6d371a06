"""What belongs to no case: messages of chats without one, an operators' group's own lines, alarms, machines' rows.

Each table is walked once in a run, by an index that holds only what no case claims, in the order in which it was
written. Rows that somebody works with are passed over; the next run finds them.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from sqlalchemy import and_, delete, exists, func, or_, select, text, tuple_, update
from sqlalchemy.ext.asyncio import AsyncSession

from bot.cases import belongs
from bot.cases.retention.classes import ALARMS, CASELESS, GROUP, LEASES, RASA, UNCLEAR
from bot.cases.retention.deleting import BATCH, delete_outgoing, delete_updates, in_flight, open_rows, with_jobs
from bot.cases.retention.reports import Run
from bot.errors import KeysDoNotOpenDatabase
from bot.learning import unclear
from bot.outbox.telegram import bot_id
from bot.storage.models import Alarm, Case, CaseHold, Chat, HeldLease, Outgoing, Ring, Stranger, Update


async def forget_unclear(run: Run) -> None:
    """Messages kept to teach the bot: past their time, or of a chat that may not teach us any more."""
    async with run.step() as s:
        run.add(UNCLEAR, messages=await unclear.forget(s, run.before(UNCLEAR)))


async def forget_updates(run: Run) -> None:
    """Messages older than their class allows, of chats without a case and of groups, with files and answers."""
    after: tuple[dt.datetime, int] | None = None
    while True:
        async with run.step() as s:
            query = select(Update.received_at, Update.id, Update.chat_id).where(
                Update.case_id.is_(None),
                Update.received_at < max(run.before(CASELESS), run.before(GROUP)),
                # What a chat's case still needs is passed over in the index; asked again under the chat's lock.
                ~exists().where(Case.chat_id == Update.chat_id),
            )
            if after is not None:
                query = query.where(tuple_(Update.received_at, Update.id) > after)
            page = (await s.execute(query.order_by(Update.received_at, Update.id).limit(BATCH))).all()
            if not page:
                return
            free, groups = await _free_chats(s, {row.chat_id for row in page if row.chat_id is not None})
            found = [row.id for row in page if row.chat_id is None or row.chat_id in free | groups]
            locked = await s.execute(
                select(Update.id, Update.chat_id)
                .where(Update.id.in_(found), Update.case_id.is_(None))
                .with_for_update(skip_locked=True)
            )
            rows = dict(locked.tuples().all())
            for busy in await in_flight(s, list(rows), run.now):
                del rows[busy]
            of_group = {row: chat for row, chat in rows.items() if chat is not None and chat in groups}
            claimed = await _claimed(s, of_group)
            await delete_updates(s, run, CASELESS, [row for row in rows if row not in of_group])
            await delete_updates(s, run, GROUP, [row for row in of_group if row not in claimed])
        after = page[-1].received_at, page[-1].id


async def forget_outgoing(run: Run) -> None:
    """What we sent, took back, or gave up, and that belongs to no case."""
    after: tuple[dt.datetime, int] | None = None
    while True:
        async with run.step() as s:
            query = select(Outgoing.created_at, Outgoing.id, Outgoing.chat_id).where(
                Outgoing.case_id.is_(None),
                Outgoing.created_at < max(run.before(CASELESS), run.before(GROUP)),
                # What a chat's case still needs is passed over in the index; asked again under the chat's lock.
                ~exists().where(Case.chat_id == Outgoing.chat_id),
            )
            if after is not None:
                query = query.where(tuple_(Outgoing.created_at, Outgoing.id) > after)
            page = (await s.execute(query.order_by(Outgoing.created_at, Outgoing.id).limit(BATCH))).all()
            if not page:
                return
            free, groups = await _free_chats(s, {row.chat_id for row in page})
            found = [row.id for row in page if row.chat_id in free | groups]
            locked = await s.execute(
                select(Outgoing.id, Outgoing.chat_id)
                .where(Outgoing.id.in_(found), ~open_rows(run.now))
                .with_for_update(skip_locked=True)
            )
            rows = dict(locked.tuples().all())
            for busy in await with_jobs(s, "outgoing", rows):
                del rows[busy]
            private = [row for row, chat in rows.items() if chat not in groups]
            await delete_outgoing(s, run, CASELESS, private)
            await delete_outgoing(s, run, GROUP, [row for row, chat in rows.items() if chat in groups])
        after = page[-1].created_at, page[-1].id


async def forget_chats(run: Run) -> None:
    """A private chat of which nothing is left goes too, with what Rasa remembers of it."""
    before, last = run.before(CASELESS), 0
    while True:
        async with run.step() as s:
            # Rows are read by number in pages, so that a page full of busy ones does not come again and again.
            page = list(
                await s.scalars(
                    select(Chat.id)
                    .where(
                        Chat.id > last,
                        Chat.kind == "private",
                        or_(Chat.last_heard_at.is_(None), Chat.last_heard_at < before),
                        Chat.first_seen_at < before,
                        ~exists().where(Case.chat_id == Chat.id),
                        ~exists().where(Update.chat_id == Chat.id),
                        ~exists().where(Outgoing.chat_id == Chat.id),
                    )
                    .order_by(Chat.id)
                    .limit(BATCH)
                )
            )
            if not page:
                return
            free, _ = await _free_chats(s, set(page), lock_keys=True)
            still = and_(
                ~exists().where(Update.chat_id == Chat.id),
                ~exists().where(Outgoing.chat_id == Chat.id),
            )
            ids = set(await s.scalars(select(Chat.id).where(Chat.id.in_(free), still)))
            ids -= await with_jobs(s, "chat", ids)
            if ids:
                run.add(CASELESS, rasa=await forget_rasa_of(s, ids))
                await s.execute(delete(Chat).where(Chat.id.in_(ids)), execution_options={"synchronize_session": False})
            run.add(CASELESS, chats=len(ids))
        last = page[-1]


async def forget_rasa(run: Run) -> None:
    """Rasa drops its rows after two hours itself; what it left, because it was stopped, goes here."""
    async with run.step() as s:
        held = set(await s.scalars(select(Case.chat_id).join(CaseHold, CaseHold.case_id == Case.id)))
        old = "timestamp < :before and split_part(sender_id, ':', 1) <> all(:of)"
        run.add(RASA, conversations=await _forget_rasa(s, old, held, before=run.before(RASA).timestamp()))


async def forget_alarms(run: Run) -> None:
    """Alarms that ended, with their calls. The newest of a desk and kind stays: what comes next is reckoned from it."""
    async with run.step() as s:
        newest = select(func.max(Alarm.id)).group_by(Alarm.site, Alarm.kind)
        told_held = (
            exists()
            .where(Ring.alarm_id == Alarm.id, Ring.told == Case.ref, CaseHold.case_id == Case.id)
            .correlate(Alarm)
        )
        ids = list(
            await s.scalars(
                select(Alarm.id)
                .where(
                    Alarm.state != "ringing",
                    Alarm.ended_at < run.before(ALARMS),
                    Alarm.id.not_in(newest),
                    ~told_held,
                    ~exists().where(Ring.alarm_id == Alarm.id, Ring.state == "queued"),
                )
                .with_for_update(skip_locked=True)
            )
        )
        rings = await s.execute(delete(Ring).where(Ring.alarm_id.in_(ids)))
        await s.execute(delete(Alarm).where(Alarm.id.in_(ids)))
        run.add(ALARMS, alarms=len(ids), alarm_rings=int(getattr(rings, "rowcount", 0)))


async def forget_strangers(run: Run) -> None:
    """People seen in a group who are not listed. Who is still there and does anything is noted anew."""
    async with run.step() as s:
        old = delete(Stranger).where(Stranger.seen_at < run.before(GROUP))
        gone = await s.execute(old, execution_options={"synchronize_session": False})
        run.add(GROUP, strangers=int(getattr(gone, "rowcount", 0)))


async def forget_leases(run: Run) -> None:
    """Leases of a bot that answers here no more. Those of the present one stay: their number must only rise."""
    async with run.step() as s:
        old = (HeldLease.until < run.before(LEASES), ~HeldLease.name.like(f"%:{bot_id()}"))
        gone = await s.execute(delete(HeldLease).where(*old), execution_options={"synchronize_session": False})
        run.add(LEASES, leases=int(getattr(gone, "rowcount", 0)))


async def _free_chats(s: AsyncSession, ids: set[int], *, lock_keys: bool = False) -> tuple[set[int], set[int]]:
    """Of some chats the private ones that no case needs, locked so that none begins to; and the operators' groups.

    A chat in which somebody writes just now is passed over.
    """
    kinds = dict((await s.execute(select(Chat.id, Chat.kind).where(Chat.id.in_(ids)))).tuples().all())
    private = [chat for chat, kind in kinds.items() if kind == "private"]
    lock = select(Chat.id).where(Chat.id.in_(private)).order_by(Chat.id)
    locked = set(await s.scalars(lock.with_for_update(key_share=not lock_keys, skip_locked=True)))
    # Read after the lock: a case that was opened a moment ago counts.
    needed = set(await s.scalars(select(Case.chat_id).where(Case.chat_id.in_(locked))))
    return locked - needed, {chat for chat, kind in kinds.items() if kind != "private"}


async def _claimed(s: AsyncSession, rows: Mapping[int, int]) -> set[int]:
    """Group messages that do belong to a case: written before a release that notes it, or before a topic was known."""
    claimed: set[int] = set()
    groups: dict[int, Chat] = {}
    answering = dict(
        (
            await s.execute(
                select(Outgoing.update_id, func.min(Outgoing.case_id))
                .where(Outgoing.update_id.in_(rows), Outgoing.case_id.is_not(None))
                .group_by(Outgoing.update_id)
            )
        )
        .tuples()
        .all()
    )
    for row, chat in rows.items():
        case = answering.get(row)
        if case is None:
            try:
                group = groups.get(chat) or groups.setdefault(chat, await s.get_one(Chat, chat))
                raw: Any = await s.scalar(select(Update.raw).where(Update.id == row))
            except KeysDoNotOpenDatabase:
                continue
            case = await belongs.case_of(s, group, raw) if isinstance(raw, dict) else None
        if case is not None:
            claimed.add(row)
            await s.execute(
                update(Update).where(Update.id == row).values(case_id=case),
                execution_options={"synchronize_session": False},
            )
    return claimed


async def forget_rasa_of(s: AsyncSession, chats: set[int]) -> int:
    """Delete what Rasa remembers of some chats. Returns how many conversations."""
    return await _forget_rasa(s, "split_part(sender_id, ':', 1) = any(:of)", chats)


async def _forget_rasa(s: AsyncSession, which: str, chats: set[Any], **values: float) -> int:
    if not await s.scalar(text("select to_regclass('rasa.events') is not null")):
        return 0
    of = [str(chat) for chat in chats]
    gone = await s.execute(text(f"delete from rasa.events where {which}"), {"of": of, **values})
    return int(getattr(gone, "rowcount", 0))
