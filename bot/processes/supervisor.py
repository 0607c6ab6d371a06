"""`hotline run`: every process of the hotline in the foreground, watched, started again when one dies or hangs.

PostgreSQL (our own, or DATABASE_URL), Rasa, the action server, the worker, the gateway, and the sandbox when there is
no token; of Rasa, worker and gateway as many as the settings say. Children die with this process (Linux), so that after
kill -9 of anything the next start needs no repair.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import resource
import signal
import socket
import sys
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import httpx

from bot import log as logs
from bot.errors import DatabaseUnavailable, HotlineError
from bot.processes.alone import alone
from bot.processes.forking import GIVING_WAY, again, die_with_parent
from bot.runtime import liveness, model_in_use
from bot.runtime.liveness import Watched
from bot.runtime.run_files import beat_file, ready_file
from bot.settings import ROOT, Settings
from bot.storage import backup
from bot.storage.embedded import EmbeddedPostgres

log = logs.get(__name__)

#: Seconds all processes may take to be ready; Rasa loads its model.
READY_SECONDS = 180.0
#: Seconds a process has to end in good order before it is killed.
STOP_SECONDS = 12.0
#: The process that forks those of ours.
PARTS = "parts"
NLU_PYTHON = ROOT / "nlu" / ".venv" / "bin" / "python"
#: What Rasa is given of our environment: what says how the machine is set up, and nothing of the hotline.
OF_THE_MACHINE = frozenset(
    {
        "PATH",
        "HOME",
        "USER",
        "TMPDIR",
        "TZ",
        "LANG",
        "LC_ALL",
        "LC_CTYPE",
        "LD_LIBRARY_PATH",
        "MPLCONFIGDIR",
        "PGSSLMODE",
        "PGSSLROOTCERT",
    }
)


class NotSetUp(HotlineError):
    """The hotline is not set up here. Run `make setup train` first."""


@dataclass
class Child:
    """One process: how it is started, and how we know of each thing in it that it is ready."""

    name: str
    command: list[str]
    environment: dict[str, str]
    ready: dict[str, Callable[[], Awaitable[bool]]]
    #: Whether it gives a sign of life: for as long as it runs it is asked every few seconds.
    lives: Callable[[], Awaitable[bool]]
    #: Where the id of the fork that serves stands, of one that only keeps it (nlu/rasa_server/keeper.py).
    server: Path | None = None
    #: Memory in MB that it may take; None for one whose own parts see to it.
    memory_mb: int | None = None
    process: asyncio.subprocess.Process | None = None
    started: float = 0.0
    #: Whether it has worked since it was started.
    worked: bool = False
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
        """Run until SIGINT or SIGTERM. Raises HotlineRunsAlready."""
        with alone(self.config.hotline_home):
            await self._run()

    async def _run(self) -> None:
        stop = _told_to_stop()
        began = time.monotonic()
        watching: asyncio.Task[None] | None = None
        try:
            url = await self._database()
            if self.postgres is not None:
                watching = asyncio.create_task(self._watch_database())
            await self._plan(url)
            self._keep_all()
            await self._race(stop, self._all_ready())
            if not stop.is_set():
                self._say(f"ready after {time.monotonic() - began:.0f} s. Ctrl-C stops everything.")
                await stop.wait()
        finally:
            if watching is not None:
                watching.cancel()
            await self._stop_all()
            if self.postgres is not None:
                await asyncio.to_thread(self.postgres.stop)

    async def run_rasa(self, database: str, tracker_key: str) -> None:
        """Run Rasa alone until SIGINT or SIGTERM, with the database that is there, as Rasa signs in to it."""
        stop = _told_to_stop()
        self.tracker_key, self.rasa_database = tracker_key, database
        actions = ",".join(f"{address}/webhook" for address in self.config.actions_addresses)
        self._plan_rasa([self.config.nlu_port], actions)
        try:
            self._keep_all()
            await stop.wait()
        finally:
            await self._stop_all()

    # -- database

    async def _database(self) -> str:
        backup.refuse_unfinished(self.config)
        if self.postgres is not None:
            self._say("starting PostgreSQL")
            url = await asyncio.to_thread(self.postgres.start)
        else:
            assert self.config.database is not None
            url = self.config.database
        made = await self._prepare(url)
        self.tracker_key, self.rasa_database = made["tracker_key"], made["rasa_database"]
        return url

    async def _prepare(self, url: str) -> dict[str, str]:
        """Have schema, keys and the sandbox's operators made ready (bot/processes/prepare.py). Returns the trackers'
        key.
        """
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "bot.processes.prepare",
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
        return answer

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
            "DATABASE_URL": _plain(url),
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
        if config.own_sandbox:
            port = free_port(config.sandbox_port, taken)
            api = f"http://127.0.0.1:{port}"
            environment |= {"TELEGRAM_API_URL": api, "SANDBOX_PORT": str(port)}
            command = [sys.executable, "-m", "bot.sandbox", "--port", str(port)]
            works = {"sandbox": self._works("sandbox", f"{api}/")}
            self.children.append(Child("sandbox", command, environment, works, answering(f"{api}/")))
        actions = config.actions_addresses if config.actions_url else [environment["ACTIONS_URL"]]
        if config.rasa_url is None:
            self._plan_rasa(nlu_ports, ",".join(f"{address}/webhook" for address in actions))
        parts: dict[str, str | None] = {} if config.actions_url else {"actions": f"{actions[0]}/health"}
        for kind, count in (("worker", config.workers), ("chat", config.gateways)):
            parts |= dict.fromkeys(names(kind, count))
        self.children.append(
            Child(
                PARTS,
                [*hotline(), "run", PARTS, *parts],
                environment,
                {name: self._works(name, url) for name, url in parts.items()},
                beating(beat_file(config.hotline_home)),
            )
        )
        self.api = api

    def _plan_rasa(self, ports: list[int], actions: str) -> None:
        """Rasa's servers. They get the trackers' key and a database role of their own, and no other secret of ours."""
        if not NLU_PYTHON.exists():
            raise NotSetUp()
        model = model_in_use.provide(self.config, self._say)
        if model is None:
            raise NotSetUp("No trained model is there. Run `make train` first.")
        host = self.config.nlu_host
        for keeper, name, port in zip(names("rasa", len(ports)), names("nlu", len(ports)), ports, strict=True):
            server = self.config.hotline_home / "run" / f"{name}.pid"
            status = f"http://{host}:{port}/status"
            child = Child(
                keeper,
                [
                    *(str(NLU_PYTHON), "-m", "nlu.rasa_server.server", "--host", host, "--port", str(port)),
                    # The folder: one that is started again takes the model that is in use by then.
                    *("--actions-url", actions, "--model", str(model_in_use.folder_of(self.config))),
                    *("--pid-file", str(server), "--nice", str(GIVING_WAY)),
                ],
                {
                    **{name: value for name, value in os.environ.items() if name in OF_THE_MACHINE},
                    "DATABASE_URL": self.rasa_database,
                    "HOTLINE_TRACKER_KEY": self.tracker_key,
                    "PYTHONPATH": str(ROOT),
                    "PYTHONUNBUFFERED": "1",
                    "OMP_NUM_THREADS": "1",
                    "RASA_TELEMETRY_ENABLED": "false",
                    "LOG_FORMAT": self.config.log_format,
                },
                {name: self._works(name, status)},
                answering(status),
                server,
                self.config.nlu_memory_mb,
            )
            self.children.append(child)

    def _works(self, name: str, url: str | None) -> Callable[[], Awaitable[bool]]:
        """A question whether something works: by its address, or by the file of one that has none."""

        async def works() -> bool:
            return await answers(url) if url else ready_file(self.config.hotline_home, name).exists()

        return works

    def _keep_all(self) -> None:
        for child in self.children:
            child.task = asyncio.create_task(self._keep(child))

    async def _keep(self, child: Child) -> None:
        """Start a process, and start it again whenever it ends."""
        while not self.stopping:
            for name in child.ready:
                ready_file(self.config.hotline_home, name).unlink(missing_ok=True)
            if child.name == PARTS:
                beat_file(self.config.hotline_home).unlink(missing_ok=True)
            if child.server is not None:
                child.server.unlink(missing_ok=True)
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
                    preexec_fn=partial(_confine, child.memory_mb),
                )
            (self.config.hotline_home / "run" / f"{child.name}.pid").write_text(str(child.process.pid))
            watching = asyncio.create_task(self._watch(child, child.process.pid))
            try:
                code = await child.process.wait()
            finally:
                watching.cancel()
            if self.stopping:
                return
            pause, child.deaths = again(child.deaths, time.monotonic() - child.started, child.worked)
            log.warning("process_died", name=child.name, code=code, again_in_seconds=pause)
            await asyncio.sleep(pause)

    async def _watch(self, child: Child, pid: int) -> None:
        """Kill a process, or the fork that serves for it, when it runs and does not work any more."""
        child.worked = False
        watched = Watched(self.config.hotline_home, child.name, pid, child.memory_mb)
        while True:
            began = time.monotonic()
            serving = _pid_in(child.server)
            if child.server is not None and serving is not None and serving != watched.pid:
                watched = Watched(self.config.hotline_home, child.server.stem, serving, child.memory_mb)
            watched.pulse.worked = watched.pulse.worked or child.worked
            watched.look(await child.lives())
            child.worked = child.worked or watched.pulse.worked
            pause = liveness.LOOK_SECONDS if child.worked else liveness.START_LOOK_SECONDS
            await asyncio.sleep(began + pause - time.monotonic())

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

    async def _stop_all(self) -> None:
        self.stopping = True
        self._say("stopping")
        await asyncio.gather(*(self._stop(child) for child in reversed(self.children)))

    async def _all_ready(self) -> None:
        waiting = {name: (child, works) for child in self.children for name, works in child.ready.items()}
        deadline = time.monotonic() + READY_SECONDS
        while waiting:
            for name, (child, works) in list(waiting.items()):
                if child.process is not None and child.process.returncode is None and await works():
                    del waiting[name]
                    child.worked = child.worked or all(other is not child for other, _ in waiting.values())
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


def _told_to_stop() -> asyncio.Event:
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    return stop


def _plain(url: str) -> str:
    """A database's address as those know it who are not SQLAlchemy."""
    return url.replace("postgresql+psycopg:", "postgresql:", 1)


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


async def answers(url: str, seconds: float = 2.0) -> bool:
    """Whether an address answers with success."""
    try:
        # Our own processes, on this machine: no certificate and no proxy is in between.
        async with asyncio.timeout(seconds), httpx.AsyncClient(timeout=seconds, verify=False, trust_env=False) as http:
            return (await http.get(url)).status_code == 200
    except (httpx.HTTPError, TimeoutError):
        return False


def answering(url: str) -> Callable[[], Awaitable[bool]]:
    """A sign of life: an answer within the time of a look."""
    return lambda: answers(url, liveness.ANSWER_SECONDS)


def beating(file: Path) -> Callable[[], Awaitable[bool]]:
    """A sign of life: a file that was touched since it was last looked at."""
    seen = 0

    async def lives() -> bool:
        nonlocal seen
        before, seen = seen, file.stat().st_mtime_ns if file.exists() else 0
        return seen not in {0, before}

    return lives


def _pid_in(file: Path | None) -> int | None:
    """The process id that stands in a file; None when there is none yet."""
    try:
        return int(file.read_text()) if file is not None else None
    except (OSError, ValueError):
        return None


def _confine(memory_mb: int | None) -> None:
    """In a child, before it is another program: it ends with us, and gets no more memory than it may take."""
    die_with_parent()
    if memory_mb is not None:
        _, hard = resource.getrlimit(resource.RLIMIT_DATA)
        resource.setrlimit(resource.RLIMIT_DATA, (memory_mb * 1024 * 1024, hard))
