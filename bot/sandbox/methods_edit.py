"""Bot API methods that change or remove messages, and answer pressed buttons."""

from __future__ import annotations

from typing import Any

from bot.sandbox.calls import Call, Handler, chat_of, markup_of, message_of
from bot.sandbox.content import caption_content, file_of, location_content, text_content
from bot.sandbox.errors import bad_request
from bot.sandbox.model import Chat, Json, Message
from bot.sandbox.state import World

#: Bots delete nothing older. Source: core.telegram.org/bots/api#deletemessage, "less than 48 hours ago".
DELETE_LIMIT_SECONDS = 48 * 3600
MAX_DELETED_AT_ONCE = 100
NOT_MODIFIED = (
    "message is not modified: specified new message content and reply markup are exactly the same as a current content"
    " and reply markup of the message"
)


def _editable(call: Call) -> tuple[Chat, Message]:
    """The bot's own message to edit. Raises ApiError."""
    if not call.params.text("chat_id") and not call.params.integer("message_id"):
        raise bad_request("Message identifier is not specified")
    chat = chat_of(call)
    message = message_of(call, chat, "message to edit")
    forwarded = "forward_origin" in message.content
    if message.sender_id != call.world.bot.id or message.service or forwarded or message.other_markup:
        raise bad_request("message can't be edited")
    return chat, message


def _apply(call: Call, chat: Chat, message: Message, content: Json) -> Json:
    """Store an edit. An edit without reply_markup removes the inline keyboard, as on the real server."""
    markup = markup_of(call, chat)
    inline = None
    if markup is not None:
        if "inline_keyboard" not in markup:
            raise bad_request("inline keyboard expected")
        inline = {"inline_keyboard": markup["inline_keyboard"]}
    if content == message.content and inline == message.inline:
        raise bad_request(NOT_MODIFIED)
    call.world.limits.check(call.method, chat.id)
    if content != message.content:
        message.edit_date = call.world.clock.unix()
    message.content, message.inline = content, inline
    call.world.changes.tell("edit", chat.id, message_id=message.id)
    return call.world.message_json(message)


def edit_message_text(call: Call) -> Json:
    """editMessageText."""
    content = text_content(call.params)
    chat, message = _editable(call)
    if "text" not in message.content:
        raise bad_request("there is no text in the message to edit")
    return _apply(call, chat, message, content)


def edit_message_caption(call: Call) -> Json:
    """editMessageCaption."""
    caption = caption_content(call.params)
    chat, message = _editable(call)
    if file_of(message.content) is None or "sticker" in message.content:
        raise bad_request("there is no caption in the message to edit")
    kept = {k: v for k, v in message.content.items() if not k.startswith("caption")}
    return _apply(call, chat, message, kept | caption)


def edit_message_reply_markup(call: Call) -> Json:
    """editMessageReplyMarkup."""
    chat, message = _editable(call)
    return _apply(call, chat, message, message.content)


def _live(call: Call) -> tuple[Chat, Message]:
    """The bot's own live position, while it lives. Raises ApiError."""
    chat, message = _editable(call)
    if "live_period" not in message.content.get("location", {}):
        raise bad_request("message can't be edited")
    return chat, message


def edit_live_location(call: Call) -> Json:
    """editMessageLiveLocation."""
    chat, message = _live(call)
    moved = location_content(call.params)["location"]
    return _apply(call, chat, message, {"location": {**message.content["location"], **moved}})


def stop_live_location(call: Call) -> Json:
    """stopMessageLiveLocation: the position stays where it is."""
    chat, message = _live(call)
    kept = {k: v for k, v in message.content["location"].items() if k != "live_period"}
    return _apply(call, chat, message, {"location": kept})


def _deletable(world: World, chat: Chat, message: Message) -> None:
    """Raises ApiError with the words tdlib uses for each kind of chat."""
    old = world.clock.unix() - message.date > DELETE_LIMIT_SECONDS
    if chat.is_private:
        # Incoming messages of a private chat may be deleted too, with the same limit.
        if old or (message.service and message.sender_id == world.bot.id):
            raise bad_request("message can't be deleted for everyone")
        return
    others = message.sender_id != world.bot.id
    if old or "forum_topic_created" in message.content or (others and not chat.bot_rights["can_delete_messages"]):
        raise bad_request("message can't be deleted")


def delete_message(call: Call) -> Any:
    """deleteMessage."""
    if not call.params.text("chat_id"):
        raise bad_request("Chat identifier is not specified")
    if not call.params.integer("message_id"):
        raise bad_request("Message identifier is not specified")
    chat = chat_of(call)
    message = message_of(call, chat, "message to delete")
    _deletable(call.world, chat, message)
    call.world.delete_message(message)
    return True


def delete_messages(call: Call) -> Any:
    """deleteMessages: unknown ids are skipped; one that may not be deleted refuses them all."""
    ids = call.params.json("message_ids")
    if ids is None or ids == []:
        raise bad_request("Message identifiers are not specified")
    if not isinstance(ids, list):
        raise bad_request("Expected an Array of message identifiers")
    if len(ids) > MAX_DELETED_AT_ONCE:
        raise bad_request("Too many message identifiers specified")
    chat = chat_of(call)
    found = [chat.messages[int(i)] for i in ids if int(i) in chat.messages]
    present = [m for m in found if not m.deleted]
    for message in present:
        _deletable(call.world, chat, message)
    for message in present:
        call.world.delete_message(message)
    return True


def set_message_reaction(call: Call) -> Any:
    """setMessageReaction: a bot sets at most one."""
    chat = chat_of(call)
    message = message_of(call, chat, "message to react")
    reactions = call.params.json("reaction") or []
    if len(reactions) > 1:
        raise bad_request("REACTIONS_TOO_MANY")
    if any(r.get("type") not in {"emoji", "custom_emoji"} for r in reactions):
        raise bad_request("invalid reaction type specified")
    message.reactions = reactions
    call.world.changes.tell("edit", chat.id, message_id=message.id)
    return True


def answer_callback_query(call: Call) -> Any:
    """answerCallbackQuery: once, and only while the person's app still waits."""
    query = call.world.callbacks.get(call.params.text("callback_query_id"))
    lifetime = call.world.config.callback_lifetime_seconds
    if query is None or query.answer is not None or call.world.clock.now() - query.at > lifetime:
        raise bad_request("query is too old and response timeout expired or query ID is invalid")
    text = call.params.text("text")
    if len(text) > 200:
        raise bad_request("MESSAGE_TOO_LONG")
    query.answer = {
        "text": text or None,
        "show_alert": call.params.flag("show_alert"),
        "url": call.params.text("url") or None,
    }
    call.world.changes.tell("callback", None, id=query.id)
    return True


METHODS: dict[str, Handler] = {
    "editMessageText": edit_message_text,
    "editMessageCaption": edit_message_caption,
    "editMessageReplyMarkup": edit_message_reply_markup,
    "editMessageLiveLocation": edit_live_location,
    "stopMessageLiveLocation": stop_live_location,
    "deleteMessage": delete_message,
    "deleteMessages": delete_messages,
    "setMessageReaction": set_message_reaction,
    "answerCallbackQuery": answer_callback_query,
}
