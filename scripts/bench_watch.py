"""How long a look at /metrics and `hotline status` takes with a million stored messages.

    make bench, or .venv/bin/python scripts/bench_watch.py [MESSAGES]

Fills a database of its own with MESSAGES messages of a month and their answers, a backlog of 5,000 open rows and 2,000
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

LOOKS = 30

FILL = (
    "insert into chats (chat_hash, chat_id, heard_lang) select decode(md5(n::text), 'hex'), 'x', "
    "(array['id', 'km', 'km-Latn', 'en', null])[1 + n % 5] from generate_series(1, :rows / 20) n",
    "insert into updates (bot_id, update_id, chat_id, kind, content, message_id, raw, received_at, state, triage) "
    "select 1, n, 1 + n % (:rows / 20), 'message', 'text', n, repeat('x', 600)::bytea, "
    "now() - interval '30 days' + n * interval '30 days' / :rows, "
    "case when n > :rows - 2000 then 'pending' when n > :rows - 4000 then 'unanswered' else 'done' end, 'none' "
    "from generate_series(1, :rows) n",
    "insert into outbox (chat_id, purpose, method, payload, update_id, state, failure, created_at, sent_at) "
    "select chat_id, 'reply', 'sendMessage', repeat('x', 400)::bytea, id, "
    "case when state <> 'done' then 'queued' when id % 20 = 0 then 'failed' else 'sent' end, "
    "case when id % 20 = 0 then 'blocked' end, received_at, "
    "case when state = 'done' and id % 20 <> 0 then received_at + interval '80 ms' end from updates",
    "insert into cases (ref, chat_id, kind, priority, state, lang, facts, site, opened_at) "
    "select 'H-' || n, 1 + n % (:rows / 20), 'distress', 1 + n % 4, "
    "case when n > 1800 then 'new' else 'closed' end, 'km', 'x', 's', "
    "now() - n * interval '10 minutes' from generate_series(1, 2000) n",
    "insert into case_events (case_id, at, what, actor) select id, opened_at, 'opened', 'worker' from cases",
    "insert into procrastinate_jobs (queue_name, task_name, lock, args) "
    "select 'turns', 'turns.take', 'turn:' || id, '{}' from updates where state = 'pending'",
)


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

    async with session.session() as s:
        for statement in FILL:
            await s.execute(text("set local statement_timeout = 0"))
            await s.execute(text(statement), {"rows": messages} if ":rows" in statement else {})
        await s.commit()
    async with engine.connect() as connection:
        await (await connection.execution_options(isolation_level="AUTOCOMMIT")).execute(text("vacuum analyze"))
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
        page = metrics.page(now, Path("/"))
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
        values = {"hours": 24, "since": ["opened"], "gone": 20}
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
