"""One PostgreSQL data folder: how it is made, set up, swept after a crash, and started."""

from __future__ import annotations

import os
import secrets
import shutil
import signal
import subprocess
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

from bot.errors import DatabaseUnavailable
from bot.storage.embedded.accounts import Account, owner_of
from bot.storage.embedded.binaries import MAJOR, programs_for
from bot.storage.embedded.problems import DataNotOurs
from bot.storage.embedded.processes import Process, postgres_of, postmaster_of

ROLE = DATABASE = "hotline"
#: Bytes in the path of a Unix socket: 107 on Linux, 103 on macOS; the shorter, so that both behave alike.
SOCKET_PATH_BYTES = 103
#: Making a database takes a second; a slow disk gets two minutes.
INITIALISE_SECONDS = 120.0

#: The server's settings. Small memory, nothing lost that was acknowledged, and no person's words in the log: an error's
#: own text can quote what somebody wrote, and so can its detail, so errors of statements are not logged here at all.
SETTINGS = """\
listen_addresses = '127.0.0.1'
unix_socket_permissions = 0700
max_connections = 300
shared_buffers = 64MB
work_mem = 4MB
maintenance_work_mem = 32MB
huge_pages = off
io_method = sync
max_parallel_workers_per_gather = 0
max_logical_replication_workers = 0
autovacuum_max_workers = 2
jit = off
fsync = on
full_page_writes = on
synchronous_commit = on
wal_level = minimal
max_wal_senders = 0
min_wal_size = 32MB
max_wal_size = 256MB
password_encryption = scram-sha-256
timezone = 'UTC'
log_timezone = 'UTC'
lc_messages = 'C'
logging_collector = on
log_directory = 'log'
log_filename = 'postgres-%a.log'
log_file_mode = 0600
log_rotation_age = 1d
log_rotation_size = 0
log_truncate_on_rotation = on
log_min_messages = log
log_min_error_statement = panic
log_error_verbosity = terse
log_statement = none
log_min_duration_statement = -1
log_parameter_max_length = 0
log_parameter_max_length_on_error = 0
log_checkpoints = off
"""
#: Who may come in: our role with its password, on loopback or the private socket, and the role of Rasa
#: (bot/storage/rasa_role.py) on loopback. The superuser cannot sign in at all.
ACCESS = f"""\
local all {ROLE} scram-sha-256
host all {ROLE} 127.0.0.1/32 scram-sha-256
host all /_rasa$ 127.0.0.1/32 scram-sha-256
"""


@dataclass(frozen=True)
class PidFile:
    """What postmaster.pid says. It proves nothing by itself."""

    pid: int
    port: int | None
    status: str


@dataclass(frozen=True)
class Cluster:
    """A data folder with its socket folder and configuration beside it in `place`, which the launcher owns."""

    place: Path
    account: Account
    system_folder: Path

    @property
    def data(self) -> Path:
        """PGDATA: the database user's own folder."""
        return self.place / "data"

    @property
    def start_log(self) -> Path:
        """What the programs said before the server's own log began."""
        return self.place / "start.log"

    def initialise(self, password: str) -> None:
        """Make the database with its role and password. All or nothing: a half-made one is never used."""
        for abandoned in self.place.glob("data.new-*"):
            shutil.rmtree(abandoned, ignore_errors=True)
        fresh = self.place / f"data.new-{secrets.token_hex(4)}"
        self.account.make_folder(fresh)
        self.configure()
        locale = ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C", "--encoding=UTF8"]
        access = ["--username=postgres", "--auth=reject", "--data-checksums", "--no-instructions"]
        self._run(["initdb", "-D", str(fresh), *locale, *access])
        self._single_user(
            fresh,
            f"CREATE ROLE {ROLE} LOGIN CREATEDB CREATEROLE PASSWORD {_quoted(password)};",
            f"CREATE DATABASE {DATABASE} OWNER {ROLE};",
        )
        fresh.rename(self.data)
        self._makes_roles.touch()
        _flush_folder(self.place)

    def let_role_make_roles(self) -> None:
        """Give our role the right to make Rasa's, once in a database of a former version. No server may be running."""
        if not self._makes_roles.exists():
            self.configure()
            self._single_user(self.data, f"ALTER ROLE {ROLE} CREATEROLE;")
            self._makes_roles.touch()

    @property
    def _makes_roles(self) -> Path:
        """There once our role may make roles."""
        return self.place / "makes-roles"

    def set_password(self, password: str) -> None:
        """Give our role a new password. No server may be running on the data folder."""
        self.configure()
        self._single_user(self.data, f"ALTER ROLE {ROLE} PASSWORD {_quoted(password)};")

    def configure(self) -> None:
        """Write the settings of this version of the hotline, outside the folder that the database user may write."""
        for name, text in (("postgresql.conf", SETTINGS), ("pg_hba.conf", ACCESS)):
            unfinished = self.place / f"{name}.new"
            unfinished.write_text(text, encoding="utf-8")
            unfinished.chmod(0o644)
            unfinished.rename(self.place / name)

    def check(self) -> None:
        """Raises DataNotOurs if this user or these programs cannot use the data folder."""
        owner = owner_of(self.data)
        if os.geteuid() not in (0, owner.uid):
            raise DataNotOurs(
                f"The database in {self.data} belongs to the user {owner.name}. Start the hotline as that user or as "
                "root, or set HOTLINE_HOME to another folder."
            )
        if owner.uid == 0:
            raise DataNotOurs(
                f"The database in {self.data} belongs to root, and PostgreSQL refuses to run as root. Give it back to "
                f"its user (chown -R hotline: '{self.data}'), then start again."
            )
        if not self.account.reaches(self.data):
            raise DataNotOurs(
                f"The database user {self.account.name} can no longer reach {self.data}. Let that user pass "
                "through the folders above it (chmod o+x), then start again."
            )
        made_by = (self.data / "PG_VERSION").read_text(encoding="ascii").strip()
        if made_by != str(MAJOR):
            raise DataNotOurs(
                f"The database in {self.data} was made by PostgreSQL {made_by}, this hotline brings {MAJOR}. Start the "
                "hotline version that made it, take a backup there, and restore it here."
            )

    def server(self) -> Process | None:
        """The living server of this data folder, or None."""
        return postmaster_of(self.data, self.account.uid)

    def pid_file(self) -> PidFile | None:
        """What postmaster.pid says, or None when it is missing, cut short or unreadable."""
        try:
            lines = (self.data / "postmaster.pid").read_text(encoding="utf-8", errors="replace").splitlines()
            pid = int(lines[0])
        except (OSError, ValueError, IndexError):
            return None
        port = int(lines[3]) if len(lines) > 3 and lines[3].isdigit() else None
        return PidFile(pid, port, lines[7].strip() if len(lines) > 7 else "")

    def sweep(self) -> None:
        """Remove what a dead server left: its children, postmaster.pid, sockets. Call only when no server lives.

        A child may outlive its server for a moment and block the next start. To kill it is what the crash did to the
        rest, and no acknowledged row depends on it.
        """
        for process in postgres_of(self.data, self.account.uid):
            with suppress(ProcessLookupError):
                os.kill(process.pid, signal.SIGKILL)
        (self.data / "postmaster.pid").unlink(missing_ok=True)
        socket = self._socket_folder()
        if socket and socket.is_dir():
            for left in socket.glob(".s.PGSQL.*"):
                left.unlink(missing_ok=True)

    def launch(self, port: int) -> subprocess.Popen[bytes]:
        """Start the server; it may still be recovering on return. It outlives us, to be adopted, if we are killed."""
        self.configure()
        socket = self._socket_folder()
        if socket and not socket.is_dir():
            self.account.make_folder(socket)
        options = [*self._options(self.data), "-c", f"port={port}", "-c", f"unix_socket_directories={socket or ''}"]
        with self._fresh_start_log() as log:
            return subprocess.Popen(
                [self._program("postgres"), *options],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=self.place,
                **self.account.popen_options(),
            )

    def last_words(self) -> str:
        """The last complaint since the last start, for an error message. The log holds no person's words."""
        logs = [path for path in (*self.data.glob("log/*.log"), self.start_log) if path.is_file()]
        # The start log is begun anew at each start and written before the others. Lines begin with their time.
        began = datetime.fromtimestamp(self.start_log.stat().st_mtime if self.start_log in logs else 0, UTC).strftime(
            "%Y-%m-%d %H:%M:%S"
        )
        for path in logs:
            lines = path.read_text(encoding="utf-8", errors="replace").splitlines()[-50:]
            recent = [line for line in lines if path == self.start_log or line >= began]
            grave = [line for line in recent if any(word in line for word in ("FATAL", "PANIC", "error:"))]
            if grave:
                return f"It said: {grave[-1].strip()} (see {path})."
        return f"See {self.start_log} and {self.data / 'log'}."

    def _socket_folder(self) -> Path | None:
        """The private socket folder; None (TCP only) where its path is too long or cannot be written in a list."""
        folder = self.place / "socket"
        fits = len(os.fsencode(folder / ".s.PGSQL.65535")) <= SOCKET_PATH_BYTES
        return folder if fits and not set(str(folder)) & set(',"') else None

    def _single_user(self, data: Path, *statements: str) -> None:
        # Statements arrive through a pipe, one a line: a password on a command line could be read by anybody.
        options = [*self._options(data), "-c", "exit_on_error=true", "postgres"]
        self._run(["postgres", "--single", *options], "\n".join(statements) + "\n")

    def _options(self, data: Path) -> list[str]:
        files = [f"config_file={self.place / 'postgresql.conf'}", f"hba_file={self.place / 'pg_hba.conf'}"]
        return ["-D", str(data), "-c", files[0], "-c", files[1]]

    def _run(self, command: list[str], typed: str = "") -> None:
        with self._fresh_start_log() as log:
            done = subprocess.run(
                [self._program(command[0]), *command[1:]],
                input=typed.encode(),
                stdout=log,
                stderr=log,
                cwd=self.place,
                timeout=INITIALISE_SECONDS,
                check=False,
                **self.account.popen_options(),
            )
        if done.returncode != 0:
            raise DatabaseUnavailable(
                f"Could not make the database in {self.place} ({command[0]} ended with {done.returncode}). "
                f"{self.last_words()} Correct that, then start again."
            )

    def _program(self, name: str) -> str:
        return str(programs_for(self.account, self.system_folder) / name)

    def _fresh_start_log(self) -> BinaryIO:
        return open(self.start_log, "wb", opener=lambda path, flags: os.open(path, flags, 0o600))


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _flush_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
