"""What a stolen database, backup or disk shows: references and times, nothing that somebody wrote or is called."""

from __future__ import annotations

import asyncio
import errno
from pathlib import Path

import psycopg
import pytest
from pydantic import SecretStr
from sqlalchemy import select, text

from bot.errors import DatabaseUnavailable, HotlineError, KeysDoNotOpenDatabase, KeysMissing, SettingInvalid
from bot.outbox import media
from bot.settings import Settings
from bot.storage import crypto, rotate, session
from bot.storage.models import Base, Chat, Media, Operator, Outgoing, Recruiter, RecruiterReport, Secret, Update
from bot.storage.session import session as open_session
from tests.support.rows import SECRETS, one_of_each


def everything(url: str) -> str:
    """All rows of all tables of all schemas, as a thief reads them."""
    found = []
    with psycopg.connect(url) as connection:
        names = connection.execute(
            "select schemaname, tablename from pg_tables where schemaname not in ('pg_catalog', 'information_schema')"
        ).fetchall()
        for schema, table in names:
            rows = connection.execute(f'select t::text from "{schema}"."{table}" t').fetchall()
            found += [row for (row,) in rows]
            # bytea is shown in hexadecimal: read it as bytes too.
            columns = connection.execute(
                "select column_name from information_schema.columns where table_schema = %s and table_name = %s "
                "and data_type = 'bytea'",
                (schema, table),
            ).fetchall()
            for (column,) in columns:
                values = connection.execute(f'select "{column}" from "{schema}"."{table}"').fetchall()
                found += [bytes(value).decode("utf-8", "replace") for (value,) in values if value is not None]
    return "\n".join(found)


def with_keys(config: Settings, *keys: str) -> Settings:
    return config.model_copy(update={"hotline_keys": SecretStr(",".join(keys)) if keys else None})


async def test_nothing_a_person_wrote_or_is_called_stands_in_any_table(database: str) -> None:
    await one_of_each()
    dump = everything(database)
    assert "H-7K3Q" in dump, "the search itself works"
    for what, secret in SECRETS.items():
        assert secret not in dump, f"the {what} rests in clear"
        assert secret.encode().hex() not in dump, f"the {what} rests in clear"
        assert secret.encode("unicode_escape").decode() not in dump, f"the {what} rests in clear"


@pytest.mark.usefixtures("database")
async def test_a_chat_and_an_operator_are_found_again_by_keyed_hash() -> None:
    await one_of_each()
    async with open_session() as s:
        chat = await s.scalar(select(Chat).where(Chat.chat_hash == crypto.keyed_hash("chat", 7300112233)))
        assert chat is not None
        assert (chat.name, chat.chat_id) == (SECRETS["name"], SECRETS["chat id"])
        key = crypto.keyed_hash("operator", SECRETS["operator id"])
        operator = await s.scalar(select(Operator).where(Operator.telegram_hash == key))
        assert operator is not None
        assert operator.name == SECRETS["operator"]
    assert crypto.keyed_hash("chat", 5) != crypto.keyed_hash("operator", 5), "one hash tells nothing of the other"


@pytest.mark.usefixtures("database")
async def test_broken_letters_of_a_broken_client_are_kept_too() -> None:
    async with open_session() as s:
        odd = {"text": "a\ud83d \x00 \ufffe", "n": 1}
        s.add(Chat(chat_hash=b"x", chat_id="1", name="a\ud83d\x00"))
        s.add(Update(bot_id=1, update_id=9, kind="message", raw=odd))
        await s.commit()
    async with open_session() as s:
        assert (await s.scalars(select(Update.raw))).one() == odd
        assert (await s.scalars(select(Chat.name))).one() == "a\ud83d\x00"


@pytest.mark.usefixtures("database")
def test_the_first_start_makes_a_key_file_for_its_owner_alone(config: Settings) -> None:
    path = crypto.key_file(config)
    assert path.stat().st_mode & 0o777 == 0o600
    assert len(path.read_text().split()) == 1


async def test_two_processes_of_a_first_start_agree_on_one_key(database_url: str, config: Settings) -> None:
    session.bind(database_url)
    try:
        await asyncio.gather(*(session.open_keys(config) for _ in range(4)))
        await one_of_each()
    finally:
        await session.close()
    async with session.opened(database_url, config), open_session() as s:
        assert (await s.scalars(select(Chat.name))).one() == SECRETS["name"]


async def test_a_start_without_the_key_stops_and_makes_no_new_one(database: str, config: Settings) -> None:
    await session.close()
    crypto.key_file(config).unlink()
    with pytest.raises(KeysMissing, match="put the key file back"):
        async with session.opened(database, config):
            raise AssertionError("opened")
    assert not crypto.key_file(config).exists(), "a fresh key would hide the loss"
    crypto.key_file(config).write_text("")
    with pytest.raises(KeysMissing):
        async with session.opened(database, config):
            raise AssertionError("opened")


async def test_a_start_with_a_foreign_key_stops_before_it_writes(database: str, config: Settings) -> None:
    await session.close()
    with pytest.raises(KeysDoNotOpenDatabase, match="do not open this database"):
        async with session.opened(database, with_keys(config, crypto.new_key())):
            raise AssertionError("opened")


@pytest.mark.parametrize("nonsense", ["abc", "kunci rahasia", "ក" * 44, "A" * 43])
async def test_nonsense_for_a_key_is_named_as_such(database_url: str, config: Settings, nonsense: str) -> None:
    with pytest.raises(SettingInvalid, match="HOTLINE_KEYS") as told:
        async with session.opened(database_url, with_keys(config, nonsense)):
            raise AssertionError("opened")
    assert nonsense not in str(told.value), "a key never enters a message"


async def test_a_damaged_key_file_is_named_as_such(database_url: str, config: Settings) -> None:
    crypto.key_file(config).write_bytes(b"\xff\xfe\x00binary")
    with pytest.raises(SettingInvalid, match="Fernet"):
        async with session.opened(database_url, config):
            raise AssertionError("opened")


# -- rotation


async def _stored_file(config: Settings) -> Path:
    path = Path("0a") / "1.enc"
    await asyncio.to_thread(media._keep, media.folder() / path, b"%PDF contract of Siti")
    async with open_session() as s:
        row = (await s.scalars(select(Media))).one()
        row.state, row.path = "stored", str(path)
        await s.commit()
    return config.hotline_home / "media" / path


def tokens(url: str) -> list[bytes]:
    """Every encrypted value there is."""
    found = []
    with psycopg.connect(url) as connection:
        for table in Base.metadata.sorted_tables:
            for column in table.columns:
                if isinstance(column.type, crypto.EncryptedText | crypto.EncryptedJSON):
                    rows = connection.execute(f'select "{column.name}" from "{table.name}"').fetchall()
                    found += [bytes(value) for (value,) in rows if value is not None]
    return found


async def test_after_a_rotation_the_old_key_opens_nothing_and_the_new_one_all(database: str, config: Settings) -> None:
    await one_of_each()
    file = await _stored_file(config)
    old = crypto.key_file(config).read_text().strip()
    told = await rotate.rotate(config)
    assert "1 files" in told
    fresh = crypto.key_file(config).read_text().split()
    assert len(fresh) == 1
    assert fresh != [old]
    assert crypto.key_file(config).stat().st_mode & 0o777 == 0o600

    new, gone = crypto.Keys(fresh), crypto.Keys([old])
    values = [*tokens(database), file.read_bytes()]
    assert len(values) > len(SECRETS)
    for value in values:
        new.decrypt(value)
        with pytest.raises(KeysDoNotOpenDatabase):
            gone.decrypt(value)
    async with open_session() as s:
        chat = await s.scalar(select(Chat).where(Chat.chat_hash == crypto.keyed_hash("chat", SECRETS["chat id"])))
        assert chat is not None and chat.name == SECRETS["name"], "a chat is still found after a rotation"
        assert media.read((await s.scalars(select(Media))).one()) == b"%PDF contract of Siti"
    await session.close()
    with pytest.raises(KeysDoNotOpenDatabase):
        async with session.opened(database, with_keys(config, old)):
            raise AssertionError("opened")


async def _report(phone: str) -> None:
    """Somebody reported a recruiter's phone; Rasa remembers a conversation."""
    async with open_session() as s:
        chat = (await s.scalars(select(Chat))).one()
        recruiter = Recruiter(kind="phone", hash=crypto.keyed_hash("recruiter", f"phone:{phone}"))
        s.add(recruiter)
        await s.flush()
        reporter = crypto.keyed_hash("reporter", chat.chat_hash.hex())
        s.add(RecruiterReport(recruiter_id=recruiter.id, reporter=reporter))
        await s.execute(text("create schema if not exists rasa"))
        await s.execute(text("create table if not exists rasa.events (sender_id text primary key)"))
        await s.execute(text("insert into rasa.events values ('1:1')"))
        await s.commit()


async def _secrets() -> dict[str, str]:
    async with open_session() as s:
        return {row.name: row.value for row in await s.scalars(select(Secret))}


@pytest.mark.usefixtures("database")
async def test_after_a_rotation_no_former_secret_is_of_use_and_everybody_is_found(config: Settings) -> None:
    """Whoever had the keys read the lookup secret, Rasa's tracker key and the webhook's secret with them."""
    await one_of_each()
    await _report("+85512345678")
    await session.webhook_secret()
    async with open_session() as s:
        key = crypto.keyed_hash("chat", "-1001")
        s.add(Chat(chat_hash=key, chat_id="-1001", kind="operators", desk_hash=key))
        await s.commit()
    token = crypto.inside_token()
    for _ in range(2):
        before, hashed = await _secrets(), crypto.keyed_hash("chat", SECRETS["chat id"])
        await rotate.rotate(config)
        after = await _secrets()
        assert not {before[name] for name in ("lookup", "tracker", "webhook")} & {
            after[name] for name in ("lookup", "tracker", "webhook")
        }
        assert crypto.inside_token() != token
        async with open_session() as s:
            chat = (await s.scalars(select(Chat).where(Chat.kind == "private"))).one()
            assert chat.chat_hash == crypto.keyed_hash("chat", SECRETS["chat id"]) != hashed
            group = (await s.scalars(select(Chat).where(Chat.kind == "operators"))).one()
            assert group.chat_hash == group.desk_hash == crypto.keyed_hash("chat", "-1001"), "it receives its cases"
            operator = crypto.keyed_hash("operator", SECRETS["operator id"])
            assert (await s.scalars(select(Operator.telegram_hash))).one() == operator
            recruiter = crypto.keyed_hash("recruiter", "phone:+85512345678")
            found = (await s.scalars(select(Recruiter).where(Recruiter.hash == recruiter))).one()
            reporter = crypto.keyed_hash("reporter", chat.chat_hash.hex())
            mine = select(RecruiterReport.reporter).where(RecruiterReport.recruiter_id == found.id)
            assert (await s.scalars(mine)).one() == reporter
            assert await s.scalar(text("select count(*) from rasa.events")) == 0


@pytest.mark.parametrize("dies_in", ["_rotate_table", "_rotate_files"])
async def test_a_rotation_cut_off_anywhere_loses_nothing_and_is_finished_later(
    database: str, config: Settings, monkeypatch: pytest.MonkeyPatch, dies_in: str
) -> None:
    await one_of_each()
    file = await _stored_file(config)
    old = crypto.key_file(config).read_text().strip()
    genuine, seen = getattr(rotate, dies_in), []

    def dying(what: object) -> object:
        seen.append(what)
        if len(seen) == (5 if dies_in == "_rotate_table" else 1):
            raise RuntimeError("power cut")
        return genuine(what)

    with monkeypatch.context() as patch:
        patch.setattr(rotate, dies_in, dying)
        with pytest.raises(RuntimeError):
            await rotate.rotate(config)
    await session.close()
    crypto._keys = crypto._lookup_secret = None

    async with session.opened(database, config):
        async with open_session() as s:
            assert (await s.scalars(select(Chat.name))).one() == SECRETS["name"], "a start in between reads everything"
            assert (await s.scalars(select(Outgoing.payload))).one()["text"] == SECRETS["answer"]
            assert media.read((await s.scalars(select(Media))).one()).startswith(b"%PDF")
        await rotate.rotate(config)
        only = crypto.Keys(crypto.key_file(config).read_text().split())
        assert len(only.all) == 1 and only.all != [old]
        for value in [*tokens(database), file.read_bytes()]:
            only.decrypt(value)


async def test_keys_from_the_environment_are_rotated_to_the_first_of_them(database: str, config: Settings) -> None:
    await one_of_each()
    old, new = crypto.key_file(config).read_text().strip(), crypto.new_key()
    await session.close()
    both = with_keys(config, new, old)
    async with session.opened(database, both):
        await rotate.rotate(both)
    async with session.opened(database, with_keys(config, new)), open_session() as s:
        assert (await s.scalars(select(Chat.name))).one() == SECRETS["name"]


@pytest.mark.usefixtures("database")
async def test_keys_are_not_rotated_under_a_worker_that_lives(config: Settings) -> None:
    before = crypto.key_file(config).read_text()
    async with open_session() as s:
        await s.execute(text("insert into procrastinate_workers default values"))
        await s.commit()
    with pytest.raises(HotlineError, match="Stop it, rotate"):
        await rotate.rotate(config)
    assert crypto.key_file(config).read_text() == before
    async with open_session() as s:
        await s.execute(text("update procrastinate_workers set last_heartbeat = now() - interval '20 seconds'"))
        await s.commit()
    assert "fresh key" in await rotate.rotate(config)


async def test_keys_are_not_rotated_while_another_process_of_ours_is_connected(database: str, config: Settings) -> None:
    with psycopg.connect(database, application_name="hotline-abcdef01"), pytest.raises(HotlineError, match="running"):
        await rotate.rotate(config)


def test_a_file_for_which_the_disk_has_no_room_leaves_nothing_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(crypto.os, "fsync", full)
    with pytest.raises(OSError):
        crypto.write_private(tmp_path / "1.enc", b"words")
    assert list(tmp_path.iterdir()) == [], "half a file would keep the disk full"


async def test_a_process_that_starts_while_the_database_is_away_waits_for_it(
    database_url: str, config: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole, away = session.open_keys, [DatabaseUnavailable(), DatabaseUnavailable()]

    async def open_keys(given: Settings | None = None) -> None:
        if away:
            raise away.pop()
        await whole(given)

    monkeypatch.setattr(session, "open_keys", open_keys)
    with pytest.raises(DatabaseUnavailable):
        async with session.opened(database_url, config):
            pass
    async with session.opened(database_url, config, patient=True):
        assert not away
