"""How one of a worker's messages is shown to the holder: as itself where Telegram can, in words where it cannot.

Words and positions come from what we stored, files as a copy; a file that its camera wrote into comes as our copy
without it. What a holder must know of a file stands in a line before it.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from bot import texts
from bot.desk import left
from bot.outbox import media as files
from bot.outbox import messages
from bot.outbox.clean.files import UNTOUCHED, runs
from bot.outbox.messages import Button, Message
from bot.storage.models import Chat, Media, Update
from bot.storage.received import body_of, emoji_of, location_of, number, on_earth, pin, spelt_out
from bot.texts import Lang
from nlu.understanding.frames import frames

#: What stands among the reasons of a message and speaks against a case.
FRAMES = frozenset(frame.id for frame in frames())
#: How long a live position may be. Source: Bot API, sendLocation: 60 to 86400 seconds, or this for "until stopped".
SHORTEST, LONGEST, UNTIL_STOPPED = 60, 86400, 0x7FFFFFFF
#: A message of fewer characters is read at a glance; in a longer one it is said which words were taken for signs.
GLANCE_CHARS = 160
#: So many signs are named, each of at most so many characters: a longer one is no help to the eye.
MOST_SIGNS, SIGN_CHARS = 3, 60


async def live_now(s: AsyncSession, update: Update) -> dict[str, Any]:
    """A live position as it is now, for one who sees it for the first time: the newest place, and that it moves on."""
    newest = await s.scalar(
        select(Update)
        .where(Update.chat_id == update.chat_id, Update.message_id == update.message_id, Update.content == "location")
        .order_by(Update.update_id.desc())
        .limit(1)
    )
    now_at = location_of(newest if newest is not None else update) or location_of(update)
    payload = pin(now_at)
    period = number(now_at.get("live_period"))
    if period is None:
        return payload  # it was stopped meanwhile
    elapsed = (dt.datetime.now(dt.UTC) - update.received_at).total_seconds()
    if period > LONGEST:
        payload["live_period"] = UNTIL_STOPPED
    elif period - elapsed > 0:
        payload["live_period"] = max(SHORTEST, int(period - elapsed))
    return payload


@dataclass
class Shown:
    """A call that shows a message, and the lines that stand before it, by text key."""

    message: Message
    lines: dict[str, str] = field(default_factory=dict)
    #: What can be done with the file, under those lines.
    buttons: list[list[Button]] = field(default_factory=list)


async def show(s: AsyncSession, chat: Chat, update: Update, lang: Lang) -> Shown:
    """How one message is shown. What we stored outlives the message on the phone: it may be erased before a claim."""
    message = body_of(update)
    if location_of(update) or isinstance(message.get("venue"), dict):
        return await _place(s, update, message)
    key = "desk_relay" if update.kind == "message" else "desk_relay_edited"
    caption = message.get("caption")
    words = message.get("text") or (caption if update.kind == "edited_message" else None) or spelt_out(message)
    if isinstance(words, str) and words:
        text = texts.render(key, lang, words=sendable(words))
        if signs := signs_in(update, words):
            text = f"{text}\n{texts.render('desk_signs', lang, signs=', '.join(f'“{sign}”' for sign in signs))}"
        return Shown(messages.text(text))
    media = await s.scalar(select(Media).where(Media.update_id == update.id))
    if media is None:
        return Shown(messages.copy(chat.id, update.message_id, bot=update.bot_id))
    under = sendable(caption) if isinstance(caption, str) else None
    copy = messages.copy(chat.id, update.message_id, bot=update.bot_id, media=media.id, caption=under)
    lines = file_lines(media, lang)
    if emoji := emoji_of(message):
        lines["desk_sticker"] = texts.render("desk_sticker", lang, emoji=sendable(emoji))
    if media.clean_path is not None:
        return Shown(await files.instead_of_copy(s, copy.payload), lines)
    return Shown(copy, lines, left.buttons(media, lang))


def signs_in(update: Update, words: str) -> list[str]:
    """The words for which a long message was taken for a cry, the most urgent first: why there is a case."""
    if len(words) < GLANCE_CHARS:
        return []
    evidence = [str(reason.get("evidence") or "") for reason in update.reasons or () if reason.get("id") not in FRAMES]
    short = list(dict.fromkeys(sendable(sign) for sign in evidence if 0 < len(sign) <= SIGN_CHARS))
    return [sign for sign in short if not any(sign != other and sign in other for other in short)][:MOST_SIGNS]


async def _place(s: AsyncSession, update: Update, message: dict[str, Any]) -> Shown:
    """A position, or a place with its name and address."""
    venue = message.get("venue")
    if isinstance(venue, dict):
        inner = venue.get("location")
        at = location_of(update) or (inner if isinstance(inner, dict) and on_earth(inner) else {})
        title, address = (str(venue.get(name) or "-")[:256] for name in ("title", "address"))
        if not at:
            return Shown(messages.text(f"📍 {sendable(title)}\n{sendable(address)}"))
        return Shown(messages.venue(pin(at), sendable(title), sendable(address)))
    if update.kind == "message" and location_of(update).get("live_period"):
        return Shown(messages.place(await live_now(s, update)))
    return Shown(messages.place(pin(location_of(update))))


def file_lines(media: Media, lang: Lang) -> dict[str, str]:
    """What a holder must know of a file before opening it or passing it on."""
    lines = {}
    if media.state == "too_big":
        size = f"{(media.size_bytes or 0) / 1024 / 1024:.0f}" if media.size_bytes else "> 20"
        lines["desk_file_too_big"] = texts.render("desk_file_too_big", lang, size=size, kind=media.kind)
    lines |= left.line(media, lang)
    if media.state == "gone":
        lines["desk_file_gone"] = texts.render("desk_file_gone", lang)
    if media.looked == "unopened":
        lines["desk_file_unopened"] = texts.render("desk_file_unopened", lang)
    if media.kind in UNTOUCHED and (media.looked in {"unclean", "other"} or media.state != "stored"):
        # Shown all the same: a recording or a contract must be heard and read, and nobody reads it but operators.
        lines["desk_file_unclean"] = texts.render("desk_file_unclean", lang)
    if media.looked == "program" or runs(media.name, media.mime):
        lines["desk_file_program"] = texts.render("desk_file_program", lang)
    if (at := (media.found or {}).get("position")) is not None:
        taken = str((media.found or {}).get("taken") or "?").replace("T", " ")
        lines["desk_file_position"] = texts.render(
            "desk_file_position", lang, latitude=at[0], longitude=at[1], taken=taken
        )
    return lines


def sendable(words: str) -> str:
    """Words as Telegram takes them: half characters and NUL of a broken client are replaced, not lost."""
    return words.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace").replace("\0", "\ufffd")
