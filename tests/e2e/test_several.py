"""Two gateways behind one https address and three workers: somebody is always there, and nothing comes twice."""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import signal
from collections.abc import Iterator
from pathlib import Path

import httpx
import psycopg
import pytest

from bot.storage.embedded import EmbeddedPostgres
from tests.e2e.people import VOICES
from tests.e2e.test_running import home as home  # the fixture
from tests.e2e.test_running import start, until_none
from tests.support.hotline import large
from tests.support.sandbox import Person, Sandbox, running_sandbox

ANSWER_SECONDS = 25.0


@pytest.fixture
def secured(home: Path) -> Iterator[dict[str, str]]:
    """A webhook whose TLS the gateways end themselves, and the shape of the hotline."""
    yield {**large(home), "RASA_SERVERS": "1"}


def pid(home: Path, name: str) -> int:
    return int((home / "run" / f"{name}.pid").read_text())


def sender_of(home: Path) -> str:
    """Name of the worker that sends now, as the log tells it."""
    taken = re.findall(r"event='lease_taken' lease='sender:\d+'.* process='([\w-]+)'", (home / "log.txt").read_text())
    assert taken, "nobody sends"
    return str(taken[-1])


async def is_answered(home: Path, person: Person, words: str) -> None:
    """A worker writes and is answered; then everything that is to be sent has been sent, and is known to be.

    Without the last a kill could fall between Telegram's deed and our knowing of it: then a message may come twice.
    """
    await person.says(words)
    await person.sees(lambda m: m["from"]["is_bot"], ANSWER_SECONDS)

    def left() -> int:
        with EmbeddedPostgres(home) as postgres, psycopg.connect(postgres.libpq_dsn) as connection:
            row = connection.execute("select count(*) from outbox where state = 'queued'").fetchone()
        return int(row[0]) if row else 0

    async def nothing() -> bool:
        return await asyncio.to_thread(left) == 0

    await person.sandbox.until(nothing, ANSWER_SECONDS, lambda: "something is still to be sent")


async def answers_of(person: Person) -> list[str]:
    return [m["text"] for m in await person.messages() if m["from"]["is_bot"]]


@pytest.mark.timeout(300)
async def test_whoever_of_them_is_killed_or_stopped_people_are_answered_once(
    home: Path, secured: dict[str, str]
) -> None:
    async with running_sandbox() as sandbox:
        process = await start(home, sandbox.api_url, **secured)
        try:
            await people_are_answered(home, sandbox, secured["TELEGRAM_WEBHOOK_URL"])
            process.send_signal(signal.SIGINT)
            assert await asyncio.wait_for(process.wait(), 40) == 0
            assert await until_none(home, 10) == []
        finally:
            with contextlib.suppress(ProcessLookupError):
                process.send_signal(signal.SIGINT)
                await asyncio.wait_for(process.wait(), 40)
        # Whoever of several ends must not take the address from the others.
        assert (await sandbox.status())["webhook"]["url"].startswith("https://")


async def people_are_answered(home: Path, sandbox: Sandbox, url: str) -> None:
    voice = VOICES[0]
    webhook = (await sandbox.status())["webhook"]
    assert webhook["has_custom_certificate"] and webhook["url"].startswith("https://")

    budi = await sandbox.person("Budi", "id")
    await is_answered(home, budi, voice.distress)
    assert len(await sandbox.group.topics()) == 1

    async with httpx.AsyncClient(verify=False) as http:
        refused = await http.post(f"{url}/telegram", json={"update_id": 1})
    assert refused.status_code == 403

    # The one that sends is killed: another one goes on.
    os.kill(pid(home, sender_of(home)), signal.SIGKILL)
    siti = await sandbox.person("Siti", "id")
    await is_answered(home, siti, voice.distress)

    # The one that sends is stopped, not dead: another one goes on. Woken, it sends nothing a second time.
    stopped = sender_of(home)
    number = pid(home, stopped)
    os.kill(number, signal.SIGSTOP)
    try:
        dewi = await sandbox.person("Dewi", "id")
        await is_answered(home, dewi, voice.distress)
        assert sender_of(home) != stopped
    finally:
        os.kill(number, signal.SIGCONT)

    # One gateway is killed: the other one takes what comes.
    os.kill(pid(home, "chat"), signal.SIGKILL)
    rina = await sandbox.person("Rina", "id")
    await is_answered(home, rina, voice.distress)
    await sandbox.all_updates_taken(20)

    async def woken_knows() -> bool:
        return "event='lease_lost'" in (home / "log.txt").read_text()

    await sandbox.until(woken_knows, 20, lambda: "the woken worker did not notice")
    for person in (budi, siti, dewi, rina):
        told = await answers_of(person)
        assert len(told) == len(set(told)), "something came twice"
    assert len(await sandbox.group.topics()) == 4, "one topic a case"
