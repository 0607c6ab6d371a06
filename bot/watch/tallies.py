"""The SQL of counting: what arrived, was answered, became a case in a span of time, added to earlier counts."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from bot.runtime.measure import LANGS

#: The label of what belongs to no worker's chat.
NO_LANG = "none"
KINDS = ("message", "edited_message", "callback_query", "my_chat_member")
#: Who gave the first answer to a message; "operator" counts each of their messages.
ANSWERED_BY = ("bot", "degraded", "dead", "operator")
#: Why an update needs no answer: bot/chat/intake.py.
DISCARDS = ("channel_post", "foreign_group", "no_chat", "bot_sender", "service_message")
#: Upper ends of the buckets of replies, in seconds; one more is open.
REPLY_BUCKETS = (0.1, 0.25, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0, 60.0, 300.0)

#: The label of a chat `c`, and of a case `c`.
LANG = "case when c.heard_lang in ({}) then c.heard_lang else 'other' end".format(
    ", ".join(f"'{lang}'" for lang in LANGS)
)
CASE_LANG = LANG.replace("heard_lang", "lang")
_ADD = (
    "insert into tallies (name, labels, value) select name, labels, value from ({}) found where value > 0 "
    "on conflict (name, labels) do update set value = tallies.value + excluded.value"
)
_KIND = "case when u.kind in ({}) then u.kind else 'other' end".format(", ".join(f"'{kind}'" for kind in KINDS))

_ARRIVED = text(
    _ADD.format(
        f"select 'updates' as name, 'kind=' || {_KIND} || ',lang=' || "
        f"case when c.kind = 'private' and u.discard is null then {LANG} else '{NO_LANG}' end as labels, "
        "count(*) as value "
        "from updates u left join chats c on c.id = u.chat_id "
        "where u.received_at >= :since and u.received_at < :until group by 1, 2 "
        "union all select 'discards', 'why=' || u.discard || ',lang=' || "
        f"case when c.kind = 'private' then {LANG} else '{NO_LANG}' end, count(*) "
        "from updates u left join chats c on c.id = u.chat_id "
        "where u.received_at >= :since and u.received_at < :until and u.discard is not null group by 1, 2"
    )
)
#: What reached a worker: operators' messages, and of ours the first one to each message; a later part is no answer.
REACHED = (
    f"select {LANG} as lang, "
    "case when o.purpose = 'operator' then 'operator' when o.dedupe like 'later:%' then 'degraded' "
    "when o.dedupe like 'dead:%' then 'dead' else 'bot' end as by, "
    "greatest(extract(epoch from o.sent_at - u.received_at), 0) as seconds "
    "from outbox o join chats c on c.id = o.chat_id and c.kind = 'private' left join updates u on u.id = o.update_id "
    "where o.sent_at >= :since and o.sent_at < :until and (o.purpose = 'operator' or ("
    "o.purpose in ('reply', 'receipt') and u.id is not null and not exists ("
    "select from outbox e where e.update_id = o.update_id and e.purpose in ('reply', 'receipt') "
    "and (e.sent_at, e.id) < (o.sent_at, o.id))))"
)
_BUCKET = "width_bucket(seconds::double precision, array[{}]::double precision[])".format(
    ", ".join(map(str, REPLY_BUCKETS))
)
_ANSWERED = text(
    _ADD.format(
        f"with reached as materialized ({REACHED}) "
        "select 'answered' as name, 'lang=' || lang || ',by=' || by as labels, count(*) as value "
        "from reached group by 1, 2 "
        f"union all select 'reply_bucket', 'lang=' || lang || ',bucket=' || {_BUCKET}, count(*) "
        "from reached where by <> 'operator' group by 1, 2 "
        "union all select 'reply_milliseconds', 'lang=' || lang, ceil(sum(seconds) * 1000)::bigint "
        "from reached where by <> 'operator' group by 1, 2"
    )
)
_OPENED = text(
    _ADD.format(
        "select 'cases' as name, 'kind=' || c.kind || ',priority=' || c.priority || ',lang=' || "
        f"{CASE_LANG} as labels, count(*) as value from cases c "
        "where c.opened_at >= :since and c.opened_at < :until group by 1, 2"
    )
)
_MARK = text(
    "insert into tallies (name, labels, value) values ('through', '', :value) "
    "on conflict (name, labels) do update set value = excluded.value"
)
_THROUGH = text("select value from tallies where name = 'through'")
#: The row that says up to when everything is counted.
THROUGH = ("through", "")
#: The row that says of when the newest whole backup is: bot/storage/backup/making.py.
BACKUP = ("backup", "")

type Counts = dict[str, dict[tuple[tuple[str, str], ...], int]]


async def through(s: AsyncSession) -> dt.datetime | None:
    """Up to when everything is counted; None before the first time."""
    found = await s.scalar(_THROUGH)
    return None if found is None else moment(int(found))


async def add(s: AsyncSession, since: dt.datetime, until: dt.datetime) -> None:
    """Count a span, its end excluded, and mark it as counted."""
    for statement in (_ARRIVED, _ANSWERED, _OPENED):
        await s.execute(statement, {"since": since, "until": until})
    await s.execute(_MARK, {"value": round(until.timestamp() * 1e6)})


def moment(microseconds: int) -> dt.datetime:
    """A mark as a time: microseconds, as the database keeps it."""
    return dt.datetime.fromtimestamp(microseconds / 1e6, dt.UTC)


def parse(rows: Mapping[tuple[str, str], int]) -> Counts:
    """Rows (name, "kind=message,lang=km") by name and labels."""
    found: Counts = {}
    for (name, labels), value in rows.items():
        if name == "discards" and ",lang=" not in labels:
            # As earlier releases counted them.
            labels += f",lang={NO_LANG}"
        pairs = (part.partition("=") for part in labels.split(","))
        key = tuple((label, said) for label, _, said in pairs)
        counted = found.setdefault(name, {})
        counted[key] = counted.get(key, 0) + value
    return found
