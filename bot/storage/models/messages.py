"""Chats, what came from them, what goes to them, and their files."""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, Identity, Index, Integer, UniqueConstraint, func, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from bot.storage.crypto import EncryptedJSON, EncryptedText
from bot.storage.models.base import Base


class Chat(Base):
    """One Telegram chat: a worker's private chat or an operators' group.

    A row is one chat of Telegram for good. A group that gets another id numbers its messages anew: it becomes another
    row, so that no number of a message or topic is ever taken for one of another group.
    """

    __tablename__ = "chats"
    __table_args__ = (
        # Partial, so that messages of the group may still be noted while another transaction changes it.
        Index("uq_chats_desk_hash", "desk_hash", unique=True, postgresql_where=text("desk_hash is not null")),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    #: keyed_hash("chat", telegram id)
    chat_hash: Mapped[bytes] = mapped_column(unique=True)
    chat_id: Mapped[str] = mapped_column(EncryptedText)
    #: private | operators
    kind: Mapped[str] = mapped_column(server_default="private")
    #: chat_hash of the group that the settings name, for which this group receives cases: its own, or that of the group
    #: that Telegram made this one of. None for a private chat, and for a former group.
    desk_hash: Mapped[bytes | None] = mapped_column(ForeignKey("chats.chat_hash", onupdate="CASCADE"))
    name: Mapped[str | None] = mapped_column(EncryptedText)
    username: Mapped[str | None] = mapped_column(EncryptedText)
    #: Language of the person's Telegram app, e.g. "id".
    client_lang: Mapped[str | None]
    #: Language the worker chose; None while we guess.
    lang: Mapped[str | None]
    #: Writing last heard (`HEARD` of nlu/text/languages.py): the prior of the next guess.
    heard_lang: Mapped[str | None]
    #: "ID" or "KH" as stated or, failing that, as the language suggests; None when unknown.
    nationality: Mapped[str | None]
    #: Topic and country last asked about, for follow-ups.
    last_topic: Mapped[str | None]
    last_country: Mapped[str | None]
    #: When the worker last wrote: the live window counts from here.
    last_heard_at: Mapped[dt.datetime | None]
    #: {"from": "19:00", "to": "21:00", "zone": "Asia/Phnom_Penh"} as the worker named it; they do not
    #: count before "off_until" (a time), because the chat was shut within them.
    safe_hours: Mapped[dict[str, Any] | None]
    #: The phone is watched until the worker says otherwise.
    watched: Mapped[bool] = mapped_column(server_default=text("true"))
    #: Set while Telegram says the person blocked the bot or is gone.
    unreachable_at: Mapped[dt.datetime | None]
    #: Part of Rasa's sender id; raised when a flow ends, Rasa times out, or the chat is erased.
    flow: Mapped[int] = mapped_column(Integer, server_default=text("1"))
    #: Nothing is sent to this chat before (Telegram's retry_after).
    send_after: Mapped[dt.datetime | None]
    first_seen_at: Mapped[dt.datetime] = mapped_column(server_default=func.now())
    erased_at: Mapped[dt.datetime | None]
    #: Whether any message named somebody under 18, also one that reported nothing: a later case is a child's.
    minor_named: Mapped[bool] = mapped_column(server_default=text("false"))
    #: Since when the phone counts as in another hand. Nothing goes there but the bot's answers to later updates, until
    #: an operator or an hour named as safe opens the chat again.
    shut_at: Mapped[dt.datetime | None]
    #: Row id of the update that shut the chat.
    shut_update: Mapped[int | None]
    #: erased (the worker cleared the phone) | stopped (nothing is to be sent) | asked (somebody asks whose chat it is)
    shut_why: Mapped[str | None]
    #: The bundle that is being gathered (an album, forwards in a row); None while no message of one just came.
    bundle: Mapped[int | None]
    #: The bot this chat last wrote to. A bot of another account may not write here first: Telegram refuses.
    bot_id: Mapped[int | None]
    #: Since a restore nothing goes to this chat until the person writes.
    held_at: Mapped[dt.datetime | None]
    #: What its files took of its share (bot/outbox/quota.py), in MB, and when: it is given back within a day.
    files_mb: Mapped[float] = mapped_column(server_default=text("0"))
    files_at: Mapped[dt.datetime | None]
    #: Until when an operator blocked it: its cases are listed and ring nobody (bot/cases/quiet.py).
    blocked_until: Mapped[dt.datetime | None]
    #: Since when nothing of this chat may teach the bot: it was erased, the person said so, or a case of it is over.
    spared_at: Mapped[dt.datetime | None]

    @property
    def former(self) -> bool:
        """Whether this was an operators' group: it got another id, or the settings name another one now."""
        return self.kind == "operators" and self.desk_hash is None


class Update(Base):
    """One update as Telegram sent it. Committed before Telegram hears that it arrived."""

    __tablename__ = "updates"
    __table_args__ = (
        UniqueConstraint("bot_id", "update_id", "reuse", name="uq_updates_bot_id_update_id_reuse"),
        Index("ix_updates_chat_message", "chat_id", "message_id"),
        Index("ix_updates_chat_received", "chat_id", "received_at"),
        Index("ix_updates_open", "state", "id", postgresql_where=text("state in ('pending', 'unanswered', 'dead')")),
        Index("ix_updates_received", "received_at"),
        Index("ix_updates_bundle", "bundle", postgresql_where=text("bundle is not null")),
        Index("ix_updates_loose", "received_at", "id", postgresql_where=text("case_id is null")),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    bot_id: Mapped[int]
    update_id: Mapped[int]
    #: How many updates with the same number but another content came before: after a quiet week Telegram may use a
    #: number again (bot/chat/intake.py).
    reuse: Mapped[int] = mapped_column(Integer, server_default=text("0"))
    chat_id: Mapped[int | None] = mapped_column(ForeignKey("chats.id"), index=False)
    #: message | edited_message | callback_query | my_chat_member | other
    kind: Mapped[str]
    #: What a message carries: text photo document voice location contact ... ; None for other kinds.
    content: Mapped[str | None]
    message_id: Mapped[int | None]
    raw: Mapped[Any] = mapped_column(EncryptedJSON)
    received_at: Mapped[dt.datetime] = mapped_column(server_default=func.now())
    #: pending | done | unanswered (Rasa was away; answered when it is back) | dead | discarded
    state: Mapped[str] = mapped_column(server_default="pending")
    #: Why discarded: channel_post foreign_group service_message bot_sender
    discard: Mapped[str | None]
    attempts: Mapped[int] = mapped_column(Integer, server_default=text("0"))
    #: Class of the error that made it dead.
    error: Mapped[str | None]
    #: Level the lexicon gave at intake; "none" when it found nothing.
    triage: Mapped[str | None]
    #: [{"id": rule, "evidence": words}] of the lexicon, shown to the holder.
    reasons: Mapped[Any | None] = mapped_column(EncryptedJSON)
    #: What was read in its words when it arrived (nlu/understanding/found.py); None for an update without words.
    understood: Mapped[Any | None] = mapped_column(EncryptedJSON)
    case_id: Mapped[int | None] = mapped_column(ForeignKey("cases.id"), index=True)
    #: Not shown to operators: the worker took it back before it was.
    held_back: Mapped[bool] = mapped_column(server_default=text("false"))
    #: Row id of the first message of its bundle, whose messages are answered by one turn; None for one by itself.
    bundle: Mapped[int | None]
    finished_at: Mapped[dt.datetime | None]


class Outgoing(Base):
    """One thing to be sent, edited or deleted. A row first; Telegram second."""

    __tablename__ = "outbox"
    __table_args__ = (
        Index("ix_outbox_open", "chat_id", "rank", "id", postgresql_where=text("state in ('queued', 'waiting')")),
        Index("ix_outbox_sent", "chat_id", "sent_at"),
        Index("ix_outbox_sent_at", "sent_at", postgresql_where=text("sent_at is not null")),
        Index("ix_outbox_failed", "created_at", postgresql_where=text("state = 'failed'")),
        Index("ix_outbox_lists", "chat_id", "id", postgresql_where=text("purpose = 'list' and erased_at is null")),
        Index("ix_outbox_loose", "created_at", "id", postgresql_where=text("case_id is null")),
        Index("ix_outbox_topic", "id", postgresql_where=text("purpose = 'topic'")),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    chat_id: Mapped[int] = mapped_column(ForeignKey("chats.id"))
    #: reply | read | receipt | operator | notice | alert | card | relay | moved | delivery | erase | menu | topic
    purpose: Mapped[str]
    #: Smaller goes first within a chat: 0 P1 alerts, 1 worker's words to the holder, 5 everything else.
    rank: Mapped[int] = mapped_column(Integer, server_default=text("5"))
    #: Bot API method: sendMessage sendPhoto sendDocument sendVoice editMessageText deleteMessages ...
    method: Mapped[str]
    #: Parameters of the method; "media" names a row of the media table.
    payload: Mapped[Any] = mapped_column(EncryptedJSON)
    case_id: Mapped[int | None] = mapped_column(ForeignKey("cases.id"), index=True)
    #: Post into the forum topic of case_id, made when it is missing.
    in_topic: Mapped[bool] = mapped_column(server_default=text("false"))
    #: The update this answers or relays.
    update_id: Mapped[int | None] = mapped_column(ForeignKey("updates.id"), index=True)
    #: Makes a second attempt of the same turn queue nothing twice.
    dedupe: Mapped[str | None] = mapped_column(unique=True)
    #: queued | waiting (live window) | sent | failed | withdrawn
    state: Mapped[str] = mapped_column(server_default="queued")
    #: Why failed: blocked gone too_old bad_request other_bot other_group no_rights not_a_forum group_lost; why
    #: withdrawn: restored
    failure: Mapped[str | None]
    #: An operator sends it outside the live window (recorded as a case event).
    override: Mapped[bool] = mapped_column(server_default=text("false"))
    attempts: Mapped[int] = mapped_column(Integer, server_default=text("0"))
    attempted_at: Mapped[dt.datetime | None]
    created_at: Mapped[dt.datetime] = mapped_column(server_default=func.now())
    sent_at: Mapped[dt.datetime | None]
    #: Telegram's message ids, one for each part of a split text: what erase deletes.
    message_ids: Mapped[list[int]] = mapped_column(server_default=text("'[]'::jsonb"))
    erased_at: Mapped[dt.datetime | None]
    #: The bot that sent it. In a private chat each bot account numbers messages by itself.
    bot_id: Mapped[int | None]


class Media(Base):
    """One file of a message: fetched, encrypted and hashed before anything else is done with it."""

    __tablename__ = "media"
    __table_args__ = (
        Index("ix_media_wanted", "id", postgresql_where=text("state = 'wanted'")),
        Index("ix_media_same", "chat_id", "same"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    chat_id: Mapped[int] = mapped_column(ForeignKey("chats.id"))
    update_id: Mapped[int] = mapped_column(ForeignKey("updates.id"), unique=True)
    case_id: Mapped[int | None] = mapped_column(ForeignKey("cases.id"), index=True)
    #: photo document voice video ...
    kind: Mapped[str]
    #: Telegram's file id, needed to fetch it.
    file_id: Mapped[str] = mapped_column(EncryptedText)
    name: Mapped[str | None] = mapped_column(EncryptedText)
    mime: Mapped[str | None]
    size_bytes: Mapped[int | None]
    #: wanted | stored | too_big | gone | left at Telegram: over_quota no_room (bot/outbox/quota.py)
    state: Mapped[str] = mapped_column(server_default="wanted")
    #: keyed_hash("file", chat and Telegram's unique id): the same file of a chat is fetched once.
    same: Mapped[bytes | None]
    #: SHA-256 of the original, hexadecimal: evidence.
    sha256: Mapped[str | None]
    #: Encrypted file below HOTLINE_HOME/media.
    path: Mapped[str | None]
    #: What looking into it gave: other (never opened) nothing (no metadata) clean (a copy without) unclean program
    #: unopened (its reader could not be confined); None for what Telegram itself made anew, and for what is not stored.
    looked: Mapped[str | None]
    #: The copy without metadata, encrypted, beside the original: what leaves instead of it.
    clean_path: Mapped[str | None]
    #: {"position": [latitude, longitude], "taken": time of the camera}, as the file says.
    found: Mapped[Any | None] = mapped_column(EncryptedJSON)
    #: What reading it gave: wanted (still to be read) words unsure few empty broken slow off gone
    #: (bot/offers/reading/files.py); None for what is not read, as everything of an open case.
    read_as: Mapped[str | None]
    #: The words that were read.
    words: Mapped[str | None] = mapped_column(EncryptedText)
    stored_at: Mapped[dt.datetime | None]


class Unclear(Base):
    """A message of a chat without any case that was not understood, redacted, until a maintainer has looked at it."""

    __tablename__ = "unclear"

    #: The message it was: answered again, it is kept once.
    update_id: Mapped[int] = mapped_column(
        ForeignKey("updates.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    #: While it is here it can be found again: erasing the chat, or a word of the person, deletes it.
    chat_id: Mapped[int] = mapped_column(ForeignKey("chats.id", ondelete="CASCADE"), index=True)
    #: id | km: the language it was answered in.
    lang: Mapped[str]
    at: Mapped[dt.datetime] = mapped_column(server_default=func.now())
    #: What was written, masked: bot/learning/redact.py.
    text: Mapped[str] = mapped_column(EncryptedText)
    #: The two likeliest intents: [["ask_fees", 0.21], ["ask_visa", 0.14]].
    likely: Mapped[Any] = mapped_column(JSONB)
