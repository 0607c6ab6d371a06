"""Telegram may use the number of an update again after a quiet week: only an equal content is a duplicate."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("updates", sa.Column("reuse", sa.Integer(), server_default=sa.text("0"), nullable=False))
    op.create_unique_constraint("uq_updates_bot_id_update_id_reuse", "updates", ["bot_id", "update_id", "reuse"])
    op.drop_constraint("uq_updates_bot_id_update_id", "updates", type_="unique")


def downgrade() -> None:
    # The row's own number, negative: no update of Telegram has it.
    op.execute("update updates set update_id = -id where reuse > 0")
    op.create_unique_constraint("uq_updates_bot_id_update_id", "updates", ["bot_id", "update_id"])
    op.drop_constraint("uq_updates_bot_id_update_id_reuse", "updates", type_="unique")
    op.drop_column("updates", "reuse")
