"""What each SQL statement on the path of a message costs with ten thousand, and with a million, stored messages.

    make bench, or .venv/bin/python scripts/bench_flat.py [--rounds 3] [MESSAGES ...]

For each number of messages a database of its own is filled, and the real code plays the same rounds on it: messages,
cases with their operators, the queue, the upkeep, `hotline status` (tests/load/path.py). Pages (of 8 kB, found in
memory or not) are what a statement touched of our tables and indexes; their ratio tells whether it stays flat, whatever
else the machine does. 95th percentiles, because a chat that never stops writes among the others.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
import tempfile
import time
from pathlib import Path as File

import psycopg

sys.path.insert(0, str(File(__file__).resolve().parents[1]))
os.environ.update({"TELEGRAM_BOT_TOKEN": "", "DATABASE_URL": "", "HOTLINE_LOG_LEVEL": "error"})

from bot.storage import migrate
from bot.storage.embedded import EmbeddedPostgres
from tests.load.path import Path
from tests.load.statements import Statement, Statements, explained, grows, recorded
from tests.load.stored import year

SIZES = (10_000, 100_000, 1_000_000)
#: Statements whose plans are printed at the end: the slowest.
PLANS = 4


async def measure(url: str, messages: int, rounds: int, *, last: bool) -> Statements:
    """Fill, play, and at the largest size print the plans of what took longest."""
    began = time.perf_counter()
    async with Path.ready(url, messages, days=year(messages), new_cases=12) as path:
        filled = time.perf_counter() - began
        # What is read for the first time is not measured.
        await path.play(1)
        async with recorded(url) as found:
            await path.play(rounds)
        runs = sum(len(one.pages) for one in found.values())
        took = time.perf_counter() - began - filled
        print(f"{messages} messages: filled in {filled:.0f} s, {runs} statements in {took:.0f} s", flush=True)
        if last:
            for one in sorted(found.values(), key=lambda one: -one.p95_ms)[:PLANS]:
                print(f"\n{one.name}\n{await explained(url, one)}")
    return found


def table(sizes: list[int], runs: list[Statements]) -> None:
    """Each statement on a line, what grows most first."""
    small, large = runs[0], runs[-1]
    heads = "".join(f"{f'pages {size:.0e}'.replace('+0', ''):>12}" for size in sizes)
    print(f"\n{'statement':<66}{'runs':>6}{'ms small':>12}{'ms large':>14}{heads}{'ratio':>7}")

    def ratio(name: str) -> float:
        return large[name].p95_pages / max(small[name].p95_pages, 1)

    for name in sorted(set(small) & set(large), key=lambda name: (-ratio(name), name)):
        few, many = small[name], large[name]
        pages = "".join(f"{run[name].p95_pages if name in run else '-':>12}" for run in runs)
        mark = " <- grows" if grows(few, many) else ""
        print(f"{name:<66}{len(many.pages):>6}{_ms(few):>12}{_ms(many):>14}{pages}{ratio(name):>7.1f}{mark}")
    for name in sorted(set(small) ^ set(large)):
        print(f"{name}: ran at one size only")
    whole = [sum(sum(one.pages) for one in run.values()) for run in runs]
    print(f"\npages of all statements: {', '.join(map(str, whole))}")


def _ms(one: Statement) -> str:
    return f"{one.median_ms:.2f}/{one.p95_ms:.2f}"


async def main(sizes: list[int], rounds: int) -> None:
    with tempfile.TemporaryDirectory(prefix="hotline-bench-") as folder:
        File(folder).chmod(0o711)
        os.environ["HOTLINE_HOME"] = folder
        with EmbeddedPostgres(File(folder)) as postgres:
            server, _, first = postgres.libpq_dsn.rpartition("/")
            runs = []
            for size in sizes:
                with psycopg.connect(f"{server}/{first}", autocommit=True) as connection:
                    connection.execute(f"create database stored_{size}")
                url = f"{server}/stored_{size}"
                migrate.migrate(url)
                runs.append(await measure(url, size, rounds, last=size == sizes[-1]))
            table(sizes, runs)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("sizes", nargs="*", type=int, default=SIZES, metavar="MESSAGES")
    parser.add_argument("--rounds", type=int, default=3)
    given = parser.parse_args()
    asyncio.run(main(list(given.sizes), given.rounds))
