"""`hotline run`: every process of the hotline in the foreground, watched, started again when one dies.

PostgreSQL (our own, or DATABASE_URL), Rasa, the action server, the worker, the gateway, and the sandbox when there is
no token; of Rasa, worker and gateway as many as the settings say. Children die with this process (Linux), so that after
kill -9 of anything the next start needs no repair.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import socket
import sys
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

import httpx

from bot import log as logs
from bot import trained
from bot.errors import DatabaseUnavailable, HotlineError
from bot.prefork import again, die_with_parent, give_way, ready_file
from bot.settings import ROOT, Settings
from bot.storage import backup
from bot.storage.embedded import EmbeddedPostgres

log = logs.get(__name__)

#: Seconds all processes may take to be ready; Rasa loads its model.
READY_SECONDS = 180.0
#: Seconds a process has to end in good order before it is killed.
STOP_SECONDS = 12.0
NLU_PYTHON = ROOT / "nlu" / ".venv" / "bin" / "python"


class NotSetUp(HotlineError):
    """The hotline is not set up here. Run `make setup train` first."""


@dataclass
class Child:
    """One process: how it is started, and how we know of each thing in it that it is ready."""

    name: str
    command: list[str]
    environment: dict[str, str]
    ready: dict[str, Callable[[], Awaitable[bool]]]
    thinks: bool = False
    process: asyncio.subprocess.Process | None = None
    started: float = 0.0
    deaths: int = 0
    #: Held while a process is being started, so that a stop finds it.
    spawning: asyncio.Lock = field(default_factory=asyncio.Lock, repr=False)
    task: asyncio.Task[None] | None = field(default=None, repr=False)


class Supervisor:
    """Starts the processes in order, keeps them running, stops them all."""

    def __init__(self, config: Settings) -> None:
        self.config = config
        self.postgres = None if config.database else EmbeddedPostgres(config.hotline_home)
        self.children: list[Child] = []
        self.stopping = False

    async def run(self) -> None:
        """Run until SIGINT or SIGTERM."""
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, stop.set)
        began = time.monotonic()
        watching: asyncio.Task[None] | None = None
        try:
            url = await self._database()
            if self.postgres is not None:
                watching = asyncio.create_task(self._watch_database())
            await self._plan(url)
            for child in self.children:
                child.task = asyncio.create_task(self._keep(child))
            await self._race(stop, self._all_ready())
            if not stop.is_set():
                self._say(f"ready after {time.monotonic() - began:.0f} s. Ctrl-C stops everything.")
                await stop.wait()
        finally:
            self.stopping = True
            if watching is not None:
                watching.cancel()
            self._say("stopping")
            await asyncio.gather(*(self._stop(child) for child in reversed(self.children)))
            if self.postgres is not None:
                await asyncio.to_thread(self.postgres.stop)

    # -- database

    async def _database(self) -> str:
        backup.refuse_unfinished(self.config)
        if self.postgres is not None:
            self._say("starting PostgreSQL")
            url = await asyncio.to_thread(self.postgres.start)
        else:
            assert self.config.database is not None
            url = self.config.database
        self.tracker_key = await self._prepare(url)
        return url

    async def _prepare(self, url: str) -> str:
        """Have schema, keys and the sandbox's operators made ready (bot/prepare.py). Returns the trackers' key."""
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "bot.prepare",
            env={**os.environ, "PREPARE_DATABASE": url, "HOTLINE_HOME": str(self.config.hotline_home)},
            stdout=asyncio.subprocess.PIPE,
        )
        told, _ = await process.communicate()
        try:
            answer: dict[str, str] = json.loads(told)
        except ValueError:
            raise HotlineError("The database could not be made ready; the lines above say why.") from None
        if "problem" in answer:
            raise HotlineError(answer["problem"])
        return answer["tracker_key"]

    async def _watch_database(self) -> None:
        """Start our PostgreSQL again when it dies; the processes reconnect by themselves."""
        assert self.postgres is not None
        while True:
            await asyncio.sleep(0.1)
            if self.postgres.poll() is not None and not self.stopping:
                log.warning("database_died")
                try:
                    await asyncio.to_thread(self.postgres.start)
                    log.info("database_again")
                except DatabaseUnavailable as problem:
                    self._say(str(problem))
                    await asyncio.sleep(2)

    # -- processes

    async def _plan(self, url: str) -> None:
        config = self.config
        taken: set[int] = set()
        nlu_ports = [free_port(config.nlu_port + n, taken) for n in range(config.rasa_servers)]
        actions_port = free_port(config.actions_port, taken)
        watch_port = free_port(config.watch_port, taken)
        self.watch = f"http://{config.watch_host}:{watch_port}"
        api = config.telegram_api_url
        environment = {
            **os.environ,
            "DATABASE_URL": url.replace("postgresql+psycopg:", "postgresql:", 1),
            "HOTLINE_HOME": str(config.hotline_home),
            "RASA_URL": config.rasa_url or ",".join(f"http://{config.nlu_host}:{port}" for port in nlu_ports),
            "ACTIONS_URL": config.actions_url or f"http://{config.actions_host}:{actions_port}",
            "NLU_PORT": str(nlu_ports[0]),
            "ACTIONS_PORT": str(actions_port),
            "WATCH_PORT": str(watch_port),
            "GATEWAYS": str(config.gateways),
            "PYTHONUNBUFFERED": "1",
            "OMP_NUM_THREADS": "1",
        }
        if config.sandboxed and config.telegram_api_url == Settings.model_fields["telegram_api_url"].default:
            port = free_port(config.sandbox_port, taken)
            api = f"http://127.0.0.1:{port}"
            environment |= {"TELEGRAM_API_URL": api, "SANDBOX_PORT": str(port)}
            self._add("sandbox", [sys.executable, "-m", "bot.sandbox", "--port", str(port)], environment, f"{api}/")
        actions = config.actions_addresses if config.actions_url else [environment["ACTIONS_URL"]]
        if config.rasa_url is None:
            self._plan_rasa(nlu_ports, ",".join(f"{address}/webhook" for address in actions), environment)
        parts: dict[str, str | None] = {} if config.actions_url else {"actions": f"{actions[0]}/health"}
        for kind, count in (("worker", config.workers), ("chat", config.gateways)):
            parts |= dict.fromkeys(names(kind, count))
        self.children.append(
            Child(
                "parts",
                [*hotline(), "run", "parts", *parts],
                environment,
                {name: self._works(name, url) for name, url in parts.items()},
            )
        )
        self.api = api

    def _plan_rasa(self, ports: list[int], actions: str, environment: dict[str, str]) -> None:
        model = trained.in_use(self.config)
        if not NLU_PYTHON.exists():
            raise NotSetUp()
        if model is None:
            raise NotSetUp("No trained model is there. Run `make train` first.")
        host = self.config.nlu_host
        for name, port in zip(names("nlu", len(ports)), ports, strict=True):
            self._add(
                name,
                [
                    *(str(NLU_PYTHON), "-m", "nlu.server", "--host", host, "--port", str(port)),
                    # The folder: one that is started again takes the model that is in use by then.
                    *("--actions-url", actions, "--model", str(trained.folder_of(self.config))),
                ],
                {
                    **environment,
                    "HOTLINE_TRACKER_KEY": self.tracker_key,
                    "PYTHONPATH": str(ROOT),
                    "RASA_TELEMETRY_ENABLED": "false",
                    # Rasa needs no secret of ours but these.
                    "TELEGRAM_BOT_TOKEN": "",
                    "HOTLINE_KEYS": "",
                    "SMTP_URL": "",
                },
                f"http://{host}:{port}/status",
                thinks=True,
            )

    def _add(
        self, name: str, command: list[str], environment: dict[str, str], url: str, *, thinks: bool = False
    ) -> None:
        self.children.append(Child(name, command, environment, {name: self._works(name, url)}, thinks))

    def _works(self, name: str, url: str | None) -> Callable[[], Awaitable[bool]]:
        """A question whether something works: by its address, or by the file of one that has none."""

        async def works() -> bool:
            return await answers(url) if url else ready_file(self.config.hotline_home, name).exists()

        return works

    async def _keep(self, child: Child) -> None:
        """Start a process, and start it again whenever it ends."""
        while not self.stopping:
            for name in child.ready:
                ready_file(self.config.hotline_home, name).unlink(missing_ok=True)
            child.started = time.monotonic()
            async with child.spawning:
                if self.stopping:
                    return
                child.process = await asyncio.create_subprocess_exec(
                    *child.command,
                    env=child.environment,
                    cwd=ROOT,
                    stdin=asyncio.subprocess.DEVNULL,
                    start_new_session=True,
                    preexec_fn=_think if child.thinks else die_with_parent,
                )
            (self.config.hotline_home / "run" / f"{child.name}.pid").write_text(str(child.process.pid))
            code = await child.process.wait()
            if self.stopping:
                return
            worked = all(ready_file(self.config.hotline_home, name).exists() for name in child.ready)
            pause, child.deaths = again(child.deaths, time.monotonic() - child.started, worked)
            log.warning("process_died", name=child.name, code=code, again_in_seconds=pause)
            await asyncio.sleep(pause)

    async def _stop(self, child: Child) -> None:
        async with child.spawning:
            process = child.process
        if child.task is not None:
            child.task.cancel()
        if process is None or process.returncode is not None:
            return
        with contextlib.suppress(ProcessLookupError):
            process.terminate()
        try:
            await asyncio.wait_for(process.wait(), STOP_SECONDS)
        except TimeoutError:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()

    async def _all_ready(self) -> None:
        waiting = {name: (child, works) for child in self.children for name, works in child.ready.items()}
        deadline = time.monotonic() + READY_SECONDS
        while waiting:
            for name, (child, works) in list(waiting.items()):
                if child.process is not None and child.process.returncode is None and await works():
                    del waiting[name]
                    self._say(f"{name} is up")
            if time.monotonic() > deadline:
                # What is up works meanwhile: with Telegram away, for example, the rest must not stop.
                self._say(f"not ready after {READY_SECONDS:.0f} s: {', '.join(sorted(waiting))}. See the log above.")
                deadline = float("inf")
            if waiting:
                await asyncio.sleep(0.2)
        self._say(f"watch: {self.watch}/readyz and /metrics")
        if self.config.sandboxed:
            self._say(f"sandbox: {self.api}/  (a worker's phone and the operators' group, side by side)")

    async def _race(self, stop: asyncio.Event, work: Awaitable[None]) -> None:
        task = asyncio.ensure_future(work)
        stopped = asyncio.ensure_future(stop.wait())
        await asyncio.wait({task, stopped}, return_when=asyncio.FIRST_COMPLETED)
        if task.done():
            stopped.cancel()
            task.result()
        else:
            task.cancel()

    def _say(self, line: str) -> None:
        print(f"hotline: {line}", flush=True)


def hotline() -> list[str]:
    """The command that starts one part of the hotline in a process of its own."""
    return [sys.executable, "-m", "bot.cli"]


def names(kind: str, count: int) -> list[str]:
    """Names of the processes of a kind: worker, worker-2, worker-3."""
    return [kind if number == 1 else f"{kind}-{number}" for number in range(1, count + 1)]


def free_port(wanted: int, taken: set[int] | None = None) -> int:
    """The wanted port of loopback if it is free and not among those `taken`, else one that is; it is taken then."""
    taken = set() if taken is None else taken
    for port in (wanted, *[0] * (len(taken) + 1)):
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except (OSError, OverflowError):
                continue
            chosen: int = probe.getsockname()[1]
            if chosen not in taken:
                taken.add(chosen)
                return chosen
    raise HotlineError("No port of this machine is free.")


async def answers(url: str) -> bool:
    """Whether an address answers with success."""
    try:
        async with httpx.AsyncClient(timeout=2) as http:
            return (await http.get(url)).status_code == 200
    except httpx.HTTPError:
        return False


def _think() -> None:
    die_with_parent()
    give_way()
