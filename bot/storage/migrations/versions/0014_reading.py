"""What was read on pictures and in PDFs."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("media", sa.Column("read_as", sa.String(), nullable=True))
    op.add_column("media", sa.Column("words", sa.LargeBinary(), nullable=True))


def downgrade() -> None:
    op.drop_column("media", "words")
    op.drop_column("media", "read_as")
