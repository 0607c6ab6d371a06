"""The job queue's journal keeps how jobs ended badly, by which they are purged, and no longer each of their steps.

Two lines a job, for its coming and its start, were written only to be deleted with it; nobody read them.
"""

from __future__ import annotations

from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

#: Names and functions are the library's own (procrastinate 3, sql/schema.sql), so that its migrations find them.
INSERTED, UPDATED = "procrastinate_trigger_status_events_insert_v1", "procrastinate_trigger_status_events_update_v1"
_INSERTED = f"""
    create trigger {INSERTED} after insert on procrastinate_jobs
    for each row when (new.status = 'todo'::procrastinate_job_status)
    execute procedure procrastinate_trigger_function_status_events_insert_v1()
"""
_UPDATED = f"""
    create trigger {UPDATED} after update of status on procrastinate_jobs
    for each row {{when}} execute procedure procrastinate_trigger_function_status_events_update_v1()
"""


def upgrade() -> None:
    op.execute(f"drop trigger {INSERTED} on procrastinate_jobs")
    op.execute(f"drop trigger {UPDATED} on procrastinate_jobs")
    op.execute(_UPDATED.format(when="when (new.status in ('failed', 'aborted', 'cancelled'))"))


def downgrade() -> None:
    op.execute(f"drop trigger {UPDATED} on procrastinate_jobs")
    op.execute(_UPDATED.format(when=""))
    op.execute(_INSERTED)
