"""What code that took over the reader of a file would try: `python -m tests.support.prisoner < where`.

`where` is JSON: `home`, `checkout`, `port`, `socket`. The answer names each attempt that gained something, and what.
"""

from __future__ import annotations

import ctypes
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from bot.runtime.file_jail.confine import confine

LOADER = next(iter([*Path("/lib64").glob("ld-linux-*.so.*"), *Path("/lib").glob("ld-*.so.*")]), None)


def attempts(where: dict[str, Any]) -> dict[str, Callable[[], object]]:
    home, parent = Path(where["home"]), os.getppid()
    libc = ctypes.CDLL(None)

    def memory() -> str:
        with open(f"/proc/{parent}/mem", "rb", 0) as file:  # noqa: PTH123
            return str(file.name)

    def peek() -> int:
        # process_vm_readv, which needs no file.
        found = libc.syscall({"x86_64": 310, "aarch64": 270}[os.uname().machine], parent, None, 0, None, 0, 0)
        return int(found) if found >= 0 else _refused()

    def trace() -> str:
        # PTRACE_SEIZE: the parent is not stopped by it.
        return "traced" if libc.ptrace(0x4206, parent, None, None) == 0 else str(_refused())

    def connect(family: int, kind: int, to: Any) -> str:
        with socket.socket(family, kind) as made:
            made.connect(to)
        return "connected"

    def start(*command: str) -> str:
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout or "started"

    return {
        "keys": (home / "keys").read_text,
        "database password": (home / "password").read_text,
        "settings of the checkout": lambda: Path(where["checkout"], "pyproject.toml").read_text(),
        "media": lambda: list((home / "media").iterdir()),
        "a named file of media": (home / "media" / "1.enc").read_bytes,
        "environment of the parent": Path(f"/proc/{parent}/environ").read_bytes,
        "own environment by the file": Path("/proc/self/environ").read_bytes,
        "memory of the parent by its file": memory,
        "memory of the parent": peek,
        "tracing the parent": trace,
        "signals to the parent": lambda: os.kill(parent, signal.SIGCONT) or "sent",
        "changing the rights of the keys": lambda: (home / "keys").chmod(0o644) or "changed",
        "deleting evidence": lambda: (home / "media" / "1.enc").unlink() or "deleted",
        "renaming evidence": lambda: (home / "media" / "1.enc").rename(home / "media" / "2.enc"),
        "writing a file": lambda: (home / "new").write_text(""),
        "writing into /tmp": lambda: Path("/tmp/prisoner").write_text(""),
        "the database over TCP": lambda: connect(socket.AF_INET, socket.SOCK_STREAM, ("127.0.0.1", where["port"])),
        "the database by its socket": lambda: connect(socket.AF_UNIX, socket.SOCK_STREAM, where["socket"]),
        "UDP": lambda: connect(socket.AF_INET, socket.SOCK_DGRAM, ("127.0.0.1", where["port"])),
        "a shell": lambda: start("/bin/sh", "-c", "echo out"),
        "a shell by the loader of programs": lambda: start(str(LOADER), "/bin/sh", "-c", "echo out"),
        "Python once more": lambda: start(sys.executable, "-c", "print('out')"),
        "a process of its own": lambda: os.fork() or os._exit(0),
        "leaving its group": lambda: os.setsid() or "left",
        "a namespace": lambda: os.unshare(os.CLONE_NEWUSER) or "made",
    }


def _refused() -> int:
    raise PermissionError


def main() -> None:
    starting = bool(os.environ.get("STARTING"))
    confine(512 * 1024 * 1024, 8, "tesseract" if starting else None)
    where = json.loads(sys.stdin.buffer.read())
    gained = {}
    for name, attempt in attempts(where).items():
        try:
            gained[name] = str(attempt())[:60]
        except (OSError, subprocess.SubprocessError):
            continue
    if starting:
        # The program that may be started is confined like the process that starts it.
        for command in (
            ["tesseract", where["home"] + "/keys", "stdout", "--psm", "7"],
            ["tesseract", "stdin", where["home"] + "/written"],
        ):
            done = subprocess.run(command, input=b"P5 2 2 255\n0000", capture_output=True, check=False)
            if done.stdout:
                gained[" ".join(command)] = done.stdout.decode()
        subprocess.run(["tesseract", "--version"], capture_output=True, check=True)
    sys.stdout.write(json.dumps(gained))


if __name__ == "__main__":
    main()
