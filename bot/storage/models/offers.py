"""Licensed agencies, and recruiters who were reported."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import BigInteger, ForeignKey, Identity, func
from sqlalchemy.orm import Mapped, mapped_column

from bot.storage.models.base import Base


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
