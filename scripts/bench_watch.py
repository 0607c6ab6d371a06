"""How long a look at /metrics and `hotline status` takes with a million stored messages.

    make bench, or .venv/bin/python scripts/bench_watch.py [MESSAGES]

Fills a database of its own with MESSAGES messages of a month and their answers, a backlog of 4,000 open ones and 2,000
cases, then prints the times of reading and of counting, and how PostgreSQL reads.
"""

from __future__ import annotations

import asyncio
import statistics
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from sqlalchemy import event, text

from bot.settings import Settings
from bot.storage import migrate, session
from bot.storage.embedded import EmbeddedPostgres
from bot.watch import metrics, service, snapshot
from tests.load.stored import fill

LOOKS = 30


async def measure(messages: int) -> None:
    """Fill, count, look."""
    took: dict[str, list[float]] = {}
    engine = session.engine()

    @event.listens_for(engine.sync_engine, "before_cursor_execute")
    def began(connection: object, cursor: object, statement: str, *_: object) -> None:
        took.setdefault(statement, []).append(-time.perf_counter())

    @event.listens_for(engine.sync_engine, "after_cursor_execute")
    def ended(connection: object, cursor: object, statement: str, *_: object) -> None:
        took[statement][-1] += time.perf_counter()

    await fill(messages, days=30, cases=2_000, new_cases=200, pending=2_000, unanswered=2_000)
    start = time.perf_counter()
    await service.count()
    print(f"{messages} messages; counting all of them the first time: {time.perf_counter() - start:.1f} s")
    async with session.session() as s:
        await s.execute(text("update tallies set value = value - 60000000 where name = 'through'"))
        await s.commit()
    start = time.perf_counter()
    await service.count()
    print(f"counting one minute more: {(time.perf_counter() - start) * 1000:.0f} ms")
    took.clear()
    looks, pages = [], []
    for _ in range(LOOKS):
        start = time.perf_counter()
        now = await snapshot.take()
        looks.append(time.perf_counter() - start)
        page = metrics.page(now, Path("/"), Path("/nowhere"))
        pages.append(time.perf_counter() - start)
    for name, found in (("reading", looks), ("reading and writing the page", pages)):
        worst = sorted(found)[int(0.95 * LOOKS)]
        print(f"{name}: median {statistics.median(found) * 1000:.1f} ms, p95 {worst * 1000:.1f} ms")
    print(f"the page: {len(page)} bytes, {page.count(b'hotline_')} lines with our names")
    (statement,) = (name for name in took if "union all" in name)
    print(f"of which the statement: median {statistics.median(took[statement]) * 1000:.1f} ms")
    start = time.perf_counter()
    await snapshot.today(now.at)
    print(f"today's numbers of `hotline status`: {(time.perf_counter() - start) * 1000:.0f} ms")
    async with session.session() as s:
        values = {"hours": 24, "since": ["opened"], "gone": 20, "topic": 120}
        plan = await s.scalars(
            text(f"explain (analyze, costs off, timing off, buffers off) {snapshot._EVERYTHING.text}"), values
        )
        print("\n".join(plan))


async def main(messages: int) -> None:
    with tempfile.TemporaryDirectory(prefix="hotline-bench-") as folder:
        home = Path(folder)
        home.chmod(0o711)
        with EmbeddedPostgres(home) as postgres:
            migrate.migrate(postgres.libpq_dsn)
            async with session.opened(postgres.libpq_dsn, Settings(hotline_home=home)):
                await measure(messages)


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000))
