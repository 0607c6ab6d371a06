"""A lost server comes back: all of it, for whoever has the keys; and nothing goes to a phone by itself."""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections import namedtuple
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest
from sqlalchemy import select, text

from bot import settings as settings_module
from bot.cases import sites
from bot.chat import intake, tls
from bot.desk import jobs as desk_jobs
from bot.errors import HotlineError, KeysDoNotOpenDatabase, KeysMissing
from bot.outbox import media
from bot.settings import DATA, ROOT, Settings
from bot.storage import backup, crypto, jobs, session
from bot.storage.backup import making, programs, restoring
from bot.storage.backup.manifest import DUMP, NAME, Manifest, fingerprints
from bot.storage.backup.problems import BackupDamaged, BackupRefused, NoSpace, RestoreRefused, RestoreUnfinished
from bot.storage.models import Base, Case, Chat, Media, Outgoing, Update
from bot.watch import snapshot, status
from tests.support.rooms import Rooms

#: A database that is away.
NOWHERE = "postgresql://hotline@127.0.0.1:9/hotline"
CRY = "paspor saya ditahan bos, kami dikurung di kompleks"
PHOTO = b"\xff\xd8 a photograph of a contract"
CLEAN = b"\xff\xd8 the same, without what its camera wrote into it"


@pytest.fixture
def away(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A disk that is not the server's."""
    return tmp_path_factory.mktemp("away")


@asynccontextmanager
async def at(url: str, home: Path, monkeypatch: pytest.MonkeyPatch, **environment: str) -> AsyncIterator[Settings]:
    """The hotline of another home and database, in this process."""
    with monkeypatch.context() as patched:
        for name, value in {"HOTLINE_HOME": str(home), "DATABASE_URL": url, **environment}.items():
            patched.setenv(name, value)
        settings_module.settings.cache_clear()
        sites.sites.cache_clear()
        config = settings_module.settings()
        before = (session._engine, session._sessions, crypto._keys, crypto._lookup_secret)
        session._engine = session._sessions = None
        crypto._keys = crypto._lookup_secret = None
        try:
            yield config
        finally:
            session._engine, session._sessions, crypto._keys, crypto._lookup_secret = before
    settings_module.settings.cache_clear()
    sites.sites.cache_clear()


async def everything() -> dict[str, dict[Any, dict[str, Any]]]:
    """Every row of ours, read as people wrote it, by table and id."""
    found: dict[str, dict[Any, dict[str, Any]]] = {}
    async with session.session() as s:
        for table in Base.metadata.sorted_tables:
            rows = (await s.execute(select(table))).mappings().all()
            key = next(iter(table.primary_key.columns)).name
            found[table.name] = {row[key]: dict(row) for row in rows}
    return found


async def a_life(rooms: Rooms) -> Case:
    """A held case with a photo and a note, an answer on its way, a message that died, and somebody with a question."""
    case = await rooms.claimed(CRY)
    photo = await rooms.stores(rooms.update(photo=[{"file_id": "F1", "file_size": 3}], caption="ini kontraknya"))
    async with session.session() as s:
        row = (await s.scalars(select(Media).where(Media.update_id == photo))).one()
        row.path, row.state = f"01/{row.id}.enc", "stored"
        row.sha256 = media._keep(media.folder() / row.path, PHOTO)
        row.clean_path = f"01/{row.id}.clean.enc"
        media._keep(media.folder() / row.clean_path, CLEAN)
        dead = await s.get_one(Update, photo)
        dead.state, dead.error = "dead", "ValueError"
        await s.commit()
    await rooms.operator_writes("catatan: keluarga sudah ditelepon", case.topic_id)
    await rooms.operator_writes("kami di sini, tetap tenang", case.topic_id, to=case.card_message_id)
    await rooms.writes("berapa gaji di malaysia", 42)
    return case


async def test_a_backup_made_while_people_write_comes_back_whole_and_readable(
    database: str,
    config: Settings,
    rooms: Rooms,
    away: Path,
    tmp_path: Path,
    empty_database: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    await a_life(rooms)
    (config.hotline_home / "models").mkdir()
    (config.hotline_home / "models" / "m1.tar.gz").write_bytes(b"a trained model")
    before = await everything()

    async def people_write() -> None:
        number = 0
        while True:
            number += 1
            await intake.store(rooms.update(1000 + number, text=f"halo {number}"))

    writing = asyncio.create_task(people_write())
    said = await asyncio.to_thread(backup.take, config, database, away / "monday", away / "safe")
    writing.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await writing

    manifest = backup.verify(away / "monday")
    assert not (away / "monday.partial").exists()
    assert (away / "monday").stat().st_mode & 0o777 == 0o700
    assert all(
        path.stat().st_mode & 0o077 == 0
        for path in (away / "monday").rglob("*")
        if path.is_file() and path.name != NAME
    )
    # The keys are apart, named, and in no file of the backup.
    (keys_file,) = (away / "safe").iterdir()
    assert keys_file.stat().st_mode & 0o777 == 0o600
    assert manifest.keys == fingerprints(crypto.keys())
    assert all(name in keys_file.name for name in manifest.keys)
    secret = crypto.keys().all[0].encode()
    assert all(secret not in path.read_bytes() for path in (away / "monday").rglob("*") if path.is_file())
    assert str(sum(manifest.tables.values())) in said

    home = away / "new home"
    async with at(empty_database, home, monkeypatch) as fresh:
        told = await asyncio.to_thread(backup.restore, fresh, away / "monday", keys_file)
        assert "Every table has as many rows as then." in told
        assert "Every encrypted value opens with these keys." in told
        async with session.opened(empty_database, fresh):
            after = await everything()
            async with session.session() as s:
                row = (await s.scalars(select(Media))).one()
            assert media.read(row) == PHOTO
            assert media.read_to_send(row) == CLEAN, "a holder is shown it after a restore, too"
        assert (home / "models" / "m1.tar.gz").read_bytes() == b"a trained model"
        assert not (home / "restore.unfinished").exists()

    for table, rows in before.items():
        for key, row in rows.items():
            restored = after[table][key]
            changed = {name for name in row if row[name] != restored[name]}
            # What was queued for a worker does not go out again, and chats are silent until they write.
            assert changed <= {"outbox": {"state", "failure"}, "chats": {"held_at"}}.get(table, set()), (table, key)
    # Those who wrote meanwhile: all of the messages up to one moment, none after it.
    numbers = [row["update_id"] for row in after["updates"].values()]
    assert len(numbers) == manifest.tables["public.updates"]
    assert all(row["chat_id"] in after["chats"] for row in after["updates"].values())


async def test_how_it_was_set_up_comes_back_too_and_secrets_lie_with_the_keys_alone(
    database: str,
    config: Settings,
    rooms: Rooms,
    away: Path,
    empty_database: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    made = tls.make("hotline.example.org", config.hotline_home / "webhook")
    assert made.key is not None
    environment = away / ".env"
    environment.write_text("TELEGRAM_BOT_TOKEN=123:secret\n")
    monkeypatch.setitem(Settings.model_config, "env_file", environment)
    set_up = config.model_copy(
        update={"telegram_webhook_certificate": made.path, "telegram_webhook_key": made.key, "webhook_port": 1}
    )
    said = backup.take(set_up, database, away / "alone")
    assert f"NOT in it either, because they are secrets: {environment}, {made.key}." in said
    said = backup.take(set_up, database, away / "b", away / "safe")
    backup.verify(away / "b")
    assert (away / "b" / "config" / "sites.yml").read_bytes() == (DATA / "sites.yml").read_bytes()
    for secret in (environment, made.key):
        (kept,) = [path for path in (away / "safe").iterdir() if path.read_bytes() == secret.read_bytes()]
        assert str(kept) in said and kept.stat().st_mode & 0o777 == 0o600
        held = [path for path in (away / "b").rglob("*") if path.is_file() and secret.read_bytes() in path.read_bytes()]
        assert held == []

    # On a new machine the desks are what came with the checkout: a person decides.
    (away / "data").mkdir()
    (away / "data" / "sites.yml").write_text("fallback: other\n")
    monkeypatch.setattr(restoring, "DATA", away / "data")
    async with at(empty_database, away / "home", monkeypatch) as fresh:
        told = backup.restore(fresh, away / "b", next((away / "safe").glob("hotline-keys-*")))
    assert "The desks were others then" in told and (away / "data" / "sites.yml").read_text() == "fallback: other\n"
    assert (away / "home" / "webhook" / made.path.name).read_bytes() == made.path.read_bytes()
    assert not (away / "home" / "webhook" / made.key.name).exists()


async def test_what_waited_for_a_worker_is_not_sent_weeks_later_and_the_desk_is_told(
    database: str, config: Settings, rooms: Rooms, away: Path, empty_database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = await a_life(rooms)
    backup.take(config, database, away / "b", away / "safe")
    (keys_file,) = (away / "safe").iterdir()
    async with at(empty_database, away / "home", monkeypatch) as fresh:
        backup.restore(fresh, away / "b", keys_file)
        async with session.opened(empty_database, fresh):
            await jobs.open_queue(empty_database)
            to_worker = await rooms.rows(kind="private")
            assert {row.failure for row in to_worker if row.state == "withdrawn"} == {"restored"}
            assert not [row for row in to_worker if row.state in {"queued", "waiting"}]
            assert "kami di sini, tetap tenang" in [
                row.payload["text"] for row in to_worker if row.state == "withdrawn"
            ]

            # The job that tells the desks came in the same transaction; running it twice tells them once.
            async with session.session() as s:
                queued = await s.execute(text("select args from procrastinate_jobs where task_name = 'desk.restored'"))
                (moment,) = [args["backup"] for (args,) in queued]
            await desk_jobs.restored(backup=moment)
            await desk_jobs.restored(backup=moment)
            topic = await rooms.topic()
            assert sum("dipulihkan dari cadangan" in line for line in topic) == 2, "one to the desk, one in the case"
            held = [
                row for row in await rooms.rows(kind="operators") if "masih menunggu" in row.payload.get("text", "")
            ]
            assert len(held) == 1
            assert held[0].payload["reply_to"], "it stands under the operator's own message"

            # An answer made after the restore waits too, though this person has no case and no window.
            async with session.session() as s:
                asker = (await s.scalars(select(Chat).where(Chat.kind == "private").order_by(Chat.id.desc()))).first()
                assert asker is not None
                from bot.outbox import due, service

                row = await service.queue(s, asker.id, "sendMessage", {"text": "jawaban lama"}, purpose="reply")
                assert row is not None
                outgoing = await s.get_one(Outgoing, row)
                assert not due.may_reach(asker, outgoing, dt.datetime.now(dt.UTC), had_case=False)
                await s.commit()
            await intake.store(rooms.update(42, text="halo"))
            async with session.session() as s:
                asker = await s.get_one(Chat, asker.id)
                assert due.may_reach(asker, outgoing, dt.datetime.now(dt.UTC), had_case=False)

            # Cards that were posted after the backup carry numbers that are given to no other case.
            async with session.session() as s:
                await rooms.writes("tolong, saya dikurung di bavet", 43)
                newest = await rooms.case()
            assert newest.id > case.id + 1000
            await jobs.close_queue()


async def test_a_reply_to_what_was_posted_after_the_backup_does_not_vanish_as_a_note(
    database: str, config: Settings, rooms: Rooms, away: Path, empty_database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = await rooms.claimed(CRY)
    backup.take(config, database, away / "b", away / "safe")
    (keys_file,) = (away / "safe").iterdir()
    async with at(empty_database, away / "home", monkeypatch) as fresh:
        backup.restore(fresh, away / "b", keys_file)
        async with session.opened(empty_database, fresh):
            await jobs.open_queue(empty_database)
            await rooms.operator_replies_to_an_unknown_post("di mana kamu sekarang?", case.topic_id)
            assert "tidak dikenal" in (await rooms.topic())[-1]
            assert "note" not in await rooms.events(case)
            # The card is known: a reply to it goes to the worker as ever.
            await rooms.operator_writes("di mana kamu sekarang?", case.topic_id, to=case.card_message_id)
            assert (await rooms.rows("operator"))[-1].payload["text"] == "di mana kamu sekarang?"
            await jobs.close_queue()


@pytest.fixture
async def made(database: str, config: Settings, rooms: Rooms, away: Path) -> Path:
    """A finished backup of a small life; the keys lie in `away`/safe."""
    await a_life(rooms)
    backup.take(config, database, away / "b", away / "safe")
    return away / "b"


def keys_of(away: Path) -> Path:
    (found,) = (away / "safe").iterdir()
    return found


def altered(made: Path) -> str:
    path = next((made / "media").rglob("*.enc"))
    path.write_bytes(path.read_bytes()[:-1] + b"!")
    return "was altered"


def shortened(made: Path) -> str:
    os.truncate(made / DUMP, 100)
    return "has 100 bytes instead of"


def file_gone(made: Path) -> str:
    next((made / "media").rglob("*.enc")).unlink()
    return "is missing"


def manifest_altered(made: Path) -> str:
    (made / NAME).write_text((made / NAME).read_text().replace('"public.cases": 1', '"public.cases": 2'))
    return "MANIFEST.json was altered"


def manifest_shortened(made: Path) -> str:
    os.truncate(made / NAME, 50)
    return "cannot be read"


def manifest_gone(made: Path) -> str:
    (made / NAME).unlink()
    return "no finished backup"


@pytest.mark.parametrize("damage", [altered, shortened, file_gone, manifest_altered, manifest_shortened, manifest_gone])
async def test_a_damaged_backup_stops_a_restore_before_anything_is_written(
    made: Path, away: Path, empty_database: str, monkeypatch: pytest.MonkeyPatch, damage: Any
) -> None:
    said = damage(made)
    with pytest.raises(BackupDamaged, match=said):
        backup.verify(made)
    async with at(empty_database, away / "home", monkeypatch) as fresh:
        with pytest.raises(BackupDamaged, match=said):
            backup.restore(fresh, made, keys_of(away))
    untouched(empty_database, away / "home")


def untouched(url: str, home: Path) -> None:
    assert not home.exists()
    with psycopg.connect(url) as connection:
        assert making.count_tables(connection) == {}


async def test_without_the_right_keys_nothing_is_written_and_the_needed_one_is_named(
    made: Path, away: Path, empty_database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    (needed,) = Manifest.read(made).keys
    async with at(empty_database, away / "home", monkeypatch) as fresh:
        with pytest.raises(KeysMissing, match=needed):
            backup.restore(fresh, made)
    async with at(empty_database, away / "home", monkeypatch, HOTLINE_KEYS=crypto.new_key()) as fresh:
        with pytest.raises(KeysDoNotOpenDatabase, match=needed):
            backup.restore(fresh, made)
    (away / "safe").mkdir(exist_ok=True)
    for name, content in (("nothing", None), ("empty", b"\n"), ("letter", b"dear Sari"), ("picture", b"\xff\xd8")):
        wrong = away / "safe" / name
        if content is not None:
            wrong.write_bytes(content)
        async with at(empty_database, away / "home", monkeypatch) as fresh:
            with pytest.raises(
                KeysMissing, match=rf"{name}.* needs the key {needed}.*--keys FILE.*Nothing was written"
            ):
                backup.restore(fresh, made, wrong)
    async with at(empty_database, away / "home", monkeypatch, HOTLINE_KEYS="dear Sari") as fresh:
        with pytest.raises(KeysMissing, match=rf"^HOTLINE_KEYS .* needs the key {needed}"):
            backup.restore(fresh, made)
    untouched(empty_database, away / "home")


async def test_a_restore_overwrites_nothing(
    made: Path, away: Path, empty_database: str, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with at(database_url, away / "home", monkeypatch) as fresh:
        with pytest.raises(RestoreRefused, match="has tables already"):
            backup.restore(fresh, made, keys_of(away))
    for name in ("media/01/1.enc", "postgres/location"):
        home = away / name.replace("/", "-")
        (home / name).parent.mkdir(parents=True)
        (home / name).write_text("something")
        async with at("" if "location" in name else empty_database, home, monkeypatch) as fresh:
            with pytest.raises(RestoreRefused, match="overwrites nothing"):
                backup.restore(fresh, made, keys_of(away))
        assert (home / name).read_text() == "something"
    home = away / "other keys"
    home.mkdir()
    crypto.write_keys(home / "keys", [crypto.new_key()])
    async with at(empty_database, home, monkeypatch) as fresh:
        with pytest.raises(RestoreRefused, match="Nothing is overwritten"):
            backup.restore(fresh, made, keys_of(away))


async def test_a_backup_of_a_newer_hotline_is_refused_by_an_older_one(
    made: Path, away: Path, empty_database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from dataclasses import replace

    replace(Manifest.read(made), revision="9999_from_the_future").write(made)
    async with at(empty_database, away / "home", monkeypatch) as fresh:
        with pytest.raises(RestoreRefused, match=r"9999_from_the_future.*Update this hotline"):
            backup.restore(fresh, made, keys_of(away))
    untouched(empty_database, away / "home")


async def test_a_backup_refuses_what_would_overwrite_or_lie_with_the_keys(
    database: str, config: Settings, rooms: Rooms, away: Path
) -> None:
    (away / "full").mkdir()
    (away / "full" / "letter.txt").write_text("mine")
    with pytest.raises(BackupRefused, match="is not empty"):
        backup.take(config, database, away / "full")
    with pytest.raises(BackupRefused, match="lies in HOTLINE_HOME"):
        backup.take(config, database, config.hotline_home / "backup")
    for apart in (away / "b", away / "b" / "keys", away):
        with pytest.raises(BackupRefused, match="The keys would lie with the backup"):
            backup.take(config, database, away / "b", apart)
    (away / "b.partial").mkdir()
    (away / "b.partial" / "letter.txt").write_text("mine")
    with pytest.raises(BackupRefused, match="no backup of ours"):
        backup.take(config, database, away / "b")
    assert (away / "b.partial" / "letter.txt").read_text() == "mine"
    assert not (away / "b").exists()


async def test_a_full_disk_is_said_before_and_meanwhile_and_leaves_nothing_that_looks_whole(
    database: str, config: Settings, rooms: Rooms, away: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await a_life(rooms)
    usage = namedtuple("usage", "total used free")
    with monkeypatch.context() as patched:
        patched.setattr(shutil, "disk_usage", lambda path: usage(10**9, 10**9 - 1000, 1000))
        with pytest.raises(NoSpace, match=r"MB are needed.*MB are free"):
            backup.take(config, database, away / "b")
    with monkeypatch.context() as patched:

        def full(*_: Any) -> Any:
            raise OSError(28, "No space left on device")

        patched.setattr(making, "_copy", full)
        with pytest.raises(BackupRefused, match="is full"):
            backup.take(config, database, away / "b")
    assert list(away.iterdir()) == []
    assert (await snapshot.take()).backed_up is None, "only a whole one counts"
    backup.take(config, database, away / "b")
    backup.verify(away / "b")


async def test_status_says_of_when_the_last_backup_is(
    database: str, config: Settings, rooms: Rooms, away: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await a_life(rooms)
    assert re.search(r"LOOK +backup +none yet", (await status.report(as_json=False))[0])
    for name in ("monday", "tuesday"):
        backup.take(config, database, away / name)
        made_at = dt.datetime.fromisoformat(backup.verify(away / name).made_at)
        assert (await snapshot.take()).backed_up == made_at
    shown, _ = await status.report(as_json=False)
    assert re.search(r"ok +backup +last \d+ s ago", shown)

    urls = iter([session.libpq_url(database), NOWHERE])
    monkeypatch.setattr(making, "libpq_url", lambda _: next(urls))
    assert "could not be told" in backup.take(config, database, away / "b")
    backup.verify(away / "b")
    assert (await snapshot.take()).backed_up == made_at


async def test_a_file_deleted_meanwhile_is_reported_and_stops_nothing(
    database: str, config: Settings, rooms: Rooms, away: Path
) -> None:
    await a_life(rooms)
    next((config.hotline_home / "media").rglob("*.clean.enc")).unlink()
    assert "1 media files were gone" in backup.take(config, database, away / "b")
    assert len(Manifest.read(away / "b").media_missing) == 1


async def test_a_restore_that_breaks_off_keeps_no_half_database_and_goes_on_when_run_again(
    made: Path, away: Path, empty_database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = away / "home"
    async with at(empty_database, home, monkeypatch) as fresh:
        load = programs.load
        with monkeypatch.context() as patched:
            patched.setattr(programs, "load", lambda url, dump, then: load(url, dump, ["select 1/0"]))
            with pytest.raises(HotlineError, match=r"nothing of it was kept.*division by zero"):
                backup.restore(fresh, made, keys_of(away))
        with psycopg.connect(empty_database) as connection:
            assert making.count_tables(connection) == {}
        with pytest.raises(RestoreUnfinished):
            backup.refuse_unfinished(fresh)
        assert "Every table has as many rows as then." in backup.restore(fresh, made, keys_of(away))
        backup.refuse_unfinished(fresh)


def test_killed_in_the_middle_it_leaves_no_backup_and_the_next_one_works_to_the_end(away: Path) -> None:
    """With the commands themselves and our own PostgreSQL: backup, kill -9, backup, restore into an empty folder."""
    home, fresh = away / "home", away / "fresh"
    for folder in (home, fresh):
        folder.mkdir()
        folder.chmod(0o711)
    environment = {**os.environ, "HOTLINE_HOME": str(home), "DATABASE_URL": "", "TELEGRAM_BOT_TOKEN": ""}

    def hotline(*words: str, home: Path = home, ok: bool = True) -> str:
        done = subprocess.run(
            [sys.executable, "-m", "bot.cli", *words],
            cwd=ROOT,
            env=environment | {"HOTLINE_HOME": str(home)},
            capture_output=True,
            text=True,
            check=False,
        )
        assert (done.returncode == 0) is ok, done.stderr
        return done.stdout + done.stderr

    assert "nothing to copy" in hotline("backup", str(away / "b"), ok=False)
    # A file whose reading never ends: the backup is caught in the middle for sure.
    (home / "media" / "01").mkdir(parents=True)
    os.mkfifo(home / "media" / "01" / "1.enc")
    script = (
        "import asyncio\nfrom bot.cli import database\nfrom bot.settings import settings\n"
        "from bot.storage.session import session\nfrom bot.storage.models import *\n"
        "from bot.storage import crypto\n"
        "async def main():\n    async with database(settings()):\n        async with session() as s:\n"
        "            c = Chat(chat_hash=crypto.keyed_hash('chat', 5), chat_id='5'); s.add(c); await s.flush()\n"
        "            u = Update(bot_id=1, update_id=1, chat_id=c.id, kind='message', raw={'text': 'tolong'})\n"
        "            s.add(u); await s.flush()\n"
        "            s.add(Media(chat_id=c.id, update_id=u.id, kind='photo', file_id='f', path='01/1.enc'))\n"
        "            s.add(Operator(name='Ibu Sari', site='id_desk'))\n"
        "            await s.commit()\nasyncio.run(main())\n"
    )
    subprocess.run([sys.executable, "-c", script], cwd=ROOT, env=environment, check=True)
    caught = subprocess.Popen(
        [sys.executable, "-m", "bot.cli", "backup", str(away / "b")],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.DEVNULL,
    )
    deadline = time.monotonic() + 60
    while not (away / "b.partial" / DUMP).exists() or not (away / "b.partial" / "media").exists():
        assert caught.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.02)
    caught.send_signal(signal.SIGKILL)
    caught.wait()
    assert not (away / "b").exists()
    assert "broken off" in hotline("restore", str(away / "b.partial"), home=fresh, ok=False)
    assert list(fresh.iterdir()) == []

    (home / "media" / "01" / "1.enc").unlink()
    (home / "media" / "01" / "1.enc").write_bytes(b"encrypted")
    said = hotline("backup", str(away / "b"), "--keys", str(away / "safe"))
    assert re.search(r"1 media files.*no model", said)
    assert not (away / "b.partial").exists()
    (keys_file,) = (away / "safe").glob("hotline-keys-*")
    told = hotline("restore", str(away / "b"), "--keys", str(keys_file), home=fresh)
    assert "Every encrypted value opens" in told
    assert "Ibu Sari" in hotline("operators", "list", home=fresh)
    assert (fresh / "media" / "01" / "1.enc").read_bytes() == b"encrypted"
    assert "overwrites nothing" in hotline("restore", str(away / "b"), "--keys", str(keys_file), home=fresh, ok=False)
