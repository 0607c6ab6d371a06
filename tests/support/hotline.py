"""The whole hotline for end-to-end tests: `hotline run` as a person starts it, against a sandbox of its own.

HOTLINE_SHAPE=large runs the same tests on two gateways behind one https webhook, three workers and two Rasa servers.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractContextManager, ExitStack, asynccontextmanager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg
import pytest

from bot.chat import tls
from bot.storage.embedded import EmbeddedPostgres
from tests.support.sandbox import REPOSITORY, Operator, Person, Sandbox, Topic, free_port, running_sandbox

#: Seconds the whole hotline may take to be ready on a busy machine.
READY_SECONDS = 300.0
#: The same for the large shape: two Rasa servers load their models at once.
LARGE_READY_SECONDS = 400.0
#: Seconds a person waits for a reply in a test before it counts as missing.
REPLY_SECONDS = 20.0


#: Environment variable that names the shape, and the shape that is not the plain one.
SHAPE, LARGE = "HOTLINE_SHAPE", "large"
#: What the large shape tells at the end of the tests.
SUMMARY: list[str] = []
LARGE_COUNTS = {"GATEWAYS": "2", "WORKERS": "3", "RASA_SERVERS": "2"}


def plain_only(reason: str) -> pytest.MarkDecorator:
    """The mark of tests that `make scale-demo` leaves out, and why."""
    return pytest.mark.skipif(os.environ.get(SHAPE) == LARGE, reason=reason)


def large(home: Path) -> dict[str, str]:
    """Settings of the large shape: its counts, and a webhook whose TLS the gateways end themselves."""
    made = tls.make("127.0.0.1", home / "webhook")
    port = free_port()
    return {
        **LARGE_COUNTS,
        "TELEGRAM_WEBHOOK_URL": f"https://127.0.0.1:{port}",
        "WEBHOOK_PORT": str(port),
        "TELEGRAM_WEBHOOK_CERTIFICATE": str(made.path),
        "TELEGRAM_WEBHOOK_KEY": str(made.key),
    }


@dataclass
class Hotline:
    """One running hotline and the sandbox it talks to."""

    sandbox: Sandbox
    home: Path
    process: asyncio.subprocess.Process
    log_path: Path
    ready_after_seconds: float = 0.0
    environment: dict[str, str] = field(default_factory=dict, repr=False)

    @classmethod
    @asynccontextmanager
    async def running(
        cls, around: Callable[[Path], AbstractContextManager[object]] = nullcontext, **environment: str
    ) -> AsyncIterator[Hotline]:
        """Start everything, list the sandbox's operators, stop it all at the end.

        `around` is entered with HOTLINE_HOME before anything starts, and left when everything has ended.
        """
        home = Path(tempfile.mkdtemp(prefix="hotline-e2e-"))
        home.chmod(0o711)
        models = Path(os.environ.get("HOTLINE_MODELS", REPOSITORY / "var" / "models"))
        assert list(models.glob("*.tar.gz")), "no trained model: run `make train` first"
        (home / "models").symlink_to(models)
        log_path = home / "log.txt"
        with ExitStack() as afterwards:
            afterwards.callback(shutil.rmtree, home, ignore_errors=True)
            afterwards.enter_context(around(home))
            async with running_sandbox() as sandbox:
                await sandbox.limits(enabled=False)
                env = {
                    **os.environ,
                    "HOTLINE_HOME": str(home),
                    "TELEGRAM_API_URL": sandbox.api_url,
                    "TELEGRAM_BOT_TOKEN": "",
                    "DATABASE_URL": "",
                    # Free ones: two that start at the same moment would choose the same.
                    "NLU_PORT": "0",
                    "ACTIONS_PORT": "0",
                    # Dozens of conversations share one group within minutes; its limit has tests of its own.
                    "GROUP_MESSAGES_PER_MINUTE": "600",
                    **(large(home) if os.environ.get(SHAPE) == LARGE else {}),
                    **environment,
                }
                began = time.monotonic()
                with log_path.open("wb") as log:
                    process = await asyncio.create_subprocess_exec(
                        sys.executable, "-m", "bot.cli", "run", cwd=REPOSITORY, env=env, stdout=log, stderr=log
                    )
                hotline = cls(sandbox, home, process, log_path, environment=env)
                try:
                    await hotline._until_ready(began)
                    yield hotline
                    if os.environ.get(SHAPE) == LARGE:
                        SUMMARY.extend(hotline.summary())
                finally:
                    with contextlib.suppress(ProcessLookupError):
                        process.send_signal(signal.SIGINT)
                    try:
                        await asyncio.wait_for(process.wait(), 40)
                    except TimeoutError:
                        process.kill()
                    if os.environ.get("HOTLINE_KEEP_LOG"):
                        shutil.copy(log_path, os.environ["HOTLINE_KEEP_LOG"])

    async def _until_ready(self, began: float) -> None:
        patience = LARGE_READY_SECONDS if os.environ.get(SHAPE) == LARGE else READY_SECONDS
        while True:
            if b"hotline: ready" in self.log_path.read_bytes():
                self.ready_after_seconds = time.monotonic() - began
                return
            assert self.process.returncode is None, f"the hotline ended:\n{self.log()[-4000:]}"
            assert time.monotonic() - began < patience, f"not ready:\n{self.log()[-4000:]}"
            await asyncio.sleep(0.1)

    def log(self) -> str:
        """Everything the processes printed so far."""
        return self.log_path.read_text(errors="replace")

    def summary(self) -> list[str]:
        """How the work was shared: seconds of CPU of each process since its last start, who sent, what was stored."""
        tick = os.sysconf("SC_CLK_TCK")
        lines = [f"ready after {self.ready_after_seconds:.0f} s"]
        for file in sorted((self.home / "run").glob("*.pid")):
            with contextlib.suppress(OSError):
                spent = Path(f"/proc/{file.read_text()}/stat").read_text().rpartition(")")[2].split()[11:13]
                lines.append(f"{file.stem:<9} {sum(map(int, spent)) / tick:6.1f} s of CPU")
        with EmbeddedPostgres(self.home) as postgres, psycopg.connect(postgres.libpq_dsn) as connection:
            for name, fence in connection.execute("select name, fence from leases order by name"):
                lines.append(f"lease {name}: taken {fence} time(s)")
            for table in ("updates", "outbox"):
                rows = connection.execute(f"select state, count(*) from {table} group by state order by state")
                lines.append(f"{table}: " + ", ".join(f"{count} {state}" for state, count in rows))
        return lines

    def names(self, kind: str) -> list[str]:
        """The parts of a kind: in the large shape nlu and nlu-2."""
        return sorted(path.stem for path in (self.home / "run").glob("*.pid") if path.stem.partition("-")[0] == kind)

    def pid(self, name: str) -> int:
        """Process id of one part: nlu actions worker chat, worker-2 and so on."""
        return int((self.home / "run" / f"{name}.pid").read_text())

    def kill9(self, name: str) -> None:
        """Kill one part as a crash would; "database" is PostgreSQL's first process."""
        if name == "database":
            guest = EmbeddedPostgres(self.home)
            guest.start()
            guest.kill9()
            return
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid(name), signal.SIGKILL)

    async def status(self) -> dict[str, dict[str, int]]:
        """Rows by state, as `hotline status` counts them."""
        script = (
            "import asyncio, json\n"
            "from bot.cli import database\n"
            "from bot.settings import settings\n"
            "from bot.storage.status import counts\n"
            "async def main():\n"
            "    async with database(settings(), migrated=False):\n"
            "        print('COUNTS' + json.dumps(await counts()))\n"
            "asyncio.run(main())\n"
        )
        out = await self.python(script)
        line = next(line for line in out.splitlines() if line.startswith("COUNTS"))
        found: dict[str, dict[str, int]] = json.loads(line.removeprefix("COUNTS"))
        return found

    async def python(self, script: str) -> str:
        """Run a script in the app's environment, with this hotline's settings."""
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-c",
            script,
            cwd=REPOSITORY,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        out, err = await process.communicate()
        assert process.returncode == 0, err.decode()[-2000:]
        return out.decode()

    async def query(self, sql: str) -> list[Any]:
        """Rows of a statement, for what only the database knows, or to move its clocks."""
        script = (
            "import asyncio, json, sys\n"
            "from sqlalchemy import text\n"
            "from bot.cli import database\n"
            "from bot.settings import settings\n"
            "from bot.storage.session import session\n"
            "async def main():\n"
            "    async with database(settings(), migrated=False):\n"
            "        async with session() as s:\n"
            f"            rows = await s.execute(text({sql!r}))\n"
            "            found = [list(row) for row in rows] if rows.returns_rows else []\n"
            "            await s.commit()\n"
            "            print('ROWS' + json.dumps(found, default=str))\n"
            "asyncio.run(main())\n"
        )
        out = await self.python(script)
        line = next(line for line in out.splitlines() if line.startswith("ROWS"))
        rows: list[Any] = json.loads(line.removeprefix("ROWS"))
        return rows

    # -- what people do

    async def case_topic(self, seen: set[int], within: float = REPLY_SECONDS) -> Topic:
        """The topic of a new case: one that was not among the topics seen before."""

        async def look() -> Topic | None:
            fresh = [topic for topic in await self.sandbox.group.topics() if topic.topic_id not in seen]
            return fresh[-1] if fresh else None

        found: Topic = await self.sandbox.until(look, within, lambda: "no topic was made for the case")
        return found

    async def topics_seen(self) -> set[int]:
        """Ids of the topics there are now."""
        return {topic.topic_id for topic in await self.sandbox.group.topics() if topic.topic_id is not None}

    async def sari(self) -> Operator:
        """The listed operator who reads Indonesian."""
        return await self.sandbox.operator("Sari", "id")

    async def dara(self) -> Operator:
        """The listed operator who reads Khmer."""
        return await self.sandbox.operator("Dara", "km")

    async def worker(self, name: str, lang: str) -> Person:
        """A worker whose phone speaks a language."""
        return await self.sandbox.person(name, lang)
