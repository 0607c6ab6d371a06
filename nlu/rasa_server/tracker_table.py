"""The table of Rasa's conversations: Rasa makes it, or the app, which owns it and lets Rasa's own role use it."""

from __future__ import annotations

CREATE = """
create schema if not exists rasa;
create table if not exists rasa.events (
    sender_id text primary key,
    type_name text not null,
    timestamp double precision not null,
    data bytea not null
);
create index if not exists ix_events_timestamp on rasa.events (timestamp);
"""
