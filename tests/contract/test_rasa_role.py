"""Somebody who breaks Rasa signs in to the database as Rasa: there is Rasa's own table, and no row of ours."""

from __future__ import annotations

import psycopg
import pytest
from psycopg import sql

from bot.storage import rasa_role
from tests.support.rows import one_of_each

KEY, OTHER_KEY = "ab" * 32, "cd" * 32


async def test_rasas_role_reads_no_table_of_ours_and_uses_its_own(database: str) -> None:
    await one_of_each()
    own = rasa_role.address(database, KEY)
    assert own != database
    with psycopg.connect(own, autocommit=True) as rasa:
        tables = rasa.execute("select tablename from pg_tables where schemaname = 'public'").fetchall()
        assert len(tables) > 20
        for (table,) in tables:
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                rasa.execute(sql.SQL("select * from {}").format(sql.Identifier(table)))
        rasa.execute("insert into rasa.events values ('1:1', 'tracker', 0, '')")
        rasa.execute("update rasa.events set timestamp = 1")
        assert rasa.execute("select count(*) from rasa.events").fetchone() == (1,)
        rasa.execute("delete from rasa.events")
        for deed in ("drop table rasa.events", "create table public.mine (a int)", "create role boss superuser"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                rasa.execute(deed)


def test_a_second_start_mends_it_and_a_rotated_key_shuts_the_former_password_out(database: str) -> None:
    former = rasa_role.address(database, KEY)
    assert rasa_role.address(database, KEY) == former
    fresh = rasa_role.address(database, OTHER_KEY)
    psycopg.connect(fresh).close()
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(former).close()


def test_where_no_role_may_be_made_rasa_signs_in_as_we_do(database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: object) -> None:
        raise psycopg.errors.InsufficientPrivilege("permission denied to create role")

    monkeypatch.setattr(rasa_role, "_make", refused)
    assert rasa_role.address(database, KEY) == database.replace("postgresql+psycopg:", "postgresql:")


def test_where_the_server_does_not_let_it_in_rasa_signs_in_as_we_do(
    database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rasa_role, "_make", lambda *_: None)
    assert rasa_role.address(database, KEY) == database.replace("postgresql+psycopg:", "postgresql:")
