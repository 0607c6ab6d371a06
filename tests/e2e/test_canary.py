"""What people write shows in no log and rests in no table in clear, also when Rasa or its action server hangs."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator

import psycopg
import pytest

from bot.storage.embedded import EmbeddedPostgres
from tests.support.hotline import REPLY_SECONDS, Hotline


@pytest.fixture
async def hotline() -> AsyncIterator[Hotline]:
    """A hotline of this test's own: what is done to it is nobody else's business."""
    async with Hotline.running() as running:
        yield running


CANARY = "zamrud-kenari-4471"


def everything(hotline: Hotline) -> dict[str, str]:
    """All rows of all tables as the database keeps them. Rasa's own table is one of them."""
    with EmbeddedPostgres(hotline.home) as postgres, psycopg.connect(postgres.libpq_dsn) as connection:
        names = connection.execute(
            "select format('%I.%I', schemaname, tablename) from pg_tables "
            "where schemaname not in ('pg_catalog', 'information_schema')"
        ).fetchall()
        assert any(name.startswith("rasa.") for (name,) in names)
        return {
            name: "\n".join(row for (row,) in connection.execute(f"select t::text from {name} t")) for (name,) in names
        }


@pytest.mark.timeout(300)
async def test_what_a_person_writes_shows_in_no_log_and_rests_in_no_table_in_clear(hotline: Hotline) -> None:
    person = await hotline.worker(f"Nama {CANARY}", "id")
    for words in (
        f"berapa biaya paspor {CANARY}",
        f"/report_distress {CANARY}",
        f'/open_case{{"x": "{CANARY}"}}',
        f"tolong saya disekap {CANARY}, paspor diambil",
    ):
        await person.says(words)
        await person.sees(lambda m: m["from"]["is_bot"], REPLY_SECONDS)
    # A turn that times out: Rasa hangs. The person gets our own words with a number within its five seconds.
    other = await hotline.worker(f"Lain {CANARY}", "id")
    rasas = [hotline.pid(name) for name in hotline.names("nlu")]
    for rasa in rasas:
        os.kill(rasa, signal.SIGSTOP)
    try:
        await other.says(f"apa itu BLK {CANARY}")
        late = await other.sees("Kalau mendesak", 9)
        assert any(letter.isdigit() for letter in late["text"])
    finally:
        for rasa in rasas:
            os.kill(rasa, signal.SIGCONT)
    await other.sees(lambda m: m["from"]["is_bot"] and "per " in m["text"] and "Kalau mendesak" not in m["text"], 60)
    # The action server hangs: the same, within the same time.
    third = await hotline.worker(f"Ketiga {CANARY}", "id")
    os.kill(hotline.pid("actions"), signal.SIGSTOP)
    try:
        await third.says(f"visa kerja ke taiwan gimana {CANARY}")
        await third.sees("Kalau mendesak", 9)
    finally:
        os.kill(hotline.pid("actions"), signal.SIGCONT)

    assert CANARY not in hotline.log()
    for table, rows in (await asyncio.to_thread(everything, hotline)).items():
        assert CANARY not in rows and CANARY.encode().hex() not in rows, f"in clear in {table}"
    for path in hotline.home.rglob("*"):
        if path.is_file() and path.name != "log.txt" and "models" not in path.parts:
            assert CANARY.encode() not in path.read_bytes(), path
