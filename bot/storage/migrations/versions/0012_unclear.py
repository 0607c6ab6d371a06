"""Messages that were not understood, redacted, and the chats of which none may be kept."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("chats", sa.Column("spared_at", sa.DateTime(timezone=True), nullable=True))
    # Who wrote before this release was not told of it; and of an anonymised case nobody knows the chat any more.
    op.execute("update chats set spared_at = now()")
    op.create_table(
        "unclear",
        sa.Column("update_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("chat_id", sa.BigInteger(), nullable=False),
        sa.Column("lang", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("text", sa.LargeBinary(), nullable=False),
        sa.Column("likely", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.ForeignKeyConstraint(
            ["update_id"], ["updates.id"], name=op.f("fk_unclear_update_id_updates"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["chat_id"], ["chats.id"], name=op.f("fk_unclear_chat_id_chats"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("update_id", name=op.f("pk_unclear")),
    )
    op.create_index("ix_unclear_chat_id", "unclear", ["chat_id"])


def downgrade() -> None:
    op.drop_table("unclear")
    op.drop_column("chats", "spared_at")
