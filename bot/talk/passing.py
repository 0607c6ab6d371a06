"""A hotline for one conversation: every process of `hotline run` in a folder of its own, gone with it afterwards.

It has the trained model, the real actions and texts, and the sandbox as its Telegram. Settings and .env of this machine
are not read: it never touches the installation's database, its bot, or its duty people.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import shutil
import signal
import tempfile
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from bot.errors import HotlineError
from bot.processes.forking import die_with_parent
from bot.processes.supervisor import NLU_PYTHON, STOP_SECONDS, NotSetUp, hotline
from bot.runtime import model_in_use
from bot.settings import ENV_FILE_VARIABLE, ROOT, Settings

#: Seconds it may take to start on a busy machine.
START_SECONDS = 600.0
#: Lines of the log that are shown when it did not start.
SHOWN_LINES = 15
_UP = re.compile(r"^hotline: (\S+) is up$", re.MULTILINE)
_ADDRESS = re.compile(r"^hotline: sandbox: (http://\S+?)/? ", re.MULTILINE)


@dataclass(frozen=True)
class Passing:
    """A running one: where its sandbox is, and whether it still runs."""

    address: str
    _process: asyncio.subprocess.Process
    _log: Path

    def check(self) -> None:
        """Raises HotlineError with the end of the log when it ended by itself."""
        if self._process.returncode is not None:
            raise HotlineError(f"The hotline ended. Its last words: {_end_of(self._log)}")


@asynccontextmanager
async def running(config: Settings, say: Callable[[str], None]) -> AsyncIterator[Passing]:
    """Start it, wait until a message would be answered, and leave nothing behind. `say` is told what is up.

    Raises NotSetUp, HotlineError.
    """
    if model_in_use.in_use(config) is None or not NLU_PYTHON.exists():
        raise NotSetUp()
    home = Path(tempfile.mkdtemp(prefix="hotline-chat-"))
    try:
        # Started as root, PostgreSQL runs as another user, who has to reach its folder.
        home.chmod(0o711)
        (home / "models").symlink_to(model_in_use.folder_of(config).resolve())
        log = home / "log.txt"
        with log.open("wb") as out:
            process = await asyncio.create_subprocess_exec(
                *(*hotline(), "run"),
                cwd=ROOT,
                env=_environment(home),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                # Ctrl-C is for us: we stop it in good order.
                start_new_session=True,
                preexec_fn=die_with_parent,
            )
        try:
            yield Passing(await _ready(process, log, say), process, log)
        finally:
            await _stop(process)
    finally:
        shutil.rmtree(home, ignore_errors=True)


def _environment(home: Path) -> dict[str, str]:
    """This process's environment without any setting of the installation."""
    known = {name.upper() for name in Settings.model_fields}
    kept = {name: value for name, value in os.environ.items() if name.upper() not in known}
    ports = {f"{name}_PORT": "0" for name in ("NLU", "ACTIONS", "SANDBOX", "WATCH")}
    return {**kept, **ports, "HOTLINE_HOME": str(home), ENV_FILE_VARIABLE: os.devnull, "PYTHONUNBUFFERED": "1"}


async def _ready(process: asyncio.subprocess.Process, log: Path, say: Callable[[str], None]) -> str:
    told: set[str] = set()
    deadline = time.monotonic() + START_SECONDS
    while True:
        said = log.read_text(encoding="utf-8", errors="replace")
        found = _ADDRESS.search(said)
        for name in _UP.findall(said):
            if name not in told:
                told.add(name)
                say(f"{name} is up")
        if found is not None and "\nhotline: ready" in said:
            return found[1]
        if process.returncode is not None or time.monotonic() > deadline:
            say(_end_of(log))
            raise HotlineError("The hotline did not start; above are its last words. `hotline doctor` may say why.")
        await asyncio.sleep(0.1)


async def _stop(process: asyncio.subprocess.Process) -> None:
    with contextlib.suppress(ProcessLookupError):
        process.send_signal(signal.SIGINT)
    try:
        await asyncio.wait_for(process.wait(), 3 * STOP_SECONDS)
    except TimeoutError:
        process.kill()
        await process.wait()


def _end_of(log: Path) -> str:
    with contextlib.suppress(OSError):
        return "\n".join(log.read_text(encoding="utf-8", errors="replace").splitlines()[-SHOWN_LINES:])
    return ""
