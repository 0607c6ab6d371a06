"""How much of strangers' files we take: so much of each chat a day, each file once, and never the last of the disk.

A message itself is always stored, and so is the row of its file. A file that is left where it is can be fetched later:
Telegram keeps it, and its id stays good.
"""

from __future__ import annotations

import datetime as dt
import shutil
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import case, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.settings import settings
from bot.storage.models import Chat, Media, Update

#: Why a file was left at Telegram: its chat sent much today, the disk is nearly full, an operator blocked the chat.
OVER_QUOTA, NO_ROOM, BLOCKED = "over_quota", "no_room", "blocked"
LEFT = (OVER_QUOTA, NO_ROOM, BLOCKED)
#: Files of one chat fetched in a day, however small: each also costs a look into it.
FILES_A_DAY = 200
#: Lowest priority of a job for a file: as if so many files of the same chat waited before it.
LAST_IN_LINE = 100
_DAY = dt.timedelta(days=1)


@dataclass(frozen=True)
class Taken:
    """What a chat sent in the last day and we have, or are fetching; each file counts once."""

    files: int
    megabytes: float
    #: Of these, files that wait to be fetched.
    waiting: int


async def taken(s: AsyncSession, chat: Chat) -> Taken:
    """What was taken of a chat in the last day."""
    alone = case((Media.same.is_(None), Media.id))
    once = (
        select(func.max(Media.size_bytes).label("size"), func.count().filter(Media.state == "wanted").label("waiting"))
        .join(Update, Update.id == Media.update_id)
        .where(
            Media.chat_id == chat.id,
            Media.state.in_(("wanted", "stored")),
            Update.received_at > dt.datetime.now(dt.UTC) - _DAY,
        )
        .group_by(Media.same, alone)
        .subquery()
    )
    counted = select(func.count(), func.coalesce(func.sum(once.c.size), 0), func.coalesce(func.sum(once.c.waiting), 0))
    files, size, waiting = (await s.execute(counted.select_from(once))).one()
    return Taken(int(files), int(size) / 1e6, int(waiting))


def fits(found: Taken, size_bytes: int | None) -> bool:
    """Whether one more file of a chat is fetched today."""
    return found.files < FILES_A_DAY and found.megabytes + (size_bytes or 0) / 1e6 <= settings().chat_files_mb


def behind(waiting: int) -> int:
    """The priority of a file's job when so many files of its chat wait before it: the first of each chat goes first."""
    return -min(waiting, LAST_IN_LINE)


def room_for(folder: Path, size_bytes: int) -> bool:
    """Whether the disk keeps its floor when a file of that size is added, encrypted and perhaps with a copy."""
    there = next(one for one in (folder, *folder.parents) if one.exists())
    return shutil.disk_usage(there).free - 3 * size_bytes >= settings().disk_floor_mb * 1e6
