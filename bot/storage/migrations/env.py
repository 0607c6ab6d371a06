"""Runs migrations on the connection it is given (hotline db upgrade), or on DATABASE_URL for a maintainer's alembic."""

from __future__ import annotations

import os
from typing import Literal

from alembic import context
from sqlalchemy import Connection, create_engine

from bot.storage.crypto import EncryptedJSON, EncryptedText
from bot.storage.models import Base
from bot.storage.session import sqlalchemy_url


def _ours(obj: object, name: str | None, kind: str, reflected: bool, compare_to: object) -> bool:
    """The queue's tables belong to procrastinate, the schema `rasa` to Rasa: neither is compared."""
    return not (kind == "table" and (name or "").startswith(("procrastinate_", "alembic_")))


def _plain(kind: str, obj: object, context_: object) -> str | Literal[False]:
    """Write encrypted columns as what the database sees, so that migrations import nothing from bot."""
    return "sa.LargeBinary()" if kind == "type" and isinstance(obj, EncryptedText | EncryptedJSON) else False


def _run(connection: Connection) -> None:
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        include_object=_ours,
        render_item=_plain,
        compare_server_default=False,
        transaction_per_migration=True,
    )
    with context.begin_transaction():
        context.run_migrations()


given = context.config.attributes.get("connection")
if given is not None:
    _run(given)
else:
    with create_engine(sqlalchemy_url(os.environ["DATABASE_URL"])).connect() as connection:
        _run(connection)
