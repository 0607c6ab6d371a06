"""The files in HOME/run by which the processes of a hotline tell each other how they are."""

from __future__ import annotations

import os
from pathlib import Path


def ready_file(home: Path, name: str) -> Path:
    """Where a process without an address of its own says that it works."""
    folder = home / "run"
    folder.mkdir(parents=True, exist_ok=True)
    return folder / f"{name}.ready"


def mark_ready(home: Path, name: str) -> None:
    """This process says that it works."""
    ready_file(home, name).write_text(str(os.getpid()))


def beat_file(home: Path) -> Path:
    """What the process that forks touches with each look at its forks."""
    return home / "run" / "parts.beat"


def measures_folder(home: Path, name: str) -> Path:
    """Where a process writes what it measures of itself (bot/runtime/measure.py)."""
    return home / "run" / f"{name}.measures"
