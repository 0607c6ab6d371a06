"""The embedded PostgreSQL on a real server: it starts from anything, and keeps what it acknowledged."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from bot.errors import DatabaseUnavailable
from bot.storage import rasa_role
from bot.storage.embedded import (
    DataMissing,
    DataNotOurs,
    EmbeddedPostgres,
    PasswordMissing,
    PasswordRefused,
    accounts,
    binaries,
)
from bot.storage.embedded.processes import look, postgres_of

ROOT = os.geteuid() == 0
REPOSITORY = Path(__file__).resolve().parents[2]
DEADLINE_SECONDS = 30.0
CANARY = "kupu-kupu malam 0812-canary"

Make = Callable[..., EmbeddedPostgres]
Helper = Callable[[], subprocess.Popen[str]]


def until(true: Callable[[], object]) -> None:
    """Poll until something holds; fail after the deadline."""
    deadline = time.monotonic() + DEADLINE_SECONDS
    while not true():
        assert time.monotonic() < deadline, "did not happen in time"
        threading.Event().wait(0.01)


@pytest.fixture
def room() -> Iterator[Path]:
    """A folder that a database user other than ours can reach, unlike pytest's own when root runs it."""
    folder = Path(tempfile.mkdtemp(prefix="hotline-test-")).resolve()
    folder.chmod(0o711)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def home(room: Path) -> Path:
    return room / "var"


@pytest.fixture
def make(home: Path, room: Path) -> Iterator[Make]:
    made: list[EmbeddedPostgres] = []

    def make_one(at: Path = home) -> EmbeddedPostgres:
        made.append(EmbeddedPostgres(at, system_folder=room / "system"))
        return made[-1]

    yield make_one
    for postgres in made:
        postgres.stop()


@pytest.fixture
def helper(home: Path) -> Iterator[Helper]:
    """Starts `python -m bot.storage.embedded HOME`, another process that may own the server."""
    started: list[subprocess.Popen[str]] = []

    def start() -> subprocess.Popen[str]:
        command = [sys.executable, "-m", "bot.storage.embedded", str(home)]
        process = subprocess.Popen(command, cwd=REPOSITORY, stdout=subprocess.PIPE, text=True, start_new_session=True)
        started.append(process)
        return process

    yield start
    for process in started:
        process.terminate()
        process.communicate()


def dsn_of(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip().replace("+psycopg", "")


def write(dsn: str, *numbers: int) -> None:
    with psycopg.connect(dsn) as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS kept (n int PRIMARY KEY)")
        for n in numbers:
            connection.execute("INSERT INTO kept VALUES (%s)", (n,))


def rows(dsn: str) -> set[int]:
    with psycopg.connect(dsn) as connection:
        return {n for (n,) in connection.execute("SELECT n FROM kept")}


def setting(dsn: str, name: str) -> str:
    with psycopg.connect(dsn) as connection:
        row = connection.execute("SELECT current_setting(%s)", (name,)).fetchone()
    assert row is not None
    return str(row[0])


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def servers(postgres: EmbeddedPostgres) -> list[int]:
    data = postgres.place / "data"
    return [p.pid for p in postgres_of(data, data.stat().st_uid) if not p.command.startswith("postgres:")]


def test_first_start_makes_a_private_database(make: Make, home: Path) -> None:
    postgres = make()
    dsn = postgres.start()
    assert dsn.startswith("postgresql+psycopg://hotline:") and dsn.endswith("/hotline") and "@127.0.0.1:" in dsn
    assert postgres.running() and postgres.poll() is None
    assert mode(home / "postgres" / "password") == 0o600
    assert mode(postgres.place / "data") == mode(postgres.place / "socket") == 0o700
    wanted = {
        "data_checksums": "on",
        "listen_addresses": "127.0.0.1",
        "max_connections": "300",
        "shared_buffers": "64MB",
        "synchronous_commit": "on",
        "jit": "off",
        "TimeZone": "UTC",
        "server_encoding": "UTF8",
        "is_superuser": "off",
    }
    assert {name: setting(postgres.libpq_dsn, name) for name in wanted} == wanted
    with psycopg.connect(postgres.libpq_dsn) as connection:
        locales = connection.execute("SELECT DISTINCT datlocprovider, datlocale FROM pg_database").fetchall()
    assert locales == [("b", "C.UTF-8")]


def test_nobody_enters_without_the_password_and_the_superuser_not_at_all(make: Make) -> None:
    postgres = make()
    postgres.start()
    port = postgres.libpq_dsn.rpartition(":")[2].partition("/")[0]
    password = postgres.libpq_dsn.partition("hotline:")[2].partition("@")[0]
    for host in ("127.0.0.1", str(postgres.place / "socket")):
        for user, given in (("hotline", "wrong"), ("postgres", password), ("postgres", "")):
            with pytest.raises(psycopg.OperationalError, match=r"authentication failed|no pg_hba|no password"):
                psycopg.connect(host=host, port=port, user=user, password=given, dbname="hotline", passfile="/dev/null")
    psycopg.connect(
        host=str(postgres.place / "socket"), port=port, user="hotline", password=password, dbname="hotline"
    ).close()


def test_a_second_start_keeps_rows_and_port(make: Make) -> None:
    first = make()
    dsn = first.start()
    write(first.libpq_dsn, 1)
    first.stop()
    assert not first.running() and first.poll() == -1 and first.pid is None
    second = make()
    assert second.start() == dsn
    assert rows(second.libpq_dsn) == {1}


def test_a_database_of_a_former_version_lets_our_role_make_the_role_of_rasa(make: Make) -> None:
    postgres = make()
    postgres.start()
    cluster = postgres._cluster
    assert cluster is not None
    postgres.stop()
    cluster._single_user(cluster.data, "ALTER ROLE hotline NOCREATEROLE;")
    cluster._makes_roles.unlink()
    postgres.start()
    assert rasa_role.address(postgres.dsn, "ab" * 32).startswith("postgresql://hotline_rasa:")


def test_acknowledged_rows_survive_kill_9_under_load(make: Make) -> None:
    postgres = make()
    postgres.start()
    write(postgres.libpq_dsn)
    acknowledged: list[int] = []

    def load() -> None:
        with psycopg.connect(postgres.libpq_dsn, autocommit=True) as connection:
            for n in range(1_000_000):
                connection.execute("INSERT INTO kept VALUES (%s)", (n,))
                acknowledged.append(n)

    def load_until_killed() -> None:
        with pytest.raises(psycopg.OperationalError):
            load()

    writer = threading.Thread(target=load_until_killed)
    writer.start()
    until(lambda: len(acknowledged) > 500)
    postgres.kill9()
    assert postgres.poll() == -signal.SIGKILL and not postgres.running()
    postgres.start()
    writer.join(DEADLINE_SECONDS)
    assert set(acknowledged) <= rows(postgres.libpq_dsn)


def test_a_zombie_server_is_not_taken_for_a_live_one(make: Make) -> None:
    postgres = make()
    postgres.start()
    write(postgres.libpq_dsn, 1)
    old = postgres.pid
    assert old is not None
    os.kill(old, signal.SIGKILL)  # we are its parent and have not asked for its exit code yet
    until(lambda: look(old) is None)
    assert Path(f"/proc/{old}").exists() or sys.platform != "linux"
    postgres.start()
    assert postgres.pid != old and rows(postgres.libpq_dsn) == {1}


@pytest.mark.parametrize("what", ["zombie", "reused", "another user", "another postgres", "cut", "empty", "garbage"])
def test_a_stale_pid_file_does_not_block_the_start(make: Make, home: Path, room: Path, what: str) -> None:
    postgres = make()
    postgres.start()
    write(postgres.libpq_dsn, 1)
    pid_file = postgres.place / "data" / "postmaster.pid"
    socket_locks = list((postgres.place / "socket").glob(".s.PGSQL.*.lock"))
    left = {path: path.read_text() for path in (pid_file, *socket_locks)}
    postgres.stop()
    rest = left[pid_file].partition("\n")[2]
    with subprocess.Popen(["true"]) as zombie:
        until(lambda: look(zombie.pid) is None)
        other = make(room / "other")
        if what == "another postgres":
            other.start()
        left[pid_file] = {
            "zombie": f"{zombie.pid}\n{rest}",
            "reused": f"{os.getpid()}\n{rest}",
            "another user": f"1\n{rest}",
            "another postgres": f"{other.pid}\n{rest}",
            "cut": left[pid_file][:3],
            "empty": "",
            "garbage": "\0\0no pid\n",
        }[what]
        for path, text in left.items():
            path.write_text(text)
        postgres.start()
        assert rows(postgres.libpq_dsn) == {1}
        if what == "another postgres":
            assert other.running()


def test_a_server_whose_owner_was_killed_is_adopted_and_stopped_cleanly(make: Make, helper: Helper) -> None:
    owner = helper()
    dsn = dsn_of(owner)
    write(dsn, 1)
    owner.kill()
    owner.wait()
    postgres = make()
    assert postgres.start().replace("+psycopg", "") == dsn
    assert postgres.owner and servers(postgres) == [postgres.pid] and rows(dsn) == {1}
    postgres.stop()
    assert not servers(postgres)
    assert "received fast shutdown request" in _logs(postgres.place)


def test_an_adopted_server_that_dies_is_noticed_and_replaced(make: Make, helper: Helper) -> None:
    owner = helper()
    write(dsn_of(owner), 1)
    owner.kill()
    owner.wait()
    postgres = make()
    postgres.start()
    postgres.kill9()
    assert postgres.poll() == -1
    postgres.start()
    assert postgres.poll() is None and rows(postgres.libpq_dsn) == {1}


def test_a_live_server_with_a_lost_pid_file_is_replaced(make: Make, helper: Helper) -> None:
    owner = helper()
    write(dsn_of(owner), 1)
    owner.kill()
    owner.wait()
    postgres = make()
    (postgres.place / "data" / "postmaster.pid").write_text("")
    postgres.start()
    assert servers(postgres) == [postgres.pid] and rows(postgres.libpq_dsn) == {1}


def test_two_starters_at_once_share_one_server_and_the_guest_leaves_it(make: Make, helper: Helper) -> None:
    pair = [helper(), helper()]
    first, second = map(dsn_of, pair)
    assert first == second
    write(first, 1)
    guest = make()
    guest.start()
    assert not guest.owner and len(servers(guest)) == 1
    guest.stop()
    assert rows(first) == {1}
    for process in pair:
        process.terminate()
        process.wait(DEADLINE_SECONDS)
    assert not servers(guest)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_to_the_whole_group_stops_in_good_order(helper: Helper, home: Path, number: signal.Signals) -> None:
    process = helper()
    dsn = dsn_of(process)
    busy = psycopg.connect(dsn)
    busy.execute("SELECT 1")  # a transaction stays open
    os.killpg(process.pid, number)  # what Ctrl-C does
    assert process.wait(DEADLINE_SECONDS) == 0
    busy.close()
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(dsn)
    assert "database system is shut down" in _logs(home / "postgres")


def test_the_foreground_runner_starts_a_dead_server_again(helper: Helper, make: Make) -> None:
    process = helper()
    write(dsn_of(process), 1)
    guest = make()
    guest.start()
    guest.kill9()
    assert rows(dsn_of(process)) == {1}


def test_a_home_with_a_path_longer_than_a_socket_allows(make: Make, room: Path) -> None:
    far = room / ("dalam " * 12).strip() / ("jauh, 'sekali' \"ក\" " * 4).strip()
    postgres = make(far)
    postgres.start()
    write(postgres.libpq_dsn, 1)
    assert len(os.fsencode(far)) > 107
    postgres.kill9()
    postgres.start()
    assert rows(postgres.libpq_dsn) == {1}


def test_a_taken_port_is_changed_and_remembered(make: Make) -> None:
    postgres = make()
    before = postgres.start()
    postgres.stop()
    with socket.socket() as stranger:
        stranger.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        stranger.bind(("127.0.0.1", int(before.rpartition(":")[2].partition("/")[0])))
        stranger.listen()
        after = postgres.start()
    assert after != before
    postgres.stop()
    assert postgres.start() == after


@pytest.mark.parametrize("content", [None, "", "\n"])
def test_a_removed_password_file_says_what_to_do_and_a_new_one_keeps_rows(
    make: Make, home: Path, content: str | None
) -> None:
    postgres = make()
    postgres.start()
    write(postgres.libpq_dsn, 1)
    postgres.stop()
    file = home / "postgres" / "password"
    file.unlink()
    if content is not None:
        file.write_text(content)
    with pytest.raises(PasswordMissing, match=r"password file .* missing or empty.*--new-password"):
        postgres.start()
    assert not servers(postgres)
    postgres.new_password()
    postgres.start()
    assert rows(postgres.libpq_dsn) == {1} and mode(file) == 0o600


def test_a_wrong_password_says_what_to_do(make: Make, home: Path) -> None:
    postgres = make()
    postgres.start()
    postgres.stop()
    (home / "postgres" / "password").write_text("another\n")
    with pytest.raises(PasswordRefused, match=r"refuses the password in .*/password.*--new-password"):
        postgres.start()
    assert not servers(postgres)
    assert not postgres.owner


def test_a_failed_start_of_a_running_server_does_not_stop_it(make: Make, home: Path) -> None:
    postgres = make()
    postgres.start()
    (home / "postgres" / "password").unlink()
    with pytest.raises(PasswordMissing):
        postgres.start()
    assert postgres.running() and postgres.owner


def test_a_lost_database_is_not_replaced_by_an_empty_one(make: Make) -> None:
    postgres = make()
    postgres.start()
    postgres.stop()
    shutil.rmtree(postgres.place / "data")
    with pytest.raises(DataMissing, match="is gone"):
        postgres.start()


def test_a_first_start_cut_short_begins_again(make: Make, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    postgres = make()
    with monkeypatch.context() as broken:
        broken.setattr("bot.storage.embedded.cluster.DATABASE", "no such; statement")
        with pytest.raises(DatabaseUnavailable, match="Could not make the database"):
            postgres.start()
    assert not postgres.owner
    postgres.start()
    assert not list(postgres.place.glob("data.new-*"))


def test_a_database_of_another_version_is_left_alone(make: Make) -> None:
    postgres = make()
    postgres.start()
    postgres.stop()
    (postgres.place / "data" / "PG_VERSION").write_text("17\n")
    with pytest.raises(DataNotOurs, match="made by PostgreSQL 17"):
        postgres.start()


def test_stop_breaks_off_a_start_that_waits(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    postgres = make()
    monkeypatch.setattr(EmbeddedPostgres, "_answers", lambda self, port: False)
    said: list[DatabaseUnavailable] = []

    def start() -> None:
        with pytest.raises(DatabaseUnavailable, match="hotline is stopping") as caught:
            postgres.start()
        said.append(caught.value)

    thread = threading.Thread(target=start)
    thread.start()
    until(lambda: (postgres.place / "data" / "postmaster.pid").exists())
    postgres.stop()
    thread.join(DEADLINE_SECONDS)
    assert said and not servers(postgres)


def test_no_words_of_a_person_reach_the_logs(make: Make) -> None:
    postgres = make()
    postgres.start()
    with psycopg.connect(postgres.libpq_dsn, autocommit=True) as connection:
        connection.execute("CREATE TABLE canary (words text PRIMARY KEY CHECK (length(words) < 60))")
        connection.execute("INSERT INTO canary VALUES (%s)", (CANARY,))
        for statement, values in [
            ("INSERT INTO canary VALUES (%s)", (CANARY,)),
            ("INSERT INTO canary VALUES (%s)", (CANARY * 5,)),
            ("SELECT %s::int", (CANARY,)),
            (f"SELEC '{CANARY}'", None),
            (f"DO $$ BEGIN RAISE EXCEPTION '{CANARY}'; END $$", None),
            (f"DO $$ BEGIN RAISE WARNING '{CANARY}'; END $$", None),
        ]:
            try:
                connection.execute(statement, values)  # type: ignore[arg-type]
            except psycopg.Error as problem:
                assert CANARY in str(problem) or "syntax" in str(problem) or "check" in str(problem)
        backend = connection.info.backend_pid

        def killed() -> None:
            with pytest.raises(psycopg.OperationalError):
                connection.execute(f"SELECT pg_sleep(60), '{CANARY}'")  # type: ignore[call-overload]

        running = threading.Thread(target=killed)
        running.start()
        with psycopg.connect(postgres.libpq_dsn, autocommit=True) as watcher:
            query = "SELECT state = 'active' AND query LIKE '%%canary%%' FROM pg_stat_activity WHERE pid = %s"
            until(lambda: watcher.execute(query, (backend,)).fetchone() == (True,))
        os.kill(backend, signal.SIGKILL)
        running.join(DEADLINE_SECONDS)
    until(lambda: "terminated by signal 9" in _logs(postgres.place))
    assert "canary" not in _logs(postgres.place)


def _logs(place: Path) -> str:
    files = [place / "start.log", *(place / "data" / "log").glob("*")]
    return "\n".join(file.read_text() for file in files)


def _modes(*folders: Path) -> list[tuple[int, int, int]]:
    return [(mode(f), f.stat().st_uid, f.stat().st_gid) for f in folders]


if ROOT:

    def test_root_runs_it_as_another_user(make: Make) -> None:
        postgres = make()
        postgres.start()
        process = look(postgres.pid or 0)
        assert process is not None and process.uid == accounts.database_account().uid != 0

    def test_a_home_out_of_the_database_users_reach_goes_to_the_system_folder(make: Make, room: Path) -> None:
        private = room / "root-only"
        private.mkdir(mode=0o700)
        home = private / "var"
        home.mkdir(mode=0o755)
        before = _modes(private, home, room)
        postgres = make(home)
        postgres.start()
        write(postgres.libpq_dsn, 1)
        assert postgres.place.parent == room / "system"
        postgres.stop()
        again = make(home)
        again.start()
        assert again.place == postgres.place and rows(again.libpq_dsn) == {1}
        assert _modes(private, home, room) == before
        assert mode(home / "postgres" / "password") == 0o600
        again.stop()
        shutil.rmtree(home)
        home.mkdir()
        anew = make(home)
        anew.start()
        assert anew.place != postgres.place

    def test_programs_out_of_reach_are_copied_once(make: Make, room: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        wheel, private = binaries.wheel_folder(), room / "venv"
        private.mkdir(mode=0o700)
        shutil.copytree(wheel, private / wheel.name, ignore=shutil.ignore_patterns("include", "*.a", "pginstall"))
        libraries = wheel.with_name(f"{wheel.name}.libs")
        if libraries.is_dir():
            shutil.copytree(libraries, private / libraries.name)
        monkeypatch.setattr(binaries, "wheel_folder", lambda: private / wheel.name)
        postgres = make()
        postgres.start()
        write(postgres.libpq_dsn, 1)
        (copy,) = (room / "system").iterdir()
        made = copy.stat().st_ino
        postgres.stop()
        postgres.start()
        assert rows(postgres.libpq_dsn) == {1} and mode(private) == 0o700
        assert [entry.stat().st_ino for entry in (room / "system").iterdir()] == [made]

    def test_a_strict_umask_changes_nothing(make: Make) -> None:
        before = os.umask(0o077)
        try:
            postgres = make()
            postgres.start()
        finally:
            os.umask(before)
        write(postgres.libpq_dsn, 1)

    def test_where_no_user_can_be_added_nobody_does_it(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(accounts, "USER_NAME", "no-such-user")
        monkeypatch.setattr(accounts.shutil, "which", lambda *_, **__: None)
        postgres = make()
        postgres.start()
        assert (postgres.place / "data").owner() == "nobody"

    def test_the_system_folder_is_the_documented_one() -> None:
        assert Path("/var/lib/hotline") == accounts.SYSTEM_FOLDER


def test_a_user_without_a_name_is_told_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 2**31 - 7)
    with pytest.raises(DatabaseUnavailable, match="has no name on this machine"):
        accounts.database_account()
