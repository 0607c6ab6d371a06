"""PostgreSQL's own pg_dump, pg_restore and psql, from the wheel that brings our server."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterable
from pathlib import Path

from psycopg.conninfo import conninfo_to_dict, make_conninfo

from bot.errors import DatabaseUnavailable
from bot.storage.backup.problems import BackupRefused
from bot.storage.embedded.binaries import INSTALL, MAJOR, wheel_folder
from bot.storage.session import libpq_url, process_name

#: What pg_dump of version 17 and newer writes first and an older server does not know.
_NEWER_SETTING = b"SET transaction_timeout = 0;\n"


def fits(server_version: int) -> None:
    """Raises BackupRefused for a server newer than our pg_dump, which refuses it. (An older one is no problem.)"""
    if server_version // 10_000 > MAJOR:
        raise BackupRefused(
            f"This server is PostgreSQL {server_version // 10_000}, and the hotline brings pg_dump {MAJOR}. Update the "
            "hotline, or copy the database with that server's own pg_dump and HOTLINE_HOME/media by hand."
        )


def dump(url: str, snapshot: str, into: Path) -> None:
    """Write a database, as one snapshot shows it, into a file. Raises BackupRefused."""
    command = ["pg_dump", "--format=custom", "--no-owner", "--no-privileges", f"--snapshot={snapshot}", "--no-password"]
    address, environment = _connection(url)
    done = subprocess.run(
        [*_program(command), f"--file={into}", f"--dbname={address}"],
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
    )
    if done.returncode != 0:
        raise BackupRefused(f"The database could not be copied. {_last_words(done.stderr)}")


def load(url: str, dump_file: Path, then: Iterable[str]) -> None:
    """Fill an empty database from a file and run statements after it, all in one transaction or not at all.

    Raises DatabaseUnavailable.
    """
    address, environment = _connection(url)
    options = ["psql", "--no-psqlrc", "--quiet", "--no-password", "--set=ON_ERROR_STOP=1"]
    with (
        subprocess.Popen(
            [*_program(["pg_restore", "--no-owner", "--no-privileges", "--file=-"]), str(dump_file)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        ) as source,
        subprocess.Popen(
            [*_program(options), f"--dbname={address}"],
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
        ) as target,
    ):
        assert source.stdout is not None and target.stdin is not None and target.stderr is not None
        try:
            # Ours, not psql's --single-transaction: that one would commit what came when the source breaks off.
            target.stdin.write(b"BEGIN;\n")
            for line in source.stdout:
                if line != _NEWER_SETTING:
                    target.stdin.write(line)
            if source.wait() == 0:
                target.stdin.write("".join(f"{statement};\n" for statement in [*then, "COMMIT"]).encode("ascii"))
            target.stdin.close()
        except BrokenPipeError:
            source.kill()
        words = target.stderr.read()
    if source.returncode != 0 or target.returncode != 0:
        raise DatabaseUnavailable(
            f"The database could not be filled from {dump_file.name}; nothing of it was kept. {_last_words(words)}"
        )


def _program(command: list[str]) -> list[str]:
    return [str(wheel_folder() / INSTALL / "bin" / command[0]), *command[1:]]


def _connection(url: str) -> tuple[str, dict[str, str]]:
    """An address without the password, and an environment with it: every user of a machine may list commands."""
    parts = conninfo_to_dict(libpq_url(url))
    password = parts.pop("password", None)
    environment = {"PATH": os.environ.get("PATH", ""), "LC_ALL": "C", "PGTZ": "UTC", "PGAPPNAME": process_name()}
    environment |= {name: os.environ[name] for name in ("HOME", "PGSSLROOTCERT", "PGPASSFILE") if name in os.environ}
    if password is not None:
        environment["PGPASSWORD"] = str(password)
    return make_conninfo("", **parts), environment


def _last_words(stderr: bytes) -> str:
    """The first line of an error; further ones may quote rows."""
    lines = [line for line in stderr.decode("utf-8", "replace").splitlines() if "ERROR" in line or "error:" in line]
    return lines[0] if lines else ""
