"""Who called a number or reread a source, bound to what it was then."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "fact_confirmations",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("fact", sa.String(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("operator_id", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["operator_id"], ["operators.id"], name=op.f("fk_fact_confirmations_operator_id_operators")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_fact_confirmations")),
    )


def downgrade() -> None:
    op.drop_table("fact_confirmations")
