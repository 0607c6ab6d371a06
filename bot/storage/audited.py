"""Reading the log of who did what: whether it is whole, and what it says (bot/storage/audit.py writes it)."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Final

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.storage import audit
from bot.storage.models import AuditEntry, Case
from bot.storage.session import session

#: What stands before the first entry.
BEGINNING: Final = "0" * 64
#: Entries read at once.
BATCH: Final = 1000
EPOCH: Final = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)


@dataclass(frozen=True)
class Verdict:
    """Whether the log is whole: how many entries, the hash of the last one, and what is wrong, in a sentence."""

    entries: int
    head: str
    broken: str | None = None


def hash_of(entry: AuditEntry) -> str:
    """The hash that an entry must have. The database makes it in the same way."""
    at = (entry.at - EPOCH) // dt.timedelta(microseconds=1)
    parts = (entry.previous, entry.number, at, entry.what, entry.actor, entry.about, entry.detail)
    return hashlib.sha256("\n".join(str(part) for part in parts).encode()).hexdigest()


async def verified(head: str | None = None) -> tuple[str, int]:
    """For the terminal: whether the log is whole, and the exit code."""
    async with session() as s:
        found = await verify(s, head=head.strip().lower() if head else None)
    if found.broken is not None:
        return f"The log is BROKEN. {found.broken} The {found.entries} entries before it are as they were written.", 1
    return f"Whole: {found.entries} entries. Note the hash of the last one elsewhere: {found.head}", 0


async def verify(s: AsyncSession, *, head: str | None = None) -> Verdict:
    """Look at every entry, oldest first. `head`: a hash that was noted down once, and must still be among them."""
    number, previous, seen = 0, BEGINNING, head is None
    async for entry in _entries(s):
        number += 1
        where = f"row {entry.id} ({entry.what}, {entry.about or 'no row'}, {entry.at:%Y-%m-%d %H:%M:%S} UTC)"
        if entry.number != number:
            return Verdict(number - 1, previous, f"Entry {number} is missing; after it comes {where}.")
        if entry.previous != previous:
            return Verdict(number - 1, previous, f"Entry {number}, {where}, does not follow the one before it.")
        if entry.hash != hash_of(entry):
            return Verdict(number - 1, previous, f"Entry {number}, {where}, is not what was written.")
        previous = entry.hash
        seen = seen or previous == head
    if (loose := await s.scalar(select(AuditEntry.id).where(AuditEntry.number.is_(None)).limit(1))) is not None:
        return Verdict(number, previous, f"Row {loose} stands outside the chain.")
    if not seen:
        return Verdict(
            number, previous, "The noted hash is not among them: entries were cut off, or all were rewritten."
        )
    return Verdict(number, previous)


async def _entries(s: AsyncSession) -> AsyncIterator[AuditEntry]:
    last = 0
    while True:
        query = select(AuditEntry).where(AuditEntry.number > last).order_by(AuditEntry.number).limit(BATCH)
        rows = (await s.scalars(query, execution_options={"populate_existing": True})).all()
        for row in rows:
            yield row
        if len(rows) < BATCH:
            return
        last = rows[-1].number or 0
        s.expunge_all()


async def table(last: int, *, ref: str | None = None) -> str:
    """The last entries, the newest at the end, a line each; those about one case when its reference is given."""
    async with session() as s:
        return await _table(s, last, ref)


async def _table(s: AsyncSession, last: int, ref: str | None) -> str:
    query = select(AuditEntry).order_by(AuditEntry.number.desc()).limit(last)
    refs = dict((await s.execute(select(Case.id, Case.ref))).tuples().all()) if ref is None else {}
    if ref is not None:
        asked = "H-" + ref.strip().upper().removeprefix("H-")
        refs = dict((await s.execute(select(Case.id, Case.ref).where(Case.ref == asked))).tuples().all())
        query = query.where(AuditEntry.about.in_([f"case:{number}" for number in refs]))
    lines = []
    for row in reversed((await s.scalars(query)).all()):
        kind, _, number = row.about.partition(":")
        about = refs.get(int(number), row.about) if kind == "case" and number.isdecimal() else row.about
        said = "" if row.detail == "{}" else row.detail
        lines.append(
            f"{row.number or '?':>6}  {row.at:%Y-%m-%d %H:%M:%S}  {row.what:<20} {about:<14} {row.actor}  {said}"
        )
    return "\n".join(line.rstrip() for line in lines) or "Nothing is in the log."


async def note(what: str, about: str = "") -> None:
    """An entry by itself, for a command that changes nothing in the database."""
    async with session() as s:
        audit.record(s, what, about=about)
        await s.commit()
