"""What a child gives up before it reads a stranger's file: everything but its own memory and the programs' own files.

The files are shut off by the first of these walls that this machine offers, and there must be one:

1. **Landlock** (`landlock.py`): Linux 5.13 and later, also in a container that may not make namespaces.
2. **A view of its own** (`view.py`): a mount namespace in which nothing else exists; for a kernel without Landlock.

Behind it always stands **seccomp** (`seccomp.py`): no socket, no other process, no open file to write, no new program
save those named. Programs that the child may start inherit all of it. Where a wall cannot be put up, or where a test
of it afterwards finds a hole, the child ends without having read anything.
"""

from __future__ import annotations

import ctypes
import os
import resource
import shutil
import sys
import sysconfig
from pathlib import Path
from typing import NoReturn

from bot.runtime.file_jail import NOT_CONFINED, ROOT, landlock, seccomp, view

#: What programs and libraries of the system read: themselves, fonts for a PDF that brings none, tesseract's languages.
_SYSTEM = (
    *("/lib", "/lib64", "/usr/lib", "/usr/lib64", "/usr/local/lib", "/etc/ld.so.cache"),
    *("/usr/share/fonts", "/usr/local/share/fonts"),
    *("/usr/share/tesseract-ocr", "/usr/share/tessdata", "/usr/local/share/tessdata"),
)
#: What the kernel itself starts before a program: the loader of its libraries.
_LOADERS = ("/lib64/ld-linux-*.so.*", "/lib/ld-linux-*.so.*", "/lib/ld-musl-*.so.*")
#: Files that every Linux has and the child must not be able to open. Source: proc(5), passwd(5).
_SHUT = ("/proc/self/environ", "/proc/self/status", "/etc/passwd")
_PR_CAPBSET_DROP, _PR_SET_NO_NEW_PRIVS = 24, 38
#: Source: linux/capability.h, _LINUX_CAPABILITY_VERSION_3; two words for each of three sets.
_CAPABILITIES_VERSION = 0x20080522

libc = ctypes.CDLL(None, use_errno=True)


class Hole(Exception):
    """The child is not confined: its one argument says what is open."""


def confine(memory_bytes: int, cpu_seconds: int, program: str | None = None) -> str:
    """Put up all walls, or end the process with NOT_CONFINED. Called before anything else is done or imported.

    The limits are of address space and of processor time. `program`, found in PATH, may still be started. Returns the
    name of the wall around the files.
    """
    os.nice(10)
    for what, limit in (
        (resource.RLIMIT_AS, memory_bytes),
        (resource.RLIMIT_CPU, cpu_seconds),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(what, (limit, limit))
    try:
        wall = _shut_files(_readable(), _runnable(program))
        _drop_capabilities()
        seccomp.enter(starting=program is not None)
        _prove()
    except (OSError, Hole) as problem:
        _give_up(problem)
    return wall


def exposes(path: Path) -> bool:
    """Whether something lies in a folder that every child may read: it would lie open to strangers' files."""
    return any(path.resolve().is_relative_to(folder) for folder in _readable())


def _readable() -> list[Path]:
    """Folders and files that hold programs and nobody's secrets: Python's, the libraries', our own code."""
    python = [sysconfig.get_path(name) for name in ("stdlib", "platstdlib", "purelib", "platlib")]
    return _there(*_SYSTEM, *python, str(ROOT / "bot"))


def _runnable(program: str | None) -> list[Path]:
    found = shutil.which(program) if program else None
    if found is None:
        return []
    return _there(found, *(str(path) for pattern in _LOADERS for path in Path("/").glob(pattern[1:])))


def _there(*paths: str) -> list[Path]:
    return sorted({Path(path).resolve() for path in paths if Path(path).exists()})


def _shut_files(readable: list[Path], runnable: list[Path]) -> str:
    # Without this neither Landlock nor seccomp may be had, and a program could gain rights by being started.
    if libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0:
        raise Hole("no_new_privs")
    try:
        return f"Landlock {landlock.enter(readable, runnable)}"
    except OSError:
        view.enter(readable, runnable)
        return "a mount namespace"


def _drop_capabilities() -> None:
    """Whoever runs as root gives up what root may do beyond its own files."""
    for capability in range(64):
        libc.prctl(_PR_CAPBSET_DROP, capability, 0, 0, 0)
    header = (ctypes.c_uint32 * 2)(_CAPABILITIES_VERSION, 0)
    if libc.capset(header, (ctypes.c_uint32 * 6)()) != 0:
        raise Hole("capabilities")


def _prove() -> None:
    """Try what must not work. A kernel that accepts a rule and does not keep it is none to rely on."""
    for path in _SHUT:
        try:
            os.close(os.open(path, os.O_RDONLY))
        except OSError:
            continue
        raise Hole(path)
    for name, family in (("network", 2), ("unix sockets", 1)):
        if libc.socket(family, 1, 0) != -1:
            raise Hole(name)
    if libc.kill(os.getppid(), 0) != -1:
        raise Hole("signals")


def _give_up(problem: Exception) -> NoReturn:
    sys.stdout.write(f"{type(problem).__name__}: {problem}\n")
    sys.stdout.flush()
    os._exit(NOT_CONFINED)


if __name__ == "__main__":
    # For `walls()`: which wall this machine has.
    sys.stdout.write(confine(256 * 1024 * 1024, 5) + "\n")
