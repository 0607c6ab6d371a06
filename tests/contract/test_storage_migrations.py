"""The schema: what the code believes is what the database has, and a release can be undone and done again."""

from __future__ import annotations

import threading

import psycopg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import create_engine

from bot.errors import DatabaseUnavailable
from bot.settings import Settings
from bot.storage import jobs, migrate, session
from bot.storage.models import Base
from tests.support.rows import one_of_each


def tables(url: str) -> set[str]:
    with psycopg.connect(url) as connection:
        rows = connection.execute("select tablename from pg_tables where schemaname = 'public'").fetchall()
    return {name for (name,) in rows}


def rows_in(url: str, table: str) -> int:
    with psycopg.connect(url) as connection:
        (count,) = connection.execute(f"select count(*) from {table}").fetchone() or (0,)
    return int(count)


def differences(url: str) -> list[object]:
    engine = create_engine(session.sqlalchemy_url(url))
    with engine.connect() as connection:
        options = {
            "compare_type": True,
            "compare_server_default": True,
            "include_name": lambda name, kind, _: (
                kind != "table" or not name.startswith(("procrastinate_", "alembic_"))
            ),
        }
        found = compare_metadata(MigrationContext.configure(connection, opts=options), Base.metadata)
    engine.dispose()
    return list(found)


def test_the_models_are_what_the_newest_migration_makes(database_url: str) -> None:
    assert migrate.current(database_url) == migrate.head()
    assert differences(database_url) == []


@pytest.mark.parametrize("back_to", ["0001", "0002", "base"])
async def test_a_release_is_undone_and_done_again_with_rows_in_place(
    database_url: str, config: Settings, back_to: str
) -> None:
    async with session.opened(database_url, config):
        await jobs.open_queue(database_url)
        await one_of_each()
        async with session.session() as s:
            await jobs.defer(s, "outbox.send", queue_name=jobs.SENDS, lock="send:1", chat=1)
            await s.commit()
        await jobs.close_queue()
    ours = {table.name for table in Base.metadata.sorted_tables}
    assert all(rows_in(database_url, table) for table in ours), "every table holds a row"

    migrate.downgrade(database_url, back_to)
    left = tables(database_url)
    assert ("procrastinate_jobs" in left) == (back_to == "0002"), "the queue came with 0002"
    if back_to == "base":
        assert not left & ours
    else:
        # Tables of later releases are gone with them.
        assert {"chats", "updates", "cases", "operators", "outbox"} <= left
        assert all(rows_in(database_url, table) for table in ours & left), "undoing a release lost a row"

    migrate.migrate(database_url)
    assert migrate.current(database_url) == migrate.head()
    assert differences(database_url) == []
    async with session.opened(database_url, config):
        await jobs.open_queue(database_url)
        async with session.session() as s:
            await jobs.defer(s, "outbox.send", queue_name=jobs.SENDS, lock="send:1", chat=1)
            await s.commit()
        assert rows_in(database_url, "procrastinate_jobs")
        await jobs.close_queue()


def test_two_processes_migrating_at_once_do_not_meet(empty_database: str) -> None:
    problems: list[BaseException] = []

    def go() -> None:
        try:
            migrate.migrate(empty_database)
        except BaseException as problem:
            problems.append(problem)

    threads = [threading.Thread(target=go) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert problems == []
    assert differences(empty_database) == []


def test_a_database_that_does_not_answer_is_one_clear_sentence() -> None:
    with pytest.raises(DatabaseUnavailable, match="does not answer"):
        migrate.migrate("postgresql://nobody:secret@127.0.0.1:9/none")
    with pytest.raises(DatabaseUnavailable, match="DATABASE_URL must begin"):
        migrate.migrate("mysql://localhost/none")
