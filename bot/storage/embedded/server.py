"""Starts, adopts, watches and stops the embedded PostgreSQL of one HOTLINE_HOME."""

from __future__ import annotations

import os
import secrets
import signal
import subprocess
import threading
import time
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import quote

from bot.errors import DatabaseUnavailable
from bot.log import get
from bot.storage.embedded.accounts import SYSTEM_FOLDER
from bot.storage.embedded.cluster import DATABASE, ROLE, Cluster
from bot.storage.embedded.home import Home, write_private
from bot.storage.embedded.probe import Reply, any_free_port, ask, is_free
from bot.storage.embedded.problems import PasswordRefused
from bot.storage.embedded.processes import is_recovering, look, works_in

log = get(__name__)

#: Recovery after a crash replays at most `max_wal_size`; a slow disk gets ten minutes. The process is watched.
START_SECONDS = 600.0
#: A fast shutdown writes one checkpoint. After that the shutdown turns immediate, and the next start recovers. Less
#: than the ten seconds that `docker stop` grants.
STOP_SECONDS = 8.0
#: How long a living server may go without a postmaster.pid of its own; it writes that file first of all.
PID_FILE_SECONDS = 2.0
#: Starts tried when the port is snatched away or a dead server's memory is still held.
ATTEMPTS = 5
POLL_SECONDS = 0.02


class EmbeddedPostgres:
    """PostgreSQL under a HOTLINE_HOME, for as long as this process wants it.

    The first process to start it owns it: launches it, or adopts the one an owner killed with -9 left running, and
    stops it. Any other is a guest: waits until the database answers, and leaves it running. Any thread may call.
    """

    def __init__(self, home: Path, *, system_folder: Path = SYSTEM_FOLDER) -> None:
        self._home = Home(Path(home), system_folder)
        self._guard = threading.RLock()
        self._cancelled = threading.Event()
        self._lock: int | None = None
        self._child: subprocess.Popen[bytes] | None = None
        self._cluster: Cluster | None = None
        self._pid: int | None = None
        self._port: int | None = None
        self._password = ""

    def start(self) -> str:
        """Make the database if there is none, have it run, wait until it answers; its address for SQLAlchemy.

        Safe to call again, as a supervisor does when `poll()` shows that the server died. Raises DatabaseUnavailable.
        """
        with self._guard:
            self._cancelled.clear()
            began, before = time.monotonic(), (self._lock, self._child, self._pid)
            try:
                adopted = self._have_it_run(began + START_SECONDS)
            except BaseException as problem:
                self._give_up(*before)
                if isinstance(problem, subprocess.SubprocessError | OSError):
                    raise DatabaseUnavailable(
                        f"PostgreSQL could not be started under {self._home.folder}: {problem}. Correct that, set "
                        "HOTLINE_HOME to another folder, or set DATABASE_URL to a PostgreSQL server of your own."
                    ) from problem
                raise
            seconds = round(time.monotonic() - began, 3)
            log.info("database_ready", owner=self.owner, adopted=adopted, seconds=seconds)
            return self.dsn

    def stop(self) -> None:
        """Stop the server in good order (fast shutdown) if it is ours. A guest stops it only when its owner is gone."""
        self._cancelled.set()
        with self._guard:
            if self._pid is not None and self._lock is None:
                self._lock = self._home.take_lock()
            if self._lock is not None:
                if self._cluster is not None:
                    self._terminate(self._cluster)
                os.close(self._lock)
            self._lock, self._child, self._pid = None, None, None

    def poll(self) -> int | None:
        """None while the server lives; when it has died its exit code, or -1 if it was not our child. Never waits."""
        if self._child is not None:
            return self._child.poll()
        process = look(self._pid) if self._pid is not None else None
        cluster = self._cluster
        return None if process and cluster and works_in(process, cluster.data, cluster.account.uid) else -1

    def running(self) -> bool:
        """True while the server process lives."""
        return self._pid is not None and self.poll() is None

    def kill9(self) -> None:
        """Kill the server as a crash would, and return when it is dead. For tests."""
        if (pid := self.pid) is not None:
            os.kill(pid, signal.SIGKILL)
            deadline = time.monotonic() + STOP_SECONDS
            while self.running() and time.monotonic() < deadline:
                time.sleep(POLL_SECONDS)

    @property
    def pid(self) -> int | None:
        """The server's process id, None when it does not live."""
        return self._pid if self.running() else None

    @property
    def owner(self) -> bool:
        """True if this process stops the server, False if it is a guest."""
        return self._lock is not None

    @property
    def place(self) -> Path:
        """The folder with the database and its logs: HOTLINE_HOME/postgres, or one under the system folder."""
        return self._cluster.place if self._cluster else self._home.folder

    @property
    def dsn(self) -> str:
        """Address for SQLAlchemy, with the password: never log it."""
        return self.libpq_dsn.replace("postgresql:", "postgresql+psycopg:", 1)

    @property
    def libpq_dsn(self) -> str:
        """Address for psycopg, psql and pg_dump, with the password: never log it."""
        if self._port is None:
            raise DatabaseUnavailable("The embedded PostgreSQL has not been started yet.")
        return f"postgresql://{ROLE}:{quote(self._password, safe='')}@127.0.0.1:{self._port}/{DATABASE}"

    def new_password(self) -> None:
        """Give the database a new password and stop it. Raises DatabaseUnavailable if another process uses it."""
        with self._guard:
            self._home.prepare()
            self._lock = self._lock if self._lock is not None else self._home.take_lock()
            if self._lock is None:
                raise DatabaseUnavailable("The hotline is running. Stop it, then set the new password.")
            try:
                if cluster := self._home.cluster():
                    cluster.check()
                    self._cluster = cluster
                    self._terminate(cluster)
                    cluster.sweep()
                    password = secrets.token_urlsafe(32)
                    cluster.set_password(password)
                    write_private(self._home.password_file, password)
            finally:
                self.stop()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self.stop()

    def _have_it_run(self, deadline: float) -> bool:
        """As owner or guest. True if the server was running already."""
        self._home.prepare()
        while self._lock is None:
            self._lock = self._home.take_lock()
            if self._lock is None:
                if self._join():
                    return True
                self._pause(deadline, "Another process is starting the database and does not get it to answer.")
        cluster = self._home.cluster() or self._home.make_cluster()
        self._cluster = cluster
        cluster.check()
        self._home.remember(cluster)
        self._password = self._home.password()
        if self._adopt(cluster, deadline):
            return True
        self._launch(cluster, deadline)
        return False

    def _join(self) -> bool:
        """As a guest: True once the owner's server answers."""
        cluster = self._home.cluster()
        if cluster is None or not self._home.password_file.exists():
            return False
        said, server = cluster.pid_file(), cluster.server()
        if said is None or said.port is None or server is None or server.pid != said.pid:
            return False
        self._password = self._home.password()
        if not self._answers(said.port):
            return False
        self._cluster, self._port, self._pid, self._child = cluster, said.port, said.pid, None
        return True

    def _adopt(self, cluster: Cluster, deadline: float) -> bool:
        """Take over a living server of this data folder. False once none lives, whatever postmaster.pid says."""
        patience = time.monotonic() + PID_FILE_SECONDS
        while (server := cluster.server()) is not None:
            said = cluster.pid_file()
            if said is None or said.pid != server.pid:
                # It would notice within a minute and stop at once, in the middle of our work.
                if time.monotonic() > patience:
                    self._terminate(cluster)
            elif said.status == "stopping":
                self._terminate(cluster)
            elif said.port is not None and self._answers(said.port):
                if self._child is not None and self._child.pid != server.pid:
                    self._child = None
                self._pid, self._port = server.pid, said.port
                self._home.remember_port(said.port)
                return True
            self._pause(deadline, f"PostgreSQL runs as process {server.pid} but does not answer.")
        return False

    def _launch(self, cluster: Cluster, deadline: float) -> None:
        """Start a server where none lives, and wait out its recovery."""
        for _ in range(ATTEMPTS):
            cluster.sweep()
            cluster.let_role_make_roles()
            port = self._free_port()
            child = self._child = cluster.launch(port)
            self._pid = child.pid
            while child.poll() is None:
                if self._answers(port):
                    self._port = port
                    self._home.remember_port(port)
                    return
                self._pause(deadline, f"PostgreSQL runs as process {child.pid} but does not answer.")
            held = "still in use" in cluster.last_words()
            if not held and is_free(port):
                break
            self._cancelled.wait(0.5 if held else 0)
        raise DatabaseUnavailable(
            f"PostgreSQL ended with {child.returncode} while starting in {cluster.data}. {cluster.last_words()} "
            "Correct that, then start again."
        )

    def _answers(self, port: int) -> bool:
        reply = ask(port, self._password)
        if reply is Reply.REFUSED:
            raise PasswordRefused(self._home.password_file, self._home.home)
        if reply is Reply.NO_DATABASE:
            raise DatabaseUnavailable(
                f"PostgreSQL answers, but its database or role `{DATABASE}` is gone. Restore it from a backup."
            )
        return reply is Reply.ANSWERS

    def _free_port(self) -> int:
        port = self._home.port()
        if port is not None and is_free(port):
            return port
        return any_free_port()

    def _terminate(self, cluster: Cluster) -> None:
        """Stop the living server: fast, then immediate, then by force."""
        for stronger, seconds in ((signal.SIGINT, STOP_SECONDS), (signal.SIGQUIT, 5.0), (signal.SIGKILL, 5.0)):
            if stronger is signal.SIGINT and (server := cluster.server()) and is_recovering(server):
                # PostgreSQL 18 can hang when told so while it recovers by itself; there is nothing new to write then.
                continue
            if (pid := self._living(cluster)) is None:
                return
            with suppress(ProcessLookupError):
                os.kill(pid, stronger)
            deadline = time.monotonic() + seconds
            while time.monotonic() < deadline and self._living(cluster) is not None:
                time.sleep(POLL_SECONDS)

    def _living(self, cluster: Cluster) -> int | None:
        if self._child is not None and self._child.poll() is None:
            return self._child.pid
        server = cluster.server()
        return server.pid if server else None

    def _give_up(self, lock: int | None, child: subprocess.Popen[bytes] | None, pid: int | None) -> None:
        """After a failed start: stop the server of this attempt, leave an older one, let another process try."""
        if self._child is not None and self._child is not child and self._cluster is not None:
            self._terminate(self._cluster)
        self._child, self._pid = child, pid
        if self._lock is not None and lock is None:
            os.close(self._lock)
            self._lock = None

    def _pause(self, deadline: float, overdue: str) -> None:
        if self._cancelled.wait(POLL_SECONDS):
            raise DatabaseUnavailable("The start of the database was broken off, because the hotline is stopping.")
        if time.monotonic() > deadline:
            words = self._cluster.last_words() if self._cluster else f"See {self._home.folder}."
            raise DatabaseUnavailable(f"{overdue} {words} Stop that process, then start again.")
