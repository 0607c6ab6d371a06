"""Who runs PostgreSQL, and what that user can reach. PostgreSQL refuses to run as root.

Permissions of folders that exist are never changed: where the database user cannot go, the files go elsewhere.
"""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bot.errors import DatabaseUnavailable
from bot.log import get

log = get(__name__)

#: Where database and binaries go when root starts the hotline from a place its database user cannot reach.
SYSTEM_FOLDER = Path("/var/lib/hotline")
USER_NAME = "hotline"
#: Who does it where no user can be added. A number of its own will not do: initdb insists on a name.
LAST_RESORT = "nobody"


@dataclass(frozen=True)
class Account:
    """A user by number, with that user's own group and no other."""

    uid: int
    gid: int

    @property
    def name(self) -> str:
        """For people: the name, or the number where there is none."""
        return pwd.getpwuid(self.uid).pw_name if self.has_name else f"number {self.uid}"

    @property
    def has_name(self) -> bool:
        """False for a bare number, as `docker run --user 1234` makes them."""
        try:
            pwd.getpwuid(self.uid)
        except KeyError:
            return False
        return True

    def popen_options(self) -> dict[str, Any]:
        """Options for subprocess that start a program as this user, in no terminal, without our secrets."""
        options: dict[str, Any] = {
            "env": {"PATH": "/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC"},
            "start_new_session": True,
            "umask": 0o077,
        }
        if self.uid != os.geteuid():
            options |= {"user": self.uid, "group": self.gid, "extra_groups": []}
        return options

    def reaches(self, folder: Path) -> bool:
        """True if this user may walk to and through `folder`, by the permission bits on the way."""
        return all(self._may(path, 0o1) for path in (folder, *folder.parents))

    def reads(self, tree: Path) -> bool:
        """True if this user may read all of `tree` and run what is a program there."""
        if not self.reaches(tree):
            return False
        return all(
            self._may(Path(root), 0o5) and all(self._may(Path(root, name), 0o4) for name in files)
            for root, _, files in os.walk(tree)
        )

    def _may(self, path: Path, bits: int) -> bool:
        if self.uid == 0:
            return True
        status = path.stat()
        shift = 6 if status.st_uid == self.uid else 3 if status.st_gid == self.gid else 0
        return (status.st_mode >> shift) & bits == bits

    def make_folder(self, path: Path) -> None:
        """Make a folder that only this user can enter."""
        path.mkdir(mode=0o700)
        if self.uid != os.geteuid():
            os.chown(path, self.uid, self.gid)


def make_system_folder(path: Path) -> None:
    """Make a folder that every user may pass through, if it is missing."""
    try:
        path.mkdir(mode=0o755)
    except FileExistsError:
        return
    # Ours and new: a strict umask may be put right.
    path.chmod(0o755)


def owner_of(path: Path) -> Account:
    """The user a file or folder belongs to."""
    status = path.stat()
    return Account(status.st_uid, status.st_gid)


def database_account() -> Account:
    """Who runs a new database: we ourselves; if we are root, the system user `hotline`, added when missing."""
    if os.geteuid() != 0:
        ours = Account(os.geteuid(), os.getegid())
        if not ours.has_name:
            raise DatabaseUnavailable(
                f"The user number {ours.uid} has no name on this machine, and PostgreSQL needs one. "
                "Add the user to /etc/passwd (in a container: RUN useradd), or set DATABASE_URL to another server."
            )
        return ours
    existing = _named(USER_NAME)
    if existing is None and (program := shutil.which("useradd", path="/usr/sbin:/sbin:/usr/bin:/bin")):
        options = ["--system", "--user-group", "--no-create-home", "--home-dir", str(SYSTEM_FOLDER)]
        done = subprocess.run(
            [program, *options, "--shell", "/usr/sbin/nologin", USER_NAME], capture_output=True, check=False
        )
        existing = _named(USER_NAME)
        log.info("database_user_added", user=USER_NAME, exit_code=done.returncode)
    account = existing or _named(LAST_RESORT)
    if account is None:
        raise DatabaseUnavailable(
            f"PostgreSQL refuses to run as root, and no user could be added for it. Add one (useradd --system "
            f"{USER_NAME}), or start the hotline as a user who is not root."
        )
    return account


def _named(name: str) -> Account | None:
    try:
        entry = pwd.getpwnam(name)
    except KeyError:
        return None
    return Account(entry.pw_uid, entry.pw_gid) if entry.pw_uid != 0 else None
