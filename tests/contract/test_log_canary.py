"""Nothing that somebody wrote, no token and no password ever stands in a log, or on a page that is watched."""

from __future__ import annotations

import json
import subprocess
import sys

import httpx
import pytest
from sqlalchemy import text

from bot.settings import ROOT
from bot.storage.session import session
from bot.turns import pipeline
from bot.turns import service as turns
from bot.watch import deadletters, service, status
from tests.support.rooms import Rooms

CANARY = "burung kenari di tambang"
TOKEN = "123456789:AAHcanaryTOKENcanary"
PASSWORD = "s3cretDatabasePassw0rd"

SCRIPT = f"""
import asyncio, logging, sys, threading, warnings
from bot import log as logs
logs.configure("test", sys.argv[1])
CANARY, TOKEN = {CANARY!r}, {TOKEN!r}
log = logs.get("bot.turns.service")

class Told(Exception):
    pass

def fail():
    raise Told(CANARY)

log.info("turn_answered", update=7)
log.info("called", url="https://api.telegram.org/bot" + TOKEN + "/getMe")
log.info("opened", url="postgresql://hotline:{PASSWORD}@127.0.0.1/x")
for how in (lambda: log.exception("failed_a"), lambda: log.error("failed_b", exc_info=True),
            lambda: log.warning("failed_c", exc_info=sys.exc_info()), lambda: log.error("failed_d", exc_info=1),
            lambda: log.error("failed_e", exc_info=sys.exc_info()[1], stack_info=True)):
    try:
        fail()
    except Told:
        how()
for name in ("httpx", "httpcore.connection", "telegram.ext.ExtBot", "sqlalchemy.engine.Engine", "sqlalchemy.pool",
             "procrastinate.worker", "procrastinate.utils", "psycopg.pool", "uvicorn.error", "uvicorn.access",
             "asyncio", "rasa_sdk.executor", "nlu.understanding.triage", "some.other.library"):
    library = logging.getLogger(name)
    for level in (logging.DEBUG, logging.INFO, logging.WARNING, logging.ERROR, logging.CRITICAL):
        library.log(level, "said %s to " + TOKEN, CANARY, extra={{"words": CANARY}})
    try:
        fail()
    except Told:
        library.exception("failed with %s", CANARY, stack_info=True)
own = logging.getLogger("bot.somewhere")
try:
    fail()
except Told:
    own.exception("own_event")
own.warning("%d items", CANARY)
warnings.warn(CANARY)

def thread():
    fail()
started = threading.Thread(target=thread)
started.start()
started.join()

class Dying:
    def __del__(self):
        fail()
Dying()

async def main():
    task = asyncio.ensure_future(asyncio.sleep(0, CANARY))
    async def lost():
        fail()
    task = asyncio.ensure_future(lost())
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    del task
    import gc
    gc.collect()
    loop = asyncio.get_running_loop()
    loop.call_soon(fail)
    await asyncio.sleep(0)
    await asyncio.sleep(0)
asyncio.run(main())
log.info("end_reached")
fail()
"""

#: A command that never configured its log: what the library does by itself would show the variable.
UNCONFIGURED = f"""
from bot import log as logs
words = {CANARY!r} + chr(0xD800)
try:
    raise ValueError(words)
except ValueError:
    logs.get("bot.desk.group").warning("group_turn_failed", update=7, exc_info=True)
"""


def test_a_process_that_never_configured_its_log_shows_no_words_and_leaves_standard_output_alone() -> None:
    run = subprocess.run([sys.executable, "-c", UNCONFIGURED], cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert run.returncode == 0 and run.stdout == ""
    assert "group_turn_failed" in run.stderr and "error='ValueError'" in run.stderr
    assert "kenari" not in run.stderr


@pytest.fixture(scope="module", params=["console", "json"])
def written(request: pytest.FixtureRequest) -> tuple[str, str]:
    """Everything a process says in which all that can go wrong does."""
    ended = subprocess.run(
        [sys.executable, "-c", SCRIPT, request.param], cwd=ROOT, capture_output=True, text=True, timeout=60, check=False
    )
    assert ended.returncode == 1, "an error nobody caught still ends the process"
    return request.param, ended.stdout + ended.stderr


def test_what_somebody_wrote_is_in_no_line(written: tuple[str, str]) -> None:
    _, said = written
    for word in (CANARY, "kenari", TOKEN, "AAHcanary", PASSWORD):
        assert word not in said, [line for line in said.splitlines() if word in line][:3]


def test_what_happened_is_still_told(written: tuple[str, str]) -> None:
    _, said = written
    for event in (
        "turn_answered",
        "failed_a",
        "failed_b",
        "failed_c",
        "failed_d",
        "failed_e",
        "own_event",
        "end_reached",
    ):
        assert event in said, event
    assert said.count("error=Told") + said.count("error='Told'") + said.count('"error": "Told"') >= 10
    assert "uncaught_error error=Told" in said
    assert " fail" in said, "where it arose"
    assert "library=sqlalchemy.engine.Engine" in said


def test_every_line_of_the_json_log_is_json(written: tuple[str, str]) -> None:
    kind, said = written
    if kind == "json":
        lines = [json.loads(line) for line in said.splitlines()]
        assert all(line["event"] and line["level"] and line["at"] for line in lines)
        assert {"event", "process", "update"} <= lines[0].keys()


# -- what the hotline shows to whoever watches it


async def test_what_somebody_wrote_is_in_nothing_that_is_watched(
    rooms: Rooms, page: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A cry for help, a message that kills its turn, one that cannot be delivered: all carry the canary."""
    person = {"id": 7300112233, "is_bot": False, "first_name": "Kenari", "username": "kenari_88", "language_code": "id"}

    async def stores(**content: object) -> int:
        raw = rooms.update(7300112233, **content)
        next(iter(value for value in raw.values() if isinstance(value, dict)))["from"] = person
        return await rooms.stores(raw)

    async def fails(*_: object) -> None:
        raise RuntimeError(CANARY)

    await turns.take(update=await stores(text=f"tolong saya disekap, {CANARY}"))
    await rooms.delivers()
    await rooms.operator_presses(f"case:claim:{(await rooms.case()).id}")
    photo = {"file_id": "kenari", "file_unique_id": "kenari", "width": 1, "height": 1}
    await turns.take(update=await stores(photo=[photo], caption=CANARY))
    dead = await stores(text=CANARY)
    with monkeypatch.context() as patched:
        patched.setattr(pipeline, "answer", fails)
        with pytest.raises(turns.TurnFailed):
            await turns.take(update=dead)
        await turns.take(update=dead)
    async with session() as s:
        await s.execute(text("update outbox set state = 'failed', failure = 'bad_request' where purpose = 'relay'"))
        await s.commit()
    await service.count(lag_seconds=0)
    said = [
        *[(await page.get(path)).text for path in ("/metrics", "/readyz", "/healthz")],
        (await status.report(as_json=False))[0],
        (await status.report(as_json=True))[0],
        await deadletters.table(),
        await deadletters.outgoing_table(),
        await deadletters.replay([dead], everything=False),
    ]
    assert all(said) and str(dead) in said[5] and "relay" in said[6]
    for one in said:
        for word in (CANARY, "kenari", "Kenari", "7300112233", "Sari", "SANDBOX"):
            assert word not in one
