"""A cage for a stranger's file: a child process with hard limits that can write no file and knows no setting, no key.

It lives for one file, which it reads from standard input; what it found it writes to standard output. Both halves stand
here: what the child gives up, and how it is started. It imports little, because every child waits for that.
"""

from __future__ import annotations

import contextlib
import os
import resource
import signal
import sys
from pathlib import Path

#: Not from the settings: to read those takes longer than most files do.
ROOT = Path(__file__).resolve().parents[1]


def confine(memory_bytes: int, cpu_seconds: int) -> None:
    """In the child, before it looks at anything: give up what a reader of files does not need.

    The limits are of address space and of processor time. The network goes where the kernel lets it be given up.
    """
    os.nice(10)
    for what, limit in (
        (resource.RLIMIT_AS, memory_bytes),
        (resource.RLIMIT_CPU, cpu_seconds),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(what, (limit, limit))
    with contextlib.suppress(OSError, AttributeError):
        os.unshare(os.CLONE_NEWNET | (os.CLONE_NEWUSER if os.getuid() else 0))


async def look(module: str, content: bytes, seconds: float, **environment: str) -> tuple[bytes, int | None]:
    """What `python -m module` says of a file, and its exit code. Raises TimeoutError, OSError.

    It gets no variable of ours: no token, no key, no address.
    """
    import asyncio

    child = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        module,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        cwd=ROOT,
        env={"PYTHONDONTWRITEBYTECODE": "1", **environment},
        start_new_session=True,
    )
    try:
        async with asyncio.timeout(seconds):
            out, _ = await child.communicate(content)
        return out, child.returncode
    finally:
        if child.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                # What it started too.
                os.killpg(child.pid, signal.SIGKILL)
            await child.wait()
