"""What a backup holds, in a file beside it: so that a part that is missing or altered is noticed before it is used.

Nothing personal stands in it: sizes, hashes, counts, and which keys are needed (by their fingerprints).
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Self

from bot.settings import Settings
from bot.storage.backup.problems import BackupDamaged
from bot.storage.crypto import Keys

NAME = "MANIFEST.json"
DUMP = "database.dump"
#: What an installation is set up with and is no secret: which desks there are, the webhook's certificate.
CONFIG = "config"
SITES, CERTIFICATE = f"{CONFIG}/sites.yml", f"{CONFIG}/webhook/"
#: The layout of the folder. A hotline that knows only an older one refuses it.
FORMAT = 1


@dataclass(frozen=True)
class File:
    """One file of a backup, by its path in the folder."""

    path: str
    bytes: int
    sha256: str


@dataclass(frozen=True)
class Manifest:
    """Everything about a backup but its contents."""

    #: ISO time in UTC at which the database was as the backup shows it.
    made_at: str
    #: Version of the hotline, revision of its schema, and version number of the PostgreSQL server.
    version: str
    revision: str
    server_version: int
    #: Rows of each table, "schema.table".
    tables: dict[str, int]
    files: list[File]
    #: Fingerprints of the keys that the rows and files may be encrypted under, newest first.
    keys: list[str]
    #: A value of the database as it rests there, encrypted: whoever opens it has the keys.
    proof: str
    #: Settings of this installation that its rows go with, none of them readable.
    settings: dict[str, str] = field(default_factory=dict)
    #: Row ids of files that were deleted while the backup was made.
    media_missing: list[int] = field(default_factory=list)
    format: int = FORMAT

    @property
    def bytes(self) -> int:
        """The size of all files."""
        return sum(file.bytes for file in self.files)

    def write(self, folder: Path) -> None:
        """Write it with a hash of its own, so that a half-written one is no manifest."""
        body = asdict(self)
        text = json.dumps({**body, "sha256": _digest(body)}, indent=1, sort_keys=True)
        (folder / NAME).write_text(text + "\n", encoding="ascii")

    @classmethod
    def read(cls, folder: Path) -> Self:
        """Raises BackupDamaged."""
        try:
            body: dict[str, Any] = json.loads((folder / NAME).read_text(encoding="ascii"))
            given = body.pop("sha256")
        except FileNotFoundError:
            raise BackupDamaged(folder, [f"there is no {NAME} in it, so it is no finished backup"]) from None
        except (OSError, ValueError, KeyError, AttributeError):
            raise BackupDamaged(folder, [f"{NAME} cannot be read"]) from None
        if given != _digest(body):
            raise BackupDamaged(folder, [f"{NAME} was altered"])
        if body.get("format") != FORMAT:
            raise BackupDamaged(folder, [f"its layout {body.get('format')} is of a newer hotline: update this one"])
        return cls(**{**body, "files": [File(**file) for file in body["files"]]})

    @property
    def name(self) -> str:
        """What tells this backup from any other."""
        return _digest(asdict(self))


def _digest(body: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(body, sort_keys=True).encode("ascii")).hexdigest()


def fingerprints(keys: Keys) -> list[str]:
    """Names of keys that give nothing away: the first 8 hexadecimal digits of each key's SHA-256."""
    return [hashlib.sha256(key.encode("ascii")).hexdigest()[:8] for key in keys.all]


def of_settings(config: Settings) -> dict[str, str]:
    """What a restore should find set as it was: which bot, and which groups (hashed)."""
    groups = {"OPERATORS_CHAT_ID": config.operators_chat, **config.operators_chats}
    hashed = {name: hashlib.sha256(str(group).encode()).hexdigest()[:12] for name, group in groups.items() if group}
    return {"bot": config.token.partition(":")[0], **hashed}


def hash_of(path: Path) -> str:
    """SHA-256 of a file, hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
