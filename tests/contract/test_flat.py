"""A message costs the same on the first day and a year later: no statement on its path reads more when more is stored.

Pages are counted, not milliseconds: they are the same on a busy machine. `scripts/bench_flat.py` goes up to a million.
"""

from __future__ import annotations

import uuid

import psycopg
import pytest

from bot.settings import Settings
from tests.load.path import Path
from tests.load.statements import Statement, Statements, grows, recorded
from tests.load.stored import TABLES

FEW, MANY = 1_000, 20_000
#: All within a day: what happens at once grows with what is stored, and that may cost a message nothing either.
DAYS = 1.0
#: What nobody waits for, or counts what happened in a day or a minute: `hotline status`, deleting, an hour's upkeep.
BY_ITSELF = ("watch.", "alarm.status", "cases.retention", "storage.jobs.purge", "outbox.send.recall_last_minute")
#: Compared by the median. An insert into the job queue touches 8 to 10 pages; on a busy machine, with the large
#: database, 3 of 56 touched 93 to 108. Not explained: neither a PostgreSQL of its own nor a second count changes that.
UNEVEN = "chat.intake._store_once: defer_jobs"


async def played(server: str, messages: int) -> Statements:
    """What every statement of a message's path touches on a database with so many stored messages."""
    name = f"t{uuid.uuid4().hex[:12]}"
    with psycopg.connect(server.rpartition("/")[0] + "/postgres", autocommit=True) as admin:
        admin.execute(f"create database {name} template {server.rpartition('/')[2]}")
    url = f"{server.rpartition('/')[0]}/{name}"
    async with Path.ready(url, messages, days=DAYS, new_cases=4) as path, recorded(url) as found:
        await path.play(1)
    return {name: one for name, one in found.items() if not name.startswith(BY_ITSELF)}


@pytest.fixture(scope="module")
async def small_and_large(server: str, tmp_path_factory: pytest.TempPathFactory) -> tuple[Statements, Statements]:
    return await played(server, FEW), await played(server, MANY)


@pytest.fixture(autouse=True)
def _home(config: Settings) -> None:
    pass


async def test_a_message_reads_no_more_when_twenty_times_as_many_are_stored(
    small_and_large: tuple[Statements, Statements],
) -> None:
    small, large = small_and_large
    assert len(small) > 80, "the path of a message was played"
    dearer = {
        name: said(small[name], large[name])
        for name in small.keys() & large.keys()
        if grows(small[name], large[name], by_median=name == UNEVEN)
    }
    assert not dearer


async def test_no_statement_on_the_path_of_a_message_reads_a_whole_table(
    small_and_large: tuple[Statements, Statements],
) -> None:
    large = small_and_large[1]
    found = {name: sorted(set(one.scanned) & set(TABLES)) for name, one in large.items()}
    assert not {name: tables for name, tables in found.items() if tables}


def said(few: Statement, many: Statement) -> str:
    return f"{few.p95_pages} pages with {FEW} messages, {many.p95_pages} with {MANY}: {many.sql}"
