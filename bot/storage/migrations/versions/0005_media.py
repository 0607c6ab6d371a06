"""Bundles of messages, and files without their metadata."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("chats", sa.Column("bundle", sa.BigInteger(), nullable=True))
    op.add_column("updates", sa.Column("bundle", sa.BigInteger(), nullable=True))
    op.create_index("ix_updates_bundle", "updates", ["bundle"], postgresql_where=sa.text("bundle is not null"))
    op.add_column("media", sa.Column("looked", sa.String(), nullable=True))
    op.add_column("media", sa.Column("clean_path", sa.String(), nullable=True))
    op.add_column("media", sa.Column("found", sa.LargeBinary(), nullable=True))


def downgrade() -> None:
    for column in ("found", "clean_path", "looked"):
        op.drop_column("media", column)
    op.drop_index("ix_updates_bundle", table_name="updates")
    op.drop_column("updates", "bundle")
    op.drop_column("chats", "bundle")
