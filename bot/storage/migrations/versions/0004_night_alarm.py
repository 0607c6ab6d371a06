"""The night alarm: how duty people are reached, and what was rung."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("operators", sa.Column("email", sa.LargeBinary(), nullable=True))
    op.add_column("operators", sa.Column("phone", sa.LargeBinary(), nullable=True))
    op.add_column("operators", sa.Column("duty", sa.Integer(), server_default=sa.text("0"), nullable=False))
    op.create_table(
        "alarms",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("site", sa.String(), nullable=False),
        sa.Column("state", sa.String(), server_default="ringing", nullable=False),
        sa.Column("step", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("fresh_step", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("newest_event", sa.BigInteger(), nullable=True),
        sa.Column("slot_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("began_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("next_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("rang_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("acked_by", sa.BigInteger(), nullable=True),
        sa.Column("failure", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(["acked_by"], ["operators.id"], name=op.f("fk_alarms_acked_by_operators")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alarms")),
        sa.UniqueConstraint("site", "slot_at", name=op.f("uq_alarms_site_slot_at")),
    )
    op.create_index(
        "uq_alarms_ringing",
        "alarms",
        ["site"],
        unique=True,
        postgresql_where=sa.text("kind = 'case' and state = 'ringing'"),
    )
    op.create_table(
        "alarm_rings",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("alarm_id", sa.BigInteger(), nullable=False),
        sa.Column("step", sa.Integer(), nullable=False),
        sa.Column("operator_id", sa.BigInteger(), nullable=True),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("state", sa.String(), server_default="queued", nullable=False),
        sa.Column("attempts", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("attempted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("told", sa.String(), nullable=True),
        sa.Column("failure", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(["alarm_id"], ["alarms.id"], name=op.f("fk_alarm_rings_alarm_id_alarms")),
        sa.ForeignKeyConstraint(["operator_id"], ["operators.id"], name=op.f("fk_alarm_rings_operator_id_operators")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alarm_rings")),
    )
    op.create_index(op.f("ix_alarm_rings_alarm_id"), "alarm_rings", ["alarm_id"])
    op.create_index("ix_alarm_rings_queued", "alarm_rings", ["id"], postgresql_where=sa.text("state = 'queued'"))


def downgrade() -> None:
    op.drop_table("alarm_rings")
    op.drop_table("alarms")
    for column in ("duty", "phone", "email"):
        op.drop_column("operators", column)
