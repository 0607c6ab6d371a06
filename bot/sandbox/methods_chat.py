"""Bot API methods about chats, members, forum topics, pins and files."""

from __future__ import annotations

from typing import Any

from bot.sandbox.calls import Call, Handler, chat_of, message_of, right, topic_of
from bot.sandbox.errors import bad_request
from bot.sandbox.model import Chat, Json

#: Bots download nothing larger. Source: core.telegram.org/bots/api#getfile, "up to 20MB in size".
MAX_DOWNLOAD_BYTES = 20 * 1024 * 1024
#: Colours a topic's icon may have. Source: core.telegram.org/bots/api#createforumtopic.
ICON_COLORS = (0x6FB9F0, 0xFFD67E, 0xCB86DB, 0x8EEE98, 0xFF93B2, 0xFB6F5F)
MAX_TOPIC_NAME = 128


def get_chat(call: Call) -> Json:
    """getChat: the chat with the fields of ChatFullInfo that exist here."""
    chat = chat_of(call, writing=False)
    gifts = dict.fromkeys(
        ("unlimited_gifts", "limited_gifts", "unique_gifts", "premium_subscription", "gifts_from_channels"), False
    )
    full = call.world.chat_json(chat) | {
        "accent_color_id": 0, "max_reaction_count": 11, "accepted_gift_types": gifts,
    }  # fmt: skip
    pinned = chat.messages.get(chat.pinned[-1]) if chat.pinned else None
    if pinned is not None and not pinned.deleted:
        full["pinned_message"] = call.world.message_json(pinned, with_reply=False)
    return full


def member_json(call: Call, chat: Chat, user_id: int) -> Json:
    """One ChatMember. Raises ApiError for somebody nobody knows."""
    world = call.world
    if user_id == world.bot.id:
        shown: Json = {"user": world.bot.as_user(), "status": "member" if chat.is_private else chat.bot_status}
        return shown | chat.bot_rights if shown["status"] == "administrator" else shown
    if user_id not in world.people:
        raise bad_request("user not found")
    status = "member" if chat.id == user_id else chat.members.get(user_id, "left")
    shown = {"user": world.people[user_id].as_user(), "status": status}
    return shown | {k: True for k in chat.bot_rights} if status == "administrator" else shown


def get_chat_member(call: Call) -> Json:
    """getChatMember."""
    chat = chat_of(call, writing=False)
    user_id = call.params.integer("user_id")
    if not user_id:
        raise bad_request("invalid user_id specified")
    return member_json(call, chat, user_id)


def get_chat_administrators(call: Call) -> list[Json]:
    """getChatAdministrators: the bot itself included, as for a real bot that is one."""
    chat = chat_of(call, writing=False)
    if chat.is_private:
        raise bad_request("there are no administrators in the private chat")
    people = [i for i, status in chat.members.items() if status in {"administrator", "creator"}]
    return [member_json(call, chat, i) for i in [*people, call.world.bot.id]]


def create_forum_topic(call: Call) -> Json:
    """createForumTopic."""
    chat = chat_of(call)
    if not chat.is_forum:
        raise bad_request("the chat is not a forum")
    right(chat, "can_manage_topics", "not enough rights to create a topic")
    name = call.params.text("name").strip()[:MAX_TOPIC_NAME]
    if not name:
        raise bad_request("name must be non-empty")
    color = call.params.integer("icon_color", ICON_COLORS[0])
    if color not in ICON_COLORS:
        raise bad_request("invalid icon color specified")
    emoji = call.params.text("icon_custom_emoji_id") or None
    call.world.limits.check(call.method, chat.id)
    topic = call.world.create_topic(chat, call.world.bot.id, name, color, emoji)
    shown: Json = {"message_thread_id": topic.id, "name": topic.name, "icon_color": topic.icon_color}
    return shown | ({"icon_custom_emoji_id": emoji} if emoji else {})


def edit_forum_topic(call: Call) -> Any:
    """editForumTopic."""
    chat = chat_of(call)
    topic = topic_of(call, chat)
    right(chat, "can_manage_topics", "not enough rights to edit the topic")
    name = call.params.text("name").strip()[:MAX_TOPIC_NAME] or topic.name
    emoji = topic.icon_custom_emoji_id
    if "icon_custom_emoji_id" in call.params.values:
        emoji = call.params.text("icon_custom_emoji_id") or None
    if (name, emoji) == (topic.name, topic.icon_custom_emoji_id):
        raise bad_request("TOPIC_NOT_MODIFIED")
    edited: Json = {}
    if name != topic.name:
        edited["name"] = name
    if emoji != topic.icon_custom_emoji_id:
        edited["icon_custom_emoji_id"] = emoji or ""
    topic.name, topic.icon_custom_emoji_id = name, emoji
    call.world.add_service(chat, call.world.bot.id, {"forum_topic_edited": edited}, topic)
    call.world.changes.tell("topic", chat.id)
    return True


def _toggles(closed: bool) -> Handler:
    def toggle(call: Call) -> Any:
        chat = chat_of(call)
        topic = topic_of(call, chat)
        right(chat, "can_manage_topics", "not enough rights to close or open the topic")
        call.world.set_topic_closed(chat, topic, call.world.bot.id, closed)
        return True

    return toggle


def delete_forum_topic(call: Call) -> Any:
    """deleteForumTopic: its messages go with it."""
    chat = chat_of(call)
    topic = topic_of(call, chat)
    right(chat, "can_delete_messages", "not enough rights to delete the topic")
    call.world.delete_topic(chat, topic)
    return True


def pin_chat_message(call: Call) -> Any:
    """pinChatMessage, with the service message people see."""
    chat = chat_of(call)
    message = message_of(call, chat, "message to pin")
    right(chat, "can_pin_messages", "not enough rights to manage pinned messages in the chat")
    if message.id in chat.pinned:
        return True
    chat.pinned.append(message.id)
    pinned = {"pinned_message": call.world.message_json(message, with_reply=False)}
    topic = chat.topics.get(message.thread_id) if message.thread_id else None
    call.world.add_service(chat, call.world.bot.id, pinned, topic)
    return True


def unpin_chat_message(call: Call) -> Any:
    """unpinChatMessage: the one named, else the latest."""
    chat = chat_of(call)
    wanted = call.params.integer("message_id") or (chat.pinned[-1] if chat.pinned else 0)
    if wanted not in chat.pinned:
        raise bad_request("message to unpin not found")
    chat.pinned.remove(wanted)
    call.world.changes.tell("edit", chat.id, message_id=wanted)
    return True


def unpin_all_forum_topic_messages(call: Call) -> Any:
    """unpinAllForumTopicMessages."""
    chat = chat_of(call)
    topic = topic_of(call, chat)
    right(chat, "can_pin_messages", "not enough rights to manage pinned messages in the chat")
    chat.pinned = [i for i in chat.pinned if chat.messages[i].thread_id != topic.id]
    call.world.changes.tell("topic", chat.id)
    return True


def get_file(call: Call) -> Json:
    """getFile."""
    stored = call.world.files.get(call.params.text("file_id"))
    if stored is None:
        raise bad_request("invalid file_id")
    if stored.size > MAX_DOWNLOAD_BYTES:
        raise bad_request("file is too big")
    return {
        "file_id": stored.file_id,
        "file_unique_id": stored.unique_id,
        "file_size": stored.size,
        "file_path": stored.path,
    }


METHODS: dict[str, Handler] = {
    "getChat": get_chat,
    "getChatMember": get_chat_member,
    "getChatAdministrators": get_chat_administrators,
    "createForumTopic": create_forum_topic,
    "editForumTopic": edit_forum_topic,
    "closeForumTopic": _toggles(True),
    "reopenForumTopic": _toggles(False),
    "deleteForumTopic": delete_forum_topic,
    "pinChatMessage": pin_chat_message,
    "unpinChatMessage": unpin_chat_message,
    "unpinAllForumTopicMessages": unpin_all_forum_topic_messages,
    "getFile": get_file,
}
