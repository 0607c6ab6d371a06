"""Which bot a chat last wrote to, which bot sent a message, and chats that a restore keeps silent."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "bots",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("username", sa.String(), nullable=True),
        sa.Column("since", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bots")),
    )
    op.add_column("chats", sa.Column("bot_id", sa.BigInteger(), nullable=True))
    op.add_column("chats", sa.Column("held_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("outbox", sa.Column("bot_id", sa.BigInteger(), nullable=True))
    # Until now nothing wrote down which bot sent a message: it was the one whose update came last before.
    op.execute("insert into bots (id, since) select bot_id, min(received_at) from updates group by bot_id")
    op.execute(
        "update chats set bot_id = (select u.bot_id from updates u where u.chat_id = chats.id"
        " order by u.id desc limit 1) where kind = 'private'"
    )
    op.execute(
        "update outbox set bot_id = (select b.id from bots b order by b.since desc limit 1)"
        " where sent_at is not null or message_ids <> '[]'::jsonb"
    )


def downgrade() -> None:
    op.drop_column("outbox", "bot_id")
    op.drop_column("chats", "held_at")
    op.drop_column("chats", "bot_id")
    op.drop_table("bots")
