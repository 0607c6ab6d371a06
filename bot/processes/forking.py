"""Starts the parts of the hotline in a blink: one process reads everything, and forks those that work.

A message can end the process that handles it (bot/runtime/watchdog.py), and a machine any. Libraries, lexicon and model
take seconds to read; a fork has them at once, and all forks share the memory they take. The process that forks does
nothing else: it has no thread, no connection and no event loop, none of which lives on in a fork.
"""

from __future__ import annotations

import contextlib
import ctypes
import gc
import os
import signal
import sys
import time
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from bot import log as logs
from bot.errors import HotlineError
from bot.runtime import liveness, watchdog
from bot.runtime.liveness import Watched
from bot.runtime.run_files import beat_file, ready_file

log = logs.get(__name__)

#: Pauses before a dead process is started again, in seconds; one that lived a minute begins anew.
RESTART_SECONDS = (0.1, 0.5, 1.0, 2.0, 5.0, 10.0)
#: The pause after a process that had said it works: people wait for it, and one message may have ended it.
WORKED_SECONDS = 0.1
#: Seconds of life after which earlier deaths no longer count.
LIVED_SECONDS = 60.0
#: Seconds the forks have to end in good order before they are killed.
STOP_SECONDS = 8.0
#: Niceness of what thinks: Rasa, its actions, the turns.
GIVING_WAY = 10
_STOP = {signal.SIGTERM, signal.SIGINT}


@dataclass
class Part:
    """A process that is kept: its name, and what it does until it ends."""

    name: str
    work: Callable[[], None]
    pid: int = 0
    started: float = 0.0
    deaths: int = 0
    #: When it is started again, on the monotonic clock.
    due: float = 0.0
    watched: Watched | None = None
    #: The beats of its loop at the last look.
    beats: int | None = None


def keep(parts: Sequence[Part], home: Path) -> None:
    """Run every part in a fork of this process, again when one ends, until SIGTERM or SIGINT; then end them all.

    One that is stopped, or waits for itself, is killed: it cannot end itself as its walls would have it
    (bot/runtime/watchdog.py).
    """
    gc.collect()
    gc.freeze()  # what is there stays: no fork's collector touches, and so copies, these pages
    signal.pthread_sigmask(signal.SIG_BLOCK, {*_STOP, signal.SIGCHLD})
    looked = 0.0
    try:
        while True:
            now = time.monotonic()
            if now - looked >= liveness.LOOK_SECONDS:
                looked = now
                _look(parts, home)
            for part in parts:
                if not part.pid and part.due <= now:
                    _start(part, home)
            next_at = min([looked + liveness.LOOK_SECONDS, *(part.due for part in parts if not part.pid)])
            got = signal.sigtimedwait({*_STOP, signal.SIGCHLD}, max(0.0, next_at - now))
            if got is not None and got.si_signo in _STOP:
                return
            _bury(parts, home)
    finally:
        _stop(parts)


def _start(part: Part, home: Path) -> None:
    ready_file(home, part.name).unlink(missing_ok=True)
    part.started = time.monotonic()
    keeper = os.getpid()
    sys.stdout.flush()
    sys.stderr.flush()
    part.pid = os.fork()
    if part.pid == 0:
        _live(part, keeper)
    part.watched = Watched(home, part.name, part.pid)
    (home / "run" / f"{part.name}.pid").write_text(str(part.pid))


def _look(parts: Sequence[Part], home: Path) -> None:
    """Kill what no longer works, and say to whoever keeps us that we do."""
    for part in parts:
        if part.pid and part.watched is not None:
            before, part.beats = part.beats, watchdog.beats(home / "run", part.name, part.pid)
            # What has no walls yet is being started: it may wait for the database as long as it likes.
            part.watched.look(sign=part.beats is None or part.beats != before)
    beat_file(home).touch()


def _live(part: Part, keeper: int) -> None:
    """The whole life of a fork: it never comes back from here."""
    code = 1
    try:
        os.setsid()
        die_with_parent()
        if os.getppid() == keeper:
            signal.pthread_sigmask(signal.SIG_UNBLOCK, {*_STOP, signal.SIGCHLD})
            part.work()
            code = 0
    except HotlineError as problem:
        print(problem, file=sys.stderr)
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def _bury(parts: Sequence[Part], home: Path) -> None:
    """Take note of every fork that has ended, and when the next is due."""
    for part in parts:
        if not part.pid:
            continue
        pid, status = os.waitpid(part.pid, os.WNOHANG)
        if not pid:
            continue
        now = time.monotonic()
        pause, part.deaths = again(part.deaths, now - part.started, ready_file(home, part.name).exists())
        part.pid, part.due = 0, now + pause
        log.warning(
            "process_died", name=part.name, code=os.waitstatus_to_exitcode(status), again_in_seconds=round(pause, 1)
        )


def _stop(parts: Sequence[Part]) -> None:
    living = [part for part in parts if part.pid]
    for part in living:
        os.kill(part.pid, signal.SIGTERM)
    deadline = time.monotonic() + STOP_SECONDS
    while living and (left := deadline - time.monotonic()) > 0:
        signal.sigtimedwait({signal.SIGCHLD}, left)
        living = [part for part in living if not os.waitpid(part.pid, os.WNOHANG)[0]]
    for part in living:
        os.kill(part.pid, signal.SIGKILL)
        os.waitpid(part.pid, 0)


def again(deaths: int, lived: float, worked: bool) -> tuple[float, int]:
    """Seconds before a process that died is started again, and how often it has died without having worked."""
    if worked:
        return WORKED_SECONDS, 0
    deaths = 0 if lived > LIVED_SECONDS else deaths
    return RESTART_SECONDS[min(deaths, len(RESTART_SECONDS) - 1)], deaths + 1


def give_way() -> None:
    """Let those go first who take messages and send what is ready: a report is kept before a question is thought over.

    Linux weighs processes by session first where it groups them so, hence the second line (sched(7), autogroups).
    """
    os.nice(GIVING_WAY)
    with contextlib.suppress(OSError):
        Path("/proc/self/autogroup").write_text(str(GIVING_WAY))


def die_with_parent() -> None:
    """Ask the kernel to end this process when its parent dies, however it dies (Linux)."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(1, signal.SIGTERM)
