"""The job queue: procrastinate on the same database, deferred in the same transaction as the rows.

What to know of it: a job is held back behind any earlier unfinished job of its lock, even one that waits for a retry.
So a turn and a send use different locks, nothing scheduled carries a lock, and retries are few and short. Locks and
arguments rest in clear: they hold our own row ids only.
"""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
from collections.abc import Sequence
from typing import Any

import procrastinate
import psycopg
from procrastinate import jobs as procrastinate_jobs
from psycopg_pool import PoolTimeout
from sqlalchemy import text
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.ext.asyncio import AsyncSession

from bot import log as logs
from bot.storage.session import engine, libpq_url, raw_connection

log = logs.get(__name__)

#: Queues, each with workers of its own, so that a slow one never holds back another.
TURNS, SENDS, DESK, MEDIA, UPKEEP = "turns", "sends", "desk", "media", "upkeep"

#: A worker is taken for dead after this many seconds without a heartbeat; its jobs are back within 8 s.
STALLED_SECONDS = 5.0
HEARTBEAT_SECONDS = 1.0
POLL_SECONDS = 0.5
#: Finished jobs are purged after this many hours.
PURGE_HOURS = 24


#: Every room registers its jobs here: `@queue.task(queue=jobs.TURNS, name="turns.take")`.
queue = procrastinate.App(connector=procrastinate.PsycopgConnector(conninfo="", kwargs={}))


def connector(url: str) -> procrastinate.PsycopgConnector:
    return procrastinate.PsycopgConnector(
        conninfo=libpq_url(url), min_size=1, max_size=16, timeout=5, kwargs={"connect_timeout": 5}
    )


async def open_queue(url: str) -> None:
    """Connect the queue of this process to the database."""
    fresh = connector(url)
    queue.connector = fresh
    queue.job_manager.connector = fresh
    await queue.open_async()


async def close_queue() -> None:
    await queue.close_async()


def retry_soon() -> procrastinate.RetryStrategy:
    """One more attempt after a second, and a few more only while the database is away: each holds its chat's lock."""
    return procrastinate.RetryStrategy(max_attempts=30, wait=1)


def database_is_away(problem: BaseException) -> bool:
    """Whether an error means that the database cannot be reached, so that the job is not to blame."""
    return isinstance(problem, OperationalError | InterfaceError | PoolTimeout | psycopg.OperationalError)


async def defer(
    s: AsyncSession,
    task: str,
    *,
    queue_name: str,
    lock: str | None = None,
    at: dt.datetime | None = None,
    priority: int = 0,
    once: str | None = None,
    **arguments: Any,
) -> int | None:
    """Queue a job in the session's own transaction. `once` keeps a second waiting job of that name from being added.

    A higher priority runs first. Returns the job's id, None when `once` found one waiting already.
    """
    assert at is None or lock is None, "a scheduled job with a lock would hold back everything behind it"
    options: dict[str, Any] = {"queue": queue_name, "priority": priority}
    if lock is not None:
        options["lock"] = lock
    if at is not None:
        options["schedule_at"] = at
    connection = await raw_connection(s)
    if once is None:
        return await queue.configure_task(task, connection=connection, **options).defer_async(**arguments)
    # The queueing lock raises inside the transaction; a savepoint keeps the caller's rows.
    try:
        async with s.begin_nested():
            return await queue.configure_task(task, connection=connection, queueing_lock=once, **options).defer_async(
                **arguments
            )
    except procrastinate.exceptions.AlreadyEnqueued:
        return None


async def requeue_stalled(seconds: float = STALLED_SECONDS) -> int:
    """Give back the jobs of workers that died. Every job is idempotent, so running one again is safe."""
    stalled = await queue.job_manager.get_stalled_jobs(seconds_since_heartbeat=seconds)
    count = 0
    for job in stalled:
        await queue.job_manager.retry_job(job, retry_at=dt.datetime.now(dt.UTC))
        count += 1
    if count:
        log.info("jobs_requeued", count=count)
    return count


async def requeue_all_running() -> int:
    """Give back every job marked running: for the start of this machine's only worker."""
    running = list(await queue.job_manager.list_jobs_async(status=procrastinate_jobs.Status.DOING.value))
    for job in running:
        await queue.job_manager.retry_job(job, retry_at=dt.datetime.now(dt.UTC))
    return len(running)


async def purge() -> None:
    """Delete finished jobs and forget dead workers."""
    await queue.job_manager.delete_old_jobs(nb_hours=PURGE_HOURS, include_failed=False)


async def run_workers(plan: Sequence[tuple[str, int]]) -> None:
    """Run one worker for each (queue, concurrency) until cancelled, reconnecting when the database comes back.

    procrastinate's listener ends for good when its connection breaks, and takes its worker with it: each worker is
    started again, and each polls twice a second, so that work goes on even before the listener is back.
    """
    async with asyncio.TaskGroup() as group:
        for name, concurrency in plan:
            group.create_task(_run_worker(name, concurrency))


async def _run_worker(name: str, concurrency: int) -> None:
    pause = 0.05
    while True:
        began = asyncio.get_running_loop().time()
        try:
            await queue.run_worker_async(
                queues=[name],
                name=name,
                concurrency=concurrency,
                wait=True,
                fetch_job_polling_interval=POLL_SECONDS,
                abort_job_polling_interval=60,
                listen_notify=True,
                delete_jobs="successful",
                install_signal_handlers=False,
                update_heartbeat_interval=HEARTBEAT_SECONDS,
                stalled_worker_timeout=STALLED_SECONDS,
                shutdown_graceful_timeout=2,
            )
        except asyncio.CancelledError:
            raise
        except Exception:
            log.warning("worker_restarts", queue=name, exc_info=True)
        if asyncio.get_running_loop().time() - began > 5:
            pause = 0.05
        await asyncio.sleep(pause)
        pause = min(pause * 2, 1.0)


async def ready() -> bool:
    """True when the database answers."""
    with contextlib.suppress(Exception):
        async with engine().connect() as connection:
            await connection.execute(text("select 1"))
            return True
    return False
