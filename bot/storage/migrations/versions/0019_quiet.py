"""Cases listed without ringing, chats that an operator blocked, and what a chat's files took of its share."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("chats", sa.Column("blocked_until", sa.DateTime(timezone=True), nullable=True))
    op.add_column("chats", sa.Column("files_mb", sa.Float(), server_default=sa.text("0"), nullable=False))
    op.add_column("chats", sa.Column("files_at", sa.DateTime(timezone=True), nullable=True))
    op.create_index("ix_media_same", "media", ["chat_id", "same"])
    op.drop_index("ix_media_chat_id", "media")
    op.add_column("cases", sa.Column("quiet", sa.Boolean(), server_default=sa.text("false"), nullable=False))


def downgrade() -> None:
    op.drop_column("cases", "quiet")
    op.create_index("ix_media_chat_id", "media", ["chat_id"])
    op.drop_index("ix_media_same", "media")
    op.drop_column("chats", "files_at")
    op.drop_column("chats", "files_mb")
    op.drop_column("chats", "blocked_until")
