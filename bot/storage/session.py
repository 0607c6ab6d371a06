"""Opening the database: engine, sessions, and the proof that our keys fit it."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import os
import secrets
import select as select_module
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import psycopg
from sqlalchemy import event, orm, select, text
from sqlalchemy.exc import DisconnectionError, OperationalError, SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker, create_async_engine

from bot import log as logs
from bot.errors import DatabaseUnavailable, KeysMissing
from bot.settings import Settings, settings
from bot.storage import audit as _audit  # noqa: F401  registers what case events leave in the log
from bot.storage import crypto
from bot.storage.models import Secret

log = logs.get(__name__)

#: Number of the lock under which the first start makes keys and secrets; ours alone.
FIRST_START_LOCK = 0x686F746D
#: Since the first rotation: the former lookup secret, under which the hashes of recruiters stay.
RECRUITER_SECRET = "recruiter"
#: Seconds between two looks for a database that is away.
WAIT_SECONDS = 0.3


@functools.cache
def process_name() -> str:
    """How the database knows this process: keys are not rotated while another one is connected."""
    return f"hotline-{secrets.token_hex(4)}"


# A fork is another process.
os.register_at_fork(after_in_child=process_name.cache_clear)


class Transactions(orm.Session):
    """What is behind our sessions: other modules listen to its commits and rollbacks."""


class Session(AsyncSession):
    """A session whose end never hides why it ended: what a turn raised counts, not that its connection was lost too."""

    sync_session_class = Transactions

    async def __aexit__(self, kind: Any, problem: Any, place: Any) -> None:
        try:
            await super().__aexit__(kind, problem, place)
        except SQLAlchemyError:
            if problem is None:
                raise


_engine: AsyncEngine | None = None
_sessions: async_sessionmaker[Session] | None = None


def sqlalchemy_url(url: str) -> str:
    """Any postgres:// spelling as SQLAlchemy's psycopg 3 dialect wants it."""
    scheme, _, rest = url.partition("://")
    if scheme.split("+")[0] not in {"postgres", "postgresql"} or not rest:
        raise DatabaseUnavailable("DATABASE_URL must begin with postgresql://. No other database is supported.")
    return f"postgresql+psycopg://{rest}"


def libpq_url(url: str) -> str:
    return "postgresql://" + url.partition("://")[2]


def bind(url: str, *, pool_size: int = 10) -> AsyncEngine:
    """Make the engine of this process."""
    global _engine, _sessions
    _engine = create_async_engine(
        sqlalchemy_url(url),
        pool_size=pool_size,
        # A worker has 50 jobs at once, and a turn holds its connection while Rasa thinks.
        max_overflow=30,
        # The connection used last is warm: its statements are prepared already.
        pool_use_lifo=True,
        pool_timeout=5,
        # Parameters are people's words: they never enter an error message.
        hide_parameters=True,
        connect_args={
            "connect_timeout": 5,
            "application_name": process_name(),
            # A stopped process, or a machine that vanished, must not hold the row of a chat for ever.
            "options": "-c timezone=UTC -c statement_timeout=30000 -c idle_in_transaction_session_timeout=30000",
        },
    )
    event.listen(_engine.sync_engine, "checkout", _only_alive)
    _sessions = async_sessionmaker(_engine, class_=Session, expire_on_commit=False)
    return _engine


def quiet(connection: psycopg.AsyncConnection[Any]) -> bool:
    """Whether an idle connection is as it should be: nothing to read. A server that ended has closed it, which is.

    Costs no round trip, unlike asking the server, and that on every transaction.
    """
    try:
        found = select_module.poll()
        found.register(connection.fileno(), select_module.POLLIN)
        return not found.poll(0)
    except (psycopg.Error, OSError):
        return False


def _only_alive(driver: Any, record: object, proxy: object) -> None:
    """Before each use of a pooled connection: a database that restarted is met by a new one, and heals alone."""
    if not quiet(driver.driver_connection):
        raise DisconnectionError


def engine() -> AsyncEngine:
    if _engine is None:
        raise DatabaseUnavailable("The database was used before it was opened.")
    return _engine


def session() -> AsyncSession:
    """A new session: `async with session() as s: ...; await s.commit()`. Rolls back unless committed."""
    if _sessions is None:
        raise DatabaseUnavailable("The database was used before it was opened.")
    return _sessions()


async def each_alone(s: AsyncSession) -> None:
    """Until the session's next commit each of its statements is a transaction of its own.

    For a single question, or a single change: it costs one round trip instead of three.
    """
    if s.in_transaction():
        # Its connection is chosen: so it is already, or the caller's transaction goes on.
        return
    await s.connection(execution_options={"isolation_level": "AUTOCOMMIT"})


async def close() -> None:
    global _engine, _sessions
    if _engine is not None:
        await _engine.dispose()
    _engine, _sessions = None, None


async def raw_connection(s: AsyncSession) -> psycopg.AsyncConnection[Any]:
    """The psycopg connection under a session, so that a job is deferred in the same transaction as the rows."""
    connection = await s.connection()
    raw = await connection.get_raw_connection()
    driver = raw.driver_connection
    assert isinstance(driver, psycopg.AsyncConnection)
    return driver


#: Seconds that intake waits for a row which somebody else holds.
PATIENCE_SECONDS = 0.5
_CLEAR = text(
    "select count(pg_terminate_backend(pid)) from pg_stat_activity where pid = any(pg_blocking_pids(:mine)) "
    "and usename = current_user and application_name like 'hotline-%' and application_name <> :process"
)


@asynccontextmanager
async def right_of_way(s: AsyncSession) -> AsyncIterator[None]:
    """Whoever of our other processes keeps this session waiting for a lock loses its transaction: distress goes first.

    A turn that hangs holds rows of its chat, and the same chat's next cry must not wait behind it. What is ended here
    runs again, as after any loss of the database.
    """
    mine = (await raw_connection(s)).info.backend_pid
    clearing: asyncio.Task[None] | None = None

    def late() -> None:
        nonlocal clearing
        clearing = asyncio.create_task(_clear(mine))

    timer = asyncio.get_running_loop().call_later(PATIENCE_SECONDS, late)
    try:
        yield
    finally:
        timer.cancel()
        if clearing is not None:
            clearing.cancel()


async def _clear(mine: int) -> None:
    while True:
        with contextlib.suppress(SQLAlchemyError):
            async with engine().begin() as connection:
                ended = await connection.scalar(_CLEAR, {"mine": mine, "process": process_name()})
            if ended:
                log.warning("way_cleared", ended=ended)
        await asyncio.sleep(PATIENCE_SECONDS / 2)


async def open_keys(config: Settings | None = None) -> None:
    """Load the keys and prove that they open this database. Makes both on the first start.

    Raises KeysMissing when the database holds secrets and no key was given, KeysDoNotOpenDatabase when none fits.
    """
    config = config or settings()
    try:
        async with session() as s:
            known = await s.scalar(select(Secret.name).limit(1))
            if known is None:
                # Two processes of a first start at once: the second finds what the first made.
                await s.execute(text("select pg_advisory_xact_lock(:key)"), {"key": FIRST_START_LOCK})
                known = await s.scalar(select(Secret.name).limit(1))
            keys = crypto.read_keys(config)
            if keys is None:
                if known is not None:
                    raise KeysMissing()
                fresh = crypto.new_key()
                crypto.write_keys(crypto.key_file(config), [fresh])
                keys = crypto.Keys([fresh])
            crypto.use(keys)
            lookup = await _secret(s, "lookup")
            tracker = await _secret(s, "tracker")
            recruiter = await s.get(Secret, RECRUITER_SECRET)
            await s.commit()
    except OperationalError as problem:
        raise DatabaseUnavailable() from problem
    crypto.use(keys, bytes.fromhex(lookup), tracker, None if recruiter is None else bytes.fromhex(recruiter.value))


async def _secret(s: AsyncSession, name: str) -> str:
    """A secret of the database's own (64 hexadecimal digits), made when it is not there yet."""
    found = await s.get(Secret, name)
    if found is None:
        found = Secret(name=name, value=secrets.token_hex(32))
        s.add(found)
        await s.flush()
    return found.value


async def tracker_key() -> str:
    """The key that Rasa's tracker store encrypts with (64 hexadecimal digits)."""
    async with session() as s:
        return await _secret(s, "tracker")


async def webhook_secret() -> str:
    """The secret of webhook calls, the same for every gateway (64 hexadecimal digits). Made when first asked for."""
    async with session() as s:
        # Several gateways may start at once.
        await s.execute(text("select pg_advisory_xact_lock(:key)"), {"key": FIRST_START_LOCK})
        found = await _secret(s, "webhook")
        await s.commit()
    return found


@asynccontextmanager
async def opened(
    url: str, config: Settings | None = None, *, pool_size: int = 10, patient: bool = False
) -> AsyncIterator[None]:
    """Bind, prove the keys, and close at the end: what every process and command begins with.

    Raises DatabaseUnavailable; a `patient` process waits for the database instead.
    """
    bind(url, pool_size=pool_size)
    try:
        waited = False
        while True:
            try:
                await open_keys(config)
                break
            except DatabaseUnavailable:
                if not patient:
                    raise
                if not waited:
                    log.warning("database_awaited")
                waited = True
                await asyncio.sleep(WAIT_SECONDS)
        yield
    finally:
        await close()
