"""Messages that were not understood: kept, masked, until a maintainer has looked; and every reason to forget them.

Only of a chat that may teach us: no case of it ever, not erased, no objection. A kept message stays linked to its chat,
because one that led nowhere could not be taken back either; the link is a row number of ours and goes with the message
when it is reviewed, or after 30 days.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, delete, exists, literal, or_, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from bot.learning import redact
from bot.storage.models import Case, Chat, Unclear

#: A longer message teaches nothing about how people ask: it is a story, or somebody's advertisement.
LONGEST = 300
#: Likeliest intents that are kept with it.
LIKELIEST = 2


@dataclass(frozen=True)
class Kept:
    """One kept message."""

    id: int
    lang: str
    at: dt.datetime
    text: str
    likely: tuple[tuple[str, float], ...]


def _may_teach() -> ColumnElement[bool]:
    """Whether the chat of a row may teach us, as a condition on Chat."""
    return Chat.spared_at.is_(None) & ~exists().where(Case.chat_id == Chat.id)


async def keep(
    s: AsyncSession, chat: Chat, update: int, text: str, lang: str, likely: Sequence[tuple[str, float]]
) -> None:
    """Keep a message that was not understood, if the chat may teach us and something is left of it. Once an update."""
    words = redact.redact(text, (chat.name, chat.username))
    if len(words) > LONGEST or not redact.says_something(words):
        return
    # One statement: whoever objects or opens a case meanwhile is found by the next look.
    row = select(
        literal(update, Unclear.update_id.type),
        Chat.id,
        literal(lang, Unclear.lang.type),
        literal(words, Unclear.text.type),
        literal([[name, round(chance, 4)] for name, chance in likely[:LIKELIEST]], Unclear.likely.type),
    ).where(Chat.id == chat.id, _may_teach())
    columns = ["update_id", "chat_id", "lang", "text", "likely"]
    await s.execute(insert(Unclear).from_select(columns, row).on_conflict_do_nothing())


async def spare(s: AsyncSession, chat: Chat) -> int:
    """From now on nothing of this chat is kept, and what was kept is gone. Returns how many messages that were."""
    chat.spared_at = chat.spared_at or dt.datetime.now(dt.UTC)
    gone = await s.execute(
        delete(Unclear).where(Unclear.chat_id == chat.id), execution_options={"synchronize_session": False}
    )
    return int(getattr(gone, "rowcount", 0))


async def waiting(s: AsyncSession, ids: Collection[int] | None = None, *, lock: bool = False) -> list[Kept]:
    """What may be reviewed, the oldest first; of some ids those that still may."""
    query = select(Unclear).join(Chat, Chat.id == Unclear.chat_id).where(_may_teach()).order_by(Unclear.update_id)
    if ids is not None:
        query = query.where(Unclear.update_id.in_(ids))
    if lock:
        query = query.with_for_update(of=Unclear)
    return [
        Kept(
            row.update_id, row.lang, row.at, row.text, tuple((str(name), float(chance)) for name, chance in row.likely)
        )
        for row in await s.scalars(query)
    ]


async def drop(s: AsyncSession, ids: Collection[int]) -> None:
    """Delete what was reviewed."""
    await s.execute(delete(Unclear).where(Unclear.update_id.in_(ids)), execution_options={"synchronize_session": False})


async def forget(s: AsyncSession, before: dt.datetime) -> int:
    """Delete what is older, and all of chats that got a case or were spared meanwhile. Returns how many."""
    gone = await s.execute(
        delete(Unclear).where(
            or_(Unclear.at < before, Unclear.chat_id.in_(select(Chat.id).where(~_may_teach()))),
        ),
        execution_options={"synchronize_session": False},
    )
    return int(getattr(gone, "rowcount", 0))
