"""Two gateways behind one https address and three workers: somebody is always there, and nothing comes twice."""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import psycopg
import pytest

from bot.storage.embedded import EmbeddedPostgres
from bot.texts import render
from tests.e2e.people import VOICES
from tests.e2e.test_running import home as home  # the fixture
from tests.e2e.test_running import start, until_none
from tests.support.hotline import LARGE, SHAPE, Hotline, large
from tests.support.sandbox import Person, Sandbox, running_sandbox

ANSWER_SECONDS = 25.0


@pytest.fixture
def secured(home: Path) -> Iterator[dict[str, str]]:
    """A webhook whose TLS the gateways end themselves, and the shape of the hotline. Rasa is away: a cry needs none."""
    yield large(home)


def pid(home: Path, name: str) -> int:
    return int((home / "run" / f"{name}.pid").read_text())


def sender_of(home: Path) -> str:
    """Name of the worker that sends now, as the log tells it."""
    taken = re.findall(r"event='lease_taken' lease='sender:\d+'.* process='([\w-]+)'", (home / "log.txt").read_text())
    assert taken, "nobody sends"
    return str(taken[-1])


async def is_answered(home: Path, person: Person, words: str) -> float:
    """A worker writes and is answered, after so many seconds; then all that is to be sent is sent and known to be.

    Without the last a kill could fall between Telegram's deed and our knowing of it: then a message may come twice.
    """
    began = time.monotonic()
    await person.says(words)
    await person.sees(lambda m: m["from"]["is_bot"], ANSWER_SECONDS)
    seconds = time.monotonic() - began

    def left() -> int:
        with EmbeddedPostgres(home) as postgres, psycopg.connect(postgres.libpq_dsn) as connection:
            row = connection.execute("select count(*) from outbox where state = 'queued'").fetchone()
        return int(row[0]) if row else 0

    async def nothing() -> bool:
        return await asyncio.to_thread(left) == 0

    await person.sandbox.until(nothing, ANSWER_SECONDS, lambda: "something is still to be sent")
    return seconds


async def answers_of(person: Person) -> list[str]:
    return [m["text"] for m in await person.messages() if m["from"]["is_bot"]]


@pytest.mark.timeout(300)
async def test_whoever_of_them_is_killed_or_stopped_people_are_answered_once(
    home: Path, secured: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    async with running_sandbox() as sandbox:
        process = await start(home, sandbox.api_url, **secured)
        try:
            seconds = await people_are_answered(home, sandbox, secured["TELEGRAM_WEBHOOK_URL"])
            process.send_signal(signal.SIGINT)
            assert await asyncio.wait_for(process.wait(), 40) == 0
            assert await until_none(home, 10) == []
        finally:
            with contextlib.suppress(ProcessLookupError):
                process.send_signal(signal.SIGINT)
                await asyncio.wait_for(process.wait(), 40)
        # Whoever of several ends must not take the address from the others.
        assert (await sandbox.status())["webhook"]["url"].startswith("https://")
    with capsys.disabled():
        print("\nanswered after: " + ", ".join(f"{seconds:.1f} s {when}" for when, seconds in seconds.items()))


async def people_are_answered(home: Path, sandbox: Sandbox, url: str) -> dict[str, float]:
    voice = VOICES[0]
    webhook = (await sandbox.status())["webhook"]
    assert webhook["has_custom_certificate"] and webhook["url"].startswith("https://")

    budi = await sandbox.person("Budi", "id")
    seconds = {"when all is well": await is_answered(home, budi, voice.distress)}
    assert len(await sandbox.group.topics()) == 1

    async with httpx.AsyncClient(verify=False) as http:
        refused = await http.post(f"{url}/telegram", json={"update_id": 1})
    assert refused.status_code == 403

    # The one that sends is killed: another one goes on.
    os.kill(pid(home, sender_of(home)), signal.SIGKILL)
    siti = await sandbox.person("Siti", "id")
    seconds["when the sender was killed"] = await is_answered(home, siti, voice.distress)

    # The one that sends is stopped, not dead: another one goes on. Woken, it sends nothing a second time.
    stopped = sender_of(home)
    number = pid(home, stopped)
    os.kill(number, signal.SIGSTOP)
    try:
        dewi = await sandbox.person("Dewi", "id")
        seconds["when it was stopped"] = await is_answered(home, dewi, voice.distress)
        assert sender_of(home) != stopped
    finally:
        os.kill(number, signal.SIGCONT)

    # One gateway is killed: the other one takes what comes.
    os.kill(pid(home, "chat"), signal.SIGKILL)
    rina = await sandbox.person("Rina", "id")
    seconds["when a gateway was killed"] = await is_answered(home, rina, voice.distress)
    await sandbox.all_updates_taken(20)

    async def woken_knows() -> bool:
        return "event='lease_lost'" in (home / "log.txt").read_text()

    await sandbox.until(woken_knows, 20, lambda: "the woken worker did not notice")
    for person in (budi, siti, dewi, rina):
        told = await answers_of(person)
        assert len(told) == len(set(told)), "something came twice"
    topics = [topic.name for topic in await sandbox.group.topics()]
    assert len(topics) == 4, f"one topic a case: {topics}"
    return seconds


#: Nothing decisive but the visa, who pays and the contract is missing: the form asks for them.
OFFER = (
    "Ada lowongan di Malaysia jaga kebun sawit, gaji RM 1.800 sebulan, dari PT Maju Jaya Abadi. "
    "hubungi bu Rina 081234567890"
)


@pytest.mark.skipif(os.environ.get(SHAPE) != LARGE, reason="make scale-demo runs it, on two Rasa servers")
async def test_what_one_rasa_asked_the_other_understands_when_the_first_one_hangs(
    hotline: Hotline, capsys: pytest.CaptureFixture[str]
) -> None:
    person = await hotline.worker("Budi", "id")
    await person.says(OFFER)
    await person.sees(render("offer_ask_visa", "id"), ANSWER_SECONDS, anywhere=True)
    chats = await hotline.query("select id from chats where kind = 'private' order by id desc limit 1")
    own = hotline.names("nlu")[int(chats[0][0]) % 2]
    os.kill(hotline.pid(own), signal.SIGSTOP)
    try:
        began = time.monotonic()
        await person.presses(render("offer_answer_visa_work", "id"))
        await person.sees(render("offer_ask_pays", "id"), ANSWER_SECONDS, anywhere=True)
        first = time.monotonic() - began
        await person.presses(render("offer_answer_pays_me", "id"))
        await person.sees(
            lambda m: m["from"]["is_bot"] and (render("offer_ask_contract", "id") in m["text"] or "🔴" in m["text"]),
            ANSWER_SECONDS,
        )
        second = time.monotonic() - began - first
    finally:
        os.kill(hotline.pid(own), signal.SIGCONT)
    with capsys.disabled():
        print(f"\none Rasa hangs: answered after {first:.1f} s, the next time after {second:.1f} s")
