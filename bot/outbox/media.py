"""Files of messages: fetched from Telegram, encrypted and hashed before anything else is done with them.

The original stays as it came, as evidence. What leaves instead of it is a copy without what the camera wrote into it.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import errno
import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import procrastinate
from sqlalchemy import exists, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from telegram import error

from bot import log as logs
from bot.outbox import bots, quota
from bot.outbox.clean import files
from bot.outbox.messages import Message
from bot.outbox.telegram import client
from bot.settings import settings
from bot.storage import crypto, jobs
from bot.storage.models import Chat, Media, Update
from bot.storage.session import session

log = logs.get(__name__)

#: The Bot API hands out files up to this size. Source: Bot API, getFile.
FETCH_BYTES = 20 * 1024 * 1024
#: Files left for want of disk that are fetched in one look, once there is room.
LEFT_AT_ONCE = 20
#: Seconds an erasure waits for files that are still to be fetched.
ERASE_WAITS_SECONDS = 6.0
#: How each kind of media is sent again: Bot API method and the parameter that carries the file.
SENT_AS = {
    "photo": ("sendPhoto", "photo"),
    "voice": ("sendVoice", "voice"),
    "video": ("sendVideo", "video"),
    "audio": ("sendAudio", "audio"),
    "video_note": ("sendVideoNote", "video_note"),
    "animation": ("sendAnimation", "animation"),
    "sticker": ("sendSticker", "sticker"),
}
SUFFIXES = {
    "photo": ".jpg",
    "voice": ".ogg",
    "video": ".mp4",
    "video_note": ".mp4",
    "animation": ".mp4",
    "sticker": ".webp",
}
#: Kinds that Telegram shows without words.
WORDLESS = frozenset({"video_note", "sticker"})
AS_DOCUMENT = ("sendDocument", "document")


def folder() -> Path:
    return settings().hotline_home / "media"


async def want(
    s: AsyncSession,
    chat: Chat,
    update: Update,
    *,
    kind: str,
    file_id: str,
    unique_id: str | None,
    name: str | None,
    mime: str | None,
    size_bytes: int | None,
) -> Media:
    """Note the file of a message, and have it fetched, unless its chat sent too much today (quota.py)."""
    now = dt.datetime.now(dt.UTC)
    same = crypto.keyed_hash("file", f"{chat.id}:{unique_id}") if unique_id else None
    # What operators send goes to a worker; a file that we have already costs nothing.
    counts = chat.kind == "private" and not await _have(s, chat, same)
    priority = quota.turn_of(chat, now)
    state = "wanted" if not counts or quota.take(chat, now, size_bytes) else quota.OVER_QUOTA
    media = Media(
        chat_id=chat.id,
        update_id=update.id,
        kind=kind,
        file_id=file_id,
        name=name,
        mime=mime,
        size_bytes=size_bytes,
        same=same,
        state=state,
    )
    s.add(media)
    await s.flush()
    if state == "wanted":
        await jobs.defer(s, "media.fetch", queue_name=jobs.MEDIA, priority=priority, media=media.id)
    else:
        log.info("media_left", media=media.id, why=state)
    return media


async def _have(s: AsyncSession, chat: Chat, same: bytes | None) -> bool:
    """Whether we have, or are fetching, the same file of a chat."""
    there = exists().where(Media.chat_id == chat.id, Media.same == same, Media.state.in_(("wanted", "stored")))
    return same is not None and bool(await s.scalar(select(there)))


async def fetch_after_all(s: AsyncSession, rows: Sequence[Media]) -> None:
    """Have files fetched that were left. The quota does not count for them, the floor of the disk does."""
    for number, row in enumerate(rows):
        row.state = "wanted"
        await jobs.defer(s, "media.fetch", queue_name=jobs.MEDIA, priority=quota.behind(number), media=row.id)


async def fetch_where_room() -> None:
    """The disk has room again: fetch some of what was left for want of it, the oldest first."""
    if not quota.room_for(folder(), LEFT_AT_ONCE * FETCH_BYTES):
        return
    async with session() as s:
        left = select(Media).where(Media.state == quota.NO_ROOM).order_by(Media.id).limit(LEFT_AT_ONCE)
        await fetch_after_all(s, (await s.scalars(left.with_for_update(skip_locked=True))).all())
        await s.commit()


#: Fetching carries no lock, so it may try for hours: 2, 4, 8 ... seconds apart, the last time after an hour.
RETRY = procrastinate.RetryStrategy(max_attempts=11, exponential_wait=2)


@jobs.queue.task(name="media.fetch", queue=jobs.MEDIA, retry=RETRY)
async def fetch(media: int) -> None:
    """Fetch one file, hash the original, keep it encrypted. Safe to run again after a failure."""
    async with session() as s:
        row = await s.get_one(Media, media)
        update = await s.get_one(Update, row.update_id)
    if row.state != "wanted":
        return
    if not bots.ours(update.bot_id):
        # File ids are good for one bot account alone. Source: Bot API, "Sending files".
        await _settle(media, state="gone")
        return
    if (row.size_bytes or 0) > FETCH_BYTES:
        await _settle(media, state="too_big")
        return
    if await _as_before(row):
        return
    if not quota.room_for(folder(), row.size_bytes or FETCH_BYTES):
        await _settle(media, state=quota.NO_ROOM)
        return
    try:
        file = await client().get_file(row.file_id)
        content = bytes(await file.download_as_bytearray())
    except error.BadRequest as told:
        await _settle(media, state="too_big" if "too big" in told.message.lower() else "gone")
        return
    path = Path(f"{row.id % 256:02x}") / f"{row.id}.enc"
    try:
        # Off the loop: 20 MB take a while, and heartbeats must not wait.
        sha256 = await asyncio.to_thread(_keep, folder() / path, content)
    except OSError as problem:
        if problem.errno not in {errno.ENOSPC, errno.EDQUOT}:
            raise
        await _settle(media, state=quota.NO_ROOM)
        return
    await _settle(
        media,
        state="stored",
        sha256=sha256,
        path=str(path),
        size_bytes=len(content),
        stored_at=dt.datetime.now(dt.UTC),
        **(await _without_metadata(path, content) if row.kind in files.UNTOUCHED else {}),
    )
    log.info("media_stored", media=media, bytes=len(content))


async def _as_before(row: Media) -> bool:
    """Keep a file that the same chat sent before as a second name of what we have; False when we do not have it."""
    if row.same is None:
        return False
    async with session() as s:
        kept: Media | None = await s.scalar(
            select(Media)
            .where(Media.chat_id == row.chat_id, Media.same == row.same, Media.state == "stored", Media.id != row.id)
            .order_by(Media.id)
            .limit(1)
        )
    if kept is None or kept.path is None:
        return False
    path = Path(f"{row.id % 256:02x}") / f"{row.id}.enc"
    clean = path.with_suffix(".clean.enc") if kept.clean_path is not None else None
    try:
        await asyncio.to_thread(_link, kept.path, path)
        if clean is not None and kept.clean_path is not None:
            await asyncio.to_thread(_link, kept.clean_path, clean)
    except OSError:
        # It is being deleted, or the disk knows no second names: fetched again.
        return False
    copied = ("sha256", "size_bytes", "looked", "found")
    values = {name: getattr(kept, name) for name in copied}
    clean_path = str(clean) if clean is not None else None
    now = dt.datetime.now(dt.UTC)
    await _settle(row.id, state="stored", path=str(path), clean_path=clean_path, stored_at=now, **values)
    log.info("media_known", media=row.id)
    return True


def _link(old: str, new: Path) -> None:
    """Give a stored file a second name: each is deleted by itself, and the disk keeps it once."""
    target = folder() / new
    target.parent.mkdir(exist_ok=True, mode=0o700)
    target.unlink(missing_ok=True)
    target.hardlink_to(folder() / old)


async def _without_metadata(path: Path, content: bytes) -> dict[str, Any]:
    """Keep the copy that may leave, and what the file says of where and when. The original is stored already."""
    looked = await files.look(content)
    clean: Path | None = None
    if looked.clean is not None:
        clean = path.with_suffix(".clean.enc")
        await asyncio.to_thread(_keep, folder() / clean, looked.clean)
    return {
        "looked": looked.outcome,
        "clean_path": str(clean) if clean is not None else None,
        "found": looked.found or None,
    }


async def fetch_wanted(chat: int) -> None:
    """Fetch what a chat sent and we do not have yet, before it is erased. Gives up soon: the person's safety waits."""
    async with session() as s:
        wanted = (await s.scalars(select(Media.id).where(Media.chat_id == chat, Media.state == "wanted"))).all()
    try:
        async with asyncio.timeout(ERASE_WAITS_SECONDS):
            for media in wanted:
                await fetch(media)
    except Exception as problem:
        log.warning("not_fetched_before_erase", count=len(wanted), error=type(problem).__name__)


async def _settle(media: int, **values: Any) -> None:
    async with session() as s:
        row = await s.get_one(Media, media, with_for_update=True)
        for name, value in values.items():
            setattr(row, name, value)
        # A holder who waits for it is shown it now.
        await jobs.defer(s, "desk.relay_file", queue_name=jobs.DESK, update=row.update_id)
        if row.read_as == "wanted":
            await have_read(s, row)
        if row.state == "too_big":
            await jobs.defer(s, "turns.too_big", queue_name=jobs.DESK, update=row.update_id)
        await s.commit()


async def have_read(s: AsyncSession, row: Media) -> None:
    """Have a stored file read. Behind those of its chat that wait already, so that each chat's first is read first."""
    before = select(func.count()).where(Media.chat_id == row.chat_id, Media.read_as == "wanted", Media.id < row.id)
    priority = quota.behind(int(await s.scalar(before) or 0))
    await jobs.defer(s, "turns.read_file", queue_name=jobs.READING, priority=priority, media=row.id)


def _keep(path: Path, content: bytes) -> str:
    """Write a file encrypted; the SHA-256 of the original."""
    folder().mkdir(parents=True, exist_ok=True, mode=0o700)
    path.parent.mkdir(exist_ok=True, mode=0o700)
    crypto.write_private(path, crypto.keys().encrypt(content))
    return hashlib.sha256(content).hexdigest()


def read(row: Media) -> bytes:
    """The original file of a stored media row."""
    if row.path is None:
        raise FileNotFoundError(f"media {row.id} is not stored")
    return crypto.keys().decrypt((folder() / row.path).read_bytes())


def read_to_send(row: Media) -> bytes:
    """What leaves of a stored file: the copy without metadata where there is one."""
    if row.clean_path is None:
        return read(row)
    return crypto.keys().decrypt((folder() / row.clean_path).read_bytes())


def remove(row: Media) -> int:
    """Delete the files of a row, also those a broken-off fetch left unnamed. Returns how many were there."""
    there = _files(row)
    for path in there:
        path.unlink(missing_ok=True)
    return len(there)


def count(row: Media) -> int:
    """How many files of a row there are."""
    return len(_files(row))


def _files(row: Media) -> list[Path]:
    """What there is of the original and of the copy without metadata. Their names follow from the row's number."""
    usual = Path(f"{row.id % 256:02x}") / f"{row.id}.enc"
    named = [Path(path) for path in (row.path, row.clean_path) if path is not None]
    every = dict.fromkeys((*named, usual, usual.with_suffix(".clean.enc")))
    # A draft is what a write that was killed leaves.
    return [
        path for name in every for path in (folder() / name, (folder() / name).with_suffix(".new")) if path.exists()
    ]


async def opened(media: int) -> tuple[str, str, bytes]:
    """What a send needs of a stored file: the parameter that carries it, a neutral file name, the bytes."""
    async with session() as s:
        row = await s.get_one(Media, media)
    field = SENT_AS.get(row.kind, AS_DOCUMENT)[1]
    suffix = Path(row.name or "").suffix or SUFFIXES.get(row.kind, "")
    return field, f"file-{row.id}{suffix}", await asyncio.to_thread(read_to_send, row)


async def instead_of_copy(s: AsyncSession, payload: dict[str, Any]) -> Message:
    """The send that stands in for a copy whose original is gone, or that would carry what its camera wrote."""
    row = await s.get_one(Media, payload["media"])
    left_out = {"from_chat", "message_id", "bot", *(("caption",) if row.kind in WORDLESS else ())}
    kept = {key: value for key, value in payload.items() if key not in left_out}
    return Message(SENT_AS.get(row.kind, AS_DOCUMENT)[0], kept)
