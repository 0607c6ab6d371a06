"""What a stored update says, read from the form in which Telegram sent it. A broken client may send anything.

Rooms ask here instead of naming keys of an update. Pure.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, Final

from bot.storage.models import Update

#: Contents that bring a file which may be large.
LARGE: Final = ("video", "document", "animation", "audio", "voice", "video_note")


def body_of(update: Update) -> dict[str, Any]:
    """The message of an update, or the press of a button; empty for what cannot be read."""
    return body(update.raw, update.kind)


def body(raw: object, kind: str) -> dict[str, Any]:
    """The same of an update's raw form."""
    found = raw.get(kind) if isinstance(raw, dict) else None
    return found if isinstance(found, dict) else {}


def words(message: Mapping[str, Any]) -> Any:
    """The text of a message or the words under its file, as they came."""
    return message.get("text") or message.get("caption")


def album_of(update: Update) -> str | None:
    """What the messages of an album have in common; None for a message by itself."""
    found = body_of(update).get("media_group_id")
    return found if isinstance(found, str) else None


def replied_to(update: Update) -> int | None:
    """The number of the message that this one replies to."""
    found = body_of(update).get("reply_to_message")
    of = found.get("message_id") if isinstance(found, dict) else None
    return of if isinstance(of, int) else None


def file_bytes(update: Update) -> int | None:
    """How large the file of a message is, where it says so itself."""
    message = body_of(update)
    found = next((message[kind] for kind in LARGE if kind in message), None)
    size = found.get("file_size") if isinstance(found, dict) else None
    return size if isinstance(size, int) else None


def emoji_of(message: Mapping[str, Any]) -> str | None:
    """The emoji of a sticker."""
    sticker = message.get("sticker")
    emoji = sticker.get("emoji") if isinstance(sticker, dict) else None
    return emoji if isinstance(emoji, str) else None


def location_of(update: Update) -> dict[str, Any]:
    """The raw position of an update; empty when it has none that can be shown."""
    found = body_of(update).get("location")
    return found if isinstance(found, dict) and on_earth(found) else {}


def on_earth(location: dict[str, Any]) -> bool:
    """Whether a raw position is one: a broken client may send anything."""
    latitude, longitude = number(location.get("latitude")), number(location.get("longitude"))
    return latitude is not None and longitude is not None and abs(latitude) <= 90 and abs(longitude) <= 180


def number(value: object) -> float | None:
    """A plain number; None for what a broken client sends instead."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return None
    return value


def position(update: Update) -> tuple[float, float] | None:
    """Latitude and longitude of an update."""
    found = location_of(update)
    return (found["latitude"], found["longitude"]) if found else None


def pin(location: dict[str, Any]) -> dict[str, Any]:
    """What is sent on of a raw position."""
    payload = {"latitude": location["latitude"], "longitude": location["longitude"]}
    accuracy, heading = number(location.get("horizontal_accuracy")), number(location.get("heading"))
    if accuracy is not None and 0 <= accuracy <= 1500:
        payload["horizontal_accuracy"] = accuracy
    if heading is not None and 1 <= heading <= 360:
        payload["heading"] = heading
    return payload


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
