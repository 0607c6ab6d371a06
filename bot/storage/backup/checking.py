"""Checking a backup against its manifest."""

from __future__ import annotations

from pathlib import Path

from bot.storage.backup.manifest import Manifest, hash_of
from bot.storage.backup.problems import BackupDamaged, RestoreRefused


def verify(folder: Path) -> Manifest:
    """Read a backup whole and compare every file. Raises BackupDamaged, naming what is wrong."""
    folder = folder.absolute()
    if folder.name.endswith(".partial"):
        raise RestoreRefused(f"{folder} is a backup that was broken off. Take a finished one.")
    manifest = Manifest.read(folder)
    wrong = []
    for file in manifest.files:
        path = folder / file.path
        if not path.resolve().is_relative_to(folder.resolve()):
            wrong.append(f"{file.path} lies outside")
        elif not path.is_file():
            wrong.append(f"{file.path} is missing")
        elif path.stat().st_size != file.bytes:
            wrong.append(f"{file.path} has {path.stat().st_size} bytes instead of {file.bytes}")
        elif hash_of(path) != file.sha256:
            wrong.append(f"{file.path} was altered")
    if wrong:
        raise BackupDamaged(folder, wrong)
    return manifest
