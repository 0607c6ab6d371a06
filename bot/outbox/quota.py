"""How much of strangers' files we take: so much of each chat a day, each file once, and never the last of the disk.

A message itself is always stored, and so is the row of its file. A file that is left where it is can be fetched later:
Telegram keeps it, and its id stays good.
"""

from __future__ import annotations

import datetime as dt
import shutil
from pathlib import Path

from bot.settings import settings
from bot.storage.models import Chat

#: Why a file was left at Telegram: its chat sent much today, the disk is nearly full.
OVER_QUOTA, NO_ROOM = "over_quota", "no_room"
LEFT = (OVER_QUOTA, NO_ROOM)
#: Files of one chat fetched in a day, however small: each also costs a look into it.
FILES_A_DAY = 200
#: Lowest priority of a job for a file: as if so many files of the same chat waited before it.
LAST_IN_LINE = 100
_DAY = dt.timedelta(days=1)


def taken(chat: Chat, now: dt.datetime) -> float:
    """What a chat's files hold of its share, in MB: it is given back evenly, all of it within a day.

    Kept with the chat, so that no file of before is read to know.
    """
    if chat.files_at is None:
        return 0.0
    back = (now - chat.files_at) / _DAY * settings().chat_files_mb
    return max(0.0, (chat.files_mb or 0.0) - max(0.0, back))


def take(chat: Chat, now: dt.datetime, size_bytes: int | None) -> bool:
    """Take a file's part of the share of its chat, whose row is locked. False when that is too little."""
    before, wanted = taken(chat, now), (size_bytes or 0) / 1e6 + _one_file()
    if before + wanted > settings().chat_files_mb:
        return False
    chat.files_mb, chat.files_at = before + wanted, now
    return True


def turn_of(chat: Chat, now: dt.datetime) -> int:
    """The priority of the next file of a chat: the more of its share is taken, the later it is fetched."""
    return behind(round(taken(chat, now) / _one_file()))


def _one_file() -> float:
    """What each file takes beside its size, in MB."""
    return settings().chat_files_mb / FILES_A_DAY


def behind(waiting: int) -> int:
    """The priority of a file's job when so many files of its chat wait before it: the first of each chat goes first."""
    return -min(waiting, LAST_IN_LINE)


def room_for(folder: Path, size_bytes: int) -> bool:
    """Whether the disk keeps its floor when a file of that size is added, encrypted and perhaps with a copy."""
    there = next(one for one in (folder, *folder.parents) if one.exists())
    return shutil.disk_usage(there).free - 3 * size_bytes >= settings().disk_floor_mb * 1e6
