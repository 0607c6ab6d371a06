"""What people do in their apps: write, edit, delete, press buttons, block the bot, work in the group."""

from __future__ import annotations

import asyncio
import copy
import secrets

from bot.sandbox.entities import find_entities
from bot.sandbox.errors import NotPossible
from bot.sandbox.model import CallbackQuery, Chat, Json, Message, Person, Topic
from bot.sandbox.state import World


def with_entities(text: str) -> Json:
    """A person's text with what Telegram marks in it."""
    entities = find_entities(text)
    return {"text": text, "entities": entities} if entities else {"text": text}


def post(
    world: World,
    person: Person,
    chat: Chat,
    content: Json,
    *,
    topic_id: int | None = None,
    reply_to: int | None = None,
) -> Message:
    """Put a person's message into a chat and tell the bot. Raises NotPossible."""
    if chat.is_private:
        if chat.id != person.id:
            raise NotPossible("a private chat belongs to one person")
        if person.deactivated:
            raise NotPossible("this account is deactivated")
        if person.blocked:
            raise NotPossible("the bot is blocked; unblock it first")
        person.started = True
    topic = _topic_for(chat, person, topic_id, reply_to)
    if reply_to is not None and (reply_to not in chat.messages or chat.messages[reply_to].deleted):
        raise NotPossible("the message to reply to is gone")
    message = world.add_message(chat, person.id, content, thread_id=topic.id if topic else None, reply_to=reply_to)
    if chat.keyboard is not None and chat.keyboard.get("one_time_keyboard"):
        chat.keyboard = None
    world.send_update("message", message)
    return message


def _topic_for(chat: Chat, person: Person, topic_id: int | None, reply_to: int | None) -> Topic | None:
    """The topic a group message goes to: the one named, else that of the message replied to."""
    if chat.is_private:
        return None
    if person.id not in chat.members:
        raise NotPossible("not a member of this group")
    if topic_id is None and reply_to is not None and reply_to in chat.messages:
        topic_id = chat.messages[reply_to].thread_id
    if topic_id is None:
        return None
    if topic_id not in chat.topics:
        raise NotPossible("no such topic")
    topic = chat.topics[topic_id]
    if topic.closed and chat.members[person.id] not in {"administrator", "creator"}:
        raise NotPossible("this topic is closed")
    return topic


def forwarded(world: World, source: Json) -> Json:
    """Origin fields of a message forwarded from `source`: {"name"}, {"user_id"} or {"channel"}."""
    date = world.clock.unix()
    if "channel" in source:
        chat: Json = {"id": -1002000000001, "title": source["channel"], "type": "channel"}
        origin: Json = {"type": "channel", "date": date, "chat": chat, "message_id": 7}
        return {"forward_origin": origin, "forward_from_chat": chat, "forward_from_message_id": 7, "forward_date": date}
    if "user_id" in source:
        user = world.person(int(source["user_id"])).as_user()
        return {
            "forward_origin": {"type": "user", "date": date, "sender_user": user},
            "forward_from": user,
            "forward_date": date,
        }
    name = str(source["name"])
    return {
        "forward_origin": {"type": "hidden_user", "date": date, "sender_user_name": name},
        "forward_sender_name": name,
        "forward_date": date,
    }


def edit(world: World, person: Person, chat: Chat, message_id: int, text: str) -> Message:
    """Change one's own message; the bot gets `edited_message`. Raises NotPossible."""
    message = own_message(chat, person, message_id)
    marked = with_entities(text)
    if "text" in message.content:
        message.content = {k: v for k, v in message.content.items() if k not in {"text", "entities"}} | marked
    else:
        message.content = message.content | {"caption": text}
    message.edit_date = world.clock.unix()
    world.changes.tell("edit", chat.id, message_id=message.id)
    world.send_update("edited_message", message)
    return message


def delete(world: World, person: Person, chat: Chat, message_id: int) -> None:
    """Delete a message for both sides; Telegram tells a bot nothing. Raises NotPossible."""
    message = chat.messages.get(message_id)
    if message is None or message.deleted:
        raise NotPossible("no such message")
    if not chat.is_private:
        own_message(chat, person, message_id)
    world.delete_message(message)


def own_message(chat: Chat, person: Person, message_id: int) -> Message:
    """A message this person wrote and still sees. Raises NotPossible."""
    message = chat.messages.get(message_id)
    if message is None or message.deleted or message.sender_id != person.id:
        raise NotPossible("no such message of this person")
    return message


def find_button(chat: Chat, message_id: int | None, label: str | None, data: str | None) -> tuple[Message, Json]:
    """The newest visible inline button that fits. Raises NotPossible."""
    for message in reversed(list(chat.messages.values())):
        if message.deleted or message.inline is None or message_id not in {None, message.id}:
            continue
        for row in message.inline["inline_keyboard"]:
            for button in row:
                if data is not None and button.get("callback_data") == data:
                    return message, button
                if data is None and label is not None and label in button["text"]:
                    return message, button
    raise NotPossible("no such button in sight")


async def press(world: World, person: Person, message: Message, button: Json, wait_seconds: float) -> Json:
    """Press an inline button and wait for the bot's answer. Raises NotPossible for a button without callback data."""
    if "callback_data" not in button:
        raise NotPossible("this button opens a link; nothing reaches the bot")
    if message.sender_id != world.bot.id:
        raise NotPossible("the bot of this button is gone; nobody hears of the press")
    chat = world.chats[message.chat_id]
    if not chat.is_private and person.id not in chat.members:
        raise NotPossible("not a member of this group")
    query = CallbackQuery(str(secrets.randbits(62)), world.clock.now())
    world.callbacks[query.id] = query
    payload: Json = {
        "id": query.id,
        "from": person.as_user(),
        "message": world.message_json(message),
        "chat_instance": str(abs(chat.id) * 7919),
        "data": button["callback_data"],
    }
    world.updates.push("callback_query", payload, chat.id)
    deadline = asyncio.get_running_loop().time() + wait_seconds
    while query.answer is None and (left := deadline - asyncio.get_running_loop().time()) > 0:
        await world.changes.after(world.changes.version, left)
    shown: Json = {"id": query.id, "answered": query.answer is not None, "text": None, "show_alert": False, "url": None}
    return shown | (query.answer or {})


def set_blocked(world: World, person: Person, blocked: bool) -> None:
    """Block or unblock the bot; it gets `my_chat_member`."""
    if person.blocked == blocked:
        return
    person.blocked = blocked
    statuses = ("member", "kicked") if blocked else ("kicked", "member")
    _tell_membership(world, world.chats[person.id], person, *statuses)
    world.changes.tell("person", person.id)


def set_bot_in_group(world: World, group: Chat, person: Person, present: bool) -> None:
    """Remove the bot from a group, or bring it back as an administrator."""
    statuses = (group.bot_status, "administrator" if present else "kicked")
    if statuses[0] == statuses[1]:
        return
    group.bot_status = statuses[1]
    _tell_membership(world, group, person, *statuses)
    world.changes.tell("group", group.id)


def _tell_membership(world: World, chat: Chat, person: Person, old: str, new: str) -> None:
    def member(status: str) -> Json:
        shown: Json = {"user": world.bot.as_user(), "status": status}
        if status == "administrator":
            shown |= copy.copy(chat.bot_rights)
        return shown | {"until_date": 0} if status == "kicked" else shown

    payload: Json = {
        "chat": world.chat_json(chat),
        "from": person.as_user(),
        "date": world.clock.unix(),
        "old_chat_member": member(old),
        "new_chat_member": member(new),
    }
    world.updates.push("my_chat_member", payload, chat.id)


def react(world: World, person: Person, chat: Chat, message_id: int, emoji: str | None) -> None:
    """Set or remove a person's reaction; the bot gets it only if it asked for `message_reaction`."""
    message = chat.messages.get(message_id)
    if message is None or message.deleted:
        raise NotPossible("no such message")
    new = [{"type": "emoji", "emoji": emoji}] if emoji else []
    payload: Json = {
        "chat": world.chat_json(chat),
        "message_id": message_id,
        "user": person.as_user(),
        "date": world.clock.unix(),
        "old_reaction": message.reactions,
        "new_reaction": new,
    }
    message.reactions = new
    world.updates.push("message_reaction", payload, chat.id)
    world.changes.tell("edit", chat.id, message_id=message_id)
