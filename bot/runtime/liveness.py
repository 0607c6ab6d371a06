"""Whether a process that has not ended still works: it may be stopped, wait for itself, compute for ever, or grow.

Whoever keeps a process looks at it every few seconds and says whether it saw a sign of life: an answer at its address,
another beat of its loop. One that gives none for too long, or holds too much memory, is killed, and started again like
any that died. Seconds in which the machine ran others do not count: on a slow machine a start costs more than it mends.
"""

from __future__ import annotations

import contextlib
import os
import resource
import signal
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from bot import log as logs

log = logs.get(__name__)

#: Seconds between two looks, and the same until one that is being started has worked.
LOOK_SECONDS, START_LOOK_SECONDS = 5.0, 1.0
#: Seconds that a look waits for an answer.
ANSWER_SECONDS = 10.0
#: Seconds without a sign of life after which a process that has worked is killed. Rasa takes a second or two for its
#: longest message; people get our own text and a number to call meanwhile (bot/turns/degraded.py).
HUNG_SECONDS = 30.0
#: The same for one that has not worked yet. Rasa starts in 10 to 60 s.
START_SECONDS = 300.0
#: Part of its memory from which a process is full, and looks for which it must be: an answer may need it for a moment.
FULL, FULL_LOOKS = 0.75, 2

type Why = Literal["hung", "full"]
WHY: tuple[Why, ...] = ("hung", "full")


@dataclass
class Pulse:
    """What the looks at one process have shown. Pure: the caller gives the times, in seconds."""

    #: When it was last looked at, and for how long until then the machine had run others while it wanted to run.
    at: float
    #: Bytes it may hold; None for one that sees to it itself.
    memory_bytes: int | None = None
    waited: float = 0.0
    silent: float = 0.0
    full: int = 0
    #: Whether it has worked at all.
    worked: bool = False

    def look(self, sign: bool, now: float, *, waited: float = 0.0, held_bytes: int = 0) -> Why | None:
        """Note one look. Returns why the process must be killed, if it must."""
        # We may have been stopped ourselves: three looks at least say that it hangs.
        passed = min(now - self.at, HUNG_SECONDS / 3) - (waited - self.waited)
        self.at, self.waited = now, waited
        self.worked = self.worked or sign
        self.silent = 0.0 if sign else self.silent + max(0.0, passed)
        too_much = self.memory_bytes is not None and held_bytes >= FULL * self.memory_bytes
        self.full = self.full + 1 if too_much else 0
        if self.full >= FULL_LOOKS:
            return "full"
        # Sums of tenths of a second never meet a bound exactly.
        return "hung" if self.silent > (HUNG_SECONDS if self.worked else START_SECONDS) - 0.1 else None


@dataclass
class Watched:
    """A process that runs, and its pulse."""

    home: Path
    name: str
    pid: int
    memory_mb: int | None = None
    pulse: Pulse = field(init=False)

    def __post_init__(self) -> None:
        self.pulse = Pulse(time.monotonic(), self.memory_mb * 1024 * 1024 if self.memory_mb else None)

    def look(self, sign: bool) -> bool:
        """Look at it; kill it if it must be. True then."""
        held = held_bytes(self.pid)
        why = self.pulse.look(sign, time.monotonic(), waited=waited_seconds(self.pid), held_bytes=held)
        if why is None:
            return False
        log.error(f"process_{why}", name=self.name, silent_seconds=round(self.pulse.silent), mb=held // 1024 // 1024)
        with (self.home / "run" / f"{self.name}.killed").open("a", encoding="utf-8") as file:
            file.write(f"{why}\n")
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGKILL)
        # It takes a moment until its end is noticed, and another is looked at.
        self.pulse.silent, self.pulse.full = 0.0, 0
        return True


def killed(home: Path) -> dict[tuple[str, Why], int]:
    """How often a kind of process was killed and why, since this home was made."""
    found: dict[tuple[str, Why], int] = {}
    for file in (home / "run").glob("*.killed"):
        kind = file.stem.partition("-")[0]
        for why in WHY:
            found[kind, why] = found.get((kind, why), 0) + file.read_text(encoding="utf-8").split().count(why)
    return found


def held_bytes(pid: int | str = "self") -> int:
    """Memory a process holds; 0 for one that is gone. Source: proc_pid_statm(5), second field, in pages."""
    try:
        return int(Path(f"/proc/{pid}/statm").read_bytes().split()[1]) * resource.getpagesize()
    except (OSError, IndexError):
        return 0


def waited_seconds(pid: int | str) -> float:
    """Seconds for which the machine ran others instead of the main thread. Source: sched-stats.rst, second field."""
    try:
        return int(Path(f"/proc/{pid}/schedstat").read_bytes().split()[1]) / 1e9
    except (OSError, ValueError, IndexError):
        return 0.0
