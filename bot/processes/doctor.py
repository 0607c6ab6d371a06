"""`hotline doctor`: what is there, what is missing, and which feature is off without it. Changes nothing."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

import psycopg

from bot.alarm import status as alarm
from bot.cases import sites
from bot.desk import rights
from bot.errors import HotlineError
from bot.offers.reading import tesseract
from bot.processes.supervisor import NLU_PYTHON
from bot.runtime import file_jail, model_in_use
from bot.settings import ROOT, Settings, settings
from bot.storage import crypto, migrate, rasa_role
from bot.storage.embedded import EmbeddedPostgres
from bot.storage.embedded.binaries import wheel_folder
from bot.storage.session import libpq_url
from nlu.model import registry
from nlu.model.fingerprint import fingerprint

#: Programs that open a page for the browser tests, the first found is used.
BROWSERS: Final = ("chromium", "chromium-browser", "google-chrome")
#: Seconds a look at a program or a server may take.
PATIENCE_SECONDS: Final = 20
MARKS: Final = {True: "ok", False: "MISSING", None: "note"}


@dataclass(frozen=True)
class Line:
    """One thing looked at. `ok` is False when the hotline cannot run without it, None when only a feature is off."""

    name: str
    ok: bool | None
    detail: str
    what_to_do: str = ""


def report() -> list[Line]:
    """Everything that was looked at, in the order in which one would repair it."""
    lines = [_python(), _uv()]
    try:
        config = settings()
        groups = sites.sites()
    except HotlineError as problem:
        return [*lines, Line("settings", False, str(problem), "correct it, then run this again")]
    if config.rasa_url is None:
        lines += [_rasa(), _model(config)]
    else:
        lines.append(Line("Rasa", None, f"runs elsewhere: {config.rasa_url}"))
    lines += [_home(config), *_database(config), _token(config)]
    lines += [_group(config, name, site.group) for name, site in groups.items()]
    lines.append(_alarm(config))
    lines += [_port(name, host, port) for name, host, port in _ports(config)]
    return [*lines, _cage(), _reader(), _chromium(), _khmer_font()]


def print_report() -> int:
    """Print the report. Returns 1 when something is missing that the hotline cannot run without, else 0."""
    lines = report()
    width = max(len(line.name) for line in lines)
    for line in lines:
        print(f"{MARKS[line.ok]:<8} {line.name:<{width}}  {line.detail}")
        if line.what_to_do:
            print(f"{'':<8} {'':<{width}}  -> {line.what_to_do}")
    return 1 if any(line.ok is False for line in lines) else 0


# -- programs


def _python() -> Line:
    version = ".".join(map(str, sys.version_info[:3]))
    return Line("app environment", True, f"Python {version} in {sys.prefix}")


def _uv() -> Line:
    found = next(iter(sorted(ROOT.glob(".tools/*/bin/uv"))), None) or shutil.which("uv")
    if found is None:
        return Line("uv", None, "not here; needed only to set up again", "make setup")
    return Line("uv", True, str(found))


def _rasa() -> Line:
    packages = next(NLU_PYTHON.parents[1].glob("lib/python3.*/site-packages"), None)
    found = next(packages.glob("rasa-[0-9]*.dist-info"), None) if packages else None
    if found is None or not NLU_PYTHON.exists():
        return Line("Rasa environment", False, f"not installed in {NLU_PYTHON.parents[1]}", "make setup")
    version = found.name.removeprefix("rasa-").removesuffix(".dist-info")
    return Line("Rasa environment", True, f"Rasa {version} on {packages.parent.name if packages else '?'}")


def browser() -> str | None:
    """Path of a Chromium on this machine."""
    return next((path for name in BROWSERS if (path := shutil.which(name))), None)


def _chromium() -> Line:
    found = browser()
    if found is None:
        return Line("Chromium", None, "not found: browser tests are skipped", "apt-get install chromium")
    return Line("Chromium", True, found)


def _khmer_font() -> Line:
    listed = _output("fc-list", ":lang=km", "family") if shutil.which("fc-list") else None
    if listed:
        return Line("Khmer font", True, listed.splitlines()[0])
    return Line(
        "Khmer font", None, "not found: Khmer shows as boxes in this machine's browser", "apt-get install fonts-khmeros"
    )


def _cage() -> Line:
    closed, wall = file_jail.walls()
    if closed:
        return Line("cage for files", True, f"{wall} and seccomp")
    return Line(
        "cage for files",
        None,
        f"cannot be closed ({wall}): no picture or document is opened, each is kept and shown with that said",
        "a kernel with Landlock (Linux 5.13), or one that lets this user make namespaces (docs/runbook.md)",
    )


def _reader() -> Line:
    lacking = tesseract.missing()
    if lacking:
        return Line(
            "tesseract",
            None,
            f"without {', '.join(lacking)}: photos and scans of offers are not read, people are asked to type",
            f"apt-get install {' '.join(tesseract.PACKAGES)}",
        )
    return Line("tesseract", True, f"reads {', '.join(tesseract.LANGUAGES)}")


def _output(*command: str) -> str | None:
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE_SECONDS, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip() if done.returncode == 0 else None


# -- this installation


def _home(config: Settings) -> Line:
    home = config.hotline_home
    first = next(folder for folder in (home, *home.parents) if folder.exists())
    if not first.is_dir() or not os.access(first, os.W_OK | os.X_OK):
        return Line(
            "HOTLINE_HOME", False, f"{home} cannot be written", "choose another folder, or give it to this user"
        )
    free = shutil.disk_usage(first).free / 1e9
    made = "" if home.exists() else ", made at the first start"
    if free < 1:
        return Line("HOTLINE_HOME", None, f"{home}, only {free:.1f} GB free", "make room: messages and media rest here")
    return Line("HOTLINE_HOME", True, f"{home}, {free:.0f} GB free{made}")


def _model(config: Settings) -> Line:
    folder = model_in_use.folder_of(config)
    try:
        model = model_in_use.in_use(config)
    except model_in_use.ModelMissing as problem:
        return Line("model", False, str(problem), f"hotline model use {registry.NEWEST}")
    if model is None:
        return Line("model", False, f"no trained model in {folder}", "make train")
    try:
        registry.contents(model)
    except registry.ModelBroken as problem:
        return Line("model", False, str(problem), "make train")
    if registry.pinned(folder) is not None:
        return Line("model", None, f"{model.name} is pinned", f"hotline model use {registry.NEWEST}, once it may go")
    if not (folder / f"{fingerprint()}.tar.gz").exists():
        return Line("model", None, f"{model.name} was trained on other data or configuration", "make train")
    return Line("model", True, model.name)


def _database(config: Settings) -> Iterator[Line]:
    if config.database is None:
        try:
            yield Line("PostgreSQL programs", True, str(wheel_folder()))
        except HotlineError as problem:
            yield Line("PostgreSQL programs", False, str(problem), "make setup, or set DATABASE_URL")
            return
        if not (config.hotline_home / "postgres" / "location").exists():
            yield Line("database", None, "our own, made at the first start")
            yield _keys(config, None)
            return
    try:
        with _reachable(config) as url:
            yield _schema(config, url)
            yield _keys(config, _one_secret(url))
            with psycopg.connect(libpq_url(url), connect_timeout=5) as connection:
                yield _rasa_role(connection)
                yield from (Line(*found) for found in alarm.desks(connection))
    except (HotlineError, OSError, psycopg.Error, ValueError) as problem:
        # The message of a driver may hold the address and its password.
        detail = str(problem) if isinstance(problem, HotlineError) else f"does not answer ({type(problem).__name__})"
        yield Line("database", False, detail, "start it, or correct DATABASE_URL")


@contextmanager
def _reachable(config: Settings) -> Iterator[str]:
    """The address of the database; our own is started for the look if no hotline runs."""
    if config.database is not None:
        yield config.database
        return
    own = EmbeddedPostgres(config.hotline_home)
    try:
        yield own.start()
    finally:
        own.stop()


def _schema(config: Settings, url: str) -> Line:
    where = "DATABASE_URL" if config.database is not None else "our own"
    with psycopg.connect(libpq_url(url), connect_timeout=5) as connection:
        version = connection.info.server_version // 10000
    found, newest = migrate.current(url), migrate.head()
    if found != newest:
        detail = f"{where}, PostgreSQL {version}, schema {found or 'empty'}, newest {newest}"
        return Line("database", None, detail, "hotline db upgrade (`hotline run` does it by itself)")
    return Line("database", True, f"{where}, PostgreSQL {version}, schema {found}")


def _rasa_role(connection: psycopg.Connection) -> Line:
    """Whether Rasa has a database role of its own, or can be given one."""
    name, what = rasa_role.name_in(connection), "Rasa's database role"
    if connection.execute("select 1 from pg_roles where rolname = %s", (name,)).fetchone():
        return Line(what, True, f"{name}, it reads nothing of ours")
    rights = connection.execute(
        "select rolsuper or rolcreaterole from pg_roles where rolname = current_user"
    ).fetchone()
    if rights and rights[0]:
        return Line(what, None, f"{name}, made at the first start")
    user = connection.info.user
    return Line(
        what, None, "none: Rasa signs in as we do", f"as the database's administrator: ALTER ROLE {user} CREATEROLE"
    )


def _one_secret(url: str) -> bytes | None:
    """One encrypted value that the keys must open; None in an empty database."""
    with psycopg.connect(libpq_url(url), connect_timeout=5) as connection:
        table = connection.execute("select to_regclass('secrets')").fetchone()
        if table is None or table[0] is None:
            return None
        row = connection.execute("select value from secrets limit 1").fetchone()
    return bytes(row[0]) if row else None


def _keys(config: Settings, proof: bytes | None) -> Line:
    source = "HOTLINE_KEYS" if config.keys is not None else str(crypto.key_file(config))
    try:
        keys = crypto.read_keys(config)
        if keys is None:
            if proof is None:
                return Line("keys", None, f"made at the first start in {source}")
            return Line(
                "keys", False, "the database holds encrypted rows, but there is no key", "put the key file back"
            )
        if proof is not None:
            keys.decrypt(proof)
    except (HotlineError, OSError) as problem:
        return Line("keys", False, str(problem), "put the right key in HOTLINE_KEYS or the key file")
    if config.keys is None and crypto.key_file(config).stat().st_mode & 0o077:
        return Line("keys", None, f"{source} can be read by other users", f"chmod 600 {source}")
    return Line("keys", True, f"{source}{', they open the database' if proof is not None else ''}")


# -- Telegram


def _token(config: Settings) -> Line:
    if config.sandboxed:
        return Line("Telegram token", None, "none: the sandbox runs instead of Telegram", "set TELEGRAM_BOT_TOKEN")
    way = "webhook" if config.telegram_webhook_url else "polling"
    return Line("Telegram token", True, f"set, {way}, {config.telegram_api_url}")


def _group(config: Settings, site: str, group: int | None) -> Line:
    name = f"group of {site}"
    if group is not None and config.sandboxed:
        return Line(name, True, str(group))
    if group is not None:
        found = rights.of_group(config, group)
        return Line(name, found.ok, found.detail, found.what_to_do)
    if site == sites.fallback().id:
        return Line(name, False, "none: nobody would hear of a case", "set OPERATORS_CHAT_ID")
    return Line(name, None, f"none: its cases go to {sites.fallback().id}", "set OPERATORS_CHATS")


def _alarm(config: Settings) -> Line:
    try:
        return Line("night alarm", *alarm.ways(config))
    except HotlineError as problem:
        return Line("night alarm", False, str(problem), "correct it, then run this again")


def _ports(config: Settings) -> Iterator[tuple[str, str, int]]:
    if config.rasa_url is None:
        yield "port of Rasa", config.nlu_host, config.nlu_port
    if config.actions_url is None:
        yield "port of actions", config.actions_host, config.actions_port
    if config.sandboxed:
        yield "port of the sandbox", "127.0.0.1", config.sandbox_port
    if config.telegram_webhook_url:
        yield "port of the webhook", config.webhook_host, config.webhook_port


def _port(name: str, host: str, port: int) -> Line:
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as problem:
            fixed = name.endswith("webhook")
            return Line(
                name,
                None,
                f"{host}:{port} is taken ({problem.strerror}); a hotline may be running",
                "stop what uses it, or set WEBHOOK_PORT" if fixed else "nothing: the next free one is used",
            )
    return Line(name, True, f"{host}:{port} is free")
