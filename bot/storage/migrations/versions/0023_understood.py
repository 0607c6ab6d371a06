"""What was read in the words of an update, kept with it: the turn, the actions and the desk read it there."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("updates", sa.Column("understood", sa.LargeBinary(), nullable=True))


def downgrade() -> None:
    op.drop_column("updates", "understood")
