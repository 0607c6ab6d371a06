"""Everything the sandbox remembers, and how a stored message looks as a Bot API Message."""

from __future__ import annotations

import copy
import hashlib
import itertools
import secrets
from collections import deque
from dataclasses import replace

from bot.sandbox.clock import Clock
from bot.sandbox.config import DEFAULT_GROUP_ID, SandboxConfig
from bot.sandbox.errors import NotPossible, bad_request
from bot.sandbox.events import Changes
from bot.sandbox.faults import Faults
from bot.sandbox.limits import Limits
from bot.sandbox.model import CallbackQuery, Chat, Json, Message, Person, StoredFile, Topic
from bot.sandbox.updates import UpdateQueue
from bot.sandbox.webhook import Webhook
from nlu.text import languages

#: How many calls the audit log keeps.
AUDIT_SIZE = 20_000
#: Ids of people the sandbox creates start here; the demo's two operators come before.
FIRST_WORKER_ID = 700001
FIRST_OPERATOR_ID = 900001


class World:
    """One emulated Telegram with one bot."""

    def __init__(self, config: SandboxConfig) -> None:
        self.config = config
        self.clock = Clock()
        self.changes = Changes()
        self.faults = Faults()
        self.limits = Limits(config.limits)
        base = self._first_id = config.id_base()
        self.updates = UpdateQueue(base, self.faults.duplicate, self.faults.reorder, lambda: self.changes.tell("taken"))
        self.webhook = Webhook(self.updates, config.webhook_backoff_scale)
        self.bot = Person(config.bot_id, config.bot_name, username=config.bot_username, is_bot=True)
        self.former_bots: dict[int, Person] = {}
        self.people: dict[int, Person] = {}
        self.chats: dict[int, Chat] = {}
        self.files: dict[str, StoredFile] = {}
        self.callbacks: dict[str, CallbackQuery] = {}
        self.audit: deque[Json] = deque(maxlen=AUDIT_SIZE)
        self.audit_ids = itertools.count(1)
        #: (scope, language) → commands, and what setMyName and its sisters stored
        self.commands: dict[tuple[str, str], list[Json]] = {}
        self.profile: dict[tuple[str, str], str] = {}
        self.operators: list[int] = []
        # Private chats share one counter, as for a real bot; each group has its own.
        self._private_ids = itertools.count(base)
        self._group_ids: dict[int, itertools.count[int]] = {}
        self._worker_ids = itertools.count(FIRST_WORKER_ID)
        self._operator_ids = itertools.count(FIRST_OPERATOR_ID)
        self._file_numbers = itertools.count(1)
        if config.demo_people:
            self._people_the_demo()

    def _people_the_demo(self) -> None:
        group = self.add_group("Operators (sandbox)", DEFAULT_GROUP_ID)
        for lang, one in languages.ANSWERED.items():
            self.add_operator(one.demo["operator"], lang, group.id)
        for lang, one in languages.ANSWERED.items():
            self.add_person(one.demo["worker"], lang)

    def replace_bot(self, token: str, username: str) -> Person:
        """The bot's account is gone, another one is in its place: an administrator of the same groups, and to people a
        stranger with empty chats, counting private messages from the beginning. Files of the former one are not its.
        """
        self.config = replace(self.config, token=token, bot_username=username)
        self.former_bots[self.bot.id] = self.bot
        self.bot = Person(self.config.bot_id, self.config.bot_name, username=username, is_bot=True)
        for person in self.people.values():
            person.started = person.blocked = False
            self.chats[person.id] = Chat(person.id, "private")
        self._private_ids = itertools.count(self._first_id)
        self.files.clear()
        self.callbacks.clear()
        self.commands.clear()
        self.profile.clear()
        self.updates.drop_all()
        self.changes.tell("bot")
        return self.bot

    def close(self) -> None:
        """Let everybody go who waits for something, so that a server can end at once."""
        self.faults.clear()
        self.updates.close()
        self.changes.close()

    # People and chats

    def add_person(
        self, name: str, language_code: str | None = None, *, username: str | None = None, user_id: int | None = None
    ) -> Person:
        """A new account with an empty chat with the bot."""
        first, _, last = name.partition(" ")
        while user_id is None or user_id in self.people:
            user_id = next(self._worker_ids)
        person = Person(user_id, first, language_code, last or None, username)
        self.people[user_id] = person
        self.chats[user_id] = Chat(user_id, "private")
        self.changes.tell("person", user_id)
        return person

    def add_group(self, title: str, chat_id: int | None = None) -> Chat:
        """A new forum supergroup in which the bot is an administrator."""
        while chat_id is None or chat_id in self.chats:
            chat_id = DEFAULT_GROUP_ID - len(self.chats) if chat_id is None else chat_id - 1
        group = Chat(chat_id, "supergroup", title, is_forum=True)
        self.chats[chat_id] = group
        self.changes.tell("group", chat_id)
        return group

    def add_operator(
        self,
        name: str,
        language_code: str | None,
        group_id: int,
        *,
        user_id: int | None = None,
        username: str | None = None,
    ) -> Person:
        """A person who is an administrator of the operators' group."""
        if user_id is None:
            user_id = next(i for i in self._operator_ids if i not in self.people)
        person = self.people.get(user_id) or self.add_person(name, language_code, user_id=user_id, username=username)
        if person.id not in self.operators:
            self.operators.append(person.id)
        self.chat(group_id).members[person.id] = "administrator"
        self.changes.tell("group", group_id)
        return person

    def person(self, user_id: int) -> Person:
        """An account. Raises NotPossible."""
        if user_id not in self.people:
            raise NotPossible("no such person")
        return self.people[user_id]

    def chat(self, chat_id: int) -> Chat:
        """A chat. Raises NotPossible."""
        if chat_id not in self.chats:
            raise NotPossible("no such chat")
        return self.chats[chat_id]

    def user(self, user_id: int) -> Person:
        """The bot or a person."""
        return self.bot if user_id == self.bot.id else self.former_bots.get(user_id) or self.people[user_id]

    def chat_json(self, chat: Chat) -> Json:
        """The Bot API's Chat object."""
        if chat.is_private:
            user = self.people[chat.id].as_user()
            named: Json = {k: user[k] for k in ("first_name", "last_name", "username") if k in user}
            return {"id": chat.id, **named, "type": "private"}
        shown: Json = {"id": chat.id, "title": chat.title}
        if chat.is_forum:
            shown["is_forum"] = True
        return shown | {"type": chat.type}

    # Messages

    def add_message(
        self,
        chat: Chat,
        sender_id: int,
        content: Json,
        *,
        thread_id: int | None = None,
        reply_to: int | None = None,
        markup: Json | None = None,
        silent: bool = False,
        service: bool = False,
    ) -> Message:
        """Store a message and show it. A keyboard for the person's app is remembered with the chat."""
        message = Message(
            id=self._next_message_id(chat),
            chat_id=chat.id,
            sender_id=sender_id,
            date=self.clock.unix(),
            content=content,
            thread_id=thread_id,
            reply_to=reply_to,
            silent=silent,
            service=service,
        )
        if markup is not None:
            if "inline_keyboard" in markup:
                message.inline = {"inline_keyboard": markup["inline_keyboard"]}
            else:
                message.other_markup = True
                if "keyboard" in markup:
                    chat.keyboard = markup
                elif markup.get("remove_keyboard"):
                    chat.keyboard = None
        if sender_id == self.bot.id:
            chat.action = None
        chat.messages[message.id] = message
        self.changes.tell("message", chat.id, message_id=message.id)
        return message

    def _next_message_id(self, chat: Chat) -> int:
        if chat.is_private:
            return next(self._private_ids)
        counter = self._group_ids.setdefault(chat.id, itertools.count(self.config.id_base()))
        return next(counter)

    def message_json(self, message: Message, *, with_reply: bool = True) -> Json:
        """The Bot API's Message object."""
        chat = self.chats[message.chat_id]
        shown: Json = {
            "message_id": message.id,
            "from": self.user(message.sender_id).as_user(),
            "chat": self.chat_json(chat),
            "date": message.date,
        }
        if message.edit_date is not None:
            shown["edit_date"] = message.edit_date
        if message.thread_id is not None:
            shown["message_thread_id"] = message.thread_id
        if with_reply and (replied := self._replied(chat, message)) is not None:
            shown["reply_to_message"] = self.message_json(replied, with_reply=False)
        shown |= copy.deepcopy(message.content)
        if message.inline is not None:
            shown["reply_markup"] = copy.deepcopy(message.inline)
        if message.thread_id is not None:
            shown["is_topic_message"] = True
        return shown

    def _replied(self, chat: Chat, message: Message) -> Message | None:
        """The message replied to; in a topic, Telegram gives the topic's first message where nothing else is."""
        target = message.reply_to
        if target is None and message.thread_id is not None and not message.service:
            target = message.thread_id
        replied = chat.messages.get(target) if target is not None else None
        return None if replied is None or replied.deleted else replied

    def delete_message(self, message: Message) -> None:
        """Remove a message for everybody."""
        message.deleted = True
        self.changes.tell("delete", message.chat_id, message_id=message.id)

    def add_service(self, chat: Chat, sender_id: int, content: Json, topic: Topic | None = None) -> Message:
        """A service message; a bot gets those about topics even when it caused them."""
        message = self.add_message(
            chat, sender_id, content, thread_id=topic.id if topic else None, silent=True, service=True
        )
        if topic is None and "forum_topic_created" in content:
            message.thread_id = message.id
        self.send_update("message", message)
        return message

    def send_update(self, kind: str, message: Message) -> None:
        """Queue a message update, unless the bot is not in that chat."""
        chat = self.chats[message.chat_id]
        if chat.is_private or chat.bot_status == "administrator":
            self.updates.push(kind, self.message_json(message), chat.id)

    # Topics

    def create_topic(self, chat: Chat, sender_id: int, name: str, icon_color: int, emoji: str | None) -> Topic:
        """A new topic with its service message, whose id is the topic's."""
        created: Json = {"name": name, "icon_color": icon_color}
        if emoji:
            created["icon_custom_emoji_id"] = emoji
        first = self.add_service(chat, sender_id, {"forum_topic_created": created})
        topic = Topic(first.id, name, icon_color, emoji)
        chat.topics[topic.id] = topic
        self.changes.tell("topic", chat.id)
        return topic

    def set_topic_closed(self, chat: Chat, topic: Topic, sender_id: int, closed: bool) -> None:
        """Close or reopen. Raises ApiError when nothing would change."""
        if topic.closed == closed:
            raise bad_request("TOPIC_NOT_MODIFIED")
        topic.closed = closed
        content: Json = {"forum_topic_closed" if closed else "forum_topic_reopened": {}}
        self.add_service(chat, sender_id, content, topic)
        self.changes.tell("topic", chat.id)

    def delete_topic(self, chat: Chat, topic: Topic) -> None:
        """Remove a topic with all its messages; Telegram tells a bot nothing about it."""
        for message in chat.messages.values():
            if message.thread_id == topic.id:
                message.deleted = True
        del chat.topics[topic.id]
        self.changes.tell("topic", chat.id)

    # Files

    def add_file(
        self, content: bytes, folder: str, *, name: str | None = None, mime: str | None = None, size: int | None = None
    ) -> StoredFile:
        """Store a file; its id is random, its unique id the same for the same content."""
        usual = {"photos": "jpg", "voice": "oga"}.get(folder, "bin")
        suffix = name.rpartition(".")[2] if name and "." in name else usual
        stored = StoredFile(
            file_id=f"{folder[:2].upper()}{secrets.token_urlsafe(24)}",
            unique_id=hashlib.sha256(content).hexdigest()[:16],
            path=f"{folder}/file_{next(self._file_numbers)}.{suffix}",
            content=content,
            name=name,
            mime=mime,
            size=len(content) if size is None else size,
        )
        self.files[stored.file_id] = stored
        return stored
