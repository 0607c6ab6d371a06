"""What is left of anybody: every value of every table opened with the keys, and every file; and rows made older."""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import DateTime, text

from bot.errors import KeysDoNotOpenDatabase
from bot.outbox import media
from bot.storage import crypto
from bot.storage.models import Base
from bot.storage.session import session


async def everything() -> str:
    """Every text, JSON and byte value of the schemas public and rasa, and every file under media, decrypted."""
    found: list[str] = []
    async with session() as s:
        tables = await s.execute(
            text(
                "select table_schema, table_name from information_schema.tables "
                "where table_schema in ('public', 'rasa') and table_type = 'BASE TABLE'"
            )
        )
        for schema, name in tables.all():
            for row in await s.execute(text(f'select * from "{schema}"."{name}"')):
                found += [_opened(value) for value in row]
    for path in media.folder().rglob("*"):
        if path.is_file():
            found.append(_opened(path.read_bytes()))
    return "\n".join(found)


def _opened(value: Any) -> str:
    if isinstance(value, bytes | memoryview):
        try:
            value = crypto.keys().decrypt(bytes(value))
        except KeysDoNotOpenDatabase:
            value = bytes(value)
        plain = value.decode("utf-8", "replace")
        # JSON rests with its letters escaped.
        return plain.encode("ascii", "replace").decode("unicode_escape", "replace") if "\\u" in plain else plain
    return str(value)


async def older(days: int) -> None:
    """Everything that is stored happened so many days earlier, and no job is left of it; the log keeps its times."""
    async with session() as s:
        for table in Base.metadata.sorted_tables:
            if table.name == "audit":
                continue
            for column in table.columns:
                if isinstance(column.type, DateTime):
                    back = text(f"update {table.name} set {column.name} = {column.name} - make_interval(days => :days)")
                    await s.execute(back, {"days": days})
        await s.execute(text("delete from procrastinate_jobs"))
        await s.commit()


async def rows(*, but: tuple[str, ...] = ("retention_reports",)) -> dict[str, int]:
    """How many rows each table of ours has."""
    async with session() as s:
        names = [table.name for table in Base.metadata.sorted_tables if table.name not in but]
        return {name: int((await s.execute(text(f"select count(*) from {name}"))).scalar_one()) for name in names}


def days_ago(days: float) -> dt.datetime:
    return dt.datetime.now(dt.UTC) - dt.timedelta(days=days)
