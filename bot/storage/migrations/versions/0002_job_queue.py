"""The job queue of procrastinate 3.10, and a schema of its own for Rasa's tracker store."""

from __future__ import annotations

from alembic import op
from procrastinate.schema import SchemaManager

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # The schema belongs to the locked version of procrastinate; a new version brings its own migrations.
    op.get_bind().exec_driver_sql(SchemaManager.get_schema().replace("%", "%%"))
    op.execute("create schema if not exists rasa")


def downgrade() -> None:
    op.execute("drop schema if exists rasa cascade")
    op.execute(
        r"""
        do $$
        declare item record;
        begin
            for item in select tablename from pg_tables where schemaname = current_schema()
                        and tablename like 'procrastinate\_%' loop
                execute format('drop table if exists %I cascade', item.tablename);
            end loop;
            for item in select p.oid::regprocedure as signature from pg_proc p
                        join pg_namespace n on n.oid = p.pronamespace
                        where n.nspname = current_schema() and p.proname like 'procrastinate\_%' loop
                execute format('drop function if exists %s cascade', item.signature);
            end loop;
            for item in select t.typname from pg_type t join pg_namespace n on n.oid = t.typnamespace
                        where n.nspname = current_schema() and t.typname like 'procrastinate\_%'
                        and t.typtype in ('e', 'c') loop
                execute format('drop type if exists %I cascade', item.typname);
            end loop;
        end $$;
        """
    )
