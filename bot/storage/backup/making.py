"""`hotline backup DIR`: a copy of everything but the keys, made while the hotline runs.

The database is copied first, as one snapshot shows it, then the files its rows name. A file is never changed once it is
there, so the two fit; one that is deleted meanwhile is reported. Everything is written beside its final place and
renamed at the end: a backup that was broken off has another name and no manifest.
"""

from __future__ import annotations

import errno
import fcntl
import hashlib
import importlib.metadata
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

from bot import log as logs
from bot.settings import DATA, Settings
from bot.storage import audit, crypto
from bot.storage.backup import programs
from bot.storage.backup.manifest import (
    CERTIFICATE,
    CONFIG,
    DUMP,
    NAME,
    SITES,
    File,
    Manifest,
    fingerprints,
    hash_of,
    of_settings,
)
from bot.storage.backup.problems import BackupRefused, NoSpace
from bot.storage.session import libpq_url, process_name
from nlu.model import registry

log = logs.get(__name__)

#: Bytes left free on the disk of a backup, whatever it needs.
SPARE_BYTES = 50_000_000
_LOCK = ".lock"
#: What a backup is made of, and nothing else: only this is cleared away after one that was broken off.
_OURS = frozenset({_LOCK, DUMP, NAME, "media", "model", CONFIG})
_TABLES = """
    select n.nspname, c.relname from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where c.relkind in ('r', 'p') and n.nspname not like 'pg\\_%' and n.nspname <> 'information_schema'
    order by 1, 2
"""
_MEDIA = """
    select id, file from public.media cross join unnest(array[path, clean_path]) as file where file is not null
    order by id
"""


def take(config: Settings, url: str, folder: Path, keys_to: Path | None = None) -> str:
    """Make a backup in a folder that is new or empty. Returns what was done, in lines.

    The keys are copied only into `keys_to`, a folder apart. Raises BackupRefused.
    """
    folder = folder.absolute()
    _check_places(config, folder, keys_to)
    keys = crypto.keys()
    with _draft(folder) as draft, _snapshot(url) as (connection, snapshot):
        programs.fits(connection.info.server_version)
        revision = _revision(connection)
        model = _model_in_use(config.hotline_home / "models")
        _check_space(connection, folder.parent, model)
        tables = count_tables(connection)
        programs.dump(url, snapshot, draft / DUMP)
        (draft / DUMP).chmod(0o600)
        files = [File(DUMP, (draft / DUMP).stat().st_size, hash_of(draft / DUMP))]
        media, missing = _copy_media(connection, config.hotline_home / "media", draft / "media")
        files += media
        if model is not None:
            (draft / "model").mkdir(mode=0o700)
            files.append(_copy(model, draft / "model" / model.name, draft))
        files += _copy_config(config, draft)
        made_at, proof = _moment(connection)
        manifest = Manifest(
            made_at=made_at,
            version=importlib.metadata.version("hotline"),
            revision=revision,
            server_version=connection.info.server_version,
            tables=tables,
            files=files,
            keys=fingerprints(keys),
            proof=proof,
            settings=of_settings(config),
            media_missing=missing,
        )
        manifest.write(draft)
        kept = _keep_keys(keys, keys_to) if keys_to is not None else None
        secrets = _secrets(config)
        if keys_to is not None:
            secrets = [_keep_secret(path, keys_to) for path in secrets]
        _call_whole(draft, folder)
    log.info("backup_made", rows=sum(tables.values()), files=len(files), bytes=manifest.bytes)
    said = [*_said(manifest, folder, kept, model), *_said_of_secrets(secrets, kept=keys_to is not None)]
    if not _note(url, made_at):
        said.append("The database could not be told of it: `hotline status` shows the one before.")
    return "\n".join(said)


def _call_whole(draft: Path, folder: Path) -> None:
    """Give a draft the name of a whole backup, once all of it is on the disk."""
    (draft / _LOCK).unlink()
    for path in [*draft.rglob("*"), draft]:
        _flush(path)
    draft.rename(folder)
    _flush(folder.parent)


def _note(url: str, made_at: str) -> bool:
    """Write down, for `hotline status`, of when the newest whole backup is. False when the database is away."""
    try:
        with psycopg.connect(libpq_url(url), connect_timeout=5, application_name=process_name()) as connection:
            connection.execute(
                "insert into public.tallies (name, labels, value) "
                "values ('backup', '', extract(epoch from %s::timestamptz) * 1000000) "
                "on conflict (name, labels) do update set value = greatest(tallies.value, excluded.value)",
                (made_at,),
            )
            audit.record_raw(connection, "backup_made")
    except psycopg.Error as problem:
        # The backup is whole all the same.
        log.warning("backup_not_noted", error=type(problem).__name__)
        return False
    return True


def _check_places(config: Settings, folder: Path, keys_to: Path | None) -> None:
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise BackupRefused(f"{folder} is not empty. Name a folder that does not exist yet: nothing is overwritten.")
    if folder.name.endswith(".partial"):
        raise BackupRefused("Name a folder that does not end in .partial: that is how an unfinished backup is called.")
    real, home = folder.resolve(), config.hotline_home.resolve()
    if real.is_relative_to(home):
        raise BackupRefused(f"{folder} lies in HOTLINE_HOME, beside the keys. Name a folder elsewhere.")
    if keys_to is None:
        return
    apart = keys_to.resolve()
    if apart.is_relative_to(real) or real.is_relative_to(apart):
        raise BackupRefused(
            f"The keys would lie with the backup: {keys_to} and {folder} are inside one another. "
            "Whoever has both reads everything. Name a folder apart, best on another disk."
        )


@contextmanager
def _draft(folder: Path) -> Iterator[Path]:
    """The folder in which a backup grows. One that was broken off is cleared away first."""
    draft = folder.with_name(f"{folder.name}.partial")
    folder.parent.mkdir(parents=True, exist_ok=True)
    draft.mkdir(mode=0o700, exist_ok=True)
    lock = os.open(draft / _LOCK, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise BackupRefused(f"Another backup is being written to {folder}. Wait for it to end.") from None
        _clear(draft)
        try:
            yield draft
        except OSError as problem:
            _clear(draft)
            if problem.errno in {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}:
                raise BackupRefused(
                    f"The disk of {folder} is full. The unfinished backup was removed, older ones are untouched. "
                    "Make room, or choose a folder on another disk, then start again."
                ) from problem
            raise BackupRefused(f"The backup could not be written to {folder}: {problem.strerror}.") from problem
        except BaseException:
            _clear(draft)
            raise
    finally:
        os.close(lock)
        if draft.is_dir() and {path.name for path in draft.iterdir()} <= {_LOCK}:
            shutil.rmtree(draft)


def _clear(draft: Path) -> None:
    foreign = [path.name for path in draft.iterdir() if path.name not in _OURS]
    if foreign:
        raise BackupRefused(f"{draft} holds something that is no backup of ours. Move it away, then start again.")
    for path in draft.iterdir():
        if path.is_dir():
            shutil.rmtree(path)
        elif path.name != _LOCK:
            path.unlink()


@contextmanager
def _snapshot(url: str) -> Iterator[tuple[psycopg.Connection[Any], str]]:
    """A connection that sees one moment of the database, and the name under which pg_dump sees the same.

    It carries our process's name, which keeps the keys from being rotated meanwhile.
    """
    with psycopg.connect(libpq_url(url), connect_timeout=5, application_name=process_name()) as connection:
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        connection.read_only = True
        found = connection.execute("select pg_export_snapshot()").fetchone()
        assert found is not None
        yield connection, str(found[0])


def _revision(connection: psycopg.Connection[Any]) -> str:
    present = connection.execute("select to_regclass('public.alembic_version') is not null").fetchone()
    found = (
        connection.execute("select version_num from public.alembic_version").fetchone() if present == (True,) else None
    )
    if found is None:
        raise BackupRefused("There is no hotline in this database yet, so there is nothing to copy.")
    return str(found[0])


def _moment(connection: psycopg.Connection[Any]) -> tuple[str, str]:
    """The time of the snapshot, and one of the database's own secrets as it rests."""
    row = connection.execute(
        "select transaction_timestamp(), convert_from(value, 'UTF8') from public.secrets where name = 'lookup'"
    ).fetchone()
    if row is None:
        raise BackupRefused("There is no hotline in this database yet, so there is nothing to copy.")
    return row[0].isoformat(timespec="seconds"), str(row[1])


def count_tables(connection: psycopg.Connection[Any]) -> dict[str, int]:
    """Rows of every table that is not the server's own, by "schema.table"."""
    counts = {}
    for schema, table in connection.execute(_TABLES).fetchall():
        query = sql.SQL("select count(*) from {}").format(sql.Identifier(schema, table))
        found = connection.execute(query).fetchone()
        counts[f"{schema}.{table}"] = int(found[0]) if found else 0
    return counts


def _check_space(connection: psycopg.Connection[Any], folder: Path, model: Path | None) -> None:
    """Raises NoSpace. A dump is smaller than its database: taking the larger figure leaves room."""
    row = connection.execute(
        "select pg_database_size(current_database()) + "
        # Fernet adds a third to what it encrypts.
        "(select coalesce(sum(size_bytes * (1 + (clean_path is not null)::int)), 0) * 4 / 3 from public.media "
        "where path is not null)"
    ).fetchone()
    needed = int(row[0] if row else 0) + (model.stat().st_size if model else 0) + SPARE_BYTES
    free = shutil.disk_usage(folder).free
    if free < needed:
        raise NoSpace(folder, needed, free)


def _copy_media(connection: psycopg.Connection[Any], source: Path, target: Path) -> tuple[list[File], list[int]]:
    """Copy the files that the snapshot's rows name: originals, and the copies without metadata, which alone may leave.

    Returns them, and the row of each file that is gone.
    """
    copied: list[File] = []
    missing: list[int] = []
    for row_id, path in connection.execute(_MEDIA):
        to = target / path
        to.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        try:
            copied.append(_copy(source / path, to, target.parent))
        except FileNotFoundError:
            missing.append(int(row_id))
    return copied, missing


def _copy_config(config: Settings, draft: Path) -> list[File]:
    """Which desks there are, and the webhook's certificate as Telegram knows it. Neither is a secret."""
    copied = {SITES: DATA / "sites.yml"}
    if (certificate := config.telegram_webhook_certificate) is not None:
        copied[CERTIFICATE + certificate.name] = certificate
    for name in copied:
        (draft / name).parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    return [_copy(path, draft / name, draft) for name, path in copied.items() if path.is_file()]


def _secrets(config: Settings) -> list[Path]:
    """What a new machine needs and must not lie with the backup: .env and the webhook's key."""
    environment = config.model_config.get("env_file")
    there = (Path(str(environment)) if environment else None, config.telegram_webhook_key)
    return [path for path in there if path is not None and path.is_file()]


def _keep_secret(path: Path, folder: Path) -> Path:
    """Copy a secret beside the keys, by a hash of what it holds; the same is written once."""
    content = path.read_bytes()
    kept = folder / f"hotline-{path.name.lstrip('.')}-{hashlib.sha256(content).hexdigest()[:8]}"
    crypto.write_private(kept, content)
    return kept


def _copy(source: Path, target: Path, root: Path) -> File:
    """Copy one file for its owner alone, hashing what is written, with its time: the newest model is the one in use."""
    digest, size = hashlib.sha256(), 0
    status = source.stat()
    with source.open("rb") as old, open(target, "wb", opener=_private) as new:
        while block := old.read(1024 * 1024):
            digest.update(block)
            size += new.write(block)
    os.utime(target, ns=(status.st_atime_ns, status.st_mtime_ns))
    return File(str(target.relative_to(root)), size, digest.hexdigest())


def _flush(path: Path) -> None:
    """Have a file or a folder on the disk before this returns."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def _model_in_use(folder: Path) -> Path | None:
    """The model to copy. A pinned one that is gone must not keep anybody from a backup: then the newest."""
    try:
        return registry.in_use(folder)
    except registry.ModelUnknown:
        there = registry.models(folder)
        return there[-1].path if there else None


def _keep_keys(keys: crypto.Keys, folder: Path) -> Path:
    """Write the keys into a folder apart, by the fingerprint of the newest; the same keys are written once."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = folder / f"hotline-keys-{'-'.join(fingerprints(keys))}"
    crypto.write_private(path, "".join(f"{key}\n" for key in keys.all).encode("ascii"))
    return path


def _said(manifest: Manifest, folder: Path, kept: Path | None, model: Path | None) -> Iterator[str]:
    yield (
        f"Backup of {manifest.made_at} in {folder}: {sum(manifest.tables.values())} rows, "
        f"{sum(file.path.startswith('media/') for file in manifest.files)} media files, "
        f"{f'model {model.name}' if model else 'no model'}, {manifest.bytes / 1e6:.1f} MB."
    )
    if manifest.media_missing:
        yield f"{len(manifest.media_missing)} media files were gone when they were to be copied (rows in {NAME})."
    if kept is not None:
        yield f"The keys are in {kept}. Keep them away from the backup: with both everything can be read."
    else:
        yield (
            f"The keys are NOT in it, and without them nobody can read it. It needs: {', '.join(manifest.keys)} "
            "(fingerprints). Keep them apart for as long as the backup: --keys FOLDER copies them there."
        )


def _said_of_secrets(secrets: list[Path], *, kept: bool) -> Iterator[str]:
    if secrets and kept:
        yield f"Beside the keys, and as secret: {', '.join(map(str, secrets))}."
    elif secrets:
        yield (
            f"NOT in it either, because they are secrets: {', '.join(map(str, secrets))}. "
            "A new machine needs them: keep a copy apart, as of the keys (--keys FOLDER does so)."
        )
