"""What a person sees: timelines and topics as the page and the tests read them."""

from __future__ import annotations

from bot.sandbox.content import file_of, kind_of
from bot.sandbox.model import Chat, Json, Message, Person, Topic
from bot.sandbox.state import World

#: Telegram shows "typing ..." for this long after a chat action.
ACTION_SECONDS = 5.0


def message_view(world: World, message: Message) -> Json:
    """One message as read on a screen."""
    sender = world.user(message.sender_id)
    content = message.content
    inline = message.inline["inline_keyboard"] if message.inline else []
    file = file_of(content)
    stored = world.files.get(file["file_id"]) if file else None
    origin = content.get("forward_origin") or {}
    forward = (
        origin.get("sender_user_name")
        or (origin.get("sender_user") or {}).get("first_name")
        or (origin.get("chat") or {}).get("title")
    )
    return {
        "id": message.id,
        "from": {"id": sender.id, "name": sender.name, "is_bot": sender.is_bot},
        "date": message.date,
        "kind": kind_of(content),
        "text": message.text,
        "entities": content.get("entities") or content.get("caption_entities") or [],
        "file": {
            "file_id": stored.file_id,
            "name": stored.name,
            "mime": stored.mime,
            "size": stored.size,
            "url": f"/sandbox/files/{stored.file_id}",
        }
        if stored
        else None,
        "location": content.get("location"),
        "contact": content.get("contact"),
        "buttons": [
            [{"text": b["text"], "data": b.get("callback_data"), "url": b.get("url")} for b in row] for row in inline
        ],
        "silent": message.silent,
        "edited": message.edit_date is not None,
        "deleted": message.deleted,
        "reply_to": message.reply_to,
        "forward_from": forward,
        "thread_id": message.thread_id,
        "service": service_text(world, message) if message.service else None,
        "reactions": [r.get("emoji", "✦") for r in message.reactions],
    }


def service_text(world: World, message: Message) -> str:
    """A service message in words."""
    who = world.user(message.sender_id).name
    content = message.content
    if "forum_topic_created" in content:
        return f"{who} created the topic “{content['forum_topic_created']['name']}”"
    if "forum_topic_edited" in content:
        name = content["forum_topic_edited"].get("name")
        return f"{who} renamed the topic to “{name}”" if name else f"{who} changed the topic's icon"
    if "forum_topic_closed" in content:
        return f"{who} closed the topic"
    if "forum_topic_reopened" in content:
        return f"{who} reopened the topic"
    return f"{who} pinned a message" if "pinned_message" in content else kind_of(content).replace("_", " ")


def timeline(
    world: World, chat: Chat, *, topic_id: int | None = None, general_only: bool = False, deleted: bool = False
) -> list[Json]:
    """Messages of a chat, oldest first; `deleted` also gives those nobody sees any more."""
    return [
        message_view(world, m)
        for m in chat.messages.values()
        if (deleted or not m.deleted)
        and (topic_id is None or m.thread_id == topic_id)
        and not (general_only and m.thread_id is not None)
    ]


def chat_view(world: World, chat: Chat) -> Json:
    """What an app shows around the messages."""
    action = chat.action
    doing = action[0] if action is not None and world.clock.now() - action[1] < ACTION_SECONDS else None
    keyboard = chat.keyboard["keyboard"] if chat.keyboard else []
    return {
        "keyboard": [[b if isinstance(b, dict) else {"text": b} for b in row] for row in keyboard],
        "action": doing,
        "pinned": [i for i in chat.pinned if not chat.messages[i].deleted],
    }


def topic_view(chat: Chat, topic: Topic) -> Json:
    """One topic with what its list entry shows."""
    inside = [m for m in chat.messages.values() if m.thread_id == topic.id and not m.deleted]
    written = [m for m in inside if not m.service]
    return {
        "id": topic.id,
        "name": topic.name,
        "closed": topic.closed,
        "icon_color": topic.icon_color,
        "icon_custom_emoji_id": topic.icon_custom_emoji_id,
        "messages": len(written),
        "last": written[-1].text if written else "",
        "last_date": inside[-1].date if inside else 0,
    }


def person_view(world: World, person: Person) -> Json:
    """An account as the control API shows it."""
    return {
        "id": person.id,
        "name": person.name,
        "language_code": person.language_code,
        "username": person.username,
        "operator": person.id in world.operators,
        "started": person.started,
        "blocked": person.blocked,
        "deactivated": person.deactivated,
    }
