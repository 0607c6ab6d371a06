"""Starting and stopping: Ctrl-C leaves nothing behind, and after kill -9 the next start needs no repair."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from bot.processes.supervisor import free_port
from tests.support.hotline import plain_only
from tests.support.sandbox import REPOSITORY, running_sandbox

pytestmark = plain_only("starts processes of its own, without Rasa: test_several.py does so with several")
READY_SECONDS = 90.0


@pytest.fixture
def home() -> Iterator[Path]:
    """A home of its own that our PostgreSQL's user can reach."""
    with tempfile.TemporaryDirectory(prefix="hotline-run-") as folder:
        path = Path(folder)
        path.chmod(0o711)
        yield path


async def start(home: Path, api: str, **more: str) -> asyncio.subprocess.Process:
    """`hotline run` without Rasa, which the other tests start often enough; returns once it is ready."""
    log = (home / "log.txt").open("ab")
    environment = {
        **os.environ,
        "HOTLINE_HOME": str(home),
        "TELEGRAM_API_URL": api,
        "TELEGRAM_BOT_TOKEN": "",
        "DATABASE_URL": "",
        "RASA_URL": "http://127.0.0.1:9",
        **more,
    }
    size = (home / "log.txt").stat().st_size
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bot.cli", "run", cwd=REPOSITORY, env=environment, stdout=log, stderr=log
    )
    deadline = time.monotonic() + READY_SECONDS
    while b"hotline: ready" not in (home / "log.txt").read_bytes()[size:]:
        assert process.returncode is None and time.monotonic() < deadline, (home / "log.txt").read_text()[-2000:]
        await asyncio.sleep(0.1)
    return process


def processes_of(home: Path) -> list[int]:
    """Every living process that has this home in its environment or arguments."""
    found = []
    for folder in Path("/proc").iterdir():
        if not folder.name.isdecimal() or int(folder.name) == os.getpid():
            continue
        try:
            seen = (folder / "environ").read_bytes() + (folder / "cmdline").read_bytes()
            state = (folder / "stat").read_text().rpartition(")")[2].split()[0]
        except OSError:
            continue
        if str(home).encode() in seen and state != "Z":
            found.append(int(folder.name))
    return found


async def until_none(home: Path, seconds: float, *, but: bytes | None = None) -> list[int]:
    """Wait until nothing of a hotline lives, but programs of this name; returns what still does."""
    deadline = time.monotonic() + seconds
    while True:
        left = [pid for pid in processes_of(home) if but is None or but not in command_of(pid)]
        if not left or time.monotonic() > deadline:
            return left
        await asyncio.sleep(0.1)


def command_of(pid: int) -> bytes:
    """What a process was started with; nothing when it has ended."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""


async def test_ctrl_c_stops_every_process(home: Path) -> None:
    async with running_sandbox() as sandbox:
        process = await start(home, sandbox.api_url)
        assert len(processes_of(home)) >= 4, "the hotline is several processes"
        process.send_signal(signal.SIGINT)
        assert await asyncio.wait_for(process.wait(), 40) == 0
        assert await until_none(home, 10) == []


async def test_after_kill_9_of_everything_the_next_start_needs_no_repair(home: Path) -> None:
    async with running_sandbox() as sandbox:
        process = await start(home, sandbox.api_url)
        person = await sandbox.person("Budi", "id")
        await person.says("tolong saya disekap di kamboja, paspor diambil bos")
        await person.sees(lambda m: m["from"]["is_bot"], 20)
        # Killed while Telegram makes the topic, it would be made twice: nobody heard that it was.
        await (await sandbox.group.topic(within=20)).sees(lambda m: "P2" in str(m.get("text")), 20)
        for pid in processes_of(home):
            os.kill(pid, signal.SIGKILL)
        await process.wait()
        again = await start(home, sandbox.api_url)
        topics = await sandbox.group.topics()
        assert len(topics) == 1, "the case is still the same one"
        await person.says("kami di bavet")
        await person.sees(lambda m: m["from"]["is_bot"], 20)
        assert len(await sandbox.group.topics()) == 1
        again.send_signal(signal.SIGINT)
        await asyncio.wait_for(again.wait(), 40)
        assert await until_none(home, 10) == []


async def test_children_end_when_their_parent_is_killed(home: Path) -> None:
    async with running_sandbox() as sandbox:
        process = await start(home, sandbox.api_url)
        process.kill()
        await process.wait()
        # PostgreSQL may stay: the next start takes it over.
        left = await until_none(home, 60, but=b"postgres")
        assert not left, [command_of(pid) for pid in left]
        again = await start(home, sandbox.api_url)
        again.send_signal(signal.SIGINT)
        await asyncio.wait_for(again.wait(), 40)
        assert await until_none(home, 10) == []


async def test_by_webhook_a_cry_for_help_is_answered_and_a_strangers_call_is_refused(home: Path) -> None:
    port = free_port(0)
    async with running_sandbox() as sandbox:
        process = await start(
            home, sandbox.api_url, TELEGRAM_WEBHOOK_URL=f"http://127.0.0.1:{port}", WEBHOOK_PORT=str(port)
        )
        person = await sandbox.person("Sreymom", "km")
        await person.says("ជួយខ្ញុំផង ខ្ញុំជាប់នៅក្នុងអគារ ថៅកែយកលិខិតឆ្លងដែនខ្ញុំ គេមិនឲ្យចេញក្រៅទេ")
        await person.sees(lambda m: m["from"]["is_bot"] and "1288" in m["text"], 20)

        async def topic() -> bool | None:
            return len(await sandbox.group.topics()) == 1 or None

        await sandbox.until(topic, 20, lambda: "the case has no topic")
        async with httpx.AsyncClient() as http:
            answer = await http.post(f"http://127.0.0.1:{port}/telegram", json={"update_id": 1})
        assert answer.status_code == 403
        process.send_signal(signal.SIGINT)
        assert await asyncio.wait_for(process.wait(), 40) == 0
