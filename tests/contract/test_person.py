"""What is kept of one person: a copy for them, and everything deleted because they ask for it."""

from __future__ import annotations

import asyncio
import json
import stat
import subprocess
from pathlib import Path

import pytest
from sqlalchemy import func, select, text

from bot.cases import person
from bot.cases.retention import holds
from bot.cases.retention import person as erasing
from bot.errors import CaseError, CaseNotFound
from bot.outbox import media
from bot.processes.supervisor import NLU_PYTHON
from bot.settings import ROOT
from bot.storage import audit, audited, crypto
from bot.storage import session as database
from bot.storage.models import AuditEntry, Base, Case, Chat, Outgoing, RetentionReport, Update
from bot.storage.session import session
from tests.contract.test_anonymising import CANARIES, closes, found_canaries, told
from tests.support.kept import older
from tests.support.rooms import Rooms


def test_every_table_is_about_a_person_or_about_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    chat = Chat(id=1, chat_hash=b"h")
    monkeypatch.setattr(crypto, "_lookup_secret", b"s" * 32)
    person_tables = {table.__tablename__ for table in person.where(chat, [1])}
    assert person_tables | person.ABOUT_NOBODY == set(Base.metadata.tables)
    assert not person_tables & person.ABOUT_NOBODY


async def entries(what: str) -> list[tuple[str, str]]:
    async with session() as s:
        found = await s.scalars(select(AuditEntry).where(AuditEntry.what == what).order_by(AuditEntry.id))
        return [(entry.about, entry.actor) for entry in found]


def closed_by_rasa(tracker_key: str, words: bytes) -> bytes:
    """What Rasa's own environment makes of words that it keeps."""
    program = (
        "import sys\nfrom cryptography.fernet import Fernet\n"
        "from nlu.rasa_server.tracker_store import tracker_fernet_key\n"
        "sys.stdout.buffer.write(Fernet(tracker_fernet_key(sys.argv[1])).encrypt(sys.stdin.buffer.read()))"
    )
    command = [NLU_PYTHON, "-c", program, tracker_key]
    return subprocess.run(command, cwd=ROOT, input=words, capture_output=True, check=True).stdout


class TestExport:
    async def test_everything_is_in_it_opened_and_for_its_owner_alone(self, rooms: Rooms, tmp_path: Path) -> None:
        case = await told(rooms)
        await rooms.writes("halo kak, saya orang lain", 77)
        audit.act_as_command("Ibu Rini")
        folder = tmp_path / "copy"
        said = await person.export(case.ref, folder)
        assert str(folder) in said
        words = (folder / "person.json").read_text(encoding="utf-8")
        kept = json.loads(words)
        left_out = {name for name, word in CANARIES.items() if word not in words}
        assert left_out <= {"file", "copy without metadata", "press"}
        assert "orang lain" not in words
        [name] = kept["files"]
        assert (folder / name).read_text() == CANARIES["file"]
        assert [row["ref"] for row in kept["tables"]["cases"]] == [case.ref]
        assert kept["tables"]["chats"][0]["chat_id"] == "41"
        assert {stat.S_IMODE(path.stat().st_mode) for path in folder.rglob("*") if path.is_file()} == {0o600}
        assert {stat.S_IMODE(path.stat().st_mode) for path in (folder, folder / "files")} == {0o700}
        assert (await entries("person_exported"))[0][0] == f"case:{case.id}"
        assert (await entries("person_exported"))[0][1].endswith(" as Ibu Rini")

    async def test_what_rasa_remembers_is_opened_as_rasas_own_store_closed_it(
        self, rooms: Rooms, tmp_path: Path
    ) -> None:
        case = await told(rooms)
        closed = await asyncio.to_thread(closed_by_rasa, await database.tracker_key(), b'[{"event": "slot"}]')
        async with session() as s:
            await s.execute(text("create schema if not exists rasa"))
            await s.execute(text("create table rasa.events (sender_id text, timestamp float, data bytea)"))
            insert = text("insert into rasa.events values (:sender, 0, :data)")
            await s.execute(insert, {"sender": f"{case.chat_id}:1", "data": closed})
            await s.commit()
        await person.export(case.ref, tmp_path / "copy")
        kept = json.loads((tmp_path / "copy" / "person.json").read_text(encoding="utf-8"))
        assert kept["rasa"] == [[{"event": "slot"}]]

    async def test_a_held_case_may_be_copied_and_a_telegram_id_will_do(self, rooms: Rooms, tmp_path: Path) -> None:
        case = await told(rooms)
        await holds.hold(case.ref, why="sidang", by="Sari")
        await rooms.writes("halo kak", 410077)
        await person.export("410077", tmp_path / "other")
        kept = json.loads((tmp_path / "other" / "person.json").read_text(encoding="utf-8"))
        assert len(kept["tables"]["updates"]) == 1 and kept["tables"]["cases"] == []
        await person.export(case.ref, tmp_path / "held")

    async def test_nothing_is_overwritten_and_nobody_unknown_is_copied(self, rooms: Rooms, tmp_path: Path) -> None:
        case = await told(rooms)
        (tmp_path / "there").write_text("x")
        with pytest.raises(CaseError, match="not empty"):
            await person.export(case.ref, tmp_path)
        for ref in ("H-ZZZZ", "123456789"):
            with pytest.raises(CaseNotFound):
                await person.export(ref, tmp_path / "y")
        assert await entries("person_exported") == []


class TestErase:
    async def test_nothing_is_left_but_the_row_for_statistics_and_others_keep_theirs(self, rooms: Rooms) -> None:
        case = await closes(rooms, await told(rooms))
        await rooms.writes("halo kak, saya orang lain", 77)
        await older(1)
        said = await erasing.erase(case.ref.lower())
        assert said.startswith("Erased:") and case.ref in said
        assert await found_canaries() <= {"worker's name", "press"}, "the other chat has the same name"
        async with session() as s:
            left = await s.get_one(Case, case.id)
            assert (left.chat_id, left.facts, left.outcome, left.priority) == (None, {}, "resolved", 2)
            assert left.anonymised_at is not None
            assert await s.scalar(select(func.count()).select_from(Chat).where(Chat.kind == "private")) == 1
            assert await s.scalar(select(func.count()).select_from(Update).where(Update.case_id == case.id)) == 0
            report = (await s.scalars(select(RetentionReport))).one()
            assert report.counts["closed_cases"]["cases"] == 1
        assert not list(media.folder().rglob("*.enc"))
        assert [about for about, _ in await entries("person_erased")] == [f"case:{case.id}"]
        assert (await audited.verified())[1] == 0
        with pytest.raises(CaseNotFound, match="anonymised"):
            await erasing.erase(case.ref)

    async def test_somebody_without_a_case(self, rooms: Rooms) -> None:
        await rooms.writes("halo kak, mau tanya", 410077)
        await rooms.delivers()
        await older(1)
        await erasing.erase("410077")
        async with session() as s:
            assert await s.scalar(select(func.count()).select_from(Chat).where(Chat.kind == "private")) == 0
            assert await s.scalar(select(func.count()).select_from(Outgoing)) == 0

    async def test_a_legal_hold_an_open_case_and_what_is_under_way_stop_it(self, rooms: Rooms) -> None:
        case = await told(rooms)
        with pytest.raises(CaseError, match=r"still open: .* Nothing was deleted"):
            await erasing.erase(case.ref)
        await closes(rooms, case)
        await holds.hold(case.ref, why="sidang", by="Sari")
        await older(1)
        before = await found_canaries()
        with pytest.raises(CaseError, match=f"{case.ref} is under a legal hold"):
            await erasing.erase(case.ref)
        await holds.release(case.ref, by="Sari")
        await rooms.stores(rooms.update(text="halo?"))
        with pytest.raises(CaseError, match="try again"):
            await erasing.erase(case.ref)
        assert await found_canaries() == before
        assert await entries("person_erased") == []
