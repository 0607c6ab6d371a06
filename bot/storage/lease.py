"""Leases: what only one process of many may do at a time (send for a bot token, poll for it), and who does it now.

A row names the holder and until when, by the database's clock. The holder renews it every second; another process takes
it once it has run out, or at once when the database no longer sees any connection of the holder, as after kill -9.

A process that was stopped and wakes up still believes that it holds what another took meanwhile. So each taking over
raises a number, the fence, and whoever acts asks first: the database whether the row still carries its own name and
fence, then, last of all, its own clock whether the time it was given is not over.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable
from typing import Any

import psycopg
from sqlalchemy import bindparam, select

from bot import log as logs
from bot.storage.models import HeldLease
from bot.storage.session import engine, libpq_url, process_name

log = logs.get(__name__)

#: Seconds for which a lease is given. As long as a silent worker is believed to live (bot/storage/jobs.py).
SECONDS = 5.0
#: Seconds between two renewals, and between two looks of those who stand by.
RENEW_SECONDS = 1.0
#: Seconds before its end at which the holder itself stops believing in it: the way of a call that begins just then.
MARGIN_SECONDS = 0.5
#: Seconds one question to the database may take.
ASK_SECONDS = 2

_TAKE = """
    insert into leases (name, holder, fence, until)
    values (%(name)s, %(holder)s, 1, clock_timestamp() + make_interval(secs => %(seconds)s))
    on conflict (name) do update set
        fence = leases.fence + (leases.holder <> excluded.holder)::int, holder = excluded.holder, until = excluded.until
    where leases.holder = excluded.holder or leases.until < clock_timestamp()
        or not exists (select from pg_stat_activity
                       where application_name like 'hotline-%%' and starts_with(leases.holder, application_name))
    returning fence
"""
_RELEASE = "update leases set until = '-infinity' where name = %(name)s and holder = %(holder)s"
_FENCE = "select fence from leases where name = %(name)s and holder = %(holder)s"
#: The fence that the database knows for a process: part of a question that is asked anyway, with `Lease.asked()`.
IN_DATABASE = (
    select(HeldLease.fence)
    .where(HeldLease.name == bindparam("lease"), HeldLease.holder == bindparam("lease_holder"))
    .scalar_subquery()
)


def clock() -> float:
    """Seconds that go on while this process is stopped and while the machine sleeps."""
    return time.clock_gettime(time.CLOCK_BOOTTIME) if hasattr(time, "CLOCK_BOOTTIME") else time.monotonic()


class Lease:
    """One lease as one process sees it. It has a connection of its own, so that busy jobs never keep it from renewing.

    `role` tells in the database's list of connections what this process is: hotline-1a2b3c4d-worker.
    """

    def __init__(self, name: str, role: str, *, process: str = "", seconds: float = SECONDS) -> None:
        self.name = name
        self.holder = f"{process or process_name()}-{role}"
        self.seconds = seconds
        #: Rises with each taking over; None while another process holds the lease.
        self.fence: int | None = None
        self._believed_until = 0.0
        self._connection: psycopg.AsyncConnection[Any] | None = None
        self._asking = asyncio.Lock()
        self._wake = asyncio.Event()

    async def renew(self) -> bool:
        """Take the lease or keep it. False when another process holds it. Raises when the database is away."""
        async with self._asking:
            asked = clock()
            fence = await self._ask(_TAKE)
            if fence is not None and fence != self.fence:
                log.info("lease_taken", lease=self.name, fence=fence)
            self.fence = fence
            self._believed_until = asked + self.seconds - MARGIN_SECONDS if fence is not None else 0.0
            return fence is not None

    async def confirmed(self) -> int | None:
        """The fence under which this process may act now, as the database says; None when it may not."""
        async with self._asking:
            found = await self._ask(_FENCE)
        return await self.accepted(found)

    def asked(self) -> dict[str, str]:
        """The values with which IN_DATABASE asks for this process."""
        return {"lease": self.name, "lease_holder": self.holder}

    async def accepted(self, found: int | None) -> int | None:
        """The fence the database gave, if this process may act under it now; None when it may not."""
        if found is None or found != self.fence:
            self._wake.set()
            return None
        if not self.valid(found) and not await self.renew():
            return None
        return self.fence

    def valid(self, fence: int | None = None) -> bool:
        """Whether the time this process was given is not over, by its own clock; if asked, under that very fence."""
        return self.fence is not None and clock() < self._believed_until and fence in (None, self.fence)

    async def release(self) -> None:
        """Let the next one have it at once. The connection goes too."""
        with contextlib.suppress(Exception):
            if self.fence is not None:
                await self._ask(_RELEASE)
        self.fence, self._believed_until = None, 0.0
        await self._disconnect()

    async def hold(self, work: Callable[[], Awaitable[None]], standing_by: Callable[[], None] = lambda: None) -> None:
        """Do `work` whenever, and only while, this process holds the lease; until cancelled.

        `standing_by` is called whenever another process is found to hold it. While the database is away nobody can take
        the lease, so the work goes on: whatever matters in it asks `confirmed` or `valid`. Raises what `work` raises.
        """
        working: asyncio.Task[None] | None = None
        under: int | None = None
        try:
            while True:
                self._wake.clear()
                try:
                    ours: bool | None = await self.renew()
                except Exception as problem:
                    log.warning("lease_unknown", lease=self.name, error=type(problem).__name__)
                    ours = None
                if working is not None and ours is not None and under != self.fence:
                    # Another process has, or had, the lease meanwhile.
                    log.warning("lease_lost", lease=self.name)
                    await _ended(working)
                    working = None
                if ours is False:
                    standing_by()
                elif ours and working is None:
                    under = self.fence
                    working = asyncio.ensure_future(work())
                await self._pause(working)
                if working is not None and working.done():
                    return working.result()
        finally:
            if working is not None:
                await _ended(working)
            await self.release()

    async def _pause(self, working: asyncio.Task[None] | None) -> None:
        """Until the next renewal, or until the work ended or somebody found that the lease is lost."""
        woken = asyncio.ensure_future(self._wake.wait())
        try:
            watched: set[asyncio.Future[Any]] = {woken} if working is None else {woken, working}
            await asyncio.wait(watched, timeout=RENEW_SECONDS, return_when=asyncio.FIRST_COMPLETED)
        finally:
            woken.cancel()

    async def _ask(self, statement: str) -> int | None:
        values = {"name": self.name, "holder": self.holder, "seconds": self.seconds}
        try:
            # The library's own bounds end where a machine vanishes without a word.
            async with asyncio.timeout(2 * ASK_SECONDS):
                await self.connect()
                assert self._connection is not None
                found = await self._connection.execute(statement, values)
                row = await found.fetchone() if found.description else None
        except BaseException:
            await self._disconnect()
            raise
        return int(row[0]) if row else None

    async def connect(self) -> None:
        """Be seen by the database, so that others know that this process lives."""
        if self._connection is None or self._connection.closed:
            self._connection = await psycopg.AsyncConnection.connect(
                libpq_url(engine().url.render_as_string(hide_password=False)),
                autocommit=True,
                application_name=self.holder,
                connect_timeout=ASK_SECONDS,
                options=f"-c statement_timeout={ASK_SECONDS * 1000}",
            )

    async def _disconnect(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            with contextlib.suppress(Exception):
                await connection.close()


async def _ended(task: asyncio.Task[None]) -> None:
    """Cancel a task and wait for its end."""
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError, Exception):
        await task
