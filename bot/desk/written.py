"""What an operator wrote in the group, read from Telegram's form into that of the use cases."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from telegram import Animation, Audio, Document, Message, PhotoSize, Sticker, Video, VideoNote, Voice

from bot.desk.files import Attached
from bot.desk.use_cases import Body, Copied, OwnFile, Words
from bot.storage.models import Chat, Update

type File = Animation | Audio | Document | Video | PhotoSize | Sticker | VideoNote | Voice


def body_of(message: Message) -> Body:
    """What the worker gets of a message: its words, its file, or a copy of it."""
    if message.text:
        return Words(message.text)
    if (file := as_made(message)) is not None:
        return OwnFile(file, message.caption)
    return Copied(made_anew(message), message.caption)


def as_made(message: Message) -> Attached | None:
    """The file of a message that comes as its maker made it; None for anything Telegram makes anew."""
    # An animation is a document too.
    return _first(
        {
            "animation": message.animation,
            "video": message.video,
            "audio": message.audio,
            "document": message.document,
        }
    )


def made_anew(message: Message) -> Attached | None:
    """The file of a message that Telegram made anew; None when there is none."""
    return _first(
        {
            "photo": message.photo[-1] if message.photo else None,
            "voice": message.voice,
            "video_note": message.video_note,
            "sticker": message.sticker,
        }
    )


def _first(named: dict[str, Any]) -> Attached | None:
    kind, file = next(((kind, file) for kind, file in named.items() if file is not None), ("", None))
    return _attached(kind, file) if file is not None else None


def _attached(kind: str, file: File) -> Attached:
    return Attached(
        kind,
        file.file_id,
        file.file_unique_id,
        getattr(file, "file_name", None),
        getattr(file, "mime_type", None),
        file.file_size,
    )


def edited_words(message: Message) -> str | None:
    """The words of a message, "" where they were taken away; None for a message that words cannot stand under."""
    captioned = message.photo or message.voice or as_made(message)
    return message.text or message.caption or ("" if captioned else None)


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
