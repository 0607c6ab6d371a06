"""Every SQL statement that real code runs, with its time and the pages of our tables and indexes that it touched.

The pages come from PostgreSQL's own counters of the running transaction, so what a function of the job queue reads, or
a foreign key looks up, counts too, and which plan was really taken. Pages, unlike times, do not depend on what else the
machine does.
"""

from __future__ import annotations

import re
import statistics
import sys
import time
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, nullcontext
from dataclasses import dataclass, field
from types import FrameType
from typing import Any
from unittest import mock

import psycopg
from psycopg.pq import TransactionStatus
from psycopg.rows import tuple_row

#: Our tables with their indexes and what of their rows is kept apart (TOAST), each under the name of the table.
_PLACES = """
with ours as (
    select c.oid, c.relname, c.reltoastrelid from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where c.relkind = 'r' and n.nspname = 'public'
), tables as (
    select oid, relname, true as heap from ours union all select reltoastrelid, relname, false from ours
    where reltoastrelid <> 0
)
select oid::bigint, relname::text, heap from tables
union all select i.indexrelid::bigint, t.relname::text, false from tables t join pg_index i on i.indrelid = t.oid
"""
_COUNTS = (
    "select (select sum(pg_stat_get_xact_blocks_fetched(place::oid)) "
    "from unnest('{{{places}}}'::bigint[]) place)::bigint, "
    "(select array_agg(pg_stat_get_xact_numscans(place::oid) order by n) "
    "from unnest('{{{heaps}}}'::bigint[]) with ordinality as heap (place, n))"
)


@dataclass
class Statement:
    """What one statement of the code cost, each time it ran."""

    #: Where it is run, and what it does: cases.service.report: insert cases
    name: str
    sql: str
    milliseconds: list[float] = field(default_factory=list)
    #: Pages of 8 kB, found in memory or not.
    pages: list[int] = field(default_factory=list)
    #: Tables read from end to end, and how often.
    scanned: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    #: Query and parameters of the run that touched most.
    worst: tuple[Any, Any] = ("", None)

    @property
    def median_ms(self) -> float:
        return statistics.median(self.milliseconds)

    @property
    def p95_ms(self) -> float:
        return _p95(self.milliseconds)

    @property
    def median_pages(self) -> float:
        return statistics.median(self.pages)

    @property
    def p95_pages(self) -> float:
        return _p95(self.pages)


def _p95[T: (int, float)](found: list[T]) -> T:
    return sorted(found)[min(len(found) - 1, int(len(found) * 0.95))]


type Statements = dict[str, Statement]


@asynccontextmanager
async def recorded(dsn: str) -> AsyncIterator[Statements]:
    """Record every statement of this process while inside, by name. One task at a time."""
    found: Statements = {}
    async with await psycopg.AsyncConnection.connect(dsn) as db:
        places = await (await db.execute(_PLACES)).fetchall()
    plain = psycopg.AsyncCursor.execute
    heaps = {oid: table for oid, table, heap in places if heap}
    ask = _COUNTS.format(places=",".join(str(oid) for oid, _, _ in places), heaps=",".join(map(str, heaps)))
    known: dict[tuple[str, str], Statement] = {}

    async def counts(connection: psycopg.AsyncConnection[Any]) -> tuple[int, list[int]]:
        cursor = psycopg.AsyncCursor(connection, row_factory=tuple_row)
        await plain(cursor, ask)
        row = await cursor.fetchone()
        assert row is not None
        return row

    async def execute(self: psycopg.AsyncCursor[Any], query: Any, params: Any = None, **options: Any) -> Any:
        connection = self.connection
        sql = _text(query)
        where = _where()
        aborted = connection.info.transaction_status is TransactionStatus.INERROR
        if where is None or aborted or "savepoint" in sql.lower():
            return await plain(self, query, params, **options)
        alone = connection.autocommit and connection.info.transaction_status is TransactionStatus.IDLE
        # The counters of a transaction are gone with it.
        async with connection.transaction() if alone else nullcontext():
            before = await counts(connection)
            began = time.perf_counter()
            done = await plain(self, query, params, **options)
            took = time.perf_counter() - began
            after = await counts(connection)
        one = known.get((where, sql)) or known.setdefault((where, sql), _known(found, where, sql))
        pages = after[0] - before[0]
        if pages >= max(one.pages, default=0):
            one.worst = (query, params)
        one.milliseconds.append(took * 1000)
        one.pages.append(pages)
        for table, then, now in zip(heaps.values(), before[1], after[1], strict=True):
            if now > then:
                one.scanned[table] += 1
        return done

    with mock.patch.object(psycopg.AsyncCursor, "execute", execute):
        yield found


#: A larger table's indexes are a level or two higher, and a changed row that finds no room in its page is entered into
#: each of them: pages that a statement may touch more, whatever it does.
_TIMES, _LEVELS = 2.0, 24


def grows(few: Statement, many: Statement, *, by_median: bool = False) -> bool:
    """Whether a statement touches more on a large database than the height of its indexes explains."""
    if by_median:
        return many.median_pages > few.median_pages * _TIMES + _LEVELS
    return many.p95_pages > few.p95_pages * _TIMES + _LEVELS


async def explained(dsn: str, one: Statement) -> str:
    """How PostgreSQL runs the dearest run of a statement, which leaves no trace."""
    query, parameters = one.worst
    async with await psycopg.AsyncConnection.connect(dsn) as connection:
        cursor = psycopg.AsyncCursor(connection, row_factory=tuple_row)
        try:
            await cursor.execute(f"explain (analyze, buffers, costs off) {_text(query)}", parameters)
            return "\n".join(line for (line,) in await cursor.fetchall())
        except psycopg.Error as problem:
            return f"no plan: {problem}"
        finally:
            await connection.rollback()


def _text(query: Any) -> str:
    return query if isinstance(query, str) else query.decode() if isinstance(query, bytes) else query.as_string(None)


def _known(found: Statements, where: str, sql: str) -> Statement:
    """The statement of this text at this place; two of one place and kind are told apart by a number."""
    plain = re.sub(r"\(%\((\w+?)(_\d+)*\)s(::\w+)?(, %\(\w+\)s(::\w+)?)*\)", "(...)", " ".join(sql.split()))
    base = f"{where}: {_kind(plain)}"
    for number in range(1, 100):
        name = base if number == 1 else f"{base} ({number})"
        if name not in found:
            found[name] = Statement(name, plain)
        if found[name].sql == plain:
            return found[name]
    raise AssertionError(f"too many statements at {where}")


def _kind(sql: str) -> str:
    """What a statement does to which table."""
    words = sql.lower()
    if called := re.search(r"procrastinate_\w+_v\d", words):
        return called[0].removeprefix("procrastinate_").rpartition("_")[0]
    if words.startswith("with") and (inner := re.search(r"insert into \w+", words)):
        return inner[0].replace("into ", "")
    verb = words.split()[0]
    table = re.search(r"(?:from|into|^update)\s+([a-z_.]+)", words)
    return f"{verb} {table[1]}" if table else verb


def _where() -> str | None:
    """The innermost function of the hotline, or of its job queue, that waits for the statement; None for a test's."""
    frame: FrameType | None = sys._getframe(1)
    library = ""
    while frame is not None:
        code = frame.f_code
        if (place := code.co_filename.rpartition("/bot/")[2]) != code.co_filename and "/tests/" not in code.co_filename:
            if place != "storage/session.py":
                return f"{place.removesuffix('.py').replace('/', '.')}.{code.co_name}"
        elif "/procrastinate/manager" in code.co_filename:
            library = library or f"procrastinate.{code.co_name}"
        frame = frame.f_back
    return library or None
