"""What can be wrong with the embedded PostgreSQL, each with what to do next.

DatabaseUnavailable (bot.errors)
├── DataMissing
├── DataNotOurs
├── PasswordMissing
└── PasswordRefused
"""

from __future__ import annotations

from pathlib import Path

from bot.errors import DatabaseUnavailable


class DataMissing(DatabaseUnavailable):
    """The folder that held the database is gone."""

    def __init__(self, data: Path, folder: Path) -> None:
        super().__init__(
            f"The database that belongs to this HOTLINE_HOME is gone: {data} is missing. Put it back from a backup, "
            f"or delete {folder} to begin with an empty database."
        )


class DataNotOurs(DatabaseUnavailable):
    """The database belongs to another user of this machine, or to another version of PostgreSQL."""


class PasswordMissing(DatabaseUnavailable):
    """The database exists, its password file does not."""

    def __init__(self, file: Path, home: Path) -> None:
        super().__init__(f"The password file of the database, {file}, is missing or empty. {_way_out(home)}")


class PasswordRefused(DatabaseUnavailable):
    """The database exists and refuses the password in its file."""

    def __init__(self, file: Path, home: Path) -> None:
        super().__init__(f"The database refuses the password in {file}. {_way_out(home)}")


def _way_out(home: Path) -> str:
    return (
        "Put the file back from a backup, or set a new password, which keeps every row: "
        f"stop the hotline, then python -m bot.storage.embedded --new-password '{home}'"
    )
