"""The database role of Rasa's processes: it reads and writes Rasa's own table, and nothing of ours.

It is made by the role that owns our tables, which therefore needs the right to make roles (CREATEROLE). Without it, or
where the server does not let the new role in, Rasa signs in as we do.
"""

from __future__ import annotations

import hashlib
import hmac
from contextlib import suppress

import psycopg
from psycopg import sql
from sqlalchemy.engine import make_url

from bot import log as logs
from nlu.rasa_server import tracker_table

log = logs.get(__name__)

CONNECT_SECONDS = 3


def address(url: str, tracker_key: str) -> str:
    """The address (for libpq) with which Rasa signs in: under its own role, which is made or mended; else ours.

    The password follows from the tracker key, so every machine sets the same, and a rotation of the keys replaces it.
    """
    ours = make_url(url).set(drivername="postgresql")
    plain = ours.render_as_string(hide_password=False)
    password = hmac.new(bytes.fromhex(tracker_key), b"rasa database role", hashlib.sha256).hexdigest()
    with psycopg.connect(plain, connect_timeout=CONNECT_SECONDS) as connection:
        name = name_in(connection)
        try:
            _make(connection, name, password)
        except psycopg.errors.InsufficientPrivilege:
            log.warning("rasa_signs_in_as_we_do", why="our database role may not make roles, or a schema")
            return plain
    own = ours.set(username=name, password=password).render_as_string(hide_password=False)
    with suppress(psycopg.OperationalError), psycopg.connect(own, connect_timeout=CONNECT_SECONDS):
        return own
    log.warning("rasa_signs_in_as_we_do", why="the database server does not let Rasa's role in")
    return plain


def name_in(connection: psycopg.Connection) -> str:
    """The role of Rasa's that belongs to a database: two databases on one server have two."""
    return f"{connection.info.dbname[:50]}_rasa"


def _make(connection: psycopg.Connection, name: str, password: str) -> None:
    """Make the role where it is missing, set its password, let it use Rasa's table. Raises InsufficientPrivilege."""
    role = sql.Identifier(name)
    with connection.transaction():
        # Several machines may start at once.
        connection.execute("select pg_advisory_xact_lock(hashtextextended(%s, 0))", (name,))
        if connection.execute("select to_regclass('rasa.events')").fetchone() == (None,):
            connection.execute(tracker_table.CREATE)
        known = connection.execute("select 1 from pg_roles where rolname = %s", (name,)).fetchone()
        verb = sql.SQL("alter" if known else "create")
        connection.execute(sql.SQL("{} role {} login password {}").format(verb, role, sql.Literal(password)))
        connection.execute(sql.SQL("grant usage on schema rasa to {}").format(role))
        connection.execute(sql.SQL("grant select, insert, update, delete on rasa.events to {}").format(role))
