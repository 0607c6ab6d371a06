"""Putting replies into the outbox: rows first, in the caller's transaction, with the job that sends them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import bindparam, text, update
from sqlalchemy.ext.asyncio import AsyncSession

from bot import texts
from bot.storage import jobs
from bot.storage.models import Chat, Outgoing
from bot.texts import Lang

#: Telegram refuses callback data over 64 bytes. Source: Bot API, InlineKeyboardButton.
CALLBACK_BYTES = 64


@dataclass(frozen=True)
class Button:
    """An inline button: what is written on it, and the short ASCII word that comes back when it is pressed."""

    label: str
    data: str

    def __post_init__(self) -> None:
        if not self.data.isascii() or not 0 < len(self.data) <= CALLBACK_BYTES:
            raise ValueError("callback data must be 1 to 64 ASCII characters")


def keyboard(rows: Iterable[Sequence[Button]]) -> dict[str, Any]:
    """Telegram's inline keyboard for rows of buttons."""
    return {"inline_keyboard": [[{"text": b.label, "callback_data": b.data} for b in row] for row in rows]}


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
    """Queue one call to Telegram for a chat (row id). Returns the row's id, None when `dedupe` was there already."""
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
    payload: dict[str, Any] = {"text": texts.render(key, lang, **values)}
    if rows := [list(row) for row in buttons]:
        payload["reply_markup"] = keyboard(rows)
    return await queue(
        s,
        chat.id,
        "sendMessage",
        payload,
        purpose=purpose,
        rank=rank,
        case_id=case_id,
        update_id=update_id,
        dedupe=dedupe,
    )


async def group_moved(s: AsyncSession, chat_id: int, telegram_id: int) -> None:
    """Telegram gave an operators' group (row id) another id, as when topics are switched on. Idempotent.

    The lookup hash stays: it belongs to the id in the settings, by which the group is found.
    """
    group = await s.get_one(Chat, chat_id, with_for_update={"key_share": True}, populate_existing=True)
    if group.kind == "operators" and group.chat_id != str(telegram_id):
        group.chat_id = str(telegram_id)
        await jobs.defer(s, "desk.moved", queue_name=jobs.DESK, group=chat_id)


async def release_waiting(s: AsyncSession, chat_id: int) -> int:
    """The worker wrote (or a safe hour began): what waited for it may go out. Returns how many rows."""
    freed = await s.execute(
        update(Outgoing).where(Outgoing.chat_id == chat_id, Outgoing.state == "waiting").values(state="queued")
    )
    count: int = getattr(freed, "rowcount", 0)
    if count:
        await wake(s, chat_id)
    return count


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
    """An operator sends a waiting row although the live window is shut. The caller records who did."""
    row = await s.get(Outgoing, outgoing_id, with_for_update=True)
    if row is None or row.state != "waiting":
        return False
    row.override, row.state = True, "queued"
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
            "deleteMessages",
            {"message_ids": list(row.message_ids), "bot": row.bot_id},
            purpose="erase",
            case_id=row.case_id,
            override=True,
        )
    row.state = "withdrawn"
    return before
