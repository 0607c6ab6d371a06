"""What every test may ask for: a real PostgreSQL with a fresh database a test, and the whole hotline running."""

from __future__ import annotations

import asyncio
import os
import shutil
import sys
import tempfile
import time
import uuid
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import psycopg
import pytest

from bot import settings as settings_module
from bot.cases import sites
from bot.desk import group as desk_group
from bot.outbox import sender
from bot.runtime import http_client
from bot.runtime.http_server import serve
from bot.settings import Settings
from bot.storage import crypto, jobs, migrate, session
from bot.storage.embedded import EmbeddedPostgres, cluster
from bot.storage.lease import Lease
from bot.turns import rasa_client, welcome
from bot.watch import server as watched
from tests.support import scratch, spread, timed
from tests.support.hotline import Hotline
from tests.support.rooms import Rasa, Rooms

if TYPE_CHECKING:
    from xdist.remote import Producer

#: No test reads the developer's own .env or talks to anything but this machine.
os.environ.update({"TELEGRAM_BOT_TOKEN": "", "TELEGRAM_API_URL": "http://127.0.0.1:9", "DATABASE_URL": ""})
# The processes that tests start keep what Python compiled, as in an installation: Rasa starts in a third of the time.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False
Settings.model_config["env_file"] = None
SCRATCH = scratch.make()


def pytest_unconfigure() -> None:
    """The run is over: so is what it wrote into memory."""
    if SCRATCH is not None:
        scratch.remove(SCRATCH)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave to `make bench` what is about seconds; the longest files go first, so that several workers end together."""
    if out := timed.left_out(items):
        config.hook.pytest_deselected(items=out)
        items[:] = [item for item in items if item not in out]
    spread.longest_first(items)


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> spread.Spread:
    """`pytest -n 2` keeps each file, and the files on the running hotline, on one worker."""
    return spread.Spread(config, log)


@pytest.fixture(scope="session")
def server() -> Iterator[str]:
    """Address of a PostgreSQL of the tests' own, with a migrated template database."""
    home = Path(tempfile.mkdtemp(prefix="hotline-tests-"))
    home.chmod(0o711)
    # A database that is dropped waits for the launcher of autovacuum, at times a minute.
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(cluster, "SETTINGS", f"{cluster.SETTINGS}autovacuum = off\n")
        postgres = EmbeddedPostgres(home)
        postgres.start()
    with postgres:
        url = postgres.libpq_dsn
        migrate.migrate(url)
        yield url
    shutil.rmtree(home, ignore_errors=True)


@pytest.fixture
def empty_database(server: str) -> Iterator[str]:
    """Address of a database without a table."""
    yield from _database(server, "template0")


@pytest.fixture
def database_url(server: str) -> Iterator[str]:
    """Address of a fresh database at the newest schema."""
    yield from _database(server, server.rpartition("/")[2])


def _database(server: str, template: str) -> Iterator[str]:
    name = f"t{uuid.uuid4().hex[:12]}"
    admin = server.rpartition("/")[0] + "/postgres"
    with psycopg.connect(admin, autocommit=True) as connection:
        connection.execute(f"create database {name} template {template} strategy file_copy")
    yield f"{server.rpartition('/')[0]}/{name}"
    deadline = time.monotonic() + 20
    with psycopg.connect(admin, autocommit=True) as connection:
        while True:
            try:
                connection.execute(f"drop database if exists {name} with (force)")
                return
            except (psycopg.errors.InsufficientPrivilege, psycopg.errors.ObjectInUse):
                # The server's own autovacuum looks in for a moment; only it may end itself.
                if time.monotonic() > deadline:
                    raise
                connection.execute("select pg_sleep(0.1)")


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Settings]:
    """The settings of one test: a home of its own, the sandbox's token."""
    monkeypatch.setenv("HOTLINE_HOME", str(tmp_path))
    settings_module.settings.cache_clear()
    sites.sites.cache_clear()
    yield settings_module.settings()
    settings_module.settings.cache_clear()
    sites.sites.cache_clear()


@pytest.fixture
async def database(database_url: str, config: Settings) -> AsyncIterator[str]:
    """An open database with keys, and the job queue connected to it."""
    crypto._keys = crypto._lookup_secret = None
    async with session.opened(database_url, config):
        await jobs.open_queue(database_url)
        # The test's own process is the one that sends, for as long as the test takes.
        sender._lease = Lease("sender:100001", sender.ROLE, seconds=3600)
        await sender._lease.renew()
        yield database_url
        await sender._lease.release()
        sender._lease = None
        await jobs.close_queue()


@pytest.fixture(scope="session", autouse=True)
async def connections() -> AsyncIterator[None]:
    """What the tests' own process called is closed at the end, as at the end of every process."""
    yield
    await http_client.close_all()


@pytest.fixture(scope="session")
async def hotline() -> AsyncIterator[Hotline]:
    """The whole hotline: trained model, PostgreSQL, every process, and the sandbox as its Telegram."""
    async with Hotline.running() as running:
        yield running


@pytest.fixture
async def page(tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    """The pages by which a worker is watched, over HTTP."""
    bound = watched.bind("127.0.0.1", 0)
    address = f"http://127.0.0.1:{bound.getsockname()[1]}"
    serving = asyncio.create_task(serve(watched.make_app(tmp_path / "measures"), "127.0.0.1", 0, bound=bound))
    async with httpx.AsyncClient(base_url=address, timeout=20) as http:
        yield http
    serving.cancel()
    await asyncio.gather(serving, return_exceptions=True)


@pytest.fixture
async def rooms(database: str, monkeypatch: pytest.MonkeyPatch) -> Rooms:
    """The rooms with Sari and Dara listed; Rasa answers one line until a test says otherwise."""
    rasa = Rasa(parts=[rasa_client.Part(body="jawaban")])
    monkeypatch.setattr(rasa_client, "ask", rasa.ask)
    monkeypatch.setattr(welcome, "_greeted", set())
    played = Rooms(rasa)
    await played.list_operators()

    async def said(callback_id: str, text: str) -> None:
        played.said = text

    monkeypatch.setattr(desk_group, "_answer_button", said)
    return played
