"""What a process keeps in memory of the database, read anew now and then, so that no message has to ask."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from bot import log as logs

log = logs.get(__name__)


@asynccontextmanager
async def following(what: str, refresh: Callable[[], Awaitable[object]], seconds: float) -> AsyncIterator[None]:
    """Within it `refresh` has run, and runs again every so many seconds. The database may go away meanwhile.

    `what` names it in the log.
    """

    async def read() -> None:
        try:
            await refresh()
        except Exception as problem:
            # What was read before still holds; nobody goes unanswered for it.
            log.warning(f"{what}_not_read", error=type(problem).__name__)

    async def keep() -> None:
        while True:
            await asyncio.sleep(seconds)
            await read()

    await read()
    task = asyncio.create_task(keep())
    try:
        yield
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
