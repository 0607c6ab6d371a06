"""What the launcher keeps under HOTLINE_HOME/postgres: lock, password, port, and where the database is."""

from __future__ import annotations

import fcntl
import hashlib
import os
import secrets
from contextlib import suppress
from pathlib import Path

from bot.errors import DatabaseUnavailable
from bot.storage.embedded.accounts import Account, database_account, make_system_folder, owner_of
from bot.storage.embedded.cluster import Cluster
from bot.storage.embedded.problems import DataMissing, PasswordMissing


class Home:
    """The files of one HOTLINE_HOME. Only its user and root read them; the database user needs none of them."""

    def __init__(self, home: Path, system_folder: Path) -> None:
        self.home = home.resolve()
        self.system_folder = system_folder.resolve()
        self.folder = self.home / "postgres"
        self.lock_file = self.folder / "lock"
        self.password_file = self.folder / "password"
        self.port_file = self.folder / "port"
        #: Written once the database is made: the folder it is in, `.` for this one. So a lost database is noticed
        #: instead of being replaced by an empty one.
        self.location_file = self.folder / "location"

    def prepare(self) -> None:
        """Make the folders that are missing. Those that exist stay as they are."""
        # A database user other than ours has to pass through; it cannot list them.
        mode = 0o711 if os.geteuid() == 0 else 0o700
        self.home.mkdir(mode=mode, parents=True, exist_ok=True)
        self.folder.mkdir(mode=mode, exist_ok=True)

    def take_lock(self) -> int | None:
        """The lock as an open file, or None if another process holds it. The kernel releases it when we die."""
        handle = os.open(self.lock_file, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(handle)
            return None
        except BaseException:
            os.close(handle)
            raise
        return handle

    def cluster(self) -> Cluster | None:
        """The database that exists, or None before the first start. Raises DataMissing when it is gone."""
        location = _text(self.location_file)
        place = (self.folder / (location or ".")).resolve()
        data = place / "data"
        if data.is_dir():
            return Cluster(place, owner_of(data), self.system_folder)
        if location:
            raise DataMissing(data, self.folder)
        return None

    def make_cluster(self) -> Cluster:
        """Make the database: here, or under the system folder where its user cannot reach here. We hold the lock."""
        account = database_account()
        place = self.folder
        if not account.reaches(place) or not _can_give_away(place, account):
            place = self._system_place(account)
        cluster = Cluster(place, account, self.system_folder)
        cluster.initialise(self._password_for_new_database())
        self.remember(cluster)
        return cluster

    def remember(self, cluster: Cluster) -> None:
        """Note where the database is."""
        if not _text(self.location_file):
            write_private(self.location_file, "." if cluster.place == self.folder else str(cluster.place))

    def password(self) -> str:
        """The password of our role. Raises PasswordMissing."""
        password = _text(self.password_file)
        if not password:
            raise PasswordMissing(self.password_file, self.home)
        return password

    def port(self) -> int | None:
        """The port used last, or None."""
        text = _text(self.port_file)
        return int(text) if text.isdigit() and 0 < int(text) < 65536 else None

    def remember_port(self, port: int) -> None:
        """Keep the port for the next start, and for guests."""
        if self.port() != port:
            write_private(self.port_file, str(port))

    def _password_for_new_database(self) -> str:
        if not _text(self.password_file):
            write_private(self.password_file, secrets.token_urlsafe(32))
        return self.password()

    def _system_place(self, account: Account) -> Path:
        """A folder of its own under the system folder; a HOTLINE_HOME deleted and made anew gets a new one."""
        name = hashlib.sha256(os.fsencode(self.home)).hexdigest()[:12]
        place = self.system_folder / f"{name}-{secrets.token_hex(3)}"
        make_system_folder(self.system_folder)
        place.mkdir(mode=0o711)
        # The folder is ours and new, so a strict umask may be put right.
        place.chmod(0o711)
        (place / "HOTLINE_HOME").write_bytes(os.fsencode(self.home) + b"\n")
        if not account.reaches(place):
            raise DatabaseUnavailable(
                f"The database user {account.name} can reach neither {self.folder} nor {self.system_folder}. Set "
                "HOTLINE_HOME to a folder other users may pass through (chmod o+x), or start as a user who is not root."
            )
        return place


def write_private(file: Path, text: str) -> None:
    """Replace a file as a whole, readable by its owner alone, on the disk before this returns."""
    unfinished = file.with_name(f".{file.name}.{secrets.token_hex(4)}")
    try:
        with open(unfinished, "w", encoding="utf-8", opener=lambda path, flags: os.open(path, flags, 0o600)) as out:
            out.write(f"{text}\n")
            out.flush()
            os.fsync(out.fileno())
        unfinished.rename(file)
    finally:
        unfinished.unlink(missing_ok=True)


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8", errors="surrogateescape").strip()
    except FileNotFoundError:
        return ""


def _can_give_away(place: Path, account: Account) -> bool:
    """True if a folder made here can belong to the database user (not so on some network and shared folders)."""
    trial = place / f"trial-{secrets.token_hex(4)}"
    try:
        account.make_folder(trial)
        return trial.stat().st_uid == account.uid and trial.stat().st_mode & 0o777 == 0o700
    except PermissionError:
        return False
    finally:
        with suppress(FileNotFoundError):
            trial.rmdir()
