"""The lists in use, kept in memory: what somebody imported, else what came with the program.

Each process reads them when it starts and looks every minute whether another was imported (`followed`).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, replace
from typing import Final

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.offers.agencies import seed
from bot.offers.agencies.register import LISTS, Entry, ListCopy, Register
from bot.storage.following import following
from bot.storage.models import Agency, AgencyList
from bot.storage.session import session

#: Seconds between two looks: an imported list is used by every process within a minute.
REFRESH_SECONDS: Final = 60.0


@dataclass(frozen=True)
class _Loaded:
    """What was read, and of which imports."""

    imports: Mapping[str, dt.datetime]
    register: Register


_loaded: _Loaded | None = None


def register() -> Register:
    """The lists in use. Reads memory only."""
    return _loaded.register if _loaded is not None else seed.register()


async def refresh(s: AsyncSession | None = None) -> Register:
    """Read what was imported, unless nothing was since the last look. Returns the lists in use."""
    global _loaded
    if s is None:
        async with session() as own:
            return await refresh(own)
    rows = {row.id: row for row in await s.scalars(select(AgencyList))}
    imports = {row.id: row.imported_at for row in rows.values()}
    if _loaded is not None and _loaded.imports == imports:
        return _loaded.register
    known = seed.register()
    copies = dict(known.copies)
    for list_id in LISTS:
        if list_id in rows:
            copies[list_id] = await _copy(s, known.copies[list_id], rows[list_id])
    _loaded = _Loaded(imports, replace(known, copies=copies))
    return _loaded.register


async def _copy(s: AsyncSession, seeded: ListCopy, row: AgencyList) -> ListCopy:
    found = await s.scalars(select(Agency).where(Agency.list_id == row.id).order_by(Agency.id))
    entries = tuple(Entry(one.name, one.licence, one.status, one.valid_until) for one in found)
    return ListCopy(
        id=seeded.id,
        country=seeded.country,
        complete=row.complete,
        as_of=row.as_of,
        old_after_days=seeded.old_after_days,
        licence_digits=seeded.licence_digits,
        source=row.source,
        seed=False,
        entries=entries,
    )


def followed(seconds: float = REFRESH_SECONDS) -> AbstractAsyncContextManager[None]:
    """Within it this process knows the lists in use, at most `seconds` late. The database may go away meanwhile."""
    return following("agencies", refresh, seconds)
