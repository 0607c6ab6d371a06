"""Who did what: an entry for every claim, reading, override, export, changed list and command. None is ever changed.

An entry is written in the transaction of what it records. The database refuses to change or delete one, and chains each
to the one before it, when the transaction commits (migration 0018): nobody waits for the chain while they work. Entries
hold row ids and who acted, never a word of a worker.
"""

from __future__ import annotations

import getpass
import json
from contextvars import ContextVar
from typing import Any, Final

import psycopg
from sqlalchemy import Connection, event, insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapper

from bot.storage.models import AuditEntry, CaseEvent

#: What nobody but the hotline itself does to a case, and belongs into the log all the same.
OF_THE_BOT: Final = frozenset({"lapsed", "released", "topic_made_again", "anonymised"})

_acting: ContextVar[str] = ContextVar("acting", default="bot")


def act_as_command(by: str | None = None) -> None:
    """From now on what is done here is done by a command: of the system's user, in the name of `by`."""
    name = _one_line(by or "")
    _acting.set(f"command:{_system_user()}" + (f" as {name}" if name else ""))


def _system_user() -> str:
    try:
        return _one_line(getpass.getuser())
    except (OSError, KeyError):
        return "unknown"


def _one_line(text: str) -> str:
    return " ".join(text.split())[:100]


def record(
    s: AsyncSession, what: str, *, about: str = "", actor: str | None = None, **detail: int | str | list[int]
) -> None:
    """Add an entry in the caller's transaction. `about` names a row of ours: case:12, operator:3.

    `actor`: operator:<row id>; whoever runs the command, or the bot, when it is left out.
    """
    s.add(AuditEntry(**_values(what, about, actor or _acting.get(), detail)))


def _values(what: str, about: str, actor: str, detail: object) -> dict[str, str]:
    canonical = json.dumps(detail, sort_keys=True, separators=(",", ":"))
    return {"what": what, "about": _one_line(about), "actor": actor, "detail": canonical}


@event.listens_for(CaseEvent, "after_insert")
def _of_case(mapper: Mapper[CaseEvent], connection: Connection, row: CaseEvent) -> None:
    """What a person does to a case leaves an event there; here stands that it happened, and in which row."""
    if row.actor not in {"worker", "bot"} or row.what in OF_THE_BOT:
        actor = _acting.get() if row.actor == "administrator" else row.actor
        values = _values(row.what, f"case:{row.case_id}", actor, {"event": row.id})
        connection.execute(insert(AuditEntry).values(**values))


def record_raw(connection: psycopg.Connection[Any], what: str) -> None:
    """The same by a connection of psycopg's. A database that is older than the log has no entry."""
    if connection.execute("select to_regclass('public.audit')").fetchone() != (None,):
        values = (what, _acting.get())
        connection.execute("insert into public.audit (what, actor, about, detail) values (%s, %s, '', '{}')", values)
