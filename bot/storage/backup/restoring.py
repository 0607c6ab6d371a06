"""`hotline restore DIR`: a backup into an empty installation, all of it or nothing that would start.

A restored database is of the past. What it was about to send may have been sent since, and whoever holds the phone now
must not get it again weeks later: nothing that was queued for a worker goes out, and nothing new goes to a chat before
the person writes (`chats.held_at`). What is only for operators goes out. All that happens in the transaction that fills
the database, so no start, and no crash, comes between.
"""

from __future__ import annotations

import datetime as dt
import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
from alembic.script import ScriptDirectory
from cryptography.fernet import InvalidToken
from psycopg import sql

from bot import log as logs
from bot.errors import DatabaseUnavailable, KeysDoNotOpenDatabase, KeysMissing, SettingInvalid
from bot.settings import DATA, Settings
from bot.storage import crypto, jobs, migrate, stuck
from bot.storage.backup import programs
from bot.storage.backup.checking import verify
from bot.storage.backup.making import SPARE_BYTES, count_tables
from bot.storage.backup.manifest import CERTIFICATE, CONFIG, DUMP, SITES, Manifest, fingerprints, hash_of, of_settings
from bot.storage.backup.problems import NoSpace, RestoreRefused
from bot.storage.backup.unfinished import MARK
from bot.storage.embedded import EmbeddedPostgres
from bot.storage.models import Base
from bot.storage.session import libpq_url, process_name

log = logs.get(__name__)

#: A dump is compressed; its database takes about this many times the room.
DATABASE_TIMES = 5
#: Row ids given between the backup and the loss are not given again: old cards in a group still carry them.
IDS_SKIPPED = 1_000_000
#: Tables that change while a restore runs, so that their counts are not compared.
_CHANGING = ("public.procrastinate_", "public.alembic_")


def restore(config: Settings, folder: Path, key_file: Path | None = None) -> str:
    """Fill an empty HOTLINE_HOME and database. Returns what was done, in lines.

    Raises BackupDamaged, RestoreRefused, KeysMissing or KeysDoNotOpenDatabase before anything is written. Safe to run
    again after it was broken off.
    """
    folder = folder.absolute()
    manifest = verify(folder)
    _check_revision(manifest)
    keys = _proven_keys(config, manifest, key_file)
    home = config.hotline_home
    again = _begun(home, manifest)
    if not again:
        _check_empty(config)
    _check_space(home, manifest)
    postgres = None if config.database else EmbeddedPostgres(home)
    if not again and config.database:
        _check_no_tables(config.database)
    home.mkdir(mode=0o711 if os.geteuid() == 0 else 0o700, parents=True, exist_ok=True)
    crypto.write_private(home / MARK, manifest.name.encode("ascii"))
    if config.keys is None:
        crypto.write_keys(crypto.key_file(config), keys.all)
    _copy_files(folder, home, manifest)
    url = postgres.start() if postgres is not None else config.database
    assert url is not None
    try:
        if not _has_tables(url):
            programs.load(url, folder / DUMP, _afterwards(manifest))
        differing = _compare(url, manifest)
        unreadable = _unreadable(url, keys)
        migrate.migrate(url)
        with psycopg.connect(libpq_url(url), application_name=process_name()) as connection:
            held, waiting = _counts(connection)
        (home / MARK).unlink()
    finally:
        if postgres is not None:
            postgres.stop()
    log.info("restored", rows=sum(manifest.tables.values()), held=held, unreadable=unreadable)
    said = _said(config, manifest, keys, differing, unreadable, held, waiting)
    return "\n".join([*said, *_said_of_config(config, folder, manifest)])


# -- before anything is written


def _check_revision(manifest: Manifest) -> None:
    known = {script.revision for script in _scripts().walk_revisions()}
    if manifest.revision not in known:
        raise RestoreRefused(
            f"The backup was made by hotline {manifest.version} with a newer database (revision {manifest.revision}); "
            f"this one knows up to {migrate.head()}. Update this hotline, then restore."
        )


def _scripts() -> ScriptDirectory:
    return ScriptDirectory(str(Path(migrate.__file__).with_name("migrations")))


def _proven_keys(config: Settings, manifest: Manifest, key_file: Path | None) -> crypto.Keys:
    """The keys that were given, once they opened something of the backup."""
    needed = ", ".join(manifest.keys)
    next_step = (
        f"This backup needs the key {needed} (fingerprint). Give it in HOTLINE_KEYS, or with --keys FILE: "
        f"`hotline backup --keys` wrote hotline-keys-{'-'.join(manifest.keys)}. Then start again. "
        "Without it nobody can read the backup. Nothing was written."
    )
    if key_file is not None:
        keys = _read(key_file, next_step)
        own = crypto.read_keys(config)
        if own is not None and own.all != keys.all:
            raise RestoreRefused(
                f"Other keys than those in {key_file} are set here (HOTLINE_KEYS, or {crypto.key_file(config)}). "
                "Nothing is overwritten: take one of them away, then start again."
            )
    else:
        try:
            found = crypto.read_keys(config)
        except SettingInvalid:
            where = "HOTLINE_KEYS" if config.keys is not None else crypto.key_file(config)
            raise KeysMissing(f"{where} cannot be read, or holds something that is no key. {next_step}") from None
        if found is None:
            raise KeysMissing(next_step)
        keys = found
    try:
        keys.decrypt(manifest.proof.encode("ascii"))
    except KeysDoNotOpenDatabase:
        raise KeysDoNotOpenDatabase(
            f"These keys ({', '.join(fingerprints(keys))}) do not open the backup. It needs {needed}. "
            "Nothing was written. Find that key, then start again."
        ) from None
    return keys


def _read(key_file: Path, next_step: str) -> crypto.Keys:
    """The keys in a file. Raises KeysMissing with what to do next."""
    try:
        raw = key_file.read_text(encoding="ascii").replace(",", " ").split()
    except (OSError, UnicodeDecodeError) as problem:
        raise KeysMissing(f"Cannot read keys in {key_file}. {next_step}") from problem
    if not raw:
        raise KeysMissing(f"{key_file} is empty. {next_step}")
    try:
        return crypto.Keys(raw)
    except SettingInvalid:
        raise KeysMissing(f"{key_file} holds something that is no key. {next_step}") from None


def _begun(home: Path, manifest: Manifest) -> bool:
    """Whether a restore of this very backup was broken off here. Raises RestoreRefused if it was of another."""
    try:
        name = (home / MARK).read_text(encoding="ascii").strip()
    except FileNotFoundError:
        return False
    if name != manifest.name:
        raise RestoreRefused(
            f"A restore of another backup was broken off in {home}. Finish that one, or choose an empty HOTLINE_HOME."
        )
    return True


def _check_empty(config: Settings) -> None:
    home = config.hotline_home
    if config.database is None and (home / "postgres" / "location").exists():
        raise RestoreRefused(
            f"{home} holds a database already. A restore overwrites nothing: set HOTLINE_HOME to an empty folder."
        )
    media = home / "media"
    if media.is_dir() and any(media.iterdir()):
        raise RestoreRefused(
            f"{media} holds files already. A restore overwrites nothing: set HOTLINE_HOME to an empty folder."
        )


def _check_no_tables(url: str) -> None:
    if _has_tables(url):
        raise RestoreRefused(
            "The database in DATABASE_URL has tables already. A restore overwrites nothing: make an empty database and "
            "name that one."
        )


def _has_tables(url: str) -> bool:
    try:
        with psycopg.connect(libpq_url(url), connect_timeout=5, application_name=process_name()) as connection:
            return bool(count_tables(connection))
    except psycopg.OperationalError as problem:
        raise DatabaseUnavailable() from problem


def _check_space(home: Path, manifest: Manifest) -> None:
    sizes = {file.path: file.bytes for file in manifest.files}
    needed = manifest.bytes + (DATABASE_TIMES - 1) * sizes[DUMP] + SPARE_BYTES
    there = next(path for path in (home, *home.parents) if path.is_dir())
    free = shutil.disk_usage(there).free
    if free < needed:
        raise NoSpace(there, needed, free)


# -- writing


def _copy_files(folder: Path, home: Path, manifest: Manifest) -> None:
    """Media, model and certificate to their places. A model or certificate of that name that is here already stays."""
    for file in manifest.files:
        kind, _, name = file.path.partition("/")
        if kind == "media":
            target = home / "media" / name
        elif kind == "model" and not (home / "models" / name).exists():
            target = home / "models" / name
        elif file.path.startswith(CERTIFICATE) and not (home / name).exists():
            target = home / name
        else:
            continue
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        shutil.copy2(folder / file.path, target)
        target.chmod(0o600)


def _afterwards(manifest: Manifest) -> Iterator[str]:
    """Statements that make a database of the past safe to start, in the transaction that fills it."""
    moment = dt.datetime.fromisoformat(manifest.made_at).isoformat()
    detail = json.dumps({"backup": moment})
    job = json.dumps({"backup": moment})
    yield "set local search_path to public"
    # Whoever did them is gone: they are done again. Every job is idempotent.
    yield stuck.GIVE_BACK
    yield "delete from procrastinate_workers"
    # Deletions that a worker asked for stay: they only take away.
    yield (
        "update outbox set state = 'withdrawn', failure = 'restored' where state in ('queued', 'waiting') "
        "and method <> 'deleteMessages' and chat_id in (select id from chats where kind = 'private')"
    )
    yield "update chats set held_at = now() where kind = 'private'"
    yield (
        f"insert into case_events (case_id, what, actor, detail) select id, 'restored', 'bot', '{detail}'::jsonb "
        "from cases where state <> 'closed'"
    )
    yield (
        "do $$ declare s record; begin for s in select sequencename, last_value from pg_sequences where schemaname = "
        "'public' and data_type = 'bigint'::regtype loop perform setval(format('public.%I', s.sequencename)::regclass, "
        f"coalesce(s.last_value, 0) + {IDS_SKIPPED}); end loop; end $$"
    )
    yield (
        "insert into procrastinate_jobs (queue_name, task_name, args) "
        f"values ('{jobs.DESK}', 'desk.restored', '{job}'::jsonb)"
    )


# -- proving it


def _compare(url: str, manifest: Manifest) -> list[str]:
    """Tables whose rows are not as many as the manifest says."""
    with psycopg.connect(libpq_url(url), application_name=process_name()) as connection:
        now = count_tables(connection)
        added = connection.execute(
            "select count(*) from case_events where what = 'restored' and detail ->> 'backup' = %s",
            (dt.datetime.fromisoformat(manifest.made_at).isoformat(),),
        ).fetchone()
    now["public.case_events"] -= int(added[0]) if added else 0
    return [
        f"{name} {now.get(name, 0)} instead of {count}"
        for name, count in manifest.tables.items()
        if not name.startswith(_CHANGING) and now.get(name, 0) != count
    ]


def _unreadable(url: str, keys: crypto.Keys) -> int:
    """How many encrypted values these keys do not open. All are tried."""
    count = 0
    with psycopg.connect(libpq_url(url), application_name=process_name()) as connection:
        there = count_tables(connection)
        for table in Base.metadata.sorted_tables:
            columns = [c.name for c in table.columns if isinstance(c.type, crypto.EncryptedText | crypto.EncryptedJSON)]
            if not columns or f"public.{table.name}" not in there:
                continue
            names = sql.SQL(", ").join(sql.Identifier(name) for name in columns)
            query = sql.SQL("select {} from {}").format(names, sql.Identifier("public", table.name))
            with connection.cursor(name="values") as cursor:
                for row in cursor.execute(query):
                    count += sum(not _opens(keys, value) for value in row if value is not None)
    return count


def _opens(keys: crypto.Keys, value: Any) -> bool:
    try:
        keys.decrypt(bytes(value))
    except (KeysDoNotOpenDatabase, InvalidToken):
        return False
    return True


def _counts(connection: psycopg.Connection[Any]) -> tuple[int, int]:
    """Messages that are held back, and updates that still want an answer."""
    held = connection.execute("select count(*) from outbox where failure = 'restored'").fetchone()
    waiting = connection.execute("select count(*) from updates where state in ('pending', 'unanswered')").fetchone()
    return int(held[0]) if held else 0, int(waiting[0]) if waiting else 0


def _said(
    config: Settings,
    manifest: Manifest,
    keys: crypto.Keys,
    differing: list[str],
    unreadable: int,
    held: int,
    waiting: int,
) -> Iterator[str]:
    yield f"Restored the backup of {manifest.made_at} into {config.hotline_home}:"
    for name, count in manifest.tables.items():
        if count and not name.startswith(_CHANGING):
            yield f"  {name:<28} {count}"
    yield f"  media files                  {sum(file.path.startswith('media/') for file in manifest.files)}"
    yield f"Differs from the backup: {'; '.join(differing)}." if differing else "Every table has as many rows as then."
    if unreadable:
        missing = [name for name in manifest.keys if name not in fingerprints(keys)]
        yield f"WARNING: {unreadable} values cannot be read with these keys. Missing: {', '.join(missing) or '?'}."
    else:
        yield "Every encrypted value opens with these keys."
    if manifest.media_missing:
        yield f"{len(manifest.media_missing)} media files were gone already when the backup was made."
    changed = [name for name, value in of_settings(config).items() if manifest.settings.get(name) != value]
    if changed:
        yield f"Set otherwise than then: {', '.join(changed)}. If not on purpose, correct .env before you start."
    yield (
        f"{held} messages to workers were waiting then. They are held back for good: they may have been sent since. "
        f"{waiting} messages of workers still want an answer and get one when their chat writes again."
    )
    yield "What came after the backup is not here. Each desk is told at the start, with a line in every open case."
    yield "Before you start: whoever was removed since is listed again (hotline operators list)."


def _said_of_config(config: Settings, folder: Path, manifest: Manifest) -> Iterator[str]:
    """What a person has to put right: files of the checkout and of .env are not written over."""
    then = {file.path: file.sha256 for file in manifest.files}
    here = DATA / "sites.yml"
    if SITES in then and (not here.is_file() or hash_of(here) != then[SITES]):
        yield f"The desks were others then: compare {folder / SITES} with {here}, and copy it there if it is right."
    for path in then:
        if path.startswith(CERTIFICATE):
            yield (
                f"The webhook's certificate is in {config.hotline_home / path.removeprefix(f'{CONFIG}/')}. Its key is "
                "a secret and lies with the keys: name both in .env, or make new ones (hotline certificate HOST)."
            )
