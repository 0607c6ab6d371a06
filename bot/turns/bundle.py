"""Bundles: an album, several forwards in a row, a long paste that Telegram cut in pieces. One turn answers them all.

Intake gives each message the number of its bundle and no turn; a job looks in until the chat has been quiet for a
moment, then one turn takes them together. Distress in any of them was recognised at intake and does not wait; nor does
a message by itself, which is no bundle.
"""

from __future__ import annotations

import datetime as dt

from sqlalchemy import ColumnElement, func, select
from sqlalchemy import update as update_rows
from sqlalchemy.ext.asyncio import AsyncSession

from bot.offers.reading import files
from bot.storage import jobs, received
from bot.storage.models import Chat, Media, Update
from bot.storage.session import session
from nlu.understanding import controls

#: Seconds of quiet after which a bundle is complete: phones send an album or forwards within one.
QUIET_SECONDS = 1.2
#: A bundle is answered after so many seconds, or so many messages, even if more are coming.
LONGEST_SECONDS, MOST_MESSAGES = 6.0, 20
#: Characters that one turn reads. The rest of a longer bundle is answered by a turn of its own.
READ_CHARACTERS = 4096
#: From so many characters on a text may be a piece of a longer one: Telegram's apps cut at 4096.
LONG_PASTE = 3500
#: What arrives without words and may be all that somebody could send: a person looks at it, at once.
MAY_BE_A_CALL = frozenset({"voice", "video_note", "location", "venue"})


def belongs(content: str | None, text: str, *, forwarded: bool, album: bool) -> bool:
    """Whether a message is one that seldom comes alone."""
    if content is None or content in MAY_BE_A_CALL:
        return False
    return album or forwarded or (content == "text" and len(text) >= LONG_PASTE)


async def join(s: AsyncSession, chat: Chat, row: Update, text: str, *, belongs: bool) -> bool:
    """Put a new message into the chat's bundle. False when it is to have a turn of its own.

    The caller holds the chat's row. What somebody types while a bundle is gathered ("is this safe?") belongs to it; a
    control word or a cry for help does not: then what was gathered is answered first, now.
    """
    belongs = belongs and row.triage in {None, "none"}
    if chat.bundle is None:
        if not belongs:
            return False
        chat.bundle = row.id
        at = dt.datetime.now(dt.UTC) + dt.timedelta(seconds=QUIET_SECONDS)
        await jobs.defer(s, "turns.gather", queue_name=jobs.TURNS, at=at, update=row.id)
    elif not belongs and (row.content != "text" or row.triage not in {None, "none"} or controls.match(text.strip())):
        await close(s, chat)
        return False
    row.bundle = chat.bundle
    return True


async def close(s: AsyncSession, chat: Chat) -> None:
    """Nothing more joins the chat's bundle; its turn is queued."""
    if chat.bundle is None:
        return
    await jobs.defer(s, "turns.take", queue_name=jobs.TURNS, lock=f"turn:{chat.id}", update=chat.bundle)
    chat.bundle = None


@jobs.queue.task(name="turns.gather", queue=jobs.TURNS, retry=jobs.retry_soon())
async def gather(update: int) -> None:
    """Close a bundle (named by its first message) once its chat is quiet, else look in again. Safe to run again."""
    async with session() as s:
        row = await s.get_one(Update, update)
        chat = await s.get_one(Chat, row.chat_id, with_for_update={"key_share": True})
        if chat.bundle != update:
            return
        query = select(func.count(), func.max(Update.received_at), func.now()).where(Update.bundle == update)
        count, newest, now = (await s.execute(query)).one()
        quiet_at = newest + dt.timedelta(seconds=QUIET_SECONDS)
        waited = (now - row.received_at).total_seconds()
        if now < quiet_at and count < MOST_MESSAGES and waited < LONGEST_SECONDS:
            await jobs.defer(s, "turns.gather", queue_name=jobs.TURNS, at=quiet_at, update=update)
        else:
            await close(s, chat)
        await s.commit()


async def members(s: AsyncSession, chat: Chat, update: Update) -> list[Update]:
    """The messages that the turn of an update answers, oldest first. The caller holds the chat's row.

    What is too long to be read with the others becomes a bundle of its own behind this one.
    """
    if update.bundle is None:
        return [update]
    if chat.bundle == update.bundle:
        chat.bundle = None
    query = select(Update).where(Update.bundle == update.bundle, Update.state.in_(("pending", "unanswered")))
    rows = list(await s.scalars(query.order_by(Update.id)))
    length = 0
    for number, row in enumerate(rows):
        length += len(words_of(row)) + 1
        if number and length > READ_CHARACTERS:
            for later in rows[number:]:
                later.bundle = row.id
            await jobs.defer(s, "turns.take", queue_name=jobs.TURNS, lock=f"turn:{chat.id}", update=row.id)
            return rows[:number]
    return rows


async def part(s: AsyncSession, update: Update) -> bool:
    """A bundle failed twice: each of its messages gets a turn of its own, so that one bad one spoils no other.

    False for an update that is no part of a bundle of several.
    """
    if update.bundle is None:
        return False
    query = select(Update).where(Update.bundle == update.bundle, Update.state.in_(("pending", "unanswered")))
    rows = list(await s.scalars(query.order_by(Update.id).with_for_update()))
    if len(rows) < 2:
        return False
    await s.execute(
        update_rows(Chat).where(Chat.bundle == update.bundle, Chat.id == update.chat_id).values(bundle=None)
    )
    for row in rows:
        row.bundle, row.attempts, row.state = None, 0, "pending"
        await jobs.defer(s, "turns.take", queue_name=jobs.TURNS, lock=f"turn:{row.chat_id}", update=row.id)
    return True


def words_of(update: Update) -> str:
    """What a person wrote in one update: text or caption; nothing for a pressed button."""
    if update.kind not in {"message", "edited_message"}:
        return ""
    return str(received.words(received.body_of(update)) or "").strip()


async def all_words(s: AsyncSession, update: Update) -> str:
    """What a person wrote in an update, or in all messages of its bundle, and what was read on their files."""
    if update.bundle is None and update.content == "text":
        return words_of(update)
    rows = (await s.execute(_with_files.where(of_bundle(update)).order_by(Update.id))).tuples()
    return joined([words for row, read in rows for words in (words_of(row), read or "")])


def of_bundle(update: Update) -> ColumnElement[bool]:
    """The condition for the messages that are answered together with an update, itself among them."""
    return Update.id == update.id if update.bundle is None else Update.bundle == update.bundle


_with_files = select(Update, Media.words).outerjoin(
    Media, (Media.update_id == Update.id) & (Media.read_as != files.ILLEGIBLE)
)


def joined(words: list[str]) -> str:
    """The words of several messages as one text."""
    return "\n".join(found for found in words if found)
