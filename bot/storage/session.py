"""Opening the database: engine, sessions, and the proof that our keys fit it."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import psycopg
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker, create_async_engine

from bot.errors import DatabaseUnavailable, KeysMissing
from bot.settings import Settings, settings
from bot.storage import crypto
from bot.storage.models import Secret

_engine: AsyncEngine | None = None
_sessions: async_sessionmaker[AsyncSession] | None = None


def sqlalchemy_url(url: str) -> str:
    """Any postgres:// spelling as SQLAlchemy's psycopg 3 dialect wants it."""
    scheme, _, rest = url.partition("://")
    if scheme.split("+")[0] not in {"postgres", "postgresql"} or not rest:
        raise DatabaseUnavailable("DATABASE_URL must begin with postgresql://. No other database is supported.")
    return f"postgresql+psycopg://{rest}"


def libpq_url(url: str) -> str:
    return "postgresql://" + url.partition("://")[2]


def bind(url: str, *, pool_size: int = 10) -> AsyncEngine:
    """Make the engine of this process. Connections are checked before use, so a database restart heals alone."""
    global _engine, _sessions
    _engine = create_async_engine(
        sqlalchemy_url(url),
        pool_size=pool_size,
        max_overflow=10,
        pool_pre_ping=True,
        pool_timeout=5,
        # Parameters are people's words: they never enter an error message.
        hide_parameters=True,
        connect_args={"connect_timeout": 5, "options": "-c timezone=UTC -c statement_timeout=30000"},
    )
    _sessions = async_sessionmaker(_engine, expire_on_commit=False)
    return _engine


def engine() -> AsyncEngine:
    if _engine is None:
        raise DatabaseUnavailable("The database was used before it was opened.")
    return _engine


def session() -> AsyncSession:
    """A new session: `async with session() as s: ...; await s.commit()`. Rolls back unless committed."""
    if _sessions is None:
        raise DatabaseUnavailable("The database was used before it was opened.")
    return _sessions()


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


async def open_keys(config: Settings | None = None) -> None:
    """Load the keys and prove that they open this database. Makes both on the first start.

    Raises KeysMissing when the database holds secrets and no key was given, KeysDoNotOpenDatabase when none fits.
    """
    config = config or settings()
    keys = crypto.read_keys(config)
    async with session() as s:
        known = await s.scalar(select(Secret.name).limit(1))
        if keys is None:
            if known is not None:
                raise KeysMissing()
            fresh = crypto.new_key()
            crypto.write_keys(crypto.key_file(config), [fresh])
            keys = crypto.Keys([fresh])
        crypto.use(keys)
        lookup = await _secret(s, "lookup")
        await _secret(s, "tracker")
        await s.commit()
    crypto.use(keys, bytes.fromhex(lookup))


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


@asynccontextmanager
async def opened(url: str, config: Settings | None = None, *, pool_size: int = 10) -> AsyncIterator[None]:
    """Bind, prove the keys, and close at the end: what every process and command begins with."""
    bind(url, pool_size=pool_size)
    try:
        await open_keys(config)
        yield
    finally:
        await close()
