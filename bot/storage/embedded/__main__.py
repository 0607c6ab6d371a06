"""`python -m bot.storage.embedded HOME`: run the embedded PostgreSQL in the foreground and print its address.

Starts it again when it dies, stops it on SIGTERM or Ctrl-C. `--new-password` only sets a new password.
"""

from __future__ import annotations

import argparse
import signal
import sys
import threading
from pathlib import Path

from bot import log
from bot.errors import HotlineError
from bot.storage.embedded.server import EmbeddedPostgres

#: How often to look whether the server still lives.
WATCH_SECONDS = 0.2


def main() -> int:
    """Exit code 0 after a signal, 1 when the database cannot be started."""
    arguments = argparse.ArgumentParser(prog="python -m bot.storage.embedded", description=__doc__)
    arguments.add_argument("home", type=Path, help="HOTLINE_HOME")
    arguments.add_argument("--new-password", action="store_true", help="set a new password and end")
    given = arguments.parse_args()
    log.configure("postgres")
    postgres = EmbeddedPostgres(given.home)
    try:
        if given.new_password:
            postgres.new_password()
            return 0
        _run(postgres)
    except HotlineError as problem:
        print(problem, file=sys.stderr)
        return 1
    return 0


def _run(postgres: EmbeddedPostgres) -> None:
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _leave)
    try:
        while True:
            print(postgres.start(), flush=True)
            while postgres.poll() is None:
                threading.Event().wait(WATCH_SECONDS)
    except _Leaving:
        pass
    finally:
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, signal.SIG_IGN)
        postgres.stop()


class _Leaving(BaseException):
    """A signal asked us to end."""


def _leave(*_: object) -> None:
    raise _Leaving


if __name__ == "__main__":
    sys.exit(main())
