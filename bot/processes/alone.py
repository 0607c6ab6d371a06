"""One `hotline run` a home: two would take turns at the same pages, files and leases, and one of them answer nobody."""

from __future__ import annotations

import contextlib
import fcntl
import os
from collections.abc import Iterator
from pathlib import Path

from bot.errors import HotlineRunsAlready


@contextlib.contextmanager
def alone(home: Path) -> Iterator[None]:
    """Be the only `hotline run` of a home. Raises HotlineRunsAlready.

    The kernel gives the lock back when this process ends, however it ends; children do not inherit it.
    """
    # As PostgreSQL's launcher makes it: a database user other than ours has to pass through.
    home.mkdir(mode=0o711 if os.geteuid() == 0 else 0o700, parents=True, exist_ok=True)
    folder = home / "run"
    folder.mkdir(exist_ok=True)
    handle = os.open(folder / "lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise HotlineRunsAlready(home, os.read(handle, 20).decode("ascii", "replace").strip()) from None
        os.ftruncate(handle, 0)
        os.write(handle, f"{os.getpid()}\n".encode())
        yield
    finally:
        os.close(handle)
