"""What exists in the sandbox: people, chats, topics, messages and files, as plain data."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

Json = dict[str, Any]

#: What an administrator bot may do in the operators' group; a test can take single rights away.
BOT_RIGHTS: dict[str, bool] = {
    "can_be_edited": False,
    "is_anonymous": False,
    "can_manage_chat": True,
    "can_delete_messages": True,
    "can_manage_video_chats": False,
    "can_restrict_members": True,
    "can_promote_members": False,
    "can_change_info": True,
    "can_invite_users": True,
    "can_post_stories": False,
    "can_edit_stories": False,
    "can_delete_stories": False,
    "can_pin_messages": True,
    "can_manage_topics": True,
}


@dataclass
class Person:
    """A user account. `started` is what lets a bot write first: the person once wrote to it."""

    id: int
    first_name: str
    language_code: str | None = None
    last_name: str | None = None
    username: str | None = None
    is_bot: bool = False
    started: bool = False
    blocked: bool = False
    deactivated: bool = False
    #: Forwards of this person's messages carry a name only, as with Telegram's privacy setting.
    hides_forwards: bool = False

    def as_user(self) -> Json:
        """The Bot API's User object."""
        user: Json = {"id": self.id, "is_bot": self.is_bot, "first_name": self.first_name}
        for key, value in (
            ("last_name", self.last_name),
            ("username", self.username),
            ("language_code", self.language_code),
        ):
            if value:
                user[key] = value
        return user

    @property
    def name(self) -> str:
        """First and last name."""
        return f"{self.first_name} {self.last_name}" if self.last_name else self.first_name


@dataclass
class Topic:
    """One topic of a forum group; its id is that of the service message that created it."""

    id: int
    name: str
    icon_color: int = 0x6FB9F0
    icon_custom_emoji_id: str | None = None
    closed: bool = False


@dataclass
class StoredFile:
    """A file somebody sent. `size` may be larger than the content, so tests need no 21 MB uploads."""

    file_id: str
    unique_id: str
    path: str
    content: bytes
    name: str | None
    mime: str | None
    size: int


@dataclass
class Message:
    """One message as stored; `content` holds the Bot API's content fields (text, photo, caption, ...)."""

    id: int
    chat_id: int
    sender_id: int
    date: int
    content: Json
    thread_id: int | None = None
    reply_to: int | None = None
    #: Inline keyboard; other markups are not part of a Message object.
    inline: Json | None = None
    #: The message carried a reply keyboard, force-reply or removal: such a message cannot be edited.
    other_markup: bool = False
    silent: bool = False
    deleted: bool = False
    edit_date: int | None = None
    service: bool = False
    reactions: list[Json] = field(default_factory=list)

    @property
    def text(self) -> str:
        """What a reader reads: the text or the caption."""
        return str(self.content.get("text") or self.content.get("caption") or "")


@dataclass
class Chat:
    """A private chat with a person (same id) or a supergroup."""

    id: int
    type: str
    title: str | None = None
    is_forum: bool = False
    #: user id → status, groups only
    members: dict[int, str] = field(default_factory=dict)
    bot_status: str = "administrator"
    bot_rights: dict[str, bool] = field(default_factory=lambda: dict(BOT_RIGHTS))
    topics: dict[int, Topic] = field(default_factory=dict)
    messages: dict[int, Message] = field(default_factory=dict)
    pinned: list[int] = field(default_factory=list)
    #: The reply keyboard the person's app shows now.
    keyboard: Json | None = None
    #: The last thing the bot was "doing" and when (chat action).
    action: tuple[str, float] | None = None
    menu_button: Json | None = None

    @property
    def is_private(self) -> bool:
        """Whether this is one person's chat with the bot."""
        return self.type == "private"


@dataclass
class CallbackQuery:
    """A pressed button waiting for, or holding, its answer."""

    id: str
    at: float
    answer: Json | None = None
