"""Telegram, Rasa and the database away for minutes each, one after another, while people go on writing."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import os
import random
import signal
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from bot.storage.embedded import EmbeddedPostgres
from tests.chaos.clearing import Clearing, Waited, clearing
from tests.chaos.crowd import Crowd
from tests.chaos.judge import History, Said, Verdict, accounts, judge
from tests.chaos.people import CRIES, QUESTIONS, SMALL, Line
from tests.chaos.record import Watch, history, open_messages, tables
from tests.e2e.people import VOICES
from tests.support.hotline import Hotline

#: Of a hundred messages, so many are cries for help, each of a person of its own.
CRIES_IN_A_HUNDRED = 5
#: People who write everything else.
REGULARS = 200
#: How urgent a cry is: the priority of its case. Source: bot/cases/rules.py, priority_of.
URGENCY = {"emergency": 1, "distress": 2, "third_party": 3}
#: Seconds of load before each outage.
BEFORE_SECONDS = 15.0

Away = Callable[[Hotline, EmbeddedPostgres], AbstractAsyncContextManager[None]]


@dataclass
class Outcome:
    """What the outages did and what came of them."""

    seed: int
    rate: float
    clearings: list[Clearing]
    verdict: Verdict
    log: str = field(repr=False)

    @property
    def faults(self) -> list[str]:
        """Everything that must not be."""
        return [fault for one in self.clearings for fault in one.faults] + self.verdict.faults

    def lines(self) -> list[str]:
        """The outcome for a person at a terminal."""
        found = [f"seed                {self.seed}", f"load                {self.rate:g} messages a second"]
        for one in self.clearings:
            found += [one.line(), *(f"WRONG               {fault}" for fault in one.faults)]
        return found + self.verdict.lines()


@asynccontextmanager
async def telegram_away(hotline: Hotline, _: EmbeddedPostgres) -> AsyncIterator[None]:
    """Telegram refuses every call, also for updates and files."""
    fault = await hotline.sandbox.fault("error", "*", status=502)
    yield
    await hotline.sandbox.clear_faults(fault)


@asynccontextmanager
async def rasa_away(hotline: Hotline, _: EmbeddedPostgres) -> AsyncIterator[None]:
    """Rasa is killed whenever it is started again."""

    async def keep_dead() -> None:
        while True:
            with contextlib.suppress(OSError, ValueError):
                os.kill(hotline.pid("nlu"), signal.SIGKILL)
            await asyncio.sleep(0.1)

    killing = asyncio.create_task(keep_dead())
    yield
    killing.cancel()


@asynccontextmanager
async def database_away(_: Hotline, postgres: EmbeddedPostgres) -> AsyncIterator[None]:
    """The database crashes and is started again only at the end."""
    await asyncio.to_thread(postgres.kill9)
    yield
    await asyncio.to_thread(postgres.start)


OUTAGES: dict[str, Away] = {"telegram": telegram_away, "rasa": rasa_away, "database": database_away}


async def outages(seed: int, *, seconds: float, rate: float, only: Sequence[str] = tuple(OUTAGES)) -> Outcome:
    """Take Telegram, Rasa and the database away for `seconds` each, with `rate` messages a second all the while."""
    chance = random.Random(f"outages:{seed}")
    print(f"seed {seed}: {', '.join(only)} away for {seconds:.0f} s, {rate:g} messages a second", flush=True)
    with tempfile.TemporaryDirectory(prefix="hotline-outages-", ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o711)
        with EmbeddedPostgres(Path(folder)) as postgres:
            async with Hotline.running(DATABASE_URL=postgres.libpq_dsn) as hotline, Watch(hotline) as watch:
                await hotline.sandbox.limits(enabled=True, group_per_minute=600)
                crowd = Crowd(hotline, watch, time.monotonic())
                writing = asyncio.create_task(_write(crowd, chance, rate))
                spans: list[tuple[str, float, float]] = []
                for what in only:
                    await asyncio.sleep(min(BEFORE_SECONDS, seconds))
                    began = time.time()
                    async with OUTAGES[what](hotline, postgres):
                        await asyncio.sleep(seconds)
                        pending = (await hotline.sandbox.status())["pending_updates"]
                    spans.append((what, began, time.time()))
                    print(f"{what} is back, {pending} updates wait at Telegram", flush=True)
                    await _cleared(hotline, crowd, spans[-1][2], max(120.0, 2 * seconds))
                    print(f"{what}: cleared within {time.time() - spans[-1][2]:.0f} s", flush=True)
                writing.cancel()
                await _cleared(hotline, crowd, time.time(), 60.0)
                told = await history(hotline, watch, crowd.said, crowd.people, last_fault=time.time())
                waited = _waited(told)
                found = [clearing(what, began, ended, waited) for what, began, ended in spans]
                return Outcome(seed, rate, found, judge(told), hotline.log())


async def _write(crowd: Crowd, chance: random.Random, rate: float) -> None:
    """Write for ever, at random moments."""
    regulars: list[tuple[int, int]] = []
    sending: set[asyncio.Task[int | None]] = set()
    for number in itertools.count():
        await asyncio.sleep(chance.expovariate(rate))
        voice = VOICES[number % 2]
        cry = chance.random() * 100 < CRIES_IN_A_HUNDRED
        if cry or len(regulars) < REGULARS:
            made = await crowd.hotline.sandbox.one(
                "POST", "/people", json={"name": f"{voice.name} {number}", "language_code": voice.lang}
            )
            crowd.people.append(made["id"])
            person = made["id"]
            if not cry:
                regulars.append((person, number % 2))
        else:
            person, spoken = chance.choice(regulars)
            voice = VOICES[spoken]
        if cry:
            what = chance.choice(CRIES)
            line = Line(what, 0.0, False, f"{getattr(voice, what)} ({number})")
        else:
            what = chance.choice(("question", "question", "small", "offer"))
            words = {"question": QUESTIONS, "small": SMALL}
            text = chance.choice(words[what][voice.lang]) if what in words else voice.offer + " ({})"
            line = Line(what, 0.0, False, text.format(number))
        task = asyncio.create_task(crowd.do(person, line))
        sending.add(task)
        task.add_done_callback(sending.discard)


async def _cleared(hotline: Hotline, crowd: Crowd, before: float, within: float) -> None:
    """Wait until everything written before a time is settled, without lifting a hand; gives up after `within`."""
    backlog = {(said.chat, said.message) for said in crowd.said if said.at < before}
    deadline = time.monotonic() + within
    while time.monotonic() < deadline:
        found = await tables(hotline)
        stored = {(row[1], row[3]) for row in found["updates"]}
        if backlog <= stored and not backlog & open_messages(found):
            return
        await asyncio.sleep(2.0)


def _waited(told: History) -> list[Waited]:
    """When each message was written and settled. A cry is settled by a reply or by its topic, whichever came first."""
    settled = {
        (update.chat, update.message): (at, f"{account}, {update.state}")
        for update, account, at in accounts(told)
        if account in {"answered", "case"} and update.kind == "message"
    }

    def waited(said: Said) -> Waited:
        at, how = settled.get((said.chat, said.message), (float("inf"), "never settled"))
        return Waited(said.at, at, URGENCY.get(said.what), f"{said.what}, {how}")

    return [waited(said) for said in told.said]
