"""Bot API methods that put a message into a chat."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

from bot.sandbox.calls import Call, Handler, chat_of, markup_of, message_of, not_blocked, reply_of, thread_of
from bot.sandbox.content import (
    caption_content,
    contact_content,
    file_of,
    location_content,
    media_from_call,
    text_content,
    venue_content,
)
from bot.sandbox.errors import bad_request
from bot.sandbox.model import Json, Message

ACTIONS = frozenset({
    "typing", "upload_photo", "record_video", "upload_video", "record_voice", "upload_voice",
    "upload_document", "choose_sticker", "find_location", "record_video_note", "upload_video_note",
    "record_audio", "upload_audio",
})  # fmt: skip


def _deliver(call: Call, make_content: Callable[[], Json]) -> Message:
    """The common way of every send: content first, then chat, topic, reply and keyboard, in the real server's order."""
    content = make_content()
    chat = chat_of(call)
    topic = thread_of(call, chat)
    reply_to = reply_of(call, chat)
    markup = markup_of(call, chat)
    not_blocked(call.world, chat)
    call.world.limits.check(call.method, chat.id)
    return call.world.add_message(
        chat,
        call.world.bot.id,
        content,
        thread_id=topic.id if topic else None,
        reply_to=reply_to,
        markup=markup,
        silent=call.params.flag("disable_notification"),
    )


def _sends(make_content: Callable[[Call], Json]) -> Handler:
    def send(call: Call) -> Json:
        return call.world.message_json(_deliver(call, lambda: make_content(call)))

    return send


def _media(kind: str) -> Handler:
    return _sends(lambda call: media_from_call(call.world, kind, call.params))


def forward_origin(call: Call, message: Message) -> Json:
    """Where a forwarded message came from: what it already says, else its sender."""
    if "forward_origin" in message.content:
        kept: Json = {k: v for k, v in message.content.items() if k.startswith("forward_")}
        return kept
    sender = call.world.user(message.sender_id)
    origin: Json = {"type": "user", "date": message.date, "sender_user": sender.as_user()}
    old_style: Json = {"forward_from": sender.as_user()}
    if sender.hides_forwards:
        origin = {"type": "hidden_user", "date": message.date, "sender_user_name": sender.name}
        old_style = {"forward_sender_name": sender.name}
    return {"forward_origin": origin, **old_style, "forward_date": message.date}


def forward_message(call: Call) -> Json:
    """forwardMessage."""

    def content() -> Json:
        source = chat_of(call, "from_chat_id", writing=False)
        message = message_of(call, source, "message to forward")
        if message.service:
            raise bad_request("the message can't be forwarded")
        return copy.deepcopy(message.content) | forward_origin(call, message)

    return call.world.message_json(_deliver(call, content))


def copy_message(call: Call) -> Json:
    """copyMessage: the content without its origin; a caption given replaces the old one."""

    def content() -> Json:
        source = chat_of(call, "from_chat_id", writing=False)
        message = message_of(call, source, "message to copy")
        if message.service:
            raise bad_request("the message can't be copied")
        copied = {k: copy.deepcopy(v) for k, v in message.content.items() if not k.startswith("forward_")}
        if "caption" in call.params.values and file_of(copied) is not None:
            copied = {k: v for k, v in copied.items() if not k.startswith("caption")} | caption_content(call.params)
        return copied

    return {"message_id": _deliver(call, content).id}


def send_chat_action(call: Call) -> Any:
    """sendChatAction: shown until the next message, five seconds at most."""
    action = call.params.text("action")
    if action not in ACTIONS:
        raise bad_request("Wrong parameter action in request")
    chat = chat_of(call)
    thread_of(call, chat)
    not_blocked(call.world, chat)
    chat.action = (action, call.world.clock.now())
    call.world.changes.tell("action", chat.id, action=action)
    return True


METHODS: dict[str, Handler] = {
    "sendMessage": _sends(lambda call: text_content(call.params)),
    "sendPhoto": _media("photo"),
    "sendDocument": _media("document"),
    "sendVoice": _media("voice"),
    "sendVideo": _media("video"),
    "sendAudio": _media("audio"),
    "sendSticker": _media("sticker"),
    "sendVideoNote": _media("video_note"),
    "sendAnimation": _media("animation"),
    "sendVenue": _sends(lambda call: venue_content(call.params)),
    "sendLocation": _sends(lambda call: location_content(call.params)),
    "sendContact": _sends(lambda call: contact_content(call.params)),
    "forwardMessage": forward_message,
    "copyMessage": copy_message,
    "sendChatAction": send_chat_action,
}
