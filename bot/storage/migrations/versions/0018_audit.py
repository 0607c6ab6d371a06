"""The log of who did what. The database itself chains the entries, and lets nobody change or delete one."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

#: Number of the lock under which entries are chained; ours alone.
LOCK = 0x617564
FUNCTIONS = f"""
create function audit_refuse() returns trigger language plpgsql as $$
begin
    -- The chain is filled in once, at the end of the transaction that wrote the entry.
    if tg_op = 'UPDATE' and old.hash is null and new.hash is not null
       and (old.id, old.at, old.what, old.actor, old.about, old.detail)
           is not distinct from (new.id, new.at, new.what, new.actor, new.about, new.detail) then
        return new;
    end if;
    raise exception 'the audit log is append-only' using errcode = 'insufficient_privilege';
end $$;

create function audit_chain() returns trigger language plpgsql security definer set search_path = pg_catalog as $$
declare
    last record;
begin
    -- Taken when the transaction commits and given back with it: whoever comes next sees this entry.
    perform pg_advisory_xact_lock({LOCK});
    select a.number, a.hash into last from public.audit a where a.number is not null order by a.number desc limit 1;
    update public.audit a set
        number = coalesce(last.number, 0) + 1,
        previous = coalesce(last.hash, repeat('0', 64)),
        hash = encode(sha256(convert_to(concat_ws(E'\\n',
            coalesce(last.hash, repeat('0', 64)), coalesce(last.number, 0) + 1,
            (extract(epoch from a.at) * 1000000)::bigint, a.what, a.actor, a.about, a.detail
        ), 'UTF8')), 'hex')
    where a.id = new.id;
    return null;
end $$;

create trigger audit_kept before update or delete on audit for each row execute function audit_refuse();
create trigger audit_kept_whole before truncate on audit for each statement execute function audit_refuse();
create constraint trigger audit_chained after insert on audit deferrable initially deferred
    for each row when (new.hash is null) execute function audit_chain();
"""


def upgrade() -> None:
    op.create_table(
        "audit",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.Column("what", sa.String(), nullable=False),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("about", sa.String(), nullable=False),
        sa.Column("detail", sa.String(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=True),
        sa.Column("previous", sa.String(), nullable=True),
        sa.Column("hash", sa.String(), nullable=True),
        sa.CheckConstraint("position(chr(10) in what || actor || about || detail) = 0", name=op.f("ck_audit_one_line")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit")),
        sa.UniqueConstraint("number", name=op.f("uq_audit_number")),
    )
    op.create_index("ix_audit_about", "audit", ["about"])
    op.execute(FUNCTIONS)


def downgrade() -> None:
    op.drop_table("audit")
    op.execute("drop function audit_refuse, audit_chain")
