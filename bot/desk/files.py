"""An operator's file on its way to a worker: it leaves without what a camera or a program wrote into it, or not at all.

A picture taken at the desk would carry the desk's position to a phone that may be watched. Photos, voice notes and
round videos are made anew by Telegram and are copied as they are.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from telegram import Animation, Audio, Document, Message, PhotoSize, Sticker, Video, VideoNote, Voice

from bot.desk.service import FETCH_SECONDS
from bot.outbox import media as files
from bot.storage import jobs
from bot.storage.models import Chat, Media, Update

#: What an operator is told of a file that will not be sent.
REFUSALS = ("desk_file_not_fetched", "desk_file_not_sent")

type Attached = Animation | Audio | Document | Video | PhotoSize | Sticker | VideoNote | Voice


def as_made(message: Message) -> tuple[str, Attached] | None:
    """The file of a message that comes as its maker made it, and its kind; None for anything Telegram makes anew."""
    # An animation is a document too.
    named = {
        "animation": message.animation,
        "video": message.video,
        "audio": message.audio,
        "document": message.document,
    }
    return next(((kind, file) for kind, file in named.items() if file is not None), None)


def made_anew(message: Message) -> tuple[str, Attached] | None:
    """The file of a message that Telegram made anew, and its kind; None when there is none."""
    named = {
        "photo": message.photo[-1] if message.photo else None,
        "voice": message.voice,
        "video_note": message.video_note,
        "sticker": message.sticker,
    }
    return next(((kind, file) for kind, file in named.items() if file is not None), None)


async def kept(s: AsyncSession, group: Chat, update: Update, kind: str, file: Attached) -> Media:
    """The row of an operator's file. A new one is being fetched, and its message looked at again once it is there."""
    media: Media | None = await s.scalar(select(Media).where(Media.update_id == update.id))
    if media is None:
        media = await files.want(
            s,
            group,
            update,
            kind=kind,
            file_id=file.file_id,
            unique_id=file.file_unique_id,
            name=getattr(file, "file_name", None),
            mime=getattr(file, "mime_type", None),
            size_bytes=file.file_size,
        )
        # Whoever waits for an answer hears that it takes longer.
        at = dt.datetime.now(dt.UTC) + dt.timedelta(seconds=FETCH_SECONDS)
        await jobs.defer(s, "desk.relay_file", queue_name=jobs.DESK, at=at, update=update.id)
    return media


def captioned(message: Message) -> bool:
    """Whether a message is one that words may stand under, and be taken away from."""
    return bool(message.photo or message.voice or as_made(message))


async def hold(s: AsyncSession, group: Chat, message_id: int | None) -> None:
    """Let nobody else send the file of an operator's message meanwhile. No harm when it carries none.

    An edit and the file's sending take turns: the file leaves with the words of the edit, or the edit finds it sent.
    """
    of_it = (Update.chat_id == group.id, Update.message_id == message_id, Update.kind == "message")
    await s.execute(select(Media.id).join(Update, Update.id == Media.update_id).where(*of_it).with_for_update(of=Media))


async def last_words(s: AsyncSession, group: Chat, update: Update) -> dict[str, Any]:
    """An operator's message as Telegram sent it, with the caption of its last edit."""
    edit: Update | None = await s.scalar(
        select(Update)
        .where(Update.chat_id == group.id, Update.message_id == update.message_id, Update.kind == "edited_message")
        .order_by(Update.id.desc())
        .limit(1)
    )
    if edit is None or "message" not in update.raw:
        return dict(update.raw)
    return {**update.raw, "message": {**update.raw["message"], "caption": edit.raw[edit.kind].get("caption")}}


def why_not(media: Media) -> str | None:
    """The key of what an operator is told of a file that cannot leave; None when it can."""
    if media.state == "wanted":
        return "desk_file_waits"
    if media.state != "stored":
        return "desk_file_not_fetched"
    return None if media.looked in {"clean", "nothing"} else "desk_file_not_sent"


async def call_of(s: AsyncSession, media: Media, caption: str | None) -> tuple[str, dict[str, Any]]:
    """The call that sends the copy without metadata, under a name that says nothing."""
    payload: dict[str, Any] = {"media": media.id}
    if caption:
        payload["caption"] = caption
    return await files.instead_of_copy(s, payload)
