"""People in an operators' group who are not listed: they can press nothing, but they read everything."""

from __future__ import annotations

import unicodedata

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.cases import rules, sites
from bot.storage import crypto
from bot.storage.models import Chat, Operator, Stranger

#: Letters of a name that are shown and kept.
NAME_LETTERS = 64


async def notice(s: AsyncSession, group: Chat, telegram_id: int, name: str) -> Stranger | None:
    """Note somebody seen in a group who is not listed. None for who is listed, no person, or known already.

    Updates of a group are acted on one after the other, so nobody is noted twice.
    """
    if group.former or telegram_id in rules.NO_PERSON:
        return None
    key = crypto.keyed_hash("operator", telegram_id)
    listed = select(Operator.id).where(Operator.telegram_hash == key, Operator.active)
    if await s.scalar(listed) is not None or await _known(s, telegram_id, group.id):
        return None
    found = Stranger(group_id=group.id, telegram_id=str(telegram_id), name=_plain(name))
    s.add(found)
    await s.flush()
    return found


async def forget(s: AsyncSession, telegram_id: int | None, group_id: int | None = None) -> None:
    """Somebody left the group, or was listed."""
    ids = [row.id for row in await _known(s, telegram_id, group_id)]
    await s.execute(delete(Stranger).where(Stranger.id.in_(ids)), execution_options={"synchronize_session": False})


async def seen(s: AsyncSession) -> list[str]:
    """Who was seen in a desk's group and is not listed: a line each."""
    rows = await s.execute(select(Stranger, Chat).join(Chat, Chat.id == Stranger.group_id).order_by(Stranger.id))
    return [
        f"      {row.name:<24} {site.id:<12} Telegram id {row.telegram_id}, since {row.seen_at:%Y-%m-%d %H:%M} UTC"
        for row, group in rows
        if (site := sites.site_of_chat(group)) is not None
    ]


async def _known(s: AsyncSession, telegram_id: int | None, group_id: int | None) -> list[Stranger]:
    # They are few, and their ids are encrypted.
    rows = await s.scalars(select(Stranger))
    return [row for row in rows if row.telegram_id == str(telegram_id) and group_id in (None, row.group_id)]


def _plain(name: str) -> str:
    """A name as one line that says nothing else: people call themselves what they like."""
    shown = "".join(letter if unicodedata.category(letter)[0] not in "CZ" else " " for letter in name)
    return " ".join(shown.split())[:NAME_LETTERS] or "?"
