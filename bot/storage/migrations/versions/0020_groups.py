"""Which group a case stands in, which group receives the cases of a desk now, and who is there without being listed."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

#: The group of the newest post into the topic of a case; else that of the newest message known there.
STANDS_IN = """
update cases set group_id = coalesce(
    (select o.chat_id from outbox o join chats g on g.id = o.chat_id and g.kind = 'operators'
     where o.case_id = cases.id and (o.in_topic or o.purpose in ('topic', 'card')) and o.state <> 'withdrawn'
     order by o.id desc limit 1),
    (select t.group_id from topic_messages t where t.case_id = cases.id order by t.id desc limit 1))
where topic_id is not null or card_message_id is not null
"""


def upgrade() -> None:
    op.add_column("chats", sa.Column("desk_hash", sa.LargeBinary(), nullable=True))
    op.create_foreign_key(
        op.f("fk_chats_desk_hash_chats"), "chats", "chats", ["desk_hash"], ["chat_hash"], onupdate="CASCADE"
    )
    op.create_index(
        "uq_chats_desk_hash", "chats", ["desk_hash"], unique=True, postgresql_where=sa.text("desk_hash is not null")
    )
    # Groups that the settings name no more become former ones when a worker starts.
    op.execute("update chats set desk_hash = chat_hash where kind = 'operators'")
    op.add_column("cases", sa.Column("group_id", sa.BigInteger(), nullable=True))
    op.create_foreign_key(op.f("fk_cases_group_id_chats"), "cases", "chats", ["group_id"], ["id"])
    op.execute(STANDS_IN)
    # A number without its group may be somebody else's topic: open cases are posted anew.
    op.execute("update cases set topic_id = null, card_message_id = null where group_id is null and state <> 'closed'")
    op.create_table(
        "strangers",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("group_id", sa.BigInteger(), nullable=False),
        sa.Column("telegram_id", sa.LargeBinary(), nullable=False),
        sa.Column("name", sa.LargeBinary(), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["group_id"], ["chats.id"], name=op.f("fk_strangers_group_id_chats")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_strangers")),
    )
    op.create_index(op.f("ix_strangers_group_id"), "strangers", ["group_id"])
    op.create_index(op.f("ix_strangers_seen_at"), "strangers", ["seen_at"])


def downgrade() -> None:
    op.drop_table("strangers")
    op.drop_constraint(op.f("fk_cases_group_id_chats"), "cases", type_="foreignkey")
    op.drop_column("cases", "group_id")
    op.drop_index("uq_chats_desk_hash", table_name="chats")
    op.drop_constraint(op.f("fk_chats_desk_hash_chats"), "chats", type_="foreignkey")
    op.drop_column("chats", "desk_hash")
