"""Reading an update as Telegram sent it, below python-telegram-bot: tolerant, because an update that cannot be parsed
must still be stored, confirmed and acknowledged."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any

#: What may stand in a column that is not encrypted: no words, no NUL, no half characters.
PLAIN = re.compile(r"[A-Za-z0-9_.+/-]{1,80}")
#: Kinds of update we ask Telegram for.
ALLOWED_UPDATES = ["message", "edited_message", "callback_query", "my_chat_member", "chat_member", "channel_post"]
#: What a message may carry, in the order in which we look.
CONTENTS = (
    "text",
    "photo",
    "voice",
    "video",
    "video_note",
    "audio",
    "animation",
    "document",
    "sticker",
    "venue",
    "location",
    "contact",
    "poll",
    "dice",
    "game",
    "story",
    "paid_media",
    "checklist",
)
#: Contents that bring a file.
FILES = frozenset({"photo", "voice", "video", "video_note", "audio", "animation", "document", "sticker"})
#: What tells in a message that somebody joined or left.
MEMBERS = frozenset({"new_chat_members", "left_chat_member"})
#: Keys of messages that nobody wrote.
SERVICE = frozenset(
    {
        "new_chat_members",
        "left_chat_member",
        "new_chat_title",
        "new_chat_photo",
        "delete_chat_photo",
        "group_chat_created",
        "supergroup_chat_created",
        "message_auto_delete_timer_changed",
        "migrate_to_chat_id",
        "migrate_from_chat_id",
        "pinned_message",
        "forum_topic_created",
        "forum_topic_edited",
        "forum_topic_closed",
        "forum_topic_reopened",
        "general_forum_topic_hidden",
        "general_forum_topic_unhidden",
        "video_chat_scheduled",
        "video_chat_started",
        "video_chat_ended",
        "video_chat_participants_invited",
        "write_access_allowed",
        "boost_added",
        "chat_background_set",
    }
)


@dataclass(frozen=True)
class Read:
    """What intake needs to know of an update. Any field may be missing in a broken one."""

    update_id: int
    kind: str
    chat_id: int | None = None
    #: private | group | supergroup | channel
    chat_type: str | None = None
    sender_id: int | None = None
    sender_is_bot: bool = False
    name: str | None = None
    username: str | None = None
    client_lang: str | None = None
    message_id: int | None = None
    content: str | None = None
    text: str = ""
    service: bool = False
    forwarded: bool = False
    #: Telegram's number of the album that the message belongs to.
    album: str | None = None
    callback_id: str | None = None
    callback_data: str | None = None
    #: member | kicked ... of the bot in this chat (my_chat_member)
    bot_status: str | None = None
    #: Somebody joined or left a group.
    members: bool = False
    #: The id that Telegram gives this group from now on, and the one that it had before.
    moved_to: int | None = None
    moved_from: int | None = None


def read(raw: dict[str, Any]) -> Read:
    """Read an update. Raises ValueError only when there is no update_id: then it is no update."""
    update_id = number_of(raw)
    if update_id is None:
        raise ValueError("no update_id")
    kind = next((name for name in raw if name != "update_id"), "other")
    if not PLAIN.fullmatch(kind):
        kind = "other"
    body = _dict(raw.get(kind))
    message = _dict(body.get("message")) if kind == "callback_query" else body
    sender = _dict(body.get("from"))
    chat = _dict(message.get("chat"))
    if not chat and kind in {"message", "edited_message"} and _int(sender.get("id")) is not None:
        # A broken message without its chat: a person's private chat has the person's own number.
        chat = {"id": sender["id"], "type": "private"}
    first, last = _text(sender.get("first_name")), _text(sender.get("last_name"))
    content = next((name for name in CONTENTS if name in message), None)
    text = _text(message.get("text")) or _text(message.get("caption")) or ""
    return Read(
        update_id=update_id,
        kind=kind,
        chat_id=_int(chat.get("id")),
        chat_type=_text(chat.get("type")),
        sender_id=_int(sender.get("id")),
        sender_is_bot=sender.get("is_bot") is True,
        name=" ".join(part for part in (first, last) if part) or None,
        username=_text(sender.get("username")),
        client_lang=_plain(sender.get("language_code")),
        message_id=_int(message.get("message_id")) if kind in {"message", "edited_message"} else None,
        content=content if kind in {"message", "edited_message"} else None,
        text=text if kind in {"message", "edited_message"} else "",
        service=content is None and any(key in SERVICE for key in message),
        forwarded="forward_origin" in message,
        album=_text(message.get("media_group_id")),
        callback_id=_text(body.get("id")) if kind == "callback_query" else None,
        callback_data=_text(body.get("data")) if kind == "callback_query" else None,
        bot_status=_text(_dict(body.get("new_chat_member")).get("status")) if kind == "my_chat_member" else None,
        members=kind == "chat_member" or bool(MEMBERS & message.keys()),
        moved_to=_int(message.get("migrate_to_chat_id")) if kind == "message" else None,
        moved_from=_int(message.get("migrate_from_chat_id")) if kind == "message" else None,
    )


def parsed(body: bytes) -> Any:
    """JSON as Telegram sends it. Raises ValueError for what is none, or nests or counts too far for us."""
    try:
        return json.loads(body)
    except RecursionError:
        raise ValueError("nested too deep") from None


def unreadable(body: bytes) -> dict[str, Any] | None:
    """An update that cannot be parsed but has a number, with its text kept as it is; None when it shows no number."""
    found = re.search(rb'"update_id"\s*:\s*(-?\d{1,18})\b', body)
    if found is None:
        return None
    return {"update_id": int(found[1]), "unreadable": body.decode("utf-8", "replace")}


def number_of(raw: dict[str, Any]) -> int | None:
    """The update's number; None for what is no update."""
    return _int(raw.get("update_id"))


@dataclass(frozen=True)
class File:
    """A file that a message brings."""

    kind: str
    file_id: str
    #: The same for whoever sends the file, and however often. Source: Bot API, PhotoSize.file_unique_id.
    unique_id: str | None
    size_bytes: int | None
    mime: str | None
    name: str | None


def file_of(raw: dict[str, Any]) -> File | None:
    """The file of a message; of a photo's sizes the largest, of something paid for the first."""
    message = _dict(raw.get("message")) or _dict(raw.get("edited_message"))
    if isinstance(paid := _dict(message.get("paid_media")).get("paid_media"), list):
        message = _dict(next((item for item in paid if isinstance(item, dict)), None))
    for kind in CONTENTS:
        if kind not in FILES or kind not in message:
            continue
        value = message[kind]
        if kind == "photo":
            sizes = [_dict(size) for size in value] if isinstance(value, list) else []
            found = max(sizes, key=lambda size: _int(size.get("file_size")) or 0, default={})
        else:
            found = _dict(value)
        file_id = _text(found.get("file_id"))
        if file_id:
            return File(
                kind,
                file_id,
                _text(found.get("file_unique_id")),
                _int(found.get("file_size")),
                _plain(found.get("mime_type")),
                _text(found.get("file_name")),
            )
    return None


def _dict(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value else None


def _plain(value: object) -> str | None:
    """A short ASCII word, as a language or a file type is; None for what a broken client sends instead."""
    return value if isinstance(value, str) and PLAIN.fullmatch(value) else None


def _int(value: object) -> int | None:
    if isinstance(value, bool) or not isinstance(value, int) or not -(2**62) < value < 2**62:
        return None
    return value
