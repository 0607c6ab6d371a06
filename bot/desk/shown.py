"""How one of a worker's messages is shown to the holder: as itself where Telegram can, in words where it cannot.

Words and positions come from what we stored, files as a copy; a file that its camera wrote into comes as our copy
without it. What a holder must know of a file stands in a line before it.
"""

from __future__ import annotations

import datetime as dt
import math
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
from bot.texts import Lang
from nlu.text.frames import frames

#: What stands among the reasons of a message and speaks against a case.
FRAMES = frozenset(frame.id for frame in frames())
#: How long a live position may be. Source: Bot API, sendLocation: 60 to 86400 seconds, or this for "until stopped".
SHORTEST, LONGEST, UNTIL_STOPPED = 60, 86400, 0x7FFFFFFF
#: A message of fewer characters is read at a glance; in a longer one it is said which words were taken for signs.
GLANCE_CHARS = 160
#: So many signs are named, each of at most so many characters: a longer one is no help to the eye.
MOST_SIGNS, SIGN_CHARS = 3, 60


def location_of(update: Update) -> dict[str, Any]:
    """The raw position of an update; empty when it has none that can be shown."""
    message = update.raw.get(update.kind)
    found = message.get("location") if isinstance(message, dict) else None
    return found if isinstance(found, dict) and _on_earth(found) else {}


def _on_earth(location: dict[str, Any]) -> bool:
    latitude, longitude = _number(location.get("latitude")), _number(location.get("longitude"))
    return latitude is not None and longitude is not None and abs(latitude) <= 90 and abs(longitude) <= 180


def _number(value: object) -> float | None:
    """A plain number; None for what a broken client sends instead."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return None
    return value


def position(update: Update) -> tuple[float, float] | None:
    """Latitude and longitude of an update."""
    found = location_of(update)
    return (found["latitude"], found["longitude"]) if found else None


def pin(location: dict[str, Any]) -> dict[str, Any]:
    """What Telegram is told of a position."""
    payload = {"latitude": location["latitude"], "longitude": location["longitude"]}
    accuracy, heading = _number(location.get("horizontal_accuracy")), _number(location.get("heading"))
    if accuracy is not None and 0 <= accuracy <= 1500:
        payload["horizontal_accuracy"] = accuracy
    if heading is not None and 1 <= heading <= 360:
        payload["heading"] = heading
    return payload


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
    period = _number(now_at.get("live_period"))
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
    message = update.raw.get(update.kind)
    message = message if isinstance(message, dict) else {}
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
    sticker = message.get("sticker")
    if isinstance(sticker, dict) and isinstance(emoji := sticker.get("emoji"), str) and emoji:
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
        at = location_of(update) or (inner if isinstance(inner, dict) and _on_earth(inner) else {})
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


def spelt_out(message: dict[str, Any]) -> str | None:
    """What Telegram does not let a bot copy, or would change in copying, in words; None for anything else."""
    contact, poll, dice = message.get("contact"), message.get("poll"), message.get("dice")
    if isinstance(contact, dict):
        parts = [contact.get("first_name"), contact.get("last_name"), contact.get("phone_number")]
        return "📇 " + " ".join(str(part) for part in parts if part)
    if isinstance(poll, dict):
        options = [option.get("text") for option in poll.get("options") or () if isinstance(option, dict)]
        return "\n• ".join(str(part) for part in ["📊 " + str(poll.get("question") or ""), *options])
    if isinstance(dice, dict):
        return f"{dice.get('emoji') or '🎲'} {dice.get('value') or '?'}"
    for name, sign in (("story", "📖"), ("checklist", "☑"), ("game", "🎮")):
        if isinstance(found := message.get(name), dict):
            return f"{sign} {_title(found)}".strip()
    return None


def _title(found: dict[str, Any]) -> str:
    """The title of a game, of a checklist with its tasks, or of the chat that a story is from."""
    chat = found.get("chat")
    chat = chat if isinstance(chat, dict) else {}
    name = found.get("title") or chat.get("title") or chat.get("first_name") or ""
    handle = f"@{chat['username']}" if chat.get("username") else ""
    tasks = [f"\n• {task.get('text')}" for task in found.get("tasks") or () if isinstance(task, dict)]
    return " ".join(part for part in (str(name), handle) if part) + "".join(tasks)


def sendable(words: str) -> str:
    """Words as Telegram takes them: half characters and NUL of a broken client are replaced, not lost."""
    return words.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace").replace("\0", "\ufffd")
