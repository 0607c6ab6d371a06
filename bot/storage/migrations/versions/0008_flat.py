"""Indexes without which a message costs the more the more are stored: topics, what they show, who wrote lately."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

#: Written only when a job ends without vanishing, which is seldom.
FINISHED = sa.text("status in ('succeeded', 'failed', 'cancelled', 'aborted')")
#: The few lists of who waits that stand in a group, among all that ever stood there.
LISTS = sa.text("purpose = 'list' and erased_at is null")


def upgrade() -> None:
    op.create_index("ix_updates_chat_received", "updates", ["chat_id", "received_at"])
    op.create_index("ix_topic_messages_update", "topic_messages", ["update_id"])
    op.create_index("ix_topic_messages_outgoing", "topic_messages", ["outgoing_id"])
    op.create_index("ix_outbox_lists", "outbox", ["chat_id", "id"], postgresql_where=LISTS)
    op.create_index("ix_cases_topic", "cases", ["topic_id"], postgresql_where=sa.text("topic_id is not null"))
    op.create_index(
        "ix_procrastinate_jobs_finished", "procrastinate_jobs", ["status", "queue_name"], postgresql_where=FINISHED
    )


def downgrade() -> None:
    op.drop_index("ix_procrastinate_jobs_finished", table_name="procrastinate_jobs")
    op.drop_index("ix_cases_topic", table_name="cases")
    op.drop_index("ix_outbox_lists", table_name="outbox")
    op.drop_index("ix_topic_messages_outgoing", table_name="topic_messages")
    op.drop_index("ix_topic_messages_update", table_name="topic_messages")
    op.drop_index("ix_updates_chat_received", table_name="updates")
