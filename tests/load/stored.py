"""A database in which many messages are stored already: what an installation looks like after a year.

Rows are made inside the database, with its other indexes and foreign keys put back afterwards: a million messages with
all that belongs to them take a minute or two. Filling again adds to what is there. For measurements and tests only.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.cases import sites
from bot.cases.retention import CASELESS_DAYS
from bot.cases.rules import REF_LETTERS
from bot.desk import service as desk
from bot.outbox.telegram import bot_id
from bot.settings import Settings
from bot.storage import crypto, migrate
from bot.storage.crypto import EncryptedJSON, EncryptedText
from bot.storage.embedded import EmbeddedPostgres
from bot.storage.session import engine, opened, session

#: Messages of one chat, on average; one in a hundred messages is from one chat that never stops.
PER_CHAT, TALKATIVE = 20, 100
#: One message in so many carries a file; one in so many left a finished job behind (they vanish at once if they
#: succeeded, and after a day if they failed: far more than any installation has).
PER_FILE, PER_JOB = 10, 10
#: Chats whose people can write again: `person(0)` is the talkative one, the others are chats like any.
PEOPLE = 200
_FIRST_PERSON = 6_000_000_000
#: Telegram's numbers of stored updates and group messages begin here, out of the way of those that come.
_NUMBERS = 20_000_000_000

TABLES = (
    *("chats", "cases", "case_events", "updates", "outbox", "media", "topic_messages"),
    *("procrastinate_jobs", "procrastinate_events"),
)
_RULES = text(
    "select conrelid::regclass::text, conname, pg_get_constraintdef(oid) from pg_constraint "
    "where contype in ('f', 'u') and (conrelid = any(cast(:tables as regclass[])) "
    "or confrelid = any(cast(:tables as regclass[]))) order by contype desc"
)
_INDEXES = text(
    "select indexrelid::regclass::text, pg_get_indexdef(indexrelid) from pg_index "
    "where indrelid = any(cast(:tables as regclass[])) "
    "and not exists (select from pg_constraint where conindid = indexrelid)"
)

#: Statements, one after the other. c0, k0, u0, o0 are the highest row ids before; a chat's case has the place among the
#: new cases that the chat has among the new chats. Who has a case wrote all along; of others only a month is kept.
_FILL = """
create temporary table message on commit drop as
select n, u0 + n as id, now() - interval '2 minutes' - (messages - n) * gap as at, n % per_file = 0 as file,
    case when n % talkative = 0 then talker when (messages - n) * gap > kept then c0 + 1 + n % cases
        else c0 + 1 + n % chats end as chat,
    case when n > messages - pending then 'pending' when n > messages - pending - unanswered then 'unanswered'
        else 'done' end as state
from given, generate_series(1, messages) n;

insert into chats (id, chat_hash, chat_id, heard_lang, bot_id, first_seen_at, last_heard_at)
select c0 + n, decode(md5((c0 + n)::text), 'hex'), secret, (array['id', 'km', 'km-Latn', 'en', null])[1 + n % 5], bot,
    now() - messages * gap, now()
from given, generate_series(1, chats) n;

insert into cases (id, ref, chat_id, kind, priority, lang, facts, site, topic_id, card_message_id,
    state, outcome, opened_at, closed_at)
select k0 + n, 'H-' || (select string_agg(substr(letters, 1 + ((k0 + n) / (length(letters) ^ place)::bigint
        % length(letters))::int, 1), '') from generate_series(0, 3) place),
    c0 + n, 'distress', 2 + n % 3, 'km', g.facts, desk, first_number + k0 + n, first_number + k0 + n,
    case when n > cases - new_cases then 'new' else 'closed' end,
    case when n <= cases - new_cases then 'resolved' end,
    now() - interval '10 minutes' - (cases - n) * messages * gap / cases,
    case when n <= cases - new_cases then now() - (cases - n) * messages * gap / cases end
from given g, generate_series(1, cases) n;

insert into case_events (case_id, at, what, actor)
select id, opened_at, what, 'bot'
from cases, given, unnest(array['opened', 'claimed', 'answered', 'closed']) what
where id > k0 and (what = 'opened' or state = 'closed');

insert into updates (id, bot_id, update_id, chat_id, kind, content, message_id, raw, received_at, state, triage,
    case_id, finished_at)
select m.id, bot, first_number + m.id, chat, 'message', case when file then 'photo' else 'text' end,
    first_number + m.id, message_raw, at, m.state, 'none', k.id, case when m.state = 'done' then at end
from given, message m
    left join (select chat_id, min(id) as id from cases where state = 'closed' group by 1) k on k.chat_id = m.chat
order by m.id;

insert into media (chat_id, update_id, kind, file_id, state, sha256, looked, stored_at, found)
select chat, id, 'photo', secret, 'stored', md5(id::text), 'nothing', at,
    case when id % 10 = 0 then position end
from given, message where file;

insert into outbox (chat_id, purpose, method, payload, bot_id, update_id, dedupe, state, failure, created_at, sent_at,
    message_ids)
select chat, 'reply', 'sendMessage', reply, bot, id, 'turn:' || id || '\\:0',
    case when state <> 'done' then 'queued' when id % 20 = 0 then 'failed' else 'sent' end,
    case when state = 'done' and id % 20 = 0 then 'blocked' end, at,
    case when state = 'done' and id % 20 <> 0 then at + interval '80 ms' end,
    case when state = 'done' and id % 20 <> 0 then jsonb_build_array(first_number + id) else '[]' end
from given, message order by id;

insert into outbox (chat_id, purpose, rank, method, payload, bot_id, case_id, in_topic, dedupe, state, created_at,
    sent_at, message_ids)
select operators, 'card', 2, 'sendMessage', reply, bot, id, true, 'card:' || id, 'sent', opened_at,
    opened_at + interval '1 s', jsonb_build_array(card_message_id)
from given, cases where id > k0;

insert into outbox (chat_id, purpose, rank, method, payload, bot_id, case_id, in_topic, update_id, dedupe, state,
    created_at, sent_at, message_ids)
select operators, 'relay', 1, 'sendMessage', reply, bot, u.case_id, true, u.id, 'relay:' || u.case_id || ':' || u.id,
    'sent', at, at + interval '1 s', jsonb_build_array(2 * first_number + u.id)
from given, message m join updates u on u.id = m.id where u.case_id is not null and u.id % 2 = 0;

insert into topic_messages (case_id, group_id, message_id, role, update_id, outgoing_id)
select case_id, operators, (message_ids ->> 0)::bigint, purpose, update_id, id
from given, outbox where id > o0 and purpose in ('card', 'relay');

insert into procrastinate_jobs (queue_name, task_name, lock, args, status)
select 'turns', 'turns.take', 'turn:' || chat, jsonb_build_object('update', id), 'succeeded'
from given, message where n % per_job = 0;

insert into procrastinate_events (job_id, type, at)
select j.id, type, now()
from procrastinate_jobs j, unnest(array['deferred', 'succeeded']::procrastinate_job_event_type[]) type
where j.status = 'succeeded' and not exists (select from procrastinate_events e where e.job_id = j.id);

insert into procrastinate_jobs (queue_name, task_name, lock, args)
select 'turns', 'turns.take', 'turn:' || chat, jsonb_build_object('update', id) from message where state = 'pending'
"""


def person(number: int) -> int:
    """Telegram's id of somebody who wrote before: 0 writes all the time, 1 to PEOPLE - 1 as anybody."""
    return _FIRST_PERSON + number


async def fill(
    messages: int, *, days: float, cases: int | None = None, new_cases: int = 0, pending: int = 0, unanswered: int = 0
) -> None:
    """Store so many more messages, spread evenly over the last `days`, and what became of them.

    A chat for each 20 messages, one of them with a hundredth of all; a sent reply for each, one in twenty failed;
    `cases` (one for each 50 messages), all closed but the last `new_cases`, with their cards, relays and events in the
    operators' group; files; finished jobs. The last `pending` and `unanswered` messages are still open.
    """
    if messages < PER_CHAT * 10:
        raise ValueError(f"fill a database with at least {PER_CHAT * 10} messages")
    async with session() as s:
        group = await desk.group_of(s, sites.fallback())
        await s.commit()
    assert group is not None, "a desk without a group: set OPERATORS_CHAT_ID"
    async with engine().begin() as connection:
        bases = {"c0": "chats", "k0": "cases", "u0": "updates", "o0": "outbox"}
        base: dict[str, int] = {}
        for name, table in bases.items():
            base[name] = int(await connection.scalar(text(f"select coalesce(max(id), 0) from {table}")) or 0)
        talker = await connection.scalar(
            text("select id from chats where chat_hash = :hash"), {"hash": crypto.keyed_hash("chat", person(0))}
        )
        chats = messages // PER_CHAT
        values: dict[str, Any] = {
            **base,
            "messages": messages,
            "gap": dt.timedelta(days=days) / messages,
            "kept": dt.timedelta(days=CASELESS_DAYS - 1),
            "chats": chats,
            "cases": min(chats, cases or messages // 50),
            "new_cases": new_cases,
            "pending": pending,
            "unanswered": unanswered,
            "talkative": TALKATIVE,
            "talker": talker or base["c0"] + 1,
            "per_file": PER_FILE,
            "per_job": PER_JOB,
            "first_number": _NUMBERS,
            "letters": REF_LETTERS,
            "bot": bot_id(),
            "operators": group.id,
            "desk": sites.fallback().id,
            **_secrets(),
        }
        async with _bare(connection):
            await _given(connection, values)
            for statement in _FILL.split(";\n"):
                await connection.execute(text(statement))
        for table in ("chats", "cases", "updates"):
            await connection.execute(
                text(f"select setval(pg_get_serial_sequence('{table}', 'id'), (select max(id) from {table}))")
            )
        if talker is None:
            await _introduce(connection, base["c0"], min(PEOPLE, chats))
    async with engine().connect() as connection:
        await (await connection.execution_options(isolation_level="AUTOCOMMIT")).execute(text("vacuum analyze"))


async def _given(connection: AsyncConnection, values: dict[str, Any]) -> None:
    """A table of one row with everything that the statements need to know."""
    kinds = {int: "bigint", str: "text", bytes: "bytea", dt.timedelta: "interval"}
    columns = ", ".join(f"cast(:{name} as {kinds[type(value)]}) as {name}" for name, value in values.items())
    await connection.execute(text(f"create temporary table given on commit drop as select {columns}"), values)


def _secrets() -> dict[str, bytes]:
    """Encrypted values of the usual sizes: whatever is read of them can be."""
    words = "kak saya mau tanya, gaji 15 juta di kamboja itu benar tidak, paspor dipegang kantor"
    sender = {"id": _FIRST_PERSON, "is_bot": False, "first_name": "Budi", "language_code": "id"}
    message = {"message_id": 1, "date": 1, "chat": {"id": _FIRST_PERSON, "type": "private"}, "from": sender}
    plain: dict[str, Any] = {
        "message_raw": {"update_id": 1, "message": {**message, "text": words}},
        "reply": {"text": f"{words} {words} {words}", "silent": True},
        "position": {"position": [11.5, 104.9]},
        "facts": {"place": "Bavet", "people": 3},
    }
    found = {name: EncryptedJSON().process_bind_param(value, None) for name, value in plain.items()}  # type: ignore[arg-type]
    found["secret"] = EncryptedText().process_bind_param(str(_FIRST_PERSON), None)  # type: ignore[arg-type]
    return {name: value for name, value in found.items() if value is not None}


async def _introduce(connection: AsyncConnection, before: int, count: int) -> None:
    """Give the first chats real people, who can write again."""
    for number in range(count):
        await connection.execute(
            text("update chats set chat_hash = :hash, chat_id = :chat where id = :row"),
            {
                "hash": crypto.keyed_hash("chat", person(number)),
                "chat": EncryptedText().process_bind_param(str(person(number)), None),  # type: ignore[arg-type]
                "row": before + 1 + number,
            },
        )


@asynccontextmanager
async def _bare(connection: AsyncConnection) -> AsyncIterator[None]:
    """Take away, and put back in the same transaction, what makes each row dear: foreign keys and indexes."""
    names = {"tables": list(TABLES)}
    await connection.execute(text("set local statement_timeout = 0"))
    await connection.execute(text("set local maintenance_work_mem = '256MB'"))
    await connection.execute(text("set local work_mem = '64MB'"))
    rules = (await connection.execute(_RULES, names)).all()
    indexes = (await connection.execute(_INDEXES, names)).all()
    for table, rule, _ in sorted(rules, key=lambda row: not row[2].startswith("FOREIGN")):
        await connection.execute(text(f"alter table {table} drop constraint {rule}"))
    for index, _ in indexes:
        await connection.execute(text(f"drop index {index}"))
    yield
    for _, definition in indexes:
        await connection.execute(text(definition))
    for table, rule, definition in rules:
        await connection.execute(text(f"alter table {table} add constraint {rule} {definition}"))


def year(messages: int) -> float:
    """Days in which so many messages come at a million a year: what is stored grows, what comes in a day does not."""
    return messages / 1_000_000 * dt.timedelta(days=365).days


async def _into(home: Path, messages: int) -> None:
    """Fill the embedded database of an installation that does not run."""
    with EmbeddedPostgres(home) as postgres:
        migrate.migrate(postgres.libpq_dsn)
        async with opened(postgres.libpq_dsn, Settings(hotline_home=home)):
            await fill(messages, days=year(messages))


if __name__ == "__main__":
    asyncio.run(_into(Path(sys.argv[1]), int(sys.argv[2])))
