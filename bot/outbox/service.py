"""Putting replies into the outbox: rows first, in the caller's transaction, with the job that sends them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import and_, bindparam, or_, select, text, true, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from bot import texts
from bot.outbox import messages, window
from bot.outbox.messages import CALLBACK_BYTES, Button, keyboard
from bot.storage import crypto, jobs
from bot.storage.models import Chat, Outgoing, Update
from bot.texts import Lang

__all__ = ("CALLBACK_BYTES", "Button", "keyboard")

#: The bot's own answers: they go with the message they answer.
ANSWERS = ("reply", "read", "receipt")


async def queue(
    s: AsyncSession,
    chat_id: int,
    method: str,
    payload: dict[str, Any],
    *,
    purpose: str,
    rank: int = 5,
    case_id: int | None = None,
    in_topic: bool = False,
    update_id: int | None = None,
    dedupe: str | None = None,
    override: bool = False,
) -> int | None:
    """Queue one call to Telegram for a chat (row id). Returns the row's id, None when `dedupe` was there already.

    Callers make method and payload by messages.py: `queue(s, chat.id, *messages.text("..."), purpose="notice")`.
    """
    row = {
        "chat_id": chat_id,
        "method": method,
        "payload": payload,
        "purpose": purpose,
        "rank": rank,
        "case_id": case_id,
        "in_topic": in_topic,
        "update_id": update_id,
        "dedupe": dedupe,
        "override": override,
        # This process's clock, as for every other time of a row.
        "created_at": dt.datetime.now(dt.UTC),
    }
    made: int | None = await s.scalar(_QUEUE, row)
    if made is not None:
        await wake(s, chat_id, rank=rank)
    return made


#: SQLAlchemy 2.0 builds an "on conflict" anew each time, which takes longer than the database does; a text it keeps.
_COLUMNS = (
    *("chat_id", "method", "payload", "purpose", "rank", "case_id", "in_topic", "update_id", "dedupe", "override"),
    "created_at",
)
_QUEUE = text(
    f"insert into outbox ({', '.join(_COLUMNS)}) values ({', '.join(f':{name}' for name in _COLUMNS)}) "
    "on conflict (dedupe) do nothing returning id"
).bindparams(*(bindparam(name, type_=Outgoing.__table__.c[name].type) for name in _COLUMNS))


async def wake(s: AsyncSession, chat_id: int, *, rank: int = 5) -> None:
    """Have the chat's queued rows sent. One waiting job a chat is enough: it sends all that is there."""
    await jobs.defer(s, "outbox.send", queue_name=jobs.SENDS, lock=f"send:{chat_id}", priority=10 - rank, chat=chat_id)


async def say(
    s: AsyncSession,
    chat: Chat,
    key: str,
    lang: Lang,
    *,
    purpose: str = "reply",
    buttons: Iterable[Sequence[Button]] = (),
    rank: int = 5,
    case_id: int | None = None,
    update_id: int | None = None,
    dedupe: str | None = None,
    **values: object,
) -> int | None:
    """Queue a text of the catalogue to a worker's chat."""
    rows = [list(row) for row in buttons]
    return await queue(
        s,
        chat.id,
        *messages.text(texts.render(key, lang, **values), buttons=rows or None),
        purpose=purpose,
        rank=rank,
        case_id=case_id,
        update_id=update_id,
        dedupe=dedupe,
    )


async def group_row(s: AsyncSession, telegram_id: int, *, desk_hash: bytes | None = None) -> Chat:
    """The row of an operators' group, made when it is new; `desk_hash` is what a new one receives cases for."""
    key = crypto.keyed_hash("chat", telegram_id)
    found = select(Chat).where(Chat.chat_hash == key)
    group = await s.scalar(found)
    if group is None:
        values = {"chat_hash": key, "chat_id": str(telegram_id), "kind": "operators", "desk_hash": desk_hash}
        await s.execute(insert(Chat).values(values).on_conflict_do_nothing(index_elements=["chat_hash"]))
        group = (await s.scalars(found)).one()
    return group


async def group_moved(s: AsyncSession, chat_id: int, telegram_id: int) -> None:
    """Telegram gave an operators' group (row id) another id, as when topics are switched on. Idempotent.

    Its messages are numbered anew: the group is another row from now on, which receives the cases of the same desk.
    """
    former = await s.get_one(Chat, chat_id, with_for_update={"key_share": True}, populate_existing=True)
    if former.desk_hash is None or former.chat_id == str(telegram_id):
        return
    desk, former.desk_hash = former.desk_hash, None
    await s.flush()
    group = await group_row(s, telegram_id)
    group.desk_hash = group.desk_hash or desk
    await _follow(s, former, group)
    await jobs.defer(s, "desk.moved", queue_name=jobs.DESK, group=chat_id)


async def group_renumbered(s: AsyncSession, chat_id: int) -> None:
    """A sandbox began anew under the id of its group: the former one, whose numbers mean nothing now, gives it up."""
    former = await s.get_one(Chat, chat_id, with_for_update=True)
    telegram_id, former.desk_hash = int(former.chat_id), None
    # No group has so small a number.
    former.chat_id, former.chat_hash = str(-former.id), crypto.keyed_hash("chat", -former.id)
    await s.flush()
    group = await group_row(s, telegram_id, desk_hash=crypto.keyed_hash("chat", telegram_id))
    await _follow(s, former, group)
    await jobs.defer(s, "desk.moved", queue_name=jobs.DESK, group=chat_id)


async def _follow(s: AsyncSession, former: Chat, group: Chat) -> None:
    """Lines of no case (alarms, news for a desk) that wait for a former group go to the one that took its place."""
    unsent = select(Outgoing).where(
        Outgoing.chat_id == former.id,
        Outgoing.state == "queued",
        Outgoing.case_id.is_(None),
        Outgoing.method == "sendMessage",
        Outgoing.purpose != "list",
    )
    for row in await s.scalars(unsent.with_for_update()):
        row.payload = {name: value for name, value in row.payload.items() if name != "reply_to"}
        row.chat_id, row.message_ids = group.id, []
    await wake(s, group.id, rank=0)


def shut(chat: Chat, update_row: Update, why: str, at: dt.datetime) -> None:
    """From this update on the phone counts as in another hand: see Chat.shut_at. Caller holds the chat's lock."""
    if chat.shut_update is not None and chat.shut_update >= update_row.id:
        return
    chat.shut_at, chat.shut_update, chat.shut_why = at, update_row.id, why
    chat.safe_hours = window.switched_off(at, chat.safe_hours)


def reopen(chat: Chat) -> None:
    """The phone is in the worker's hand again: whoever calls this has an operator's word, or the worker's own."""
    chat.shut_at = chat.shut_update = chat.shut_why = None


def answers_later(chat: Chat, row: Outgoing) -> bool:
    """Whether a row is the bot's answer to something written after the chat was shut."""
    if row.purpose not in ANSWERS or row.update_id is None or chat.shut_update is None:
        return False
    # Whoever asks whose chat this is gets an answer like anybody who asks about work.
    return row.update_id > chat.shut_update or (row.update_id == chat.shut_update and chat.shut_why == "asked")


def put_back(row: Outgoing) -> None:
    """A row that was deleted from the phone again waits as if it had never been sent."""
    row.state, row.sent_at, row.message_ids, row.attempts, row.override = "waiting", None, [], 0, False


async def release_waiting(s: AsyncSession, chat_id: int, *, everything: bool = False) -> int:
    """The worker wrote: what waited for it may go out. Returns how many rows.

    In a chat that is shut no message lets anything out that waited; `everything` (a safe hour began) does.
    """
    shut_by = select(Chat.shut_update).where(Chat.id == chat_id).scalar_subquery()
    later = and_(Outgoing.purpose.in_(ANSWERS), Outgoing.update_id > shut_by)
    freed = await s.execute(
        update(Outgoing)
        .where(Outgoing.chat_id == chat_id, Outgoing.state == "waiting")
        .where(true() if everything else or_(shut_by.is_(None), later))
        .values(state="queued")
        .execution_options(synchronize_session=False)
    )
    count: int = getattr(freed, "rowcount", 0)
    if count:
        await wake(s, chat_id)
    return count


async def hours_named(s: AsyncSession, chat: Chat) -> None:
    """The worker named safe hours: what waits goes out when they begin, or now if they have begun."""
    now = dt.datetime.now(dt.UTC)
    at = now if window.open_now(now, None, chat.safe_hours, window_minutes=0) else None
    if (at := at or window.next_opening(now, chat.safe_hours)) is not None:
        await jobs.defer(s, "outbox.release", queue_name=jobs.UPKEEP, at=at, once=f"release:{chat.id}", chat=chat.id)


async def unsay(s: AsyncSession, chat_id: int) -> None:
    """Take back notices about a case that no worker has seen: by the time they could, they would be true no more.

    They may be queued anew.
    """
    await s.execute(
        update(Outgoing)
        .where(
            Outgoing.chat_id == chat_id,
            Outgoing.purpose == "notice",
            Outgoing.state.in_(("queued", "waiting")),
            Outgoing.attempts == 0,
        )
        .values(state="withdrawn", dedupe=None)
        .execution_options(synchronize_session=False)
    )


async def override(s: AsyncSession, outgoing_id: int) -> bool:
    """An operator sends a waiting row although the live window is shut. The caller records who did.

    If the worker has written since the chat was shut, the operator takes them for the worker: the chat is open again.
    """
    chat_id = await s.scalar(select(Outgoing.chat_id).where(Outgoing.id == outgoing_id))
    if chat_id is None:
        return False
    chat = await s.get_one(Chat, chat_id, with_for_update={"key_share": True}, populate_existing=True)
    row = await s.get_one(Outgoing, outgoing_id, with_for_update=True, populate_existing=True)
    if row.state != "waiting":
        return False
    row.override, row.state = True, "queued"
    if chat.shut_at is not None and chat.last_heard_at is not None and chat.last_heard_at > chat.shut_at:
        reopen(chat)
    await wake(s, row.chat_id)
    return True


async def withdraw(s: AsyncSession, outgoing_id: int) -> str | None:
    """Take a message back: unsent it never goes out, sent it is deleted from the chat.

    Returns the state it was in ("queued", "waiting", "sent"), None when there is nothing to take back.
    """
    row = await s.get(Outgoing, outgoing_id, with_for_update=True)
    if row is None or row.state not in {"queued", "waiting", "sent"} or row.erased_at is not None:
        return None
    before = row.state
    if before == "sent":
        row.erased_at = dt.datetime.now(dt.UTC)
        await queue(
            s,
            row.chat_id,
            *messages.deletion(row.message_ids, bot=row.bot_id),
            purpose="erase",
            case_id=row.case_id,
            override=True,
        )
    row.state = "withdrawn"
    return before
