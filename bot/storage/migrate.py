"""Bringing a database to the newest schema, one migrator at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, create_engine, text
from sqlalchemy.exc import OperationalError

from bot.errors import DatabaseUnavailable
from bot.settings import ROOT
from bot.storage.session import sqlalchemy_url

#: Advisory lock that one migrator holds; the number is ours alone ("hotl" in hexadecimal).
MIGRATION_LOCK = 0x686F746C


def _config(connection: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(ROOT / "bot" / "storage" / "migrations"))
    config.attributes["connection"] = connection
    return config


def migrate(url: str, revision: str = "head") -> None:
    """Upgrade to a revision under a lock. Running it twice, or twice at once, is harmless."""
    _locked(url, lambda config: command.upgrade(config, revision))


def downgrade(url: str, revision: str) -> None:
    """Go back to a revision. For tests and for a release that must be undone."""
    _locked(url, lambda config: command.downgrade(config, revision))


def head() -> str:
    """The newest revision in the code."""
    config = Config()
    config.set_main_option("script_location", str(ROOT / "bot" / "storage" / "migrations"))
    found = ScriptDirectory.from_config(config).get_current_head()
    assert found is not None
    return found


def current(url: str) -> str | None:
    """The revision of a database; None before the first migration."""
    with _connections(url) as engine, engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision()


@contextmanager
def _connections(url: str) -> Iterator[Engine]:
    engine = create_engine(sqlalchemy_url(url), connect_args={"connect_timeout": 5})
    try:
        engine.connect().close()
    except OperationalError as problem:
        engine.dispose()
        raise DatabaseUnavailable() from problem
    try:
        yield engine
    finally:
        engine.dispose()


def _locked(url: str, do: Callable[[Config], None]) -> None:
    with _connections(url) as engine, engine.connect() as holder, engine.connect() as connection:
        # The lock has a connection of its own: each migration commits on the other.
        holder.execute(text("select pg_advisory_lock(:key)"), {"key": MIGRATION_LOCK})
        holder.commit()
        try:
            do(_config(connection))
            connection.commit()
        finally:
            holder.execute(text("select pg_advisory_unlock(:key)"), {"key": MIGRATION_LOCK})
            holder.commit()
