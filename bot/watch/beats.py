"""Signs of life: each process writes one row every few seconds, whatever its traffic.

The hot path only remembers a time; the row is written beside it.
"""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Awaitable, Callable

from sqlalchemy import func
from sqlalchemy.dialects.postgresql import insert

from bot import log as logs
from bot.storage.models import Beat
from bot.storage.session import process_name, session

log = logs.get(__name__)

#: Seconds between two beats of a process.
BEAT_SECONDS = 5.0

_answered_at: dt.datetime | None = None


def answered() -> None:
    """What this process depends on has just answered it: Telegram the gateway, Rasa the worker."""
    global _answered_at
    _answered_at = dt.datetime.now(dt.UTC)


async def beat(part: str) -> None:
    """Write one sign of life."""
    values = {"part": part, "at": func.now(), "answered_at": _answered_at}
    row = insert(Beat).values(process=process_name(), **values)
    async with session() as s:
        await s.execute(row.on_conflict_do_update(index_elements=["process"], set_=values))
        await s.commit()


async def keep(part: str, look: Callable[[], Awaitable[bool]] | None = None) -> None:
    """Beat until cancelled. `look` asks, before each beat, whether what the process depends on answers."""
    while True:
        try:
            if look is not None and await look():
                answered()
            await beat(part)
        except Exception as problem:
            # The database is away, which others say loudly: the row grows old, and that is what it is for.
            log.info("beat_late", part=part, error=type(problem).__name__)
        await asyncio.sleep(BEAT_SECONDS)
