"""Keeps one poisonous message from holding up, or ending, everybody else's.

A process runs many pieces of work (jobs, updates) on one event loop. A *step* is what one of them does between two
awaits; while it runs, nobody else does. Three walls stand around a step:

- It blocks for a second or two: `Blocked` is raised inside it, so that it fails like any work that raises. A machine
  that runs something else meanwhile, or stops us, gives it longer. The alarm also reaches a regular expression and a
  sleep.
- It takes more memory than the process may have: the kernel gives no more, `MemoryError` is raised inside it.
- It cannot be reached (C code that computes and holds the interpreter), or goes on after `Blocked`: the process ends,
  with the place on standard error and in nothing else, and another is started.

Who was at work when a process died, of that, of the kernel's memory killer or of a fault in C, is read by the next
process from a small file that every step writes into: the one guilty piece of work, never those that only waited
beside it. Each of those simply runs again. A kill from outside can hit somebody innocent in the middle of a step;
that is why one death alone condemns nobody.

A process that grows beyond three quarters of its memory, a little with every step, is ended too. From half of that on
each step is measured; the work that grew most is guilty if it took a quarter of the memory, else nobody is.
"""

from __future__ import annotations

import asyncio
import contextlib
import faulthandler
import fcntl
import mmap
import os
import resource
import signal
import time
import traceback
import types
from collections.abc import AsyncIterator, Awaitable, Coroutine, Generator, Iterator
from pathlib import Path
from typing import Any

from bot import log as logs
from bot.runtime.liveness import held_bytes, waited_seconds

log = logs.get(__name__)

#: Seconds a step may block before it is made to fail: of its own, and by the clock of a machine that runs others. The
#: longest message takes a third of a second. What is tried again has less, before others take this process for dead.
BLOCKED_SECONDS, CLOCK_SECONDS = 1.0, 3.0
#: The same where nothing is tried again, as a triage.
PATIENT_BLOCKED_SECONDS, PATIENT_CLOCK_SECONDS = 2.0, 15.0
#: Seconds of processor time from there until the process is ended, if that did not help.
LOST_SECONDS = 0.6
#: An alarm that comes so many seconds late, and did not wait for the machine, finds a process that had been stopped.
STOPPED_SECONDS = 0.3
#: Seconds between two beats of the loop.
BEAT_SECONDS = 0.25
#: Parts of the memory that a process may hold between steps, from which steps are measured, and that condemns one.
FULL, MEASURED, CONDEMNED = 0.75, 0.375, 0.25
#: Beats for which it must be full: work that just failed for want of memory needs a moment to give it back.
FULL_BEATS = 3
#: Ends of a process that ended itself: blocked, full. Source: sysexits.h, EX_SOFTWARE and EX_OSERR.
EXIT_BLOCKED, EXIT_FULL = 70, 71
#: The file of a process: numbers of 8 bytes, at work (0 or 1), on which work, in which stage of it, steps and beats so
#: far.
_SIZE = 40


class Blocked(Exception):
    """A step blocked the process for too long. Carries no text: the log may show it."""


class Guard:
    """The walls of this process."""

    def __init__(self, folder: Path, name: str, memory_mb: int, *, patient: bool) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.blocked_seconds = PATIENT_BLOCKED_SECONDS if patient else BLOCKED_SECONDS
        self.clock_seconds = PATIENT_CLOCK_SECONDS if patient else CLOCK_SECONDS
        self.folder, self.name, self.memory_bytes = folder, name, memory_mb * 1024 * 1024
        self.path = folder / f"{name}.{os.getpid()}.step"
        self.file = self.path.open("w+b")
        fcntl.flock(self.file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        self.file.write(bytes(_SIZE))
        self.file.flush()
        self.map = mmap.mmap(self.file.fileno(), _SIZE)
        self.slots = memoryview(self.map).cast("q")
        self.beat = self.waited = self.due = 0.0
        #: Bytes by which each piece of work has grown the process; None while there is plenty.
        self.grown: dict[int, int] | None = None
        self.full = 0
        #: The step that was made to fail since the last beat.
        self.failed_step = 0
        _, hard = resource.getrlimit(resource.RLIMIT_DATA)
        resource.setrlimit(resource.RLIMIT_DATA, (self.memory_bytes, hard))
        signal.signal(signal.SIGALRM, self._late)
        # A handler in C, which needs no interpreter, writes files, lines and functions, never a value. Then the signal
        # does what it does by default: it ends the process.
        faulthandler.register(signal.SIGPROF, chain=True)

    def close(self) -> None:
        """Take the walls down and the file away: this process ends in good order."""
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.setitimer(signal.ITIMER_PROF, 0)
        faulthandler.unregister(signal.SIGPROF)
        self.slots.release()
        self.map.close()
        self.path.unlink(missing_ok=True)
        self.file.close()

    async def watch(self) -> None:
        """Beat while the loop turns."""
        while True:
            self._begin()
            self.slots[4] += 1
            self._measure(held_bytes())
            await asyncio.sleep(BEAT_SECONDS)

    def _measure(self, held: int) -> None:
        if held < MEASURED * self.memory_bytes:
            self.grown = None
        elif self.grown is None:
            self.grown = {}
        self.full = self.full + 1 if held >= FULL * self.memory_bytes else 0
        if self.full < FULL_BEATS:
            return
        work, most = max((self.grown or {0: 0}).items(), key=lambda entry: entry[1])
        log.critical("memory_full", mb=held // 1024 // 1024, work=work, by_mb=most // 1024 // 1024)
        if most >= CONDEMNED * self.memory_bytes:
            self.slots[1], self.slots[0] = work, 1
        os._exit(EXIT_FULL)

    def _begin(self) -> None:
        self.beat, self.waited, self.failed_step = time.monotonic(), waited_seconds("thread-self"), 0
        self._arm(self.blocked_seconds)

    def _arm(self, seconds: float) -> None:
        self.due = time.monotonic() + seconds
        signal.setitimer(signal.ITIMER_REAL, seconds)
        # Of the processor's time: it stands still while we are stopped or the machine runs others.
        signal.setitimer(signal.ITIMER_PROF, seconds + LOST_SECONDS)

    def _late(self, _: int, frame: types.FrameType | None) -> None:
        """No beat for too long. Runs inside whatever blocks."""
        if self.failed_step and self.slots[3] != self.failed_step:
            # That helped; what waited behind it has its turn before the beat.
            self._begin()
            return
        now, waited = time.monotonic(), waited_seconds("thread-self") - self.waited
        if now - self.due > STOPPED_SECONDS + waited:
            # It will do what it was about to do, such as to write down that a message was sent.
            self._begin()
            return
        clock = now - self.beat
        left = min(self.blocked_seconds - clock + waited, self.clock_seconds - clock)
        if left > 0 and not self.failed_step:
            self._arm(left + 0.01)
            return
        where = f"{frame.f_code.co_filename.rpartition('/')[2]}:{frame.f_lineno}" if frame is not None else None
        if self.slots[0] and not self.failed_step:
            self.failed_step = self.slots[3]
            self._arm(LOST_SECONDS)
            log.error("step_blocked", work=self.slots[1], where=where)
            raise Blocked
        log.critical("process_blocked", where=where)
        os._exit(EXIT_BLOCKED)


_guard: Guard | None = None


@contextlib.asynccontextmanager
async def standing(folder: Path, name: str, memory_mb: int, *, patient: bool = False) -> AsyncIterator[None]:
    """Put the walls around this process, which must be the main thread's loop."""
    global _guard
    _guard = Guard(folder, name, memory_mb, patient=patient)
    watching = asyncio.create_task(_guard.watch())
    try:
        yield
    finally:
        watching.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await watching
        _guard.close()
        _guard = None


async def step[T](work: int, doing: Coroutine[Any, Any, T] | Awaitable[T], stage: int = 0) -> T:
    """Run one piece of work, known by its number, within the walls. Raises what it raises, Blocked or MemoryError."""
    if _guard is None:
        return await doing
    result: T = await _steps(_guard, work, stage, doing.__await__())
    return result


@types.coroutine
def _steps(guard: Guard, work: int, stage: int, doing: Generator[Any, Any, Any]) -> Generator[Any, Any, Any]:
    """Await something, with its number in the file while it runs and not while it waits."""
    value: Any = None
    problem: BaseException | None = None
    slots = guard.slots
    while True:
        before = held_bytes() if guard.grown is not None else 0
        try:
            slots[1], slots[2], slots[3], slots[0] = work, stage, slots[3] + 1, 1
            found = doing.send(value) if problem is None else doing.throw(problem)
        except StopIteration as done:
            return done.value
        finally:
            slots[0] = 0
            if guard.grown is not None and before:
                guard.grown[work] = guard.grown.get(work, 0) + held_bytes() - before
        value, problem = None, None
        try:
            value = yield found
        except BaseException as raised:
            problem = raised


def let_go(problem: BaseException) -> None:
    """Free what the frames of an error hold, so that work which failed for want of memory wants none any more."""
    error: BaseException | None = problem
    while error is not None:
        traceback.clear_frames(error.__traceback__)
        error = error.__context__


def left_behind() -> Iterator[tuple[int, int]]:
    """The work, and its stage, of each process of our name that died in the middle of a step; each is told once."""
    if _guard is None:
        return
    for path in sorted(_guard.folder.glob(f"{_guard.name}.*.step")):
        if path == _guard.path:
            continue
        try:
            file = path.open("r+b")
        except FileNotFoundError:
            continue
        with file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                continue  # it lives
            if os.fstat(file.fileno()).st_nlink == 0:
                continue  # told to another process just now
            busy, work, stage, *_ = memoryview(file.read(_SIZE).ljust(_SIZE, b"\0")).cast("q")
            if busy:
                log.warning("died_at_work", name=_guard.name, work=work)
                yield work, stage
            path.unlink(missing_ok=True)


def beats(folder: Path, name: str, pid: int) -> int | None:
    """How often the loop of another process has turned; None while no walls stand around it."""
    try:
        file = (folder / f"{name}.{pid}.step").read_bytes()
    except OSError:
        return None
    return int(memoryview(file.ljust(_SIZE, b"\0")).cast("q")[4])
