"""Which processes are PostgreSQL servers of one data folder.

A process id in a file proves nothing: the process may be a zombie, or the number may belong to somebody else by now.
What counts is a living process named `postgres`, of the folder's owner, that works in that folder.
"""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from bot.errors import DatabaseUnavailable

PROC = Path("/proc")


@dataclass(frozen=True)
class Process:
    """One living process, as the system shows it. Zombies are not living."""

    pid: int
    parent: int
    uid: int
    name: str
    command: str
    #: None where the system does not tell: on macOS, or to a root without CAP_SYS_PTRACE (a plain Docker container).
    cwd: Path | None


def postgres_of(data: Path, uid: int) -> list[Process]:
    """The living postgres processes of this data folder, the server (postmaster) first, if it lives."""
    found = [p for p in _everyone() if works_in(p, data, uid)]
    members = {p.pid for p in found}
    return sorted(found, key=lambda p: (p.parent in members, not _is_server(p), p.pid))


def postmaster_of(data: Path, uid: int) -> Process | None:
    """The living server of this data folder, or None. Children that outlived their server do not count."""
    first = next(iter(postgres_of(data, uid)), None)
    return first if first is not None and _is_server(first) else None


def is_recovering(server: Process) -> bool:
    """True while this server replays its log after a crash."""
    return any(p.parent == server.pid and p.command.startswith("postgres: startup") for p in _everyone())


def works_in(process: Process, data: Path, uid: int) -> bool:
    """True if this is a postgres process of this data folder, run by the folder's owner."""
    if process.uid != uid or process.name != "postgres":
        return False
    if process.cwd is not None:
        return process.cwd == data
    return f" -D {data} -c " in process.command


def look(pid: int) -> Process | None:
    """One process, or None if it does not live."""
    if PROC.joinpath("self", "stat").exists():
        return _look_in_proc(pid)
    return next((p for p in _everyone() if p.pid == pid), None)


def _is_server(process: Process) -> bool:
    # Children rename themselves to `postgres: checkpointer` and the like.
    return not process.command.startswith("postgres:")


def _everyone() -> Iterator[Process]:
    if PROC.joinpath("self", "stat").exists():
        for entry in PROC.iterdir():
            if entry.name.isdigit() and (process := _look_in_proc(int(entry.name))):
                yield process
        return
    try:
        listing = subprocess.run(
            ["ps", "-axww", "-o", "pid=,ppid=,uid=,stat=,command="], capture_output=True, text=True, check=True
        ).stdout
    except (OSError, subprocess.CalledProcessError) as problem:
        raise DatabaseUnavailable(
            "Cannot list the processes of this machine, so cannot tell whether the database already runs. "
            "Mount /proc or install ps, then start again."
        ) from problem
    for line in listing.splitlines():
        pid, parent, uid, state, command = line.split(None, 4) if line.count(" ") > 3 else ("0", "0", "0", "Z", "")
        if not state.startswith("Z"):
            program = command.split(" -D ")[0].split(":")[0]
            yield Process(int(pid), int(parent), int(uid), program.rpartition("/")[2], command, None)


def _look_in_proc(pid: int) -> Process | None:
    folder = PROC / str(pid)
    try:
        name, _, rest = folder.joinpath("stat").read_text(errors="replace").partition("(")[2].rpartition(")")
        state, parent = rest.split()[:2]
        command = folder.joinpath("cmdline").read_bytes().decode(errors="surrogateescape").replace("\0", " ")
        # The owner of the /proc entry can be root for a process that may not be dumped, so read its real uid.
        status = folder.joinpath("status").read_text(errors="replace")
        uid = next(int(line.split()[1]) for line in status.splitlines() if line.startswith("Uid:"))
    except (OSError, StopIteration, ValueError):
        return None
    if state in "ZXx":
        return None
    try:
        cwd = folder.joinpath("cwd").readlink()
    except OSError:
        cwd = None
    return Process(pid, int(parent), uid, name, command, cwd)
