"""A Rasa that runs and does not answer, or takes all memory, is replaced: real processes, a stand-in for Rasa.

It is forked by what keeps it (nlu/rasa_server/keeper.py), and replaced alone.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from bot.processes import supervisor as program
from bot.processes.supervisor import Child, Supervisor, answering, answers, free_port
from bot.runtime import liveness
from bot.settings import Settings
from tests.contract.test_prefork import lives

#: What keeps the stand-in below.
KEEPER = """
import sys
from pathlib import Path
from nlu.rasa_server import keeper
keeper.keep(lambda: exec(sys.argv[3], {}), lambda: None, Path(sys.argv[2]))
"""
#: Answers after a while, as Rasa does; grows on request.
STAND_IN = """
import http.server, sys, time
kept = []
class Answer(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        if self.path == "/grow":
            kept.append(b"x" * 350_000_000)
        self.send_response(200)
        self.end_headers()
    def log_message(self, *given):
        pass
time.sleep(0.2)
http.server.HTTPServer(("127.0.0.1", int(sys.argv[1])), Answer).serve_forever()
"""


@pytest.fixture
async def rasa(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[tuple[Child, str]]:
    """A supervised process with an address, and that address."""
    monkeypatch.setattr(liveness, "LOOK_SECONDS", 0.1)
    monkeypatch.setattr(liveness, "START_LOOK_SECONDS", 0.1)
    monkeypatch.setattr(liveness, "ANSWER_SECONDS", 0.3)
    monkeypatch.setattr(liveness, "HUNG_SECONDS", 3.0)
    (tmp_path / "run").mkdir()
    supervisor = Supervisor(Settings(_env_file=None, hotline_home=tmp_path))
    port = free_port(0)
    url = f"http://127.0.0.1:{port}/status"
    server = tmp_path / "run" / "nlu.pid"
    command = [sys.executable, "-c", KEEPER, str(port), str(server), STAND_IN]
    child = Child("rasa", command, {**os.environ}, {}, answering(url), server, memory_mb=400)
    child.task = asyncio.create_task(supervisor._keep(child))
    supervisor.children.append(child)
    try:
        await until(lambda: child.worked)
        yield child, url
    finally:
        await supervisor._stop_all()


async def until(look: Callable[[], object], seconds: float = 15.0) -> None:
    deadline = time.monotonic() + seconds
    while True:
        found = look()
        if await found if asyncio.iscoroutine(found) else found:
            return
        assert time.monotonic() < deadline, "it did not come to be"
        await asyncio.sleep(0.02)


def pid_of(child: Child) -> int:
    """The process that serves; 0 between two of them."""
    assert child.server is not None
    return int(child.server.read_text() or 0) if child.server.exists() else 0


def keeper_of(child: Child) -> int:
    assert child.process is not None
    return child.process.pid


async def test_one_that_is_stopped_for_good_is_killed_and_another_answers(
    rasa: tuple[Child, str], tmp_path: Path
) -> None:
    child, url = rasa
    first, keeper = pid_of(child), keeper_of(child)
    os.kill(first, signal.SIGSTOP)
    await until(lambda: pid_of(child) not in {0, first})
    await until(lambda: answers(url))
    assert not lives(first) and keeper_of(child) == keeper
    assert liveness.killed(tmp_path) == {("nlu", "hung"): 1, ("nlu", "full"): 0}


async def test_one_that_is_stopped_for_a_moment_goes_on(rasa: tuple[Child, str], tmp_path: Path) -> None:
    child, url = rasa
    first = pid_of(child)
    os.kill(first, signal.SIGSTOP)
    assert not await answers(url, 1.0)
    os.kill(first, signal.SIGCONT)
    await until(lambda: answers(url))
    assert pid_of(child) == first and not liveness.killed(tmp_path)


async def test_one_that_takes_too_much_memory_is_started_again(rasa: tuple[Child, str], tmp_path: Path) -> None:
    child, url = rasa
    first = pid_of(child)
    with contextlib.suppress(Exception):
        await answers(url.replace("/status", "/grow"))
    await until(lambda: pid_of(child) not in {0, first})
    await until(lambda: answers(url))
    assert liveness.killed(tmp_path)["nlu", "full"] == 1


async def test_when_what_keeps_it_dies_both_are_started_again(rasa: tuple[Child, str]) -> None:
    child, url = rasa
    first, keeper = pid_of(child), keeper_of(child)
    os.kill(keeper, signal.SIGKILL)
    await until(lambda: keeper_of(child) != keeper and pid_of(child) not in {0, first})
    await until(lambda: answers(url))
    assert not lives(first)


def test_rasa_is_given_no_secret_but_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody who breaks Rasa reads its environment: there is no token, no key and no password of ours but its own."""
    secret = {
        **{"TELEGRAM_BOT_TOKEN": "1:hidden", "HOTLINE_KEYS": "hidden", "ALERT_COMMAND": "call hidden"},
        **{"HOTLINE_KEYS_FILE": "/run/hidden", "TELEGRAM_WEBHOOK_SECRET": "hidden", "ANYTHING_ELSE": "hidden"},
    }
    for name, value in secret.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(program.model_in_use, "provide", lambda *_: tmp_path / "a.tar.gz")
    monkeypatch.setattr(program, "NLU_PYTHON", Path(sys.executable))
    supervisor = Supervisor(Settings(_env_file=None, hotline_home=tmp_path))
    supervisor.tracker_key, supervisor.rasa_database = "ab" * 32, "postgresql://a@127.0.0.1/b"
    supervisor._plan_rasa([5005], "http://127.0.0.1:5055/webhook")
    (child,) = supervisor.children
    assert "hidden" not in " ".join([*child.command, *child.environment.values()])
    assert child.environment["HOTLINE_TRACKER_KEY"] == "ab" * 32
    assert child.environment["DATABASE_URL"] == "postgresql://a@127.0.0.1/b"
