"""A cage for a stranger's file: a child process that can read no file of ours, reach nobody, and start nothing else.

It lives for one file, which it reads from standard input; what it found it writes to standard output. Here stands how
it is started; `confine.py` says what the child gives up before it reads the first byte. It imports little, because
every child waits for that.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
from pathlib import Path

from bot.errors import FileNotConfined

#: Not from the settings: to read those takes longer than most files do.
ROOT = Path(__file__).resolve().parents[3]
#: A child ends with this code when it could not be confined: it has read nothing then. Source: sysexits.h, EX_NOPERM.
NOT_CONFINED = 77


async def look(module: str, content: bytes, seconds: float, **environment: str) -> tuple[bytes, int | None]:
    """What `python -m module` says of a file, and its exit code. Raises TimeoutError, OSError, FileNotConfined.

    It gets no variable of ours: no token, no key, no address.
    """
    import asyncio

    from bot.runtime.file_jail.confine import exposes
    from bot.settings import settings

    if exposes(settings().hotline_home):
        raise FileNotConfined
    child = await asyncio.create_subprocess_exec(
        *command(module),
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
    finally:
        if child.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                # What it started too.
                os.killpg(child.pid, signal.SIGKILL)
            await child.wait()
    if child.returncode == NOT_CONFINED:
        raise FileNotConfined
    return out, child.returncode


def command(module: str) -> list[str]:
    """The program that is started for a file."""
    return [sys.executable, "-m", module]


def walls() -> tuple[bool, str]:
    """Whether this machine can confine a child, and the wall around the files or what is wrong."""
    import subprocess

    from bot.runtime.file_jail.confine import exposes
    from bot.settings import settings

    if exposes(home := settings().hotline_home):
        return False, f"{home} lies in a folder of programs"
    try:
        done = subprocess.run(
            command("bot.runtime.file_jail.confine"),
            cwd=ROOT,
            env={},
            capture_output=True,
            text=True,
            timeout=20,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as problem:
        return False, type(problem).__name__
    return done.returncode == 0, done.stdout.strip()
