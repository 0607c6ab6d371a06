"""Everything that is kept of one person: who that is, and a copy of it for them.

The copy is decrypted. It is made only by a command, into a folder for its owner alone.
"""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from cryptography.fernet import Fernet, InvalidToken
from sqlalchemy import ColumnElement, exists, or_, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from bot.errors import CaseError, CaseNotFound
from bot.outbox import media
from bot.settings import settings
from bot.storage import audit, crypto
from bot.storage import session as database
from bot.storage.models import (
    AuditEntry,
    Base,
    Case,
    CaseEvent,
    CaseHold,
    Chat,
    Media,
    Outgoing,
    RecruiterReport,
    TopicMessage,
    Unclear,
    Update,
)
from bot.storage.session import session

#: Folder of the copies under HOTLINE_HOME.
FOLDER: Final = "exports"
#: The rest of the tables: nothing in them is about a worker, or leads to one.
ABOUT_NOBODY: Final = frozenset(
    {
        *("secrets", "bots", "leases", "beats", "tallies", "operators", "fact_confirmations", "agency_lists"),
        *("agencies", "recruiters", "retention_reports", "alarms", "alarm_rings", "strangers"),
    }
)


async def of(s: AsyncSession, ref: str, *, lock: bool = False) -> tuple[Chat, list[Case]]:
    """A person's chat and their cases, the oldest first: by the reference of a case, or by their Telegram id.

    Raises CaseNotFound. With `lock` nothing is written to them until the transaction ends.
    """
    said = ref.strip()
    if re.fullmatch(r"[0-9]{5,20}", said):
        chat_id = await s.scalar(
            select(Chat.id).where(Chat.chat_hash == crypto.keyed_hash("chat", said), Chat.kind == "private")
        )
        if chat_id is None:
            raise CaseNotFound("Nobody with this Telegram id is kept: they never wrote, or are forgotten already.")
    else:
        asked = "H-" + said.upper().removeprefix("H-")
        row = (await s.execute(select(Case.chat_id, Case.anonymised_at).where(Case.ref == asked))).first()
        if row is None:
            raise CaseNotFound(f"No case has the reference {asked}. Give one, or the person's Telegram id.")
        if row.chat_id is None:
            raise CaseNotFound(
                f"{asked} was anonymised on {row.anonymised_at:%Y-%m-%d}: nothing is kept that leads to the person."
            )
        chat_id = row.chat_id
    # Chat before case, as everywhere. A message that comes now waits, and finds what is left.
    query = select(Chat).where(Chat.id == chat_id).execution_options(populate_existing=True)
    chat = (await s.scalars(query.with_for_update() if lock else query)).one()
    cases = select(Case).where(Case.chat_id == chat_id).order_by(Case.id).execution_options(populate_existing=True)
    return chat, list(await s.scalars(cases.with_for_update(key_share=True) if lock else cases))


def reporter(chat: Chat) -> bytes:
    """How a chat stands beside the recruiters it reported, as in bot/offers/service.py."""
    return crypto.keyed_hash("reporter", chat.chat_hash.hex())


def where(chat: Chat, cases: list[int]) -> Mapping[type[Base], ColumnElement[bool]]:
    """By table, which rows are about a person. A table that is neither here nor in ABOUT_NOBODY fails the tests."""
    theirs = exists().where(Update.id == Media.update_id, Update.case_id.in_(cases))
    return {
        Chat: Chat.id == chat.id,
        Case: Case.id.in_(cases),
        CaseHold: CaseHold.case_id.in_(cases),
        CaseEvent: CaseEvent.case_id.in_(cases),
        Update: or_(Update.chat_id == chat.id, Update.case_id.in_(cases)),
        Outgoing: or_(Outgoing.chat_id == chat.id, Outgoing.case_id.in_(cases)),
        Media: or_(Media.chat_id == chat.id, theirs),
        TopicMessage: TopicMessage.case_id.in_(cases),
        Unclear: Unclear.chat_id == chat.id,
        RecruiterReport: RecruiterReport.reporter == reporter(chat),
        AuditEntry: AuditEntry.about.in_([f"chat:{chat.id}", *(f"case:{number}" for number in cases)]),
    }


async def export(ref: str, folder: Path | None = None) -> str:
    """Write everything that is kept of a person, decrypted, into a new folder. Returns a sentence.

    Raises CaseNotFound, CaseError when something is in the folder already.
    """
    if folder is None:
        name = re.sub(r"[^A-Za-z0-9-]", "", ref)
        folder = settings().hotline_home / FOLDER / f"{name}-{dt.datetime.now(dt.UTC):%Y-%m-%d-%H%M%S}"
    folder = folder.expanduser().resolve()
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise CaseError(f"{folder} is not empty. Name a folder that does not exist yet: nothing is overwritten.")
    async with session() as s:
        chat, cases = await of(s, ref)
        ids = [case.id for case in cases]
        kept: dict[str, Any] = {"exported_at": dt.datetime.now(dt.UTC).isoformat(timespec="seconds"), "tables": {}}
        files: dict[str, Media] = {}
        for table, rows in where(chat, ids).items():
            found = list(await s.scalars(select(table).where(rows).order_by(*table.__table__.primary_key)))
            kept["tables"][table.__tablename__] = [_plain(row) for row in found]
            files |= {_name(row): row for row in found if isinstance(row, Media) and row.path is not None}
        kept["rasa"] = await _rasa(s, chat.id)
        kept["files"] = {name: row.id for name, row in files.items()}
        # Before anything is written: no copy without an entry.
        for about in [f"case:{number}" for number in ids] or [f"chat:{chat.id}"]:
            audit.record(s, "person_exported", about=about, files=len(files))
        await s.commit()
    missing = _write(folder, kept, files)
    lost = f" {len(missing)} files are not on the disk any more: {', '.join(missing)}." if missing else ""
    return (
        f"Written to {folder}: person.json and {len(files) - len(missing)} files, readable by you alone.{lost} "
        "They are not encrypted: hand them over safely, then delete the folder."
    )


def _plain(row: Base) -> dict[str, Any]:
    """A row as JSON: times in UTC, bytes as hexadecimal digits, encrypted columns open."""
    return {column.key: _json(getattr(row, column.key)) for column in row.__mapper__.column_attrs}


def _json(value: Any) -> Any:
    if isinstance(value, dt.datetime):
        return value.isoformat()
    return value.hex() if isinstance(value, bytes) else value


def _name(row: Media) -> str:
    """The name of a file in the copy: its row, and how it ends; nothing else of what the sender named it."""
    end = Path(row.name or "").suffix.lower()
    end = end if re.fullmatch(r"\.[a-z0-9]{1,8}", end) else media.SUFFIXES.get(row.kind, "")
    return f"files/{row.id}{end}"


async def _rasa(s: AsyncSession, chat_id: int) -> list[Any]:
    """What Rasa remembers of the conversation, opened with its key (nlu/rasa_server/tracker_store.py)."""
    if not await s.scalar(text("select to_regclass('rasa.events') is not null")):
        return []
    key = Fernet(crypto.tracker_fernet_key(await database.tracker_key()))
    rows = await s.scalars(
        text("select data from rasa.events where split_part(sender_id, ':', 1) = :chat"), {"chat": str(chat_id)}
    )
    found: list[Any] = []
    for data in rows:
        try:
            found.append(json.loads(key.decrypt(bytes(data))))
        except (InvalidToken, ValueError):
            # Written under a former key: nobody can read it, Rasa neither.
            found.append(None)
    return found


def _write(folder: Path, kept: Mapping[str, Any], files: Mapping[str, Media]) -> list[str]:
    """Write the copy, each file for its owner alone. Returns the names of files that are not on the disk any more."""
    missing = []
    for path in (folder, folder / "files"):
        path.mkdir(parents=True, exist_ok=True, mode=0o700)
        path.chmod(0o700)
    for name, row in files.items():
        try:
            content = (media.folder() / str(row.path)).read_bytes()
        except FileNotFoundError:
            missing.append(name)
            continue
        crypto.write_private(folder / name, crypto.keys().decrypt(content))
    words = json.dumps(kept, ensure_ascii=False, indent=1).encode("utf-8", "surrogatepass")
    crypto.write_private(folder / "person.json", words)
    return missing
