"""The database of this installation, for a part of the hotline or for one command."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from bot.settings import Settings, settings


@asynccontextmanager
async def database(config: Settings, *, migrated: bool = True, patient: bool = False) -> AsyncIterator[str]:
    """The database of this installation, started as a guest of a running hotline or for this command alone.

    `patient` waits for one that does not answer yet.
    """
    from bot.storage import backup, migrate, session
    from bot.storage.embedded import EmbeddedPostgres

    backup.refuse_unfinished(config)
    postgres: EmbeddedPostgres | None = None
    url = config.database
    if url is None:
        postgres = EmbeddedPostgres(config.hotline_home)
        url = await asyncio.to_thread(postgres.start)
    try:
        if migrated:
            await asyncio.to_thread(migrate.migrate, url)
        async with session.opened(url, config, patient=patient):
            yield url
    finally:
        if postgres is not None:
            await asyncio.to_thread(postgres.stop)


def in_database[T](do: Callable[[], Awaitable[T]], *, by: str | None = None) -> T:
    """What a command does with the database of this installation, which is open meanwhile; `by` names who wants it."""
    from bot.storage import audit

    async def done() -> T:
        audit.act_as_command(by)
        async with database(settings()):
            return await do()

    return asyncio.run(done())
