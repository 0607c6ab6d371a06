"""Keeps a server running that takes long to read what it needs: this process reads, a fork of it serves.

A server that dies, or was ended so that it takes another model, is there again within a second or two, because its
successor is forked from what was read already. The process that forks has no thread, no connection and no event loop.
"""

from __future__ import annotations

import ctypes
import gc
import os
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

from nlu.rasa_server import logs

#: Seconds before a server that ended is forked again; and before one that lived less than `SHORT_SECONDS` is.
AGAIN_SECONDS, FAILING_SECONDS, SHORT_SECONDS = 0.1, 1.0, 0.5
#: Seconds a server has to end in good order before it is killed.
STOP_SECONDS = 8.0
_STOP = {signal.SIGTERM, signal.SIGINT}


def keep(serve: Callable[[], None], refresh: Callable[[], None], pid_file: Path) -> None:
    """Run `serve` in a fork, again whenever it ends, until SIGTERM or SIGINT. `refresh` is called before each fork.

    The id of the fork stands in `pid_file`.
    """
    pid_file.parent.mkdir(parents=True, exist_ok=True)
    refresh()  # the long one: whoever stops us meanwhile waits for nothing
    signal.pthread_sigmask(signal.SIG_BLOCK, {*_STOP, signal.SIGCHLD})
    while True:
        gc.collect()
        gc.freeze()  # what is there stays: no fork's collector touches, and so copies, these pages
        began = time.monotonic()
        pid = _fork(serve)
        pid_file.write_text(str(pid))
        code = _ended(pid)
        if code is None:
            return
        pause = AGAIN_SECONDS if time.monotonic() - began > SHORT_SECONDS else FAILING_SECONDS
        logs.log.warning("process_died name=%s code=%d again_in_seconds=%.1f", pid_file.stem, code, pause)
        got = signal.sigtimedwait(_STOP, pause)
        if got is not None:
            return
        refresh()


def _fork(serve: Callable[[], None]) -> int:
    keeper = os.getpid()
    sys.stdout.flush()
    sys.stderr.flush()
    pid = os.fork()
    if pid == 0:
        _live(serve, keeper)
    return pid


def _live(serve: Callable[[], None], keeper: int) -> NoReturn:
    """The whole life of a fork."""
    code = 1
    try:
        if sys.platform == "linux":
            ctypes.CDLL(None).prctl(1, signal.SIGTERM)  # end with the keeper, however it ends
        if os.getppid() == keeper:
            signal.pthread_sigmask(signal.SIG_UNBLOCK, {*_STOP, signal.SIGCHLD})
            serve()
            code = 0
    except BaseException as problem:
        logs.crashed(problem)
    finally:
        sys.stderr.flush()
        os._exit(code)


def _ended(pid: int) -> int | None:
    """Wait until a fork ends and tell its exit code; None when we are to stop, and it is ended then."""
    while True:
        got = signal.sigwait({*_STOP, signal.SIGCHLD})
        if got in _STOP:
            break
        found, status = os.waitpid(pid, os.WNOHANG)
        if found:
            return os.waitstatus_to_exitcode(status)
    os.kill(pid, signal.SIGTERM)
    deadline = time.monotonic() + STOP_SECONDS
    while not os.waitpid(pid, os.WNOHANG)[0]:
        if (left := deadline - time.monotonic()) <= 0:
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
            break
        signal.sigtimedwait({signal.SIGCHLD}, left)
    return None
