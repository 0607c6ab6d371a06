"""What keeps Rasa: its server dies and is there again at once, and never outlives who keeps it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from bot.settings import ROOT
from tests.contract.test_prefork import until

SCRIPT = """
import pathlib, signal, sys, time
from nlu.rasa_server import keeper

home = pathlib.Path(sys.argv[1])

def serve():
    (home / "served").write_text((home / "read").read_text())
    if (home / "clings").exists():
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        (home / "clinging").touch()
    if (home / "fails").exists():
        raise ValueError((home / "fails").read_text())
    while True:
        time.sleep(60)

def refresh():
    (home / "read").write_text((home / "model").read_text())

keeper.STOP_SECONDS = 0.3
keeper.keep(serve, refresh, home / "run" / "nlu.pid")
"""


class Kept:
    def __init__(self, home: Path) -> None:
        self.home = home
        (home / "model").write_text("one")
        self.process = subprocess.Popen(
            [sys.executable, "-c", SCRIPT, str(home)], cwd=ROOT, stderr=subprocess.PIPE, text=True
        )

    def server(self) -> int:
        try:
            return int((self.home / "run" / "nlu.pid").read_text() or 0)
        except OSError:
            return 0

    def serves(self, model: str) -> Callable[[], bool]:
        return lambda: (self.home / "served").exists() and (self.home / "served").read_text() == model

    def another_than(self, pid: int) -> Callable[[], bool]:
        return lambda: self.server() not in {0, pid}


def gone(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True


@pytest.fixture
def kept(tmp_path: Path) -> Iterator[Kept]:
    made = Kept(tmp_path)
    until(made.serves("one"))
    until(lambda: made.server() > 0)
    yield made
    made.process.kill()
    made.process.communicate()


def test_a_server_that_dies_is_there_again_with_what_was_read_before(kept: Kept) -> None:
    first = kept.server()
    os.kill(first, signal.SIGKILL)
    until(kept.another_than(first))
    assert kept.process.poll() is None


def test_the_next_server_takes_the_model_in_use_by_then(kept: Kept) -> None:
    (kept.home / "model").write_text("two")
    os.kill(kept.server(), signal.SIGTERM)
    until(kept.serves("two"))


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL])
def test_the_server_ends_with_who_keeps_it(kept: Kept, how: signal.Signals) -> None:
    server = kept.server()
    kept.process.send_signal(how)
    kept.process.wait(10)
    until(lambda: gone(server))


def test_a_server_that_will_not_end_is_killed(tmp_path: Path) -> None:
    (tmp_path / "clings").touch()
    kept = Kept(tmp_path)
    until((tmp_path / "clinging").exists)
    server = kept.server()
    kept.process.terminate()
    assert kept.process.wait(10) == 0 and gone(server)


def test_a_server_that_cannot_start_is_tried_again_and_tells_no_words(tmp_path: Path) -> None:
    (tmp_path / "fails").write_text("tolong saya disekap")
    kept = Kept(tmp_path)
    until(lambda: kept.server() > 0)
    until(kept.another_than(kept.server()))
    kept.process.terminate()
    _, printed = kept.process.communicate(timeout=10)
    assert "process_died name=nlu code=1" in printed and "ValueError" in printed and "disekap" not in printed
