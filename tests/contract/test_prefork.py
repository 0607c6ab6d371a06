"""A part of the hotline that dies is there again in a blink, and none outlives the hotline."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from bot.processes import forking
from bot.runtime import run_files, watchdog
from tests.support.sandbox import REPOSITORY
from tests.support.timed import under

#: What is kept here: one that ends when asked, one that never does, one that fails at once, one that has a name, and
#: one with walls around it, whose loop beats.
PARTS = """
import asyncio, os, random, signal, sys, time
from pathlib import Path
from bot.runtime import watchdog, liveness
from bot.processes import forking
from bot.runtime import run_files
from bot.storage.session import process_name

home = Path(sys.argv[1])
forking.STOP_SECONDS = 0.5
liveness.LOOK_SECONDS, liveness.HUNG_SECONDS, watchdog.BEAT_SECONDS = 0.2, 3.0, 0.02
process_name()

def works(name):
    def work():
        (home / f"{name}.name").write_text(f"{process_name()} {random.random()}")
        run_files.mark_ready(home, name)
        signal.pause()
    return work

def clings():
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    run_files.mark_ready(home, "clings")
    while True:
        time.sleep(1)

async def beats():
    async with watchdog.standing(home / "run", "beats", 2_000):
        run_files.mark_ready(home, "beats")
        await asyncio.Event().wait()

def fails():
    with (home / "fails.log").open("a") as log:
        log.write(f"{time.monotonic()}\\n")
    raise SystemExit(3)

kinds = {"one": works("one"), "two": works("two"), "clings": clings, "fails": fails}
kinds["beats"] = lambda: asyncio.run(beats())
forking.keep([forking.Part(name, kinds[name]) for name in sys.argv[2:]], home)
"""


@contextmanager
def kept(home: Path, *names: str) -> Iterator[subprocess.Popen[bytes]]:
    keeper = subprocess.Popen([sys.executable, "-c", PARTS, str(home), *names], cwd=REPOSITORY)
    try:
        yield keeper
    finally:
        with suppress(ProcessLookupError):
            keeper.send_signal(signal.SIGTERM)
        keeper.wait(10)


def ready(home: Path, name: str) -> int:
    """The process that said it works; 0 while none has."""
    try:
        return int(run_files.ready_file(home, name).read_text() or 0)
    except FileNotFoundError:
        return 0


def until[T](look: Callable[[], T], seconds: float = 10.0) -> T:
    deadline = time.monotonic() + seconds
    while not (found := look()):
        assert time.monotonic() < deadline, "it did not come to be"
        time.sleep(0.01)
    return found


def lives(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


@pytest.mark.timed
def test_one_that_is_killed_is_there_again_at_once_and_the_others_never_notice(tmp_path: Path) -> None:
    with kept(tmp_path, "one", "two"):
        first, other = until(lambda: ready(tmp_path, "one")), until(lambda: ready(tmp_path, "two"))
        os.kill(first, signal.SIGKILL)
        began = time.monotonic()
        second = until(lambda: (pid := ready(tmp_path, "one")) not in (0, first) and pid)
        # It would take the imports alone longer than this.
        under(time.monotonic() - began, 1.0)
        assert lives(second) and lives(other) and ready(tmp_path, "two") == other
        assert (tmp_path / "run" / "one.pid").read_text() == str(second)


def test_each_is_a_process_of_its_own_to_the_database_and_to_chance(tmp_path: Path) -> None:
    with kept(tmp_path, "one", "two"):
        until(lambda: ready(tmp_path, "one") and ready(tmp_path, "two"))
        one, two = ((tmp_path / f"{name}.name").read_text().split() for name in ("one", "two"))
    assert one[0] != two[0] and one[1] != two[1]


def test_one_that_is_stopped_for_good_is_killed_and_one_that_is_stopped_for_a_moment_goes_on(tmp_path: Path) -> None:
    with kept(tmp_path, "beats", "one"):
        pid, other = until(lambda: ready(tmp_path, "beats")), until(lambda: ready(tmp_path, "one"))
        looked = run_files.beat_file(tmp_path)
        until(lambda: looked.exists())
        os.kill(pid, signal.SIGSTOP)
        seen, before = looked.stat().st_mtime_ns, watchdog.beats(tmp_path / "run", "beats", pid) or 0
        until(lambda: looked.stat().st_mtime_ns > seen + 500_000_000)
        os.kill(pid, signal.SIGCONT)
        until(lambda: (watchdog.beats(tmp_path / "run", "beats", pid) or 0) > before + 5)
        assert lives(pid) and ready(tmp_path, "beats") == pid
        os.kill(pid, signal.SIGSTOP)
        again = until(lambda: (new := ready(tmp_path, "beats")) not in (0, pid) and new)
        assert lives(again) and not lives(pid)
        assert ready(tmp_path, "one") == other and lives(other)
        assert (tmp_path / "run" / "beats.killed").read_text() == "hung\n"


@pytest.mark.parametrize("end", [signal.SIGTERM, signal.SIGINT, signal.SIGKILL])
def test_none_outlives_the_one_that_forked_it(tmp_path: Path, end: signal.Signals) -> None:
    with kept(tmp_path, "one", "two") as keeper:
        pids = [until(lambda name=name: ready(tmp_path, name)) for name in ("one", "two")]  # type: ignore[misc]
        keeper.send_signal(end)
        keeper.wait(10)
        until(lambda: not any(lives(pid) for pid in pids))


def test_one_that_does_not_end_when_asked_is_killed(tmp_path: Path) -> None:
    with kept(tmp_path, "clings", "one") as keeper:
        pid = until(lambda: ready(tmp_path, "clings"))
        keeper.send_signal(signal.SIGTERM)
        assert keeper.wait(10) == 0
        assert not lives(pid)


def test_one_that_never_works_is_tried_again_with_growing_pauses_and_hinders_nobody(tmp_path: Path) -> None:
    log = tmp_path / "fails.log"
    with kept(tmp_path, "fails", "one"):
        pid = until(lambda: ready(tmp_path, "one"))
        tried = until(lambda: log.exists() and len(times := log.read_text().split()) >= 3 and times)
        assert lives(pid)
    first, second, third = (float(at) for at in tried[:3])
    assert second - first >= forking.RESTART_SECONDS[0] and third - second >= forking.RESTART_SECONDS[1]


def test_the_pause_grows_with_deaths_unless_it_worked_or_lived_long() -> None:
    pauses, deaths = [], 0
    for _ in range(8):
        pause, deaths = forking.again(deaths, 1.0, worked=False)
        pauses.append(pause)
    assert pauses == sorted(pauses) and pauses[-1] == forking.RESTART_SECONDS[-1]
    assert forking.again(deaths, 1.0, worked=True) == (forking.WORKED_SECONDS, 0)
    assert forking.again(deaths, forking.LIVED_SECONDS + 1, worked=False) == (forking.RESTART_SECONDS[0], 1)
