"""The job queue: procrastinate on the same database, deferred in the same transaction as the rows.

What to know of it: a job is held back behind any earlier unfinished job of its lock, even one that waits for a retry.
So a turn and a send use different locks, nothing scheduled carries a lock, and retries are few and short. Locks and
arguments rest in clear: they hold our own row ids only.
"""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import itertools
from collections import deque
from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import Any
from weakref import WeakKeyDictionary

import procrastinate
import psycopg
import psycopg_pool
from procrastinate import job_context, retry, worker
from procrastinate import jobs as procrastinate_jobs
from sqlalchemy import event, orm, text
from sqlalchemy import exc as sql_errors
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.util import await_only

from bot import log as logs
from bot.runtime import watchdog
from bot.storage import stuck
from bot.storage.session import Transactions, engine, libpq_url, process_name, quiet, raw_connection

log = logs.get(__name__)

#: Queues, each with workers of its own, so that a slow one never holds back another.
TURNS, SENDS, DESK, MEDIA, READING, UPKEEP, ALARMS = "turns", "sends", "desk", "media", "reading", "upkeep", "alarms"

HEARTBEAT_SECONDS = 1.0
#: Jobs that failed or were aborted are purged after this many hours; those that succeeded vanish at once.
PURGE_HOURS = 24
#: A worker without a heartbeat for this long is forgotten.
FORGET_SECONDS = 60.0
POLL_SECONDS = 0.5
RECONNECT_SECONDS = 0.2
#: Jobs whose bell may come later than they do, remembered at most.
GIVEN_KEPT = 256


#: Every room registers its jobs here: `@queue.task(queue=jobs.TURNS, name="turns.take")`.
queue = procrastinate.App(connector=procrastinate.PsycopgConnector(conninfo="", kwargs={}))


def connector(url: str) -> procrastinate.PsycopgConnector:
    return procrastinate.PsycopgConnector(
        conninfo=libpq_url(url),
        min_size=1,
        max_size=16,
        timeout=5,
        # The pool doubles its pause after every refused connection; giving up early starts again at once.
        reconnect_timeout=1,
        pool_factory=_pool,
        configure=_each_statement_alone,
        kwargs={"connect_timeout": 5, "application_name": process_name()},
    )


async def _each_statement_alone(connection: psycopg.AsyncConnection[Any]) -> None:
    """Each of the queue's statements is a transaction of its own: no round trips to begin and to commit it."""
    await connection.set_autocommit(True)


def _pool(**options: Any) -> psycopg_pool.AsyncConnectionPool:
    """The library's pool, which asks the server before each use of a connection: one look at its socket will do."""
    return psycopg_pool.AsyncConnectionPool(**{**options, "check": _only_alive})


async def _only_alive(connection: psycopg.AsyncConnection[Any]) -> None:
    if not quiet(connection):
        # Closed by us too: the pool puts back what does not know yet that it is broken.
        await connection.close()
        raise psycopg.OperationalError("the server closed the connection")


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
    if isinstance(problem, procrastinate.exceptions.ConnectorException) and problem.__cause__ is not None:
        problem = problem.__cause__
    if isinstance(problem, sql_errors.DBAPIError) and problem.connection_invalidated:
        return True
    return isinstance(
        problem,
        sql_errors.OperationalError
        | sql_errors.InterfaceError
        | sql_errors.TimeoutError
        | psycopg.OperationalError
        | psycopg.InterfaceError,
    )


async def insist[T](write: Callable[[], Awaitable[T]]) -> T:
    """Write down what happened elsewhere, again and again while the database is away: once it is forgotten here, it
    would be done a second time there."""
    while True:
        try:
            return await write()
        except Exception as problem:
            if not database_is_away(problem):
                raise
        await asyncio.sleep(RECONNECT_SECONDS)


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
) -> bool:
    """Queue a job in the session's own transaction. `once` keeps a second waiting job of that name from being added.

    A higher priority runs first. Jobs are written when the transaction is committed, all of them in one statement;
    those with `once` at once. False when `once` found one waiting already; that one then runs at the earlier of both
    times. Raises ValueError for a scheduled job with a lock: it would hold back everything behind it.
    """
    if at is not None and lock is not None:
        raise ValueError("a scheduled job must not carry a lock")
    options: dict[str, Any] = {"queue": queue_name, "priority": priority}
    if lock is not None:
        options["lock"] = lock
    if at is not None:
        options["schedule_at"] = at
    if once is None:
        _unwritten(s).append(queue.configure_task(task, **options).make_new_job(**arguments))
        return True
    if (waiting := (await s.execute(_WAITING, {"once": once})).first()) is not None:
        await _not_later(s, once, at, waiting.scheduled_at)
        return False
    # The queueing lock raises inside the transaction; a savepoint keeps the caller's rows.
    try:
        async with s.begin_nested():
            # Asked for inside: SQLAlchemy sets the savepoint only when its connection is.
            connection = await raw_connection(s)
            await queue.configure_task(task, connection=connection, queueing_lock=once, **options).defer_async(
                **arguments
            )
        return True
    except procrastinate.exceptions.AlreadyEnqueued:
        await s.execute(_NOT_LATER, {"once": once, "at": at})
        return False


def _unwritten(s: AsyncSession | orm.Session) -> list[procrastinate_jobs.Job]:
    """The jobs of a session's transaction that are written when it is committed."""
    found: list[procrastinate_jobs.Job] = s.info.setdefault("jobs", [])
    return found


@event.listens_for(Transactions, "before_commit")
def _write_jobs(s: orm.Session) -> None:
    found = _unwritten(s)
    if not found or s.in_nested_transaction():
        return
    connection = s.connection().connection.driver_connection
    await_only(queue.job_manager.batch_defer_jobs_async(jobs=found, connection=connection))
    found.clear()


@event.listens_for(Transactions, "after_transaction_create")
def _note_jobs(s: orm.Session, transaction: orm.SessionTransaction) -> None:
    if transaction.nested:
        _before[transaction] = len(_unwritten(s))


@event.listens_for(Transactions, "after_soft_rollback")
def _drop_jobs(s: orm.Session, transaction: orm.SessionTransaction) -> None:
    """What was rolled back queues nothing: of a savepoint the jobs since it, else all."""
    del _unwritten(s)[_before.get(transaction, 0) :]


#: How many jobs a transaction had before a savepoint.
_before: WeakKeyDictionary[orm.SessionTransaction, int] = WeakKeyDictionary()


async def _not_later(s: AsyncSession, once: str, at: dt.datetime | None, planned: dt.datetime | None) -> None:
    """Bring a waiting job forward. Where that changes nothing its row is not touched, so nobody waits for it."""
    if planned is not None and (at is None or at < planned):
        await s.execute(_NOT_LATER, {"once": once, "at": at})


#: Asked first: in a surge one waits nearly always, and an insertion that fails costs four round trips.
_WAITING = text("select scheduled_at from procrastinate_jobs where queueing_lock = :once and status = 'todo'")
_NOT_LATER = text(
    "update procrastinate_jobs set scheduled_at = cast(:at as timestamptz) "
    "where queueing_lock = :once and status = 'todo' and scheduled_at is not null "
    "and (cast(:at as timestamptz) is null or scheduled_at > cast(:at as timestamptz))"
)


# One statement, so that two machines never give back the same job twice. A job given back loses its queueing lock: a
# twin may wait already, and the two may not share it.
class Worker(worker.Worker):
    """procrastinate's worker, without what it leaves to the next poll or to nobody.

    - Its listener and its heartbeat outlive a database restart. In the library (3.10) both end for good, and what
      should watch them ends at the start, when it sees that there is no periodic task: all would go on by polling, and
      other workers would take this one for dead.
    - A job that arrives while the queue is being looked at is seen at once (the library forgets that bell).
    - The next job of a lock starts when the one before it ends, not at the next poll.
    - It asks until it has the jobs that rang. The library asks until there is none: three times for each job. Twice a
      second this one does so too, for the jobs that are due without a bell.
    - It goes on while the database is away. In the library it ends, and breaks off what it was doing after two seconds:
      a message that Telegram took just then would be sent again.
    - How a job ended is written down again after a database restart; else the job would count as running, and hold
      its lock, for as long as this worker lives.
    """

    #: Whether it asks until there is none, and when it last did, in seconds of the event loop.
    _all, _all_at = True, 0.0
    _lost_sight = False
    #: Its id in the database while it works; the library forgets its own when it has signed off.
    known_as: int | None = None

    def __init__(self, *given: Any, **options: Any) -> None:
        super().__init__(*given, **options)
        #: Ids of the jobs that rang and were not yet asked for, each with the number of its ring.
        self._rung: dict[int, int] = {}
        self._rings = itertools.count()
        #: Ids of the last jobs that were given to it: a job may be here before its bell is.
        self._given: deque[int] = deque(maxlen=GIVEN_KEPT)
        #: Ids of the jobs that rang and were not to be had: they wait for their lock, or another worker has them.
        self._missed: set[int] = set()
        #: Whether bells are heard, and whether a job may wait for a lock whose bell was not.
        self._hears, self._unheard = False, True

    def _start_side_tasks(self) -> list[asyncio.Task[Any]]:
        if self.worker_id is not None:
            self.known_as = self.worker_id
            stuck.living[self.known_as] = self
        return [*super()._start_side_tasks(), asyncio.create_task(self._listen(), name="listener")]

    async def _listen(self) -> None:
        while True:
            try:
                await queue.job_manager.listen_for_jobs(on_notification=self._handle_notification, queues=self.queues)
            except Exception as problem:
                log.info("listener_reconnects", queue=self.worker_name, error=type(problem).__name__)
            self._hears, self._unheard = False, True
            await asyncio.sleep(RECONNECT_SECONDS)

    async def _update_heartbeat(self) -> None:
        while True:
            try:
                await super()._update_heartbeat()  # type: ignore[no-untyped-call]
            except Exception as problem:
                log.info("heartbeat_late", queue=self.worker_name, error=type(problem).__name__)
            await asyncio.sleep(RECONNECT_SECONDS)

    def _ring(self, job: int) -> None:
        self._rung[job] = next(self._rings)

    async def _handle_notification(self, *, channel: str, notification: procrastinate_jobs.Notification) -> None:
        self._hears = True
        if notification["type"] == "job_inserted" and notification["job_id"] in self._given:
            return
        if notification["type"] == "job_inserted":
            self._ring(notification["job_id"])
        await super()._handle_notification(channel=channel, notification=notification)

    async def fetch(self) -> procrastinate_jobs.Job | None:
        """The next job; none when all that rang are here already."""
        if not self._all and not self._rung:
            return None
        heard = list(self._rung.items())
        assert self.worker_id is not None
        job = await _fetch_job(queues=self.queues, worker_id=self.worker_id)
        if job is not None:
            self._given.append(job.id or 0)
            self._rung.pop(job.id or 0, None)
            self._missed.discard(job.id or 0)
            return job
        # Who rang while the queue was being looked at is still to come.
        for missed, ring in heard:
            if self._rung.get(missed) == ring:
                del self._rung[missed]
                self._missed.add(missed)
        if self._all and not self._running_jobs:
            # None of ours keeps a lock that they could wait for.
            self._missed.clear()
            self._unheard = not self._hears
        self._all = False
        return None

    async def _fetch_and_process_jobs(self) -> None:
        now = asyncio.get_running_loop().time()
        if now - self._all_at >= POLL_SECONDS:
            self._all, self._all_at = True, now
        while not self._stop_event.is_set():
            try:
                await super()._fetch_and_process_jobs()  # type: ignore[no-untyped-call]
                if self._lost_sight:
                    await self._give_back_unseen()
            except Exception as problem:
                if not database_is_away(problem):
                    raise
                if not self._lost_sight:
                    log.warning("worker_waits", queue=self.worker_name, error=type(problem).__name__)
                self._lost_sight = self._all = True
                await asyncio.sleep(RECONNECT_SECONDS)
                continue
            if not self._rung and not self._all:
                return

    async def _give_back_unseen(self) -> None:
        """A job given to us in an answer that the outage swallowed runs nowhere: give it back."""
        running = [context.job.id for context in self._running_jobs.values()]
        await stuck.give_back(stuck.OF_WORKER_BUT, worker=self.worker_id, running=running)
        self._lost_sight = False

    async def _persist_job_status(
        self,
        job: procrastinate_jobs.Job,
        status: procrastinate_jobs.Status,
        retry_decision: retry.RetryDecision | None,
        context: job_context.JobContext,
        job_result: job_context.JobResult | None,
    ) -> None:
        again = False
        while True:
            try:
                await super()._persist_job_status(job, status, retry_decision, context, job_result)
                break
            except procrastinate.exceptions.UniqueViolation:
                # Its twin of the same `once` waits already and does the work.
                retry_decision = None
            except Exception as problem:
                if not database_is_away(problem):
                    if again:
                        break  # the first try had been written down, only its answer was lost
                    raise
                if self._stop_event.is_set():
                    raise  # `_run_worker` gives the job back
                again = True
                await asyncio.sleep(0.1)
        if job.lock is None or not (self._rung or self._missed or self._unheard):
            return  # nobody found the lock taken
        if (following := await _behind(job.lock)) is not None:
            self._ring(following)
            self._new_job_event.set()


_BEHIND = "select min(id) as id from procrastinate_jobs where lock = %(lock)s and status = 'todo'"


async def _behind(lock: str) -> int | None:
    """A job that waits for a lock, 0 when nobody can say, None for none: cheaper than to ask for one in vain."""
    try:
        found = await queue.connector.execute_query_one_async(_BEHIND, lock=lock)
    except Exception as problem:
        if not database_is_away(problem):
            raise
        return 0
    waiting: int | None = found["id"]
    return waiting


_fetch_job = queue.job_manager.fetch_job


async def _fetch_what_rang(queues: Iterable[str] | None, worker_id: int) -> procrastinate_jobs.Job | None:
    """The library's loop asks its one job manager; each worker of ours knows by itself whether to ask."""
    known = stuck.living.get(worker_id)
    return await known.fetch() if isinstance(known, Worker) else await _fetch_job(queues=queues, worker_id=worker_id)


queue.job_manager.fetch_job = _fetch_what_rang  # type: ignore[method-assign]


async def _guarded(run: Callable[[], Awaitable[Any]], context: job_context.JobContext, _: worker.Worker) -> Any:
    """Each job within the walls of its process."""
    return await watchdog.step(context.job.id or 0, run())


async def run_workers(plan: Sequence[tuple[str, int]]) -> None:
    """Run one worker for each (queue, concurrency) until cancelled, reconnecting when the database comes back.

    A worker ends when the database refuses it a job, and is started again. It polls twice a second besides listening.
    """
    async with asyncio.TaskGroup() as group:
        for name, concurrency in plan:
            group.create_task(_run_worker(name, concurrency))


async def _run_worker(name: str, concurrency: int) -> None:
    pause = 0.05
    ended: list[int] = []
    task = asyncio.current_task()
    assert task is not None
    while True:
        began = asyncio.get_running_loop().time()
        current = Worker(
            app=queue,
            queues=[name],
            name=name,
            concurrency=concurrency,
            fetch_job_polling_interval=POLL_SECONDS,
            listen_notify=False,
            abort_job_polling_interval=60,
            delete_jobs="successful",
            install_signal_handlers=False,
            update_heartbeat_interval=HEARTBEAT_SECONDS,
            stalled_worker_timeout=stuck.STALLED_SECONDS,
            shutdown_graceful_timeout=2,
            worker_middleware=[_guarded],
        )
        try:
            if ended:
                await stuck.give_back(stuck.OF_WORKERS, workers=ended)
                ended.clear()
            await current.run()  # type: ignore[no-untyped-call]
        except asyncio.CancelledError:
            raise
        except Exception:
            log.warning("worker_restarts", queue=name, exc_info=True)
        finally:
            if current.known_as is not None:
                stuck.living.pop(current.known_as, None)
        if task.cancelling():
            # The library's farewell to a database that is gone hid the cancellation.
            raise asyncio.CancelledError
        if current.worker_id is not None:
            # It could not sign off: what it was doing is over in this process, but the database does not know.
            ended.append(current.worker_id)
        if asyncio.get_running_loop().time() - began > 5:
            pause = 0.05
        await asyncio.sleep(pause)
        pause = min(pause * 2, 1.0)


async def purge() -> None:
    """Delete finished jobs and forget dead workers."""
    await queue.job_manager.delete_old_jobs(
        nb_hours=PURGE_HOURS, include_failed=True, include_cancelled=True, include_aborted=True
    )
    await queue.job_manager.prune_stalled_workers(FORGET_SECONDS)


async def ready() -> bool:
    """True when the database answers."""
    with contextlib.suppress(Exception):
        async with engine().connect() as connection:
            await connection.execute(text("select 1"))
            return True
    return False
