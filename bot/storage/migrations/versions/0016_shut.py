"""Chats that are shut: cleared, told to send nothing, or asked about by somebody who holds the phone."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("chats", sa.Column("shut_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("chats", sa.Column("shut_update", sa.BigInteger(), nullable=True))
    op.add_column("chats", sa.Column("shut_why", sa.String(), nullable=True))
    # Who cleared the phone and has not written since: what waits for them waits for an operator now.
    op.execute(
        "update chats set shut_why = 'erased', shut_at = erased_at, "
        "shut_update = (select max(u.id) from updates u where u.chat_id = chats.id) "
        "where kind = 'private' and erased_at is not null and last_heard_at <= erased_at"
    )


def downgrade() -> None:
    op.drop_column("chats", "shut_why")
    op.drop_column("chats", "shut_update")
    op.drop_column("chats", "shut_at")
