"""Rotating the keys: everything encrypted, in tables and files, comes under a fresh key, and every secret is made anew.

Order matters for a crash at any moment: the fresh key is put in front (old ones stay and still open everything), then
rows and files are rewritten, and only when all of it is done are the old keys dropped. The database's own secrets
change in one transaction before that: whoever had the keys knows them too.
"""

from __future__ import annotations

import secrets
from pathlib import Path

from sqlalchemy import LargeBinary, Table, column, select, text, update
from sqlalchemy import table as sa_table
from sqlalchemy.ext.asyncio import AsyncSession

from bot import log as logs
from bot.errors import HotlineError
from bot.settings import Settings
from bot.storage import audit, crypto
from bot.storage.models import Base, Chat, Media, Operator, RecruiterReport, Secret
from bot.storage.session import RECRUITER_SECRET, open_keys, process_name, session

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
    await _rotate_secrets()
    await open_keys(config)
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


async def _rotate_secrets() -> None:
    """Make the lookup secret, Rasa's tracker key and the webhook's secret anew, and every hash that can be made anew.

    The values behind the hashes of recruiters are kept nowhere: these hashes stay, under the former lookup secret. What
    Rasa remembers is under the former tracker key and is deleted: open forms begin anew.
    """
    async with session() as s:
        kept = {row.name: row for row in await s.scalars(select(Secret))}
        former = kept["lookup"].value
        lookup = secrets.token_hex(32)
        for name, value in (("lookup", lookup), ("tracker", secrets.token_hex(32)), ("webhook", secrets.token_hex(32))):
            if name in kept:
                kept[name].value = value
        if RECRUITER_SECRET not in kept:
            s.add(Secret(name=RECRUITER_SECRET, value=former))
        await s.flush()
        await _hash_anew(s, bytes.fromhex(former), bytes.fromhex(lookup))
        # Telegram's unique id of a file is kept nowhere: a file that is sent again is fetched again.
        await s.execute(update(Media).values(same=None))
        if await s.scalar(text("select to_regclass('rasa.events') is not null")):
            await s.execute(text("delete from rasa.events"))
        await s.commit()


async def _hash_anew(s: AsyncSession, former: bytes, fresh: bytes) -> None:
    """Replace the hashes of chats, of those who reported recruiters, and of operators."""
    for chat, telegram_id in (await s.execute(select(Chat.id, Chat.chat_id))).all():
        old, new = (crypto.hash_under(secret, "chat", telegram_id) for secret in (former, fresh))
        # `desk_hash` follows by itself.
        await s.execute(update(Chat).where(Chat.id == chat).values(chat_hash=new))
        old, new = (crypto.hash_under(secret, "reporter", of.hex()) for secret, of in ((former, old), (fresh, new)))
        mine = update(RecruiterReport).where(RecruiterReport.reporter == old)
        await s.execute(mine.values(reporter=new))
    known = select(Operator.id, Operator.telegram_id).where(Operator.telegram_hash.is_not(None))
    for operator, telegram_id in (await s.execute(known)).all():
        if telegram_id is not None:
            new = crypto.hash_under(fresh, "operator", telegram_id)
            await s.execute(update(Operator).where(Operator.id == operator).values(telegram_hash=new))


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
