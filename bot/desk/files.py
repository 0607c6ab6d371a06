"""An operator's file on its way to a worker: it leaves without what a camera or a program wrote into it, or not at all.

A picture taken at the desk would carry the desk's position to a phone that may be watched. Photos, voice notes and
round videos are made anew by Telegram and are copied as they are.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.desk.service import FETCH_SECONDS
from bot.outbox import media as files
from bot.outbox.messages import Message
from bot.storage import jobs
from bot.storage.models import Chat, Media, Update

#: What an operator is told of a file that will not be sent.
REFUSALS = ("desk_file_not_fetched", "desk_file_not_sent")


@dataclass(frozen=True)
class Attached:
    """A file that came with an operator's message: what it is, and by what it can be fetched."""

    kind: str
    file_id: str
    unique_id: str | None
    name: str | None
    mime: str | None
    size_bytes: int | None


async def kept(s: AsyncSession, group: Chat, update: Update, file: Attached) -> Media:
    """The row of an operator's file. A new one is being fetched, and its message looked at again once it is there."""
    media: Media | None = await s.scalar(select(Media).where(Media.update_id == update.id))
    if media is None:
        media = await files.want(
            s,
            group,
            update,
            kind=file.kind,
            file_id=file.file_id,
            unique_id=file.unique_id,
            name=file.name,
            mime=file.mime,
            size_bytes=file.size_bytes,
        )
        # Whoever waits for an answer hears that it takes longer.
        at = dt.datetime.now(dt.UTC) + dt.timedelta(seconds=FETCH_SECONDS)
        await jobs.defer(s, "desk.relay_file", queue_name=jobs.DESK, at=at, update=update.id)
    return media


async def hold(s: AsyncSession, group: Chat, message_id: int | None) -> None:
    """Let nobody else send the file of an operator's message meanwhile. No harm when it carries none.

    An edit and the file's sending take turns: the file leaves with the words of the edit, or the edit finds it sent.
    """
    of_it = (Update.chat_id == group.id, Update.message_id == message_id, Update.kind == "message")
    await s.execute(select(Media.id).join(Update, Update.id == Media.update_id).where(*of_it).with_for_update(of=Media))


def why_not(media: Media) -> str | None:
    """The key of what an operator is told of a file that cannot leave; None when it can."""
    if media.state == "wanted":
        return "desk_file_waits"
    if media.state != "stored":
        return "desk_file_not_fetched"
    return None if media.looked in {"clean", "nothing"} else "desk_file_not_sent"


async def call_of(s: AsyncSession, media: Media, caption: str | None) -> Message:
    """The call that sends the copy without metadata, under a name that says nothing."""
    payload: dict[str, Any] = {"media": media.id}
    if caption:
        payload["caption"] = caption
    return await files.instead_of_copy(s, payload)
