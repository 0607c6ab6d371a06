"""Where a run of the tests writes: in memory where there is room, since the tests make a thousand databases.

On a disk one database costs half a second of writing, in memory a twentieth. PostgreSQL runs with the settings of an
installation either way: what a `kill -9` loses or keeps is the same in both places.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

#: A file system in memory, on Linux.
MEMORY = Path("/dev/shm")
#: Bytes that must be free there, and of memory in all: a run with four workers keeps under 2 GB in it.
ROOM, FREE_MEMORY = 4 * 1024**3, 8 * 1024**3
PREFIX = "hotline-run-"


def make() -> Path | None:
    """The folder of this run in memory, now Python's and its children's place for temporary files.

    None where the machine has no room in memory, or the environment says with TMPDIR where temporary files go.
    """
    if "TMPDIR" in os.environ or not _has_room():
        return None
    for left in MEMORY.glob(f"{PREFIX}*"):
        if not Path("/proc", left.name.removeprefix(PREFIX)).exists():
            shutil.rmtree(left, ignore_errors=True)
    folder = MEMORY / f"{PREFIX}{os.getpid()}"
    folder.mkdir(mode=0o711)
    # The database's user passes through, whatever the umask is.
    folder.chmod(0o711)
    os.environ["TMPDIR"] = tempfile.tempdir = str(folder)
    return folder


def remove(folder: Path) -> None:
    """Remove the folder of a run, with whatever its tests left there."""
    shutil.rmtree(folder, ignore_errors=True)


def _has_room() -> bool:
    try:
        there = os.statvfs(MEMORY)
        lines = Path("/proc/meminfo").read_text(encoding="ascii").splitlines()
        available = next(int(line.split()[1]) * 1024 for line in lines if line.startswith("MemAvailable:"))
    except (OSError, StopIteration):
        return False
    # Some tests run a script that they wrote.
    may_run = not there.f_flag & os.ST_NOEXEC
    return may_run and there.f_bavail * there.f_frsize >= ROOM and available >= FREE_MEMORY
