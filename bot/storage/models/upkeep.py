"""What keeps the hotline running: secrets, bots, leases, signs of life, alarms, confirmed facts."""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, Identity, Index, Integer, UniqueConstraint, func, text
from sqlalchemy.orm import Mapped, mapped_column

from bot.storage.crypto import EncryptedText
from bot.storage.models.base import Base


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
