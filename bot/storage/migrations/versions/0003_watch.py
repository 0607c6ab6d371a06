"""Signs of life, counts that outlive the rows, and the indexes by which both stay cheap."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "beats",
        sa.Column("process", sa.String(), nullable=False),
        sa.Column("part", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("process", name=op.f("pk_beats")),
    )
    op.create_table(
        "tallies",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("labels", sa.String(), nullable=False),
        sa.Column("value", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.PrimaryKeyConstraint("name", "labels", name=op.f("pk_tallies")),
    )
    op.create_index("ix_updates_received", "updates", ["received_at"])
    op.create_index("ix_outbox_sent_at", "outbox", ["sent_at"], postgresql_where=sa.text("sent_at is not null"))
    op.create_index("ix_outbox_failed", "outbox", ["created_at"], postgresql_where=sa.text("state = 'failed'"))
    op.create_index("ix_media_wanted", "media", ["id"], postgresql_where=sa.text("state = 'wanted'"))
    op.create_index("ix_cases_opened", "cases", ["opened_at"])
    op.create_index("ix_cases_held", "cases", ["holder_id"], postgresql_where=sa.text("state <> 'closed'"))


def downgrade() -> None:
    op.drop_index("ix_cases_held", table_name="cases", postgresql_where=sa.text("state <> 'closed'"))
    op.drop_index("ix_cases_opened", table_name="cases")
    op.drop_index("ix_media_wanted", table_name="media", postgresql_where=sa.text("state = 'wanted'"))
    op.drop_index("ix_outbox_failed", table_name="outbox", postgresql_where=sa.text("state = 'failed'"))
    op.drop_index("ix_outbox_sent_at", table_name="outbox", postgresql_where=sa.text("sent_at is not null"))
    op.drop_index("ix_updates_received", table_name="updates")
    op.drop_table("tallies")
    op.drop_table("beats")
