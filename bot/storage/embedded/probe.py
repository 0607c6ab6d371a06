"""Asks a port whether our database answers there."""

from __future__ import annotations

import enum
import socket

import psycopg

from bot.storage.embedded.cluster import DATABASE, ROLE


class Reply(enum.Enum):
    """What a port said."""

    ANSWERS = enum.auto()
    NOT_YET = enum.auto()
    REFUSED = enum.auto()
    NO_DATABASE = enum.auto()


def ask(port: int, password: str) -> Reply:
    """Run one query. A stranger on the port cannot pass: SCRAM proves that the server knows the password too."""
    try:
        with psycopg.connect(
            host="127.0.0.1",
            port=port,
            user=ROLE,
            password=password,
            dbname=DATABASE,
            connect_timeout=5,
            require_auth="scram-sha-256",
            sslmode="disable",
            gssencmode="disable",
            options="",
            autocommit=True,
        ) as connection:
            connection.execute("SELECT 1")
    except psycopg.OperationalError as problem:
        # A refused connection carries no SQLSTATE. The server speaks English here (lc_messages).
        if "password authentication failed" in str(problem):
            return Reply.REFUSED
        return Reply.NO_DATABASE if "does not exist" in str(problem) else Reply.NOT_YET
    return Reply.ANSWERS


def is_free(port: int) -> bool:
    """True if a server could listen on this port of 127.0.0.1 now."""
    with socket.socket() as trial:
        trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trial.bind(("127.0.0.1", port))
            trial.listen()
        except OSError:
            return False
    return True


def any_free_port() -> int:
    """A port of 127.0.0.1 on which nobody listens now."""
    with socket.socket() as trial:
        trial.bind(("127.0.0.1", 0))
        return int(trial.getsockname()[1])
