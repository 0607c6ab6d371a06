"""Rotating the keys: everything encrypted, in tables and files, comes under a fresh key.

Order matters for a crash at any moment: the fresh key is put in front (old ones stay and still open everything), then
rows and files are rewritten, and only when all of it is done are the old keys dropped.
"""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import LargeBinary, Table, column, select, text, update
from sqlalchemy import table as sa_table

from bot import log as logs
from bot.errors import HotlineError
from bot.settings import Settings
from bot.storage import audit, crypto
from bot.storage.models import Base
from bot.storage.session import process_name, session

log = logs.get(__name__)

BATCH = 500


async def rotate(config: Settings) -> str:
    """Rotate to a fresh key. Returns a sentence saying what to do next.

    Refuses while a worker runs: a process that does not know the fresh key would write under one that is dropped.
    """
    if await _somebody_works():
        raise HotlineError("The hotline is running. Stop it, rotate the keys, then start it again.")
    if config.keys is None:
        path = crypto.key_file(config)
        fresh = [crypto.new_key(), *crypto.keys().all]
        crypto.write_keys(path, fresh)
        crypto.use(crypto.Keys(fresh))
    count = 0
    for table in Base.metadata.sorted_tables:
        count += await _rotate_table(table)
    files = _rotate_files(config.hotline_home / "media")
    async with session() as s:
        audit.record(s, "keys_rotated", rows=count, files=files)
        await s.commit()
    log.info("keys_rotated", rows=count, files=files)
    if config.keys is None:
        crypto.write_keys(crypto.key_file(config), fresh[:1])
        return (
            f"{count} rows and {files} files are under a fresh key; the old ones are dropped from the key file. "
            "Restart the hotline, so that every process uses it."
        )
    return (
        f"{count} rows and {files} files are under the first key of HOTLINE_KEYS. "
        "To rotate, put a fresh key (hotline keys new) in front, restart, run this again, then drop the old keys."
    )


async def _somebody_works() -> bool:
    """Whether a worker's heart beats, or any other process of ours is connected (gateway, actions, a command)."""
    async with session() as s:
        beats = "select exists (select from procrastinate_workers where last_heartbeat > now() - interval '15 seconds')"
        connected = (
            "select exists (select from pg_stat_activity where datname = current_database() "
            "and application_name like 'hotline-%' and application_name not like :me || '%')"
        )
        return bool(await s.scalar(text(beats))) or bool(await s.scalar(text(connected), {"me": process_name()}))


async def _rotate_table(table: Table) -> int:
    """Rewrite a table's encrypted columns as bytes: rotating needs no reading of what people wrote."""
    names = [c.name for c in table.columns if isinstance(c.type, crypto.EncryptedText | crypto.EncryptedJSON)]
    if not names:
        return 0
    key = next(iter(table.primary_key.columns)).name
    plain = sa_table(
        table.name,
        column(key, table.columns[key].type),
        *(column(name, LargeBinary()) for name in names),
    )
    count, last = 0, None
    async with session() as s:
        while True:
            query = select(plain).order_by(plain.c[key]).limit(BATCH)
            rows = (await s.execute(query if last is None else query.where(plain.c[key] > last))).mappings().all()
            if not rows:
                return count
            for row in rows:
                fresh = {name: crypto.keys().rotate(bytes(row[name])) for name in names if row[name] is not None}
                if fresh:
                    await s.execute(update(plain).where(plain.c[key] == row[key]).values(**fresh))
            await s.commit()
            count, last = count + len(rows), rows[-1][key]


def _rotate_files(folder: Path) -> int:
    """Rewrite the encrypted files, each whole or not at all."""
    count = 0
    for path in sorted(folder.glob("*/*.enc")):
        crypto.write_private(path, crypto.keys().rotate(path.read_bytes()))
        count += 1
    return count
