"""The same file of a chat is fetched once."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("media", sa.Column("same", sa.LargeBinary(), nullable=True))


def downgrade() -> None:
    # Files that were left are as good as gone for a release that knows nothing of them.
    op.execute("update media set state = 'gone' where state in ('over_quota', 'no_room', 'blocked')")
    op.drop_column("media", "same")
