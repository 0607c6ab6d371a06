"""Many people at once: the whole hotline under a steady load, judged by the final replies on the screen.

    make bench, that is with --ceiling
    .venv/bin/python scripts/bench_load.py --rate 30 --seconds 60 --chats 300
    .venv/bin/python scripts/bench_load.py --stored 1000000

Everything runs on this machine, the emulated Telegram and the people too. Prints how long the final reply took (from
the message reaching Telegram to the reply on the screen), how long a line of distress took to a committed case (the
database's own commit time) and to the operators' group, the CPU time of each process for one message, and memory. Each
run also prints its line for benchmarks/results.jsonl.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import AsyncExitStack, contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import psycopg

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from bot.runtime.http_client import client
from bot.storage.embedded import EmbeddedPostgres
from bot.storage.session import libpq_url
from bot.texts import catalogue
from tests.load import result
from tests.load.traffic import MIX, Kind, Line, next_rate, plan
from tests.support.hotline import Hotline

#: Seconds after the last message in which replies still count as late rather than missing.
AFTER_SECONDS = 20.0
STRETCH_SECONDS = 5
#: Shares of the waits that are shown.
SHARES = (0.5, 0.95, 0.99)
#: Seconds of each further rate on the way to the highest one.
CLIMB_SECONDS = 30
TICKS = os.sysconf("SC_CLK_TCK")


#: Which chat is whose is encrypted: read with the hotline's own keys.
_CHATS = """
import asyncio, json
from sqlalchemy import select
from bot.cli import database
from bot.settings import settings
from bot.storage.models import Chat
from bot.storage.session import session

async def main():
    async with database(settings(), migrated=False):
        async with session() as s:
            print("CHATS" + json.dumps([[c.id, int(c.chat_id)] for c in await s.scalars(select(Chat))]))
asyncio.run(main())
"""


@dataclass
class Run:
    """What one run at one rate brought."""

    rate: float
    lines: list[Line]
    #: When each line was given to Telegram.
    sent: list[float] = field(default_factory=list)
    #: (Telegram's id of the chat, of the message) → its place in `sent`.
    places: dict[tuple[int, int], int] = field(default_factory=dict)
    #: Seconds to the final reply, None where none came.
    waits: list[float | None] = field(default_factory=list)
    degraded: int = 0
    case_waits: list[float] = field(default_factory=list)
    alert_waits: list[float] = field(default_factory=list)
    cpu_ms: dict[str, float] = field(default_factory=dict)
    busy: dict[str, float] = field(default_factory=dict)

    @property
    def answered(self) -> list[float]:
        return [wait for wait in self.waits if wait is not None]

    @property
    def p95(self) -> float:
        return quantile(self.answered, 0.95)


def quantile(found: list[float], share: float) -> float:
    """A quantile of seconds; 0 for nothing."""
    ordered = sorted(found)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))] if ordered else 0.0


class Load:
    """A hotline, the people who write to it, and what can be seen of both."""

    def __init__(self, hotline: Hotline, chats: int) -> None:
        self.hotline = hotline
        self.chats = chats
        self.people: list[int] = []
        self.calls: list[dict[str, Any]] = []
        self.seq = 0
        self.http = client(timeout=30, connections=50)
        self.http.base_url = hotline.sandbox.url
        postgres = EmbeddedPostgres(hotline.home)
        self.dsn = libpq_url(postgres.start())
        # The database tells when each transaction was committed; it has to start again for that.
        assert postgres._cluster is not None
        with (postgres._cluster.data / "postgresql.auto.conf").open("a") as conf:
            conf.write("track_commit_timestamp = on\n")
        postgres.kill9()
        self.dsn = libpq_url(postgres.start())
        self.postmaster = postgres.pid or 0

    async def people_arrive(self) -> None:
        """Everybody presses Start once; welcomes are not measured."""
        for number in range(self.chats):
            lang = "id" if number % 2 == 0 else "km"
            made = await self.hotline.sandbox.person(f"{lang} {number}", lang)
            self.people.append(made.id)
            await self._say(made.id, "/start")
        await self._quiet()

    async def _say(self, person: int, text: str) -> int:
        answer = await self.http.post("/sandbox/send", json={"user_id": person, "text": text})
        answer.raise_for_status()
        return int(answer.json()["id"])

    async def _quiet(self) -> None:
        """Wait until nothing is under way any more."""
        async with await psycopg.AsyncConnection.connect(self.dsn, autocommit=True) as db:
            while True:
                await asyncio.sleep(1)
                row = await (
                    await db.execute(
                        "select (select count(*) from updates where state = 'pending') + "
                        "(select count(*) from outbox o join chats c on c.id = o.chat_id "
                        "where o.state = 'queued' and c.kind = 'private')"
                    )
                ).fetchone()
                if row is not None and row[0] == 0:
                    return

    async def run(self, rate: float, seconds: float, only: Kind | None = None) -> Run:
        """Write at a rate for so long, then wait for the last replies."""
        run = Run(rate, plan(rate, seconds, self.chats, seed=int(rate * 10), only=only))
        run.sent = [0.0] * len(run.lines)
        await self._read_calls()
        self.calls.clear()
        before, began = self._cpu(), time.monotonic()
        reading = asyncio.create_task(self._keep_reading())
        async with asyncio.TaskGroup() as group:
            for number, line in enumerate(run.lines):
                await asyncio.sleep(max(0.0, began + line.at - time.monotonic()))
                group.create_task(self._write(run, number, line))
        took = time.monotonic() - began
        after = self._cpu()
        deadline = time.monotonic() + AFTER_SECONDS
        while time.monotonic() < deadline and not self._all_answered(run):  # noqa: ASYNC110  the sandbox tells nothing
            await asyncio.sleep(0.5)
        reading.cancel()
        await asyncio.gather(reading, return_exceptions=True)
        await self._read_calls()
        for name, used in after.items():
            run.cpu_ms[name] = (used - before.get(name, 0.0)) / len(run.lines) * 1000
            run.busy[name] = (used - before.get(name, 0.0)) / took * 100
        self._judge(run)
        await self._cases(run)
        return run

    async def _write(self, run: Run, number: int, line: Line) -> None:
        run.sent[number] = time.time()
        person = self.people[line.chat]
        run.places[person, await self._say(person, line.text)] = number

    async def _keep_reading(self) -> None:
        while True:
            await self._read_calls()
            await asyncio.sleep(0.5)

    async def _read_calls(self) -> None:
        answer = await self.http.get("/sandbox/calls", params={"after": self.seq})
        for call in answer.json():
            self.seq = max(self.seq, call["seq"])
            if call["ok"] and call["method"].startswith(("send", "copy", "createForum")):
                self.calls.append(call)

    def _replies(self, run: Run) -> dict[int, list[dict[str, Any]]]:
        found: dict[int, list[dict[str, Any]]] = defaultdict(list)
        for call in self.calls:
            found[int(call["params"]["chat_id"])].append(call)
        return found

    def _all_answered(self, run: Run) -> bool:
        replies = self._replies(run)
        last = {line.chat: run.sent[number] for number, line in enumerate(run.lines)}
        return all(any(c["at"] >= at for c in replies[self.people[chat]]) for chat, at in last.items())

    def _judge(self, run: Run) -> None:
        """The final reply of a message: the last one its chat got before the chat's next message."""
        replies = self._replies(run)
        # Rasa away, or an action that failed: both say so, and are no answers.
        excuses = {
            lang: [catalogue(lang)[key].split("{")[0].strip()[:24] for key in ("turn_later", "talk_to_a_person")]
            for lang in ("id", "km")
        }
        nexts: dict[int, float] = {}
        for number in reversed(range(len(run.lines))):
            line = run.lines[number]
            until = nexts.get(line.chat, float("inf"))
            nexts[line.chat] = run.sent[number]
            mine = [c for c in replies[self.people[line.chat]] if run.sent[number] <= c["at"] < until]
            run.waits.append(mine[-1]["at"] - run.sent[number] if mine else None)
            said = " ".join(str(call["params"].get("text", "")) for call in mine)
            run.degraded += any(excuse in said for excuse in excuses[line.lang])
        run.waits.reverse()

    async def _cases(self, run: Run) -> None:
        """From a line of distress to the commit of its case, and to the call that shows it to the group."""
        for case_wait, alert_wait in await self._opened(run):
            run.case_waits.append(case_wait)
            if alert_wait is not None:
                run.alert_waits.append(alert_wait)

    async def _opened(self, run: Run) -> list[tuple[float, float | None]]:
        """Of each case opened in this run: seconds from the worker's message to its commit, and to its card."""
        printed = await self.hotline.python(_CHATS)
        chats = next(line for line in printed.splitlines() if line.startswith("CHATS"))
        telegram_ids: dict[int, int] = dict(json.loads(chats.removeprefix("CHATS")))
        async with await psycopg.AsyncConnection.connect(self.dsn) as db:
            rows = await (
                await db.execute(
                    "select u.chat_id, u.message_id, extract(epoch from pg_xact_commit_timestamp(e.xmin))::float8, "
                    "extract(epoch from o.sent_at)::float8 "
                    "from case_events e join updates u on u.id = (e.detail ->> 'update')::bigint "
                    "left join outbox o on o.dedupe = 'card:' || e.case_id "
                    "where e.what = 'opened' and e.at > to_timestamp(%s)",
                    (run.sent[0],),
                )
            ).fetchall()
        found = []
        for chat, message, committed, shown in rows:
            sent = run.sent[run.places[telegram_ids[chat], message]]
            found.append((committed - sent, shown - sent if shown is not None else None))
        return found

    # -- processes

    def _pids(self) -> dict[str, list[int]]:
        found = {path.stem: [int(path.read_text())] for path in (self.hotline.home / "run").glob("*.pid")}
        found["postgres"] = [self.postmaster, *_children(self.postmaster)]
        found["supervisor"] = [self.hotline.process.pid]
        found["(people)"] = [os.getpid()]
        found["(telegram)"] = [pid for pid in _children(os.getpid()) if pid != self.hotline.process.pid]
        return found

    def _cpu(self) -> dict[str, float]:
        """CPU seconds of each part so far; for the database with its ended backends."""
        used: dict[str, float] = {}
        for name, pids in self._pids().items():
            used[name] = 0.0
            for pid in pids:
                try:
                    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
                except OSError:
                    continue
                own = int(fields[11]) + int(fields[12])
                ended = int(fields[13]) + int(fields[14]) if pid == self.postmaster else 0
                used[name] += (own + ended) / TICKS
        return used

    def memory(self) -> dict[str, float]:
        """Proportional share of memory (PSS) of each part, in MB."""
        found: dict[str, float] = {}
        for name, pids in self._pids().items():
            total = 0
            for pid in pids:
                try:
                    rows = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
                except OSError:
                    continue  # a backend that has just ended
                total += sum(int(row.split()[1]) for row in rows if row.startswith("Pss:"))
            found[name] = total / 1024
        return found


def _children(pid: int) -> list[int]:
    """Children of all its threads."""
    found = [path.read_text().split() for path in Path(f"/proc/{pid}/task").glob("*/children")]
    return [int(child) for children in found for child in children]


def stretches(run: Run) -> list[float]:
    """The 95th percentile in ms of each stretch of the run: shows whether one stall or all of it was slow."""
    found: dict[int, list[float]] = defaultdict(list)
    for line, wait in zip(run.lines, run.waits, strict=True):
        if wait is not None:
            found[int(line.at // STRETCH_SECONDS)].append(wait)
    return [quantile(found[number], 0.95) * 1000 for number in sorted(found)]


def report(run: Run) -> None:
    """Print one run as a table."""
    missing = sum(wait is None for wait in run.waits)
    print(
        f"\n{run.rate:g} messages/s, {len(run.lines)} messages: {missing} without a reply, {run.degraded} degraded",
        flush=True,
    )
    print(f"{'':<18}{'n':>6}{'p50 ms':>9}{'p95 ms':>9}{'p99 ms':>9}")
    groups: dict[str, list[float]] = defaultdict(list)
    for line, wait in zip(run.lines, run.waits, strict=True):
        if wait is not None:
            groups["all"].append(wait)
            groups[f"{line.kind} {line.lang}"].append(wait)
    groups["case committed"] = run.case_waits
    groups["case in the group"] = run.alert_waits
    for name in ["all", *sorted(set(groups) - {"all"})]:
        found = groups[name]
        shown = "".join(f"{quantile(found, share) * 1000:>9.0f}" for share in SHARES)
        print(f"{name:<18}{len(found):>6}{shown}")
    print(f"p95 ms of each {STRETCH_SECONDS} s in turn: {' '.join(f'{ms:.0f}' for ms in stretches(run))}")
    print("CPU ms a message, and percent of one core:")
    for name, ms in sorted(run.cpu_ms.items(), key=lambda pair: -pair[1]):
        print(f"  {name:<14}{ms:>7.1f}{run.busy[name]:>7.0f} %")


def figures(run: Run) -> dict[str, list[float | str]]:
    """The figures of one run as benchmarks/results.jsonl holds them."""
    replies = [wait for wait in run.waits if wait is not None]
    sent = len(run.waits)
    found: dict[str, list[float | str]] = {
        "unanswered": [sent - len(replies), "count", sent],
        "degraded": [run.degraded, "count", sent],
    }
    for name, waits in (("reply", replies), ("case", run.case_waits), ("group", run.alert_waits)):
        if waits:
            found |= {f"{name}_p{share * 100:.0f}": [round(quantile(waits, share) * 1000), "ms"] for share in SHARES}
    ours = sum(ms for name, ms in run.cpu_ms.items() if not name.startswith("("))
    return {**found, "cpu_a_message": [round(ours, 1), "ms"]}


@contextmanager
def filled(messages: int, home: Path) -> Iterator[None]:
    """Store so many messages before anything starts."""
    if messages:
        command = [sys.executable, "-m", "tests.load.stored", str(home), str(messages)]
        subprocess.run(command, cwd=Path(__file__).resolve().parents[1], check=True)
    yield


async def measure(given: argparse.Namespace) -> None:
    """Start everything, let people arrive, run, print."""
    shared = result.beside()
    before = partial(filled, given.stored)
    limits = {"GROUP_MESSAGES_PER_MINUTE": str(given.group), "MESSAGES_PER_SECOND": "1000"}
    async with Hotline.running(before, **limits) as hotline, AsyncExitStack() as people:
        print(f"ready after {hotline.ready_after_seconds:.1f} s", flush=True)
        load = Load(hotline, given.chats)
        people.push_async_callback(load.http.aclose)
        await load.people_arrive()
        tried: dict[float, bool] = {}
        rate: float | None = given.rate
        while rate is not None:
            seconds = given.seconds if not tried else CLIMB_SECONDS
            run = await load.run(rate, seconds, given.only)
            report(run)
            what = f"{rate:g} messages a second for {seconds:g} s, {given.chats} chats"
            what += f", only {given.only}" if given.only else ""
            command = " ".join(["scripts/bench_load.py", *sys.argv[1:]])
            print(result.line("load", what, command, figures(run), shared=shared, machine=given.machine), flush=True)
            tried[rate] = all(wait is not None for wait in run.waits) and run.p95 < 1.0
            rate = next_rate(tried) if given.ceiling else None
            if rate is not None:
                await load._quiet()
        if given.ceiling:
            held = max((rate for rate, ok in tried.items() if ok), default=0)
            print(f"\nhighest rate with p95 under 1 s, and every message answered: {held:g} messages/s")
        memory = load.memory()
        ours = {name: mb for name, mb in memory.items() if not name.startswith("(")}
        print(f"\nmemory (PSS) {sum(ours.values()):.0f} MB: {json.dumps({k: round(v) for k, v in ours.items()})}")
        if given.keep:
            print(f"home {hotline.home}; press Ctrl-C to end", flush=True)
            await asyncio.Event().wait()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rate", type=float, default=30)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--chats", type=int, default=300)
    parser.add_argument(
        "--only", choices=[*MIX, "command"], help="one kind instead of the mix; a command needs no action"
    )
    parser.add_argument("--group", type=int, default=600, help="messages a minute into the operators' group")
    parser.add_argument("--stored", type=int, default=0, help="messages that are in the database before the first")
    parser.add_argument("--machine", default="unnamed", help="its name in benchmarks/README.md, for results.jsonl")
    parser.add_argument("--ceiling", action="store_true", help="then seek the highest rate with p95 under 1 s")
    parser.add_argument("--keep", action="store_true", help="leave everything running at the end")
    asyncio.run(measure(parser.parse_args()))
