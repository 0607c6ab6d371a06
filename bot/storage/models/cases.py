"""Cases with their events and holds, operators, the operators' topics, and the audit log."""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Identity, Index, Integer, UniqueConstraint, func, text
from sqlalchemy.orm import Mapped, mapped_column

from bot.storage.crypto import EncryptedJSON, EncryptedText
from bot.storage.models.base import Base
from bot.storage.models.messages import Chat
from nlu.text import languages


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
    lang: Mapped[str] = mapped_column(server_default=languages.DEFAULT)
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
