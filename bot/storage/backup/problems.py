"""What can keep a backup or a restore from being made, each with what to do next.

HotlineError (bot.errors)
├── BackupRefused
│   └── NoSpace
├── BackupDamaged
└── RestoreRefused
    └── RestoreUnfinished
"""

from __future__ import annotations

from pathlib import Path

from bot.errors import HotlineError


class BackupRefused(HotlineError):
    """The backup was not made. Nothing was overwritten."""


class NoSpace(BackupRefused):
    """There is too little room on a disk."""

    def __init__(self, folder: Path, needed: int, free: int) -> None:
        super().__init__(
            f"About {megabytes(needed)} MB are needed in {folder}, and {megabytes(free)} MB are free. "
            "Nothing was written. Make room, or choose a folder on another disk, then start again."
        )


class BackupDamaged(HotlineError):
    """The backup is not what it was when it was made."""

    def __init__(self, folder: Path, what: list[str]) -> None:
        more = f" and {len(what) - 5} more" if len(what) > 5 else ""
        super().__init__(
            f"The backup in {folder} cannot be used: {'; '.join(what[:5])}{more}. Take another copy of it."
        )


class RestoreRefused(HotlineError):
    """The restore was not begun. Nothing was overwritten."""


class RestoreUnfinished(RestoreRefused):
    """A restore was broken off here. Run the same `hotline restore` again: it goes on where it ended."""


def megabytes(count: int) -> int:
    """Bytes as whole megabytes, rounded up."""
    return -(-count // 1_000_000)
