"""What a row of the outbox holds: one call of the Bot API, made from words of our own.

Callers say what is to happen (`text`, `edited`, `copy`, `deletion`) and hand the result to `service.queue`. Outside
this room nobody names a method of Telegram's or a parameter of it. Pure.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import EllipsisType
from typing import Any, Final, NamedTuple

from bot.storage.models import Operator, Outgoing

#: Telegram refuses callback data over 64 bytes. Source: Bot API, InlineKeyboardButton.
CALLBACK_BYTES: Final = 64
#: Deletions cost nothing of a group's minute.
DELETIONS: Final = ("deleteMessages", "deleteForumTopic")
#: Stand for a name in a text until its place is known. No text of the catalogue holds one of these letters.
MARKS: Final = "\ue000\ue001\ue002\ue003\ue004\ue005\ue006\ue007\ue008\ue009"


@dataclass(frozen=True)
class Button:
    """An inline button: what is written on it, and the short ASCII word that comes back when it is pressed."""

    label: str
    data: str

    def __post_init__(self) -> None:
        if not self.data.isascii() or not 0 < len(self.data) <= CALLBACK_BYTES:
            raise ValueError("callback data must be 1 to 64 ASCII characters")


type Rows = Iterable[Sequence[Button]]


def keyboard(rows: Rows) -> dict[str, Any]:
    """Telegram's inline keyboard for rows of buttons."""
    return {"inline_keyboard": [[{"text": b.label, "callback_data": b.data} for b in row] for row in rows]}


class Message(NamedTuple):
    """A method of the Bot API and its parameters, as a row of the outbox holds them."""

    method: str
    payload: dict[str, Any]

    def in_place_of(self, row_id: int) -> Message:
        """This text in the place of one that was sent before, by the row id of that one."""
        return Message("editMessageText", {"of": row_id, "link_preview_options": {"is_disabled": True}, **self.payload})

    def below(self, told: Sequence[str]) -> Message:
        """This text with paragraphs before it."""
        return Message(self.method, {**self.payload, "text": "\n\n".join([*told, str(self.payload["text"])])})


def text(
    words: str, *, buttons: Rows | None = None, silent: bool | None = None, reply_to: int | None = None
) -> Message:
    """A text. `silent` is read for groups alone: a worker's phone never rings. `reply_to` is a message of the chat."""
    payload: dict[str, Any] = {"text": words}
    if buttons is not None:
        payload["reply_markup"] = keyboard(buttons)
    if silent is not None:
        payload["silent"] = silent
    if reply_to is not None:
        payload["reply_to"] = reply_to
    return Message("sendMessage", payload)


def mentioning(
    words: str, people: Sequence[Operator], *, buttons: Rows | None = None, silent: bool | None = None
) -> Message:
    """A text that rings people although the group is muted on their phone. Each of MARKS stands for one of them."""
    named, entities = _named(words, people)
    message = text(named, buttons=buttons, silent=silent)
    return Message(message.method, {**message.payload, "entities": entities})


def _named(words: str, people: Sequence[Operator]) -> tuple[str, list[dict[str, object]]]:
    """The text with names for marks, and Telegram's entities that mention them. Offsets count UTF-16 units."""
    said, entities = "", []
    for letter in words:
        if (number := MARKS.find(letter)) < 0:
            said += letter
            continue
        person = people[number]
        if person.telegram_id is not None:
            place = {"offset": _units(said), "length": _units(person.name)}
            entities.append({"type": "text_mention", **place, "user": _user(person)})
        said += person.name
    return said, entities


def _units(words: str) -> int:
    return len(words.encode("utf-16-le")) // 2


def _user(person: Operator) -> dict[str, object]:
    return {"id": int(person.telegram_id or 0), "is_bot": False, "first_name": person.name}


def edited(words: str, *, of: int | None = None, number: int | None = None, buttons: Rows | None = None) -> Message:
    """New words in the place of those of a row (`of`, its row id), or of a message of the chat (`number`)."""
    payload: dict[str, Any] = {"of": of} if of is not None else {"message_id": number}
    payload["text"] = words
    if buttons is not None:
        payload["reply_markup"] = keyboard(buttons)
    return Message("editMessageText", payload)


def other_words(row: Outgoing, words: str) -> Message:
    """The call that changes the words of a row that was sent: of a text, or those under a file."""
    method = "editMessageText" if is_text(row) else "editMessageCaption"
    return Message(method, {"of": row.id, _words_of(row): words})


def with_words(row: Outgoing, words: str) -> dict[str, Any]:
    """The payload of a row that was not sent yet, with other words."""
    return {**row.payload, _words_of(row): words}


def _words_of(row: Outgoing) -> str:
    return "text" if is_text(row) else "caption"


def other_buttons(number: int, buttons: Rows) -> Message:
    """Other buttons under a message of the chat."""
    return Message("editMessageReplyMarkup", {"message_id": number, "reply_markup": keyboard(buttons)})


def copy(
    chat_id: int,
    number: int | None,
    *,
    bot: int | EllipsisType | None = ...,
    media: int | None = None,
    caption: str | None = None,
) -> Message:
    """A copy of a message (its number in a chat, by row id), which says neither who wrote it nor where.

    `bot` is the account that numbers the chat's messages; left out for a group, where all number alike. `media`: what
    we store of its file goes when the original is gone.
    """
    payload: dict[str, Any] = {"from_chat": chat_id, "message_id": number}
    if bot is not ...:
        payload["bot"] = bot
    if media is not None:
        payload["media"] = media
    if caption:
        payload["caption"] = caption
    return Message("copyMessage", payload)


def place(at: Mapping[str, Any]) -> Message:
    """A position on a map: latitude, longitude, and for a moving one how long it moves."""
    return Message("sendLocation", dict(at))


def venue(at: Mapping[str, Any], title: str, address: str) -> Message:
    """A position with the name and address of what stands there."""
    return Message("sendVenue", {**at, "title": title, "address": address})


def moved_place(of: int, at: Mapping[str, Any]) -> Message:
    """The next step of a moving position that a row (its id) shows."""
    return Message("editMessageLiveLocation", {"of": of, **at})


def stopped_place(of: int) -> Message:
    """A moving position that a row (its id) shows moves no more."""
    return Message("stopMessageLiveLocation", {"of": of})


def deletion(numbers: Iterable[int], *, bot: int | EllipsisType | None = ...) -> Message:
    """Messages of the chat deleted, by their numbers; `bot` as for a copy."""
    payload: dict[str, Any] = {"message_ids": list(numbers)}
    if bot is not ...:
        payload["bot"] = bot
    return Message("deleteMessages", payload)


def topic_deletion(thread: int) -> Message:
    """A forum topic deleted, with all that stands in it."""
    return Message("deleteForumTopic", {"message_thread_id": thread})


def of_its_own(row: Outgoing) -> Message:
    """The text of an edit (`Message.in_place_of`) as a text of its own."""
    kept = {name: value for name, value in row.payload.items() if name not in {"of", "link_preview_options"}}
    return Message("sendMessage", kept)


def is_text(row: Outgoing) -> bool:
    """Whether a row is a text of its own."""
    return row.method == "sendMessage"


def is_edit(row: Outgoing) -> bool:
    """Whether a row puts other words in the place of a text."""
    return row.method == "editMessageText"


#: Conditions on rows of the outbox.
IS_PLACE: Final = Outgoing.method == "sendLocation"
DELETES: Final = Outgoing.method.in_(DELETIONS)
DELETES_TOPIC: Final = Outgoing.method == "deleteForumTopic"
