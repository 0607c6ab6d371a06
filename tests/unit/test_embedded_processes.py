"""Which process counts as the PostgreSQL of a data folder."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest

from bot.storage.embedded.processes import Process, look, works_in

DATA = Path("/srv/hotline/var/postgres/data")
SERVER = Process(10, 1, 990, "postgres", f"/opt/bin/postgres -D {DATA} -c port=5 ", DATA)


@pytest.mark.parametrize(
    "process, ours",
    [
        (SERVER, True),
        (replace(SERVER, command="postgres: checkpointer "), True),
        (replace(SERVER, cwd=None), True),
        (replace(SERVER, cwd=Path("/srv/old/data")), False),  # the folder was moved away, the command still names it
        (replace(SERVER, cwd=None, command=f"/opt/bin/postgres -D {DATA}2 -c port=5 "), False),
        (replace(SERVER, cwd=None, command="postgres: checkpointer "), False),
        (replace(SERVER, uid=991), False),
        (replace(SERVER, name="bash"), False),
    ],
)
def test_a_server_is_known_by_its_owner_name_and_folder(process: Process, ours: bool) -> None:
    assert works_in(process, DATA, 990) is ours


def test_a_process_is_seen_as_it_is() -> None:
    process = look(os.getpid())
    assert process is not None
    assert (process.parent, process.uid) == (os.getppid(), os.getuid())


def test_a_process_that_does_not_exist_is_none() -> None:
    assert look(2**22 + 1) is None
