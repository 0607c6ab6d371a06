"""What every method needs: the chat, topic, reply and message a call names, with the real refusals."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from bot.sandbox.errors import bad_request, forbidden
from bot.sandbox.markup import check_markup
from bot.sandbox.model import Chat, Json, Message, Topic
from bot.sandbox.params import Params
from bot.sandbox.state import World


@dataclass
class Call:
    """One Bot API call: the world it acts on and its parameters."""

    world: World
    params: Params
    method: str


Handler = Callable[[Call], Any | Awaitable[Any]]


def method_key(name: str) -> str:
    """Method names are matched without case, as on the real server."""
    return name.lower()


def chat_of(call: Call, name: str = "chat_id", *, writing: bool = True) -> Chat:
    """The chat a call names. Raises ApiError: unknown, never started, deactivated, kicked."""
    raw = call.params.text(name)
    if not raw:
        raise bad_request("chat_id is empty")
    chat = _find_chat(call.world, raw)
    if chat is None or (chat.is_private and not call.world.people[chat.id].started):
        raise bad_request("chat not found")
    if chat.is_private:
        if writing and call.world.people[chat.id].deactivated:
            raise forbidden("user is deactivated")
    elif chat.bot_status != "administrator":
        raise forbidden("bot was kicked from the supergroup chat")
    return chat


def _find_chat(world: World, raw: str) -> Chat | None:
    if raw.startswith("@"):
        return None  # public usernames of groups are not emulated
    try:
        return world.chats.get(int(raw))
    except ValueError:
        return None


def not_blocked(world: World, chat: Chat) -> None:
    """A person who blocked the bot receives nothing. Raises ApiError."""
    if chat.is_private and world.people[chat.id].blocked:
        raise forbidden("bot was blocked by the user")


def thread_of(call: Call, chat: Chat) -> Topic | None:
    """The topic a message is meant for. Raises ApiError."""
    thread_id = call.params.integer("message_thread_id")
    if not thread_id:
        return None
    topic = chat.topics.get(thread_id)
    if topic is None:
        if chat.is_forum or chat.is_private:
            raise bad_request("message thread not found")
        return None
    if topic.closed and not chat.bot_rights["can_manage_topics"]:
        raise bad_request("TOPIC_CLOSED")
    return topic


def topic_of(call: Call, chat: Chat) -> Topic:
    """The topic to edit, close, reopen or delete. Raises ApiError."""
    if not chat.is_forum:
        raise bad_request("the chat is not a forum")
    topic = chat.topics.get(call.params.integer("message_thread_id"))
    if topic is None:
        raise bad_request("TOPIC_ID_INVALID")
    return topic


def reply_of(call: Call, chat: Chat) -> int | None:
    """The message to reply to, from reply_parameters or the older parameters. Raises ApiError."""
    given = call.params.json("reply_parameters", "reply parameters") or {}
    target = int(given.get("message_id") or call.params.integer("reply_to_message_id"))
    lenient = bool(given.get("allow_sending_without_reply")) or call.params.flag("allow_sending_without_reply")
    if not target:
        return None
    if str(given.get("chat_id") or chat.id) != str(chat.id):
        raise bad_request("replies to another chat are not emulated by the sandbox")
    message = chat.messages.get(target)
    if message is None or message.deleted:
        if lenient:
            return None
        raise bad_request("message to be replied not found")
    return target


def markup_of(call: Call, chat: Chat) -> Json | None:
    """The reply markup, checked. Raises ApiError."""
    return check_markup(call.params.json("reply_markup", "reply keyboard markup"), private=chat.is_private)


def message_of(call: Call, chat: Chat, what: str, name: str = "message_id") -> Message:
    """The message a call names; `what` is the real server's word for it ("message to edit"). Raises ApiError."""
    message = chat.messages.get(call.params.integer(name))
    if message is None or message.deleted:
        raise bad_request(f"{what} not found")
    return message


def right(chat: Chat, name: str, complaint: str) -> None:
    """The bot must hold an administrator's right in a group. Raises ApiError."""
    if not chat.is_private and not chat.bot_rights[name]:
        raise bad_request(complaint)
