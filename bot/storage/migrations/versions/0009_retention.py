"""Anonymised cases, legal holds, reports of what was deleted, and the indexes by which it is found."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

#: Name, table, columns, condition.
INDEXES = (
    ("ix_updates_loose", "updates", ["received_at", "id"], "case_id is null"),
    ("ix_outbox_loose", "outbox", ["created_at", "id"], "case_id is null"),
    ("ix_outbox_topic", "outbox", ["id"], "purpose = 'topic'"),
    ("ix_cases_closed", "cases", ["closed_at", "id"], "state = 'closed' and anonymised_at is null"),
    ("ix_cases_topic_left", "cases", ["id"], "anonymised_at is not null and topic_id is not null"),
)


def upgrade() -> None:
    op.add_column("cases", sa.Column("anonymised_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("cases", sa.Column("topic_refused", sa.String(), nullable=True))
    op.alter_column("cases", "chat_id", nullable=True)
    # Left by a downgrade: see there.
    op.execute("update cases set anonymised_at = coalesce(closed_at, now()) where chat_id is null")
    op.create_check_constraint(op.f("ck_cases_anonymised"), "cases", "(chat_id is null) = (anonymised_at is not null)")
    op.create_table(
        "case_holds",
        sa.Column("case_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("why", sa.LargeBinary(), nullable=False),
        sa.Column("placed_by", sa.LargeBinary(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_case_holds_case_id_cases")),
        sa.PrimaryKeyConstraint("case_id", name=op.f("pk_case_holds")),
    )
    counts = {"server_default": sa.text("'{}'::jsonb"), "nullable": False}
    op.create_table(
        "retention_reports",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("began_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("milliseconds", sa.BigInteger(), nullable=True),
        sa.Column("counts", postgresql.JSONB(astext_type=sa.Text()), **counts),
        sa.Column("kept_back", postgresql.JSONB(astext_type=sa.Text()), **counts),
        sa.Column("topics_refused", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_retention_reports")),
    )
    op.create_index("ix_retention_reports_began", "retention_reports", ["began_at"])
    for name, table, columns, condition in INDEXES:
        op.create_index(name, table, columns, postgresql_where=sa.text(condition))


def downgrade() -> None:
    for name, table, _, _ in reversed(INDEXES):
        op.drop_index(name, table_name=table)
    op.drop_table("retention_reports")
    op.drop_table("case_holds")
    op.drop_constraint(op.f("ck_cases_anonymised"), "cases", type_="check")
    # Cases that were anonymised stay without a chat: nothing could be put back, and their statistics are kept.
    op.drop_column("cases", "topic_refused")
    op.drop_column("cases", "anonymised_at")
