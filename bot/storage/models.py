"""The tables. What a person wrote or is called rests in Encrypted columns; the rest may be read by an administrator."""

from __future__ import annotations

import datetime as dt
from typing import Any, NewType

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    DateTime,
    ForeignKey,
    Identity,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    UniqueConstraint,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from bot.storage.crypto import EncryptedJSON, EncryptedText

#: Telegram's id of a chat. Lives only in the store and in calls to Telegram.
ChatId = NewType("ChatId", int)
#: Row id of a chat: what jobs, locks and logs may hold.
ChatRow = NewType("ChatRow", int)
#: Short reference of a case, H-7K3Q.
CaseRef = NewType("CaseRef", str)
#: Row id of an operator.
OperatorId = NewType("OperatorId", int)

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


class Base(DeclarativeBase):
    metadata = MetaData(naming_convention=NAMING)
    type_annotation_map = {
        int: BigInteger,
        str: String,
        bytes: LargeBinary,
        bool: Boolean,
        dt.datetime: DateTime(timezone=True),
        dict[str, Any]: JSONB,
        list[int]: JSONB,
        list[str]: JSONB,
    }


class Secret(Base):
    """Secrets of the database's own (lookup hash, Rasa's tracker key), encrypted. Opening one proves the keys."""

    __tablename__ = "secrets"

    name: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[str] = mapped_column(EncryptedText)


class Bot(Base):
    """A bot account that answered here. The current one is that of the token; its row has the newest `since`."""

    __tablename__ = "bots"

    #: Telegram's id of the bot: the number before the colon of its token.
    id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    #: As Telegram gives it, without @; public.
    username: Mapped[str | None]
    #: When the hotline last began to answer through it.
    since: Mapped[dt.datetime] = mapped_column(server_default=func.now())


class HeldLease(Base):
    """What only one of several processes does at a time, and which one does it now (bot/storage/lease.py)."""

    __tablename__ = "leases"

    #: sender:<bot id> | poller:<bot id>
    name: Mapped[str] = mapped_column(primary_key=True)
    holder: Mapped[str]
    #: Rises with each taking over: who acts under an older one is too late.
    fence: Mapped[int]
    until: Mapped[dt.datetime]


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
    #: Language the worker chose ("id" or "km"); None while we guess.
    lang: Mapped[str | None]
    #: Language last heard ("id", "km", "km-Latn", "en", "other"): the prior of the next guess.
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


class Operator(Base):
    """A person who answers. Only listed ones may act."""

    __tablename__ = "operators"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    name: Mapped[str] = mapped_column(EncryptedText)
    telegram_hash: Mapped[bytes | None] = mapped_column(unique=True)
    telegram_id: Mapped[str | None] = mapped_column(EncryptedText)
    site: Mapped[str]
    #: operator | supervisor | admin
    role: Mapped[str] = mapped_column(server_default="operator")
    lang: Mapped[str] = mapped_column(server_default="id")
    active: Mapped[bool] = mapped_column(server_default=text("true"))
    #: Where the night alarm reaches them: a mail address, and what ALERT_COMMAND is given (a phone number).
    email: Mapped[str | None] = mapped_column(EncryptedText)
    phone: Mapped[str | None] = mapped_column(EncryptedText)
    #: Place in the desk's duty list: 1 is called first; 0 is not on duty.
    duty: Mapped[int] = mapped_column(Integer, server_default=text("0"))
    added_at: Mapped[dt.datetime] = mapped_column(server_default=func.now())


class Stranger(Base):
    """Somebody in an operators' group who is not listed. Goes when they leave or are listed, or with time."""

    __tablename__ = "strangers"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    group_id: Mapped[int] = mapped_column(ForeignKey("chats.id"), index=True)
    telegram_id: Mapped[str] = mapped_column(EncryptedText)
    name: Mapped[str] = mapped_column(EncryptedText)
    seen_at: Mapped[dt.datetime] = mapped_column(server_default=func.now(), index=True)


class Case(Base):
    """A report that a person answers. It exists after the first message; later ones enrich it."""

    __tablename__ = "cases"
    __table_args__ = (
        Index("uq_cases_open_chat", "chat_id", unique=True, postgresql_where=text("main and state <> 'closed'")),
        Index("ix_cases_queue", "priority", "opened_at", postgresql_where=text("state = 'new'")),
        Index("ix_cases_opened", "opened_at"),
        Index("ix_cases_topic", "topic_id", postgresql_where=text("topic_id is not null")),
        Index("ix_cases_held", "holder_id", postgresql_where=text("state <> 'closed'")),
        Index(
            "ix_cases_closed", "closed_at", "id", postgresql_where=text("state = 'closed' and anonymised_at is null")
        ),
        Index("ix_cases_topic_left", "id", postgresql_where=text("anonymised_at is not null and topic_id is not null")),
        # A case that still says who wrote has its chat, one that was anonymised has none.
        CheckConstraint("(chat_id is null) = (anonymised_at is not null)", name="anonymised"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    ref: Mapped[str] = mapped_column(unique=True)
    #: None once the case is anonymised.
    chat_id: Mapped[int | None] = mapped_column(ForeignKey("chats.id"), index=True)
    #: False for a case that an operator split off: messages of the chat go to the main one.
    main: Mapped[bool] = mapped_column(server_default=text("true"))
    split_from_id: Mapped[int | None] = mapped_column(ForeignKey("cases.id"))
    #: emergency | distress | third_party | human
    kind: Mapped[str]
    #: 1 emergency or a minor, 2 distress, 3 third party, 4 wants a person
    priority: Mapped[int] = mapped_column(Integer)
    #: new | claimed | waiting_worker | referred | closed
    state: Mapped[str] = mapped_column(server_default="new")
    #: resolved | unreachable | duplicate | not_a_case
    outcome: Mapped[str | None]
    minor: Mapped[bool] = mapped_column(server_default=text("false"))
    #: lexicon | model | command | operator: who found it. What only the model found is P2 at most.
    found_by: Mapped[str] = mapped_column(server_default="lexicon")
    #: Language heard: id | km | km-Latn | en | other
    lang: Mapped[str]
    nationality: Mapped[str | None]
    #: ISO 3166 alpha-2 of where the person is, if known.
    country: Mapped[str | None]
    #: What is known, by name: place, people, safe_to_write, relation ... ; the worker's words.
    facts: Mapped[Any] = mapped_column(EncryptedJSON)
    #: The question last asked and not yet answered: place | safe | need; None when none is open.
    asked: Mapped[str | None]
    site: Mapped[str]
    holder_id: Mapped[int | None] = mapped_column(ForeignKey("operators.id"))
    opened_at: Mapped[dt.datetime] = mapped_column(server_default=func.now())
    claimed_at: Mapped[dt.datetime | None]
    closed_at: Mapped[dt.datetime | None]
    #: Since when the worker waits for an answer; None while we wait for the worker.
    waiting_since: Mapped[dt.datetime | None]
    #: It is listed and rings nobody. Of one that was no case: nor does the next one of its chat, for a while.
    quiet: Mapped[bool] = mapped_column(server_default=text("false"))
    #: Re-alerts sent so far for an unclaimed P1 (after 3, 10, 30 minutes).
    re_alerts: Mapped[int] = mapped_column(Integer, server_default=text("0"))
    #: The group in which the case stands, its forum topic there, and the card's message id: `topic_in`, `card_in`.
    group_id: Mapped[int | None] = mapped_column(ForeignKey("chats.id"))
    topic_id: Mapped[int | None]
    card_message_id: Mapped[int | None]
    #: When its words, and whose they were, were deleted (bot/cases/retention).
    anonymised_at: Mapped[dt.datetime | None]
    #: Why Telegram would not delete its topic: no_rights not_a_forum group_lost unknown_group bad_request.
    topic_refused: Mapped[str | None]

    def topic_in(self, group: Chat) -> int | None:
        """The topic of the case in this group; None when it has none there."""
        return self.topic_id if self.group_id == group.id else None

    def card_in(self, group: Chat) -> int | None:
        """The message id of the case's card in this group; None when it has none there."""
        return self.card_message_id if self.group_id == group.id else None

    def leave_group(self) -> None:
        """The case stands in no group any more: its topic and card are made anew."""
        self.group_id = self.topic_id = self.card_message_id = None


class CaseHold(Base):
    """A legal hold: while this row is there nothing of the case, its chat, and what was split from it is deleted."""

    __tablename__ = "case_holds"

    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"), primary_key=True, autoincrement=False)
    why: Mapped[str] = mapped_column(EncryptedText)
    placed_by: Mapped[str] = mapped_column(EncryptedText)
    at: Mapped[dt.datetime] = mapped_column(server_default=func.now())


class CaseEvent(Base):
    """One thing that happened to a case: the record of who did what, when."""

    __tablename__ = "case_events"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"), index=True)
    at: Mapped[dt.datetime] = mapped_column(server_default=func.now())
    #: opened enriched raised claimed handed_over closed reopened split overridden withdrawn erase_wished ...
    what: Mapped[str]
    #: worker | bot | operator:<row id>
    actor: Mapped[str]
    #: Numbers and keys only, never words of a person.
    detail: Mapped[dict[str, Any]] = mapped_column(server_default=text("'{}'::jsonb"))
    #: Words, when there are any (an internal note).
    body: Mapped[str | None] = mapped_column(EncryptedText)


class AuditEntry(Base):
    """One entry of the log of who did what. The database refuses to change or delete it (bot/storage/audit.py)."""

    __tablename__ = "audit"
    __table_args__ = (
        CheckConstraint("position(chr(10) in what || actor || about || detail) = 0", name="one_line"),
        Index("ix_audit_about", "about"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    at: Mapped[dt.datetime] = mapped_column(server_default=func.clock_timestamp())
    #: claimed read overridden closed operator_added person_exported keys_rotated ...
    what: Mapped[str]
    #: bot | operator:<row id> | command:<user of the system>[ as <name given with --by>]
    actor: Mapped[str]
    #: The row it is about: case:12, operator:3; empty for none.
    about: Mapped[str]
    #: Canonical JSON: row ids, numbers and keys, never words of a worker.
    detail: Mapped[str]
    #: Its place in the chain, the hash of the entry before it, and its own; the database fills them in at the commit.
    number: Mapped[int | None] = mapped_column(unique=True)
    previous: Mapped[str | None]
    hash: Mapped[str | None]


class TopicMessage(Base):
    """Which message in an operators' topic stands for which message of the worker's chat, and the other way round."""

    __tablename__ = "topic_messages"
    __table_args__ = (
        UniqueConstraint("group_id", "message_id"),
        Index("ix_topic_messages_update", "update_id"),
        Index("ix_topic_messages_outgoing", "outgoing_id"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"), index=True)
    group_id: Mapped[int] = mapped_column(ForeignKey("chats.id"))
    message_id: Mapped[int]
    #: card | relay (worker's words) | operator (operator's words) | delivery
    role: Mapped[str]
    update_id: Mapped[int | None] = mapped_column(ForeignKey("updates.id"))
    outgoing_id: Mapped[int | None] = mapped_column(ForeignKey("outbox.id"))


class FactConfirmation(Base):
    """One person called a number of the data files, or reread a source, and it is right. Kept: it says who vouches."""

    __tablename__ = "fact_confirmations"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    #: Id of the entry in data/.
    fact: Mapped[str]
    #: Of what was confirmed; an entry that was changed since has another one.
    digest: Mapped[str]
    operator_id: Mapped[int] = mapped_column(ForeignKey("operators.id"))
    at: Mapped[dt.datetime] = mapped_column(server_default=func.now())


class Beat(Base):
    """The sign of life of one process, written every few seconds: its age says whether the process works."""

    __tablename__ = "beats"

    #: Name of the process; a restarted one has another.
    process: Mapped[str] = mapped_column(primary_key=True)
    #: chat | worker
    part: Mapped[str]
    at: Mapped[dt.datetime] = mapped_column(server_default=func.now())
    #: When what it depends on last answered it: Telegram for the gateway, Rasa for the worker. None: not yet.
    answered_at: Mapped[dt.datetime | None]


class Tally(Base):
    """What happened so far, counted: kept when the rows themselves are forgotten. No row leads to a person."""

    __tablename__ = "tallies"

    #: updates | discards | answered | cases | reply_bucket | reply_milliseconds; "through": counted up to this
    #: moment; "backup": of when the newest whole backup is. Moments in microseconds of the Unix epoch.
    name: Mapped[str] = mapped_column(primary_key=True)
    #: kind=message,lang=km
    labels: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[int] = mapped_column(server_default=text("0"))


class Alarm(Base):
    """One call of a desk's duty people: for its P1 cases that nobody took, or as the weekly test."""

    __tablename__ = "alarms"
    __table_args__ = (
        UniqueConstraint("site", "slot_at"),
        Index("uq_alarms_ringing", "site", unique=True, postgresql_where=text("kind = 'case' and state = 'ringing'")),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    #: case | test
    kind: Mapped[str]
    #: Desk whose cases wait, or whose alarm is tested.
    site: Mapped[str]
    #: ringing | acknowledged | over (nothing waits any more) | failed (a test)
    state: Mapped[str] = mapped_column(server_default="ringing")
    #: How many calls were begun: the next one is for the person in this place of the duty list, counted round.
    step: Mapped[int] = mapped_column(Integer, server_default=text("0"))
    #: The step before which a newer case joined: from it on the calls are frequent again.
    fresh_step: Mapped[int] = mapped_column(Integer, server_default=text("0"))
    #: Newest event of a case that the duty people were called for.
    newest_event: Mapped[int | None]
    #: When the weekly test was due; None for a case's alarm and for a test by hand.
    slot_at: Mapped[dt.datetime | None]
    began_at: Mapped[dt.datetime] = mapped_column(server_default=func.now())
    #: The next call; of a test, the time by which somebody must have acknowledged it.
    next_at: Mapped[dt.datetime]
    rang_at: Mapped[dt.datetime | None]
    ended_at: Mapped[dt.datetime | None]
    acked_by: Mapped[int | None] = mapped_column(ForeignKey("operators.id"))
    #: Why a test failed: undelivered | unacknowledged | nobody | no_channel
    failure: Mapped[str | None]


class Ring(Base):
    """One call to one person by one way."""

    __tablename__ = "alarm_rings"
    __table_args__ = (Index("ix_alarm_rings_queued", "id", postgresql_where=text("state = 'queued'")),)

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    alarm_id: Mapped[int] = mapped_column(ForeignKey("alarms.id"), index=True)
    step: Mapped[int] = mapped_column(Integer)
    #: None when ALERT_COMMAND itself knows whom to call.
    operator_id: Mapped[int | None] = mapped_column(ForeignKey("operators.id"))
    #: email | command
    channel: Mapped[str]
    #: queued | delivered (the mail server or the program took it) | failed | dropped (nothing waited any more)
    state: Mapped[str] = mapped_column(server_default="queued")
    attempts: Mapped[int] = mapped_column(Integer, server_default=text("0"))
    created_at: Mapped[dt.datetime] = mapped_column(server_default=func.now())
    attempted_at: Mapped[dt.datetime | None]
    #: The reference that was told: H-7K3Q, or T-12 for a test.
    told: Mapped[str | None]
    #: Why the last attempt failed, a word of ours.
    failure: Mapped[str | None]


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


class AgencyList(Base):
    """A list of licensed agencies that somebody imported; it takes the place of the one in data/offers/agencies."""

    __tablename__ = "agency_lists"

    #: p3mi | molvt
    id: Mapped[str] = mapped_column(primary_key=True)
    #: The day of which the list is.
    as_of: Mapped[dt.date]
    #: False: some names only.
    complete: Mapped[bool]
    #: Where it came from, in the words of whoever imported it.
    source: Mapped[str]
    imported_at: Mapped[dt.datetime] = mapped_column(server_default=func.now())


class Agency(Base):
    """One company on an imported list, as the authority published it."""

    __tablename__ = "agencies"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    list_id: Mapped[str] = mapped_column(ForeignKey("agency_lists.id", ondelete="CASCADE"), index=True)
    name: Mapped[str]
    licence: Mapped[str | None]
    #: licensed | suspended | revoked
    status: Mapped[str]
    valid_until: Mapped[dt.date | None]


class Recruiter(Base):
    """A phone, handle, link, mail address or agency name out of an offer that was reported; only its hash is kept."""

    __tablename__ = "recruiters"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    #: phone | handle | link | email | agency
    kind: Mapped[str]
    #: keyed_hash("recruiter", kind and value)
    hash: Mapped[bytes] = mapped_column(unique=True)
    #: When it was last reported, looked up by an operator, or confirmed.
    last_at: Mapped[dt.datetime] = mapped_column(server_default=func.now())
    #: When an operator said that this recruiter deceives people; None while nobody did.
    confirmed_at: Mapped[dt.datetime | None]
    confirmed_by: Mapped[int | None] = mapped_column(ForeignKey("operators.id"))


class RecruiterReport(Base):
    """One chat reported a recruiter: once, however often it presses."""

    __tablename__ = "recruiter_reports"

    recruiter_id: Mapped[int] = mapped_column(
        ForeignKey("recruiters.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    #: keyed_hash("reporter", hash of the chat id)
    reporter: Mapped[bytes] = mapped_column(primary_key=True)
    at: Mapped[dt.datetime] = mapped_column(server_default=func.now())


class RetentionReport(Base):
    """What one run of the forgetting deleted. Numbers only, so it is kept: the proof that the promises are kept."""

    __tablename__ = "retention_reports"
    __table_args__ = (Index("ix_retention_reports_began", "began_at"),)

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    began_at: Mapped[dt.datetime]
    #: None: the run was broken off, what it had deleted by then is counted.
    finished_at: Mapped[dt.datetime | None]
    milliseconds: Mapped[int | None]
    #: {"closed_cases": {"cases": 1, "updates": 12, "files": 2}}: by class, how many of what.
    counts: Mapped[dict[str, Any]] = mapped_column(server_default=text("'{}'::jsonb"))
    #: {"held": 1, "open": 2}: cases past their time that stayed, by why.
    kept_back: Mapped[dict[str, Any]] = mapped_column(server_default=text("'{}'::jsonb"))
    #: Topics of anonymised cases that Telegram would not delete, at the end of the run.
    topics_refused: Mapped[int] = mapped_column(Integer, server_default=text("0"))
