"""The wall around a step tells who blocks from who was stopped. That it stops poison is tried in test_poison.py."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.contract.test_prefork import until
from tests.support.sandbox import REPOSITORY

#: A process with tight walls that works in many short steps, or in one that never ends.
SCRIPT = """
import asyncio, sys, time
from pathlib import Path
from bot.runtime import watchdog

watchdog.BLOCKED_SECONDS, watchdog.LOST_SECONDS, watchdog.STOPPED_SECONDS = 0.3, 0.1, 0.1
steps = Path(sys.argv[1], "steps")

async def work():
    for number in range(1_000_000):
        steps.write_text(str(number))
        await asyncio.sleep(0.001)

async def computes():
    await asyncio.sleep(0.1)
    steps.write_text("0")
    sum(range(10**15))

async def main():
    async with watchdog.standing(Path(sys.argv[1]), "walled", 2_000):
        await watchdog.step(7, {"work": work, "computes": computes}[sys.argv[2]]())

asyncio.run(main())
"""


@contextmanager
def walled(home: Path, what: str) -> Iterator[subprocess.Popen[bytes]]:
    started = subprocess.Popen([sys.executable, "-c", SCRIPT, str(home), what], cwd=REPOSITORY, stderr=subprocess.PIPE)
    try:
        until(lambda: (home / "steps").exists())
        yield started
    finally:
        started.kill()
        started.communicate()


@pytest.mark.parametrize("seconds", [0.5, 1.5])
def test_a_process_that_was_stopped_goes_on_with_what_it_was_about_to_do(tmp_path: Path, seconds: float) -> None:
    with walled(tmp_path, "work") as process:
        process.send_signal(signal.SIGSTOP)
        began, before = time.monotonic(), int((tmp_path / "steps").read_text() or 0)
        until(lambda: time.monotonic() - began > seconds)
        process.send_signal(signal.SIGCONT)
        until(lambda: int((tmp_path / "steps").read_text() or 0) > before + 200)
        assert process.poll() is None


def test_one_that_cannot_be_reached_ends_and_says_where_but_nothing_else(tmp_path: Path) -> None:
    with walled(tmp_path, "computes") as process:
        code = process.wait(10)
        told = process.stderr.read().decode() if process.stderr is not None else ""
    assert code == -signal.SIGPROF
    assert "in computes" in told and "range" not in told
