"""`hotline deadletters`: which messages failed, and which of ours did not arrive. Never what stands in them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from sqlalchemy import select

from bot.errors import HotlineError
from bot.storage.models import Case, Chat, Outgoing, Update
from bot.storage.session import session
from bot.watch import service

#: Lines shown at most, the oldest first.
SHOWN = 200


async def table() -> str:
    """The dead letters, oldest first."""
    query = (
        select(
            Update.id,
            Update.received_at,
            Chat.kind,
            Update.kind,
            Update.content,
            Update.error,
            Update.attempts,
            Case.ref,
        )
        .join(Chat, Chat.id == Update.chat_id)
        .outerjoin(Case, Case.id == Update.case_id)
        .where(Update.state == "dead")
        .order_by(Update.id)
        .limit(SHOWN)
    )
    async with session() as s:
        found = (await s.execute(query)).all()
    rows = [
        (
            str(id),
            _time(at),
            "worker" if chat == "private" else "group",
            content or kind,
            error or "-",
            str(tries),
            ref or "-",
        )
        for id, at, chat, kind, content, error, tries, ref in found
    ]
    return _table(("id", "received (UTC)", "from", "what", "error", "tries", "case"), rows, "No dead letters.")


async def outgoing_table() -> str:
    """Messages of ours that could not be delivered, the newest last."""
    query = (
        select(
            Outgoing.id,
            Outgoing.created_at,
            Outgoing.purpose,
            Outgoing.method,
            Outgoing.failure,
            Outgoing.attempts,
            Case.ref,
        )
        .outerjoin(Case, Case.id == Outgoing.case_id)
        .where(Outgoing.state == "failed")
        .order_by(Outgoing.created_at.desc(), Outgoing.id.desc())
        .limit(SHOWN)
    )
    async with session() as s:
        found = (await s.execute(query)).all()
    rows = [
        (str(id), _time(at), purpose, method, why or "-", str(tries), ref or "-")
        for id, at, purpose, method, why, tries, ref in reversed(found)
    ]
    return _table(("id", "queued (UTC)", "purpose", "method", "why", "tries", "case"), rows, "Everything arrived.")


async def replay(ids: Sequence[int], *, everything: bool) -> str:
    """Give dead letters another try. Raises HotlineError when none is named, or one named is none."""
    if bool(ids) == everything:
        raise HotlineError("Name the dead letters to replay (`hotline deadletters` lists them), or say --all.")
    done = await service.replay(None if everything else ids)
    _all_there(ids, done)
    return f"{_number(done)} queued again; answered as soon as a worker runs."


async def settle(ids: Sequence[int]) -> str:
    """Count dead letters no longer, because a person dealt with them. Raises HotlineError when one named is none."""
    done = await service.settle(ids)
    _all_there(ids, done)
    return f"{_number(done)} settled."


def _all_there(ids: Sequence[int], done: Sequence[int]) -> None:
    if missing := sorted(set(ids) - set(done)):
        others = f"{_number(done)} done. " if done else ""
        raise HotlineError(f"{others}Not a dead letter: {', '.join(map(str, missing))}. See `hotline deadletters`.")


def _number(done: Sequence[int]) -> str:
    return "1 dead letter" if len(done) == 1 else f"{len(done)} dead letters"


def _time(at: dt.datetime) -> str:
    return f"{at.astimezone(dt.UTC):%Y-%m-%d %H:%M}"


def _table(head: tuple[str, ...], rows: Sequence[tuple[str, ...]], none: str) -> str:
    if not rows:
        return none
    widths = [max(len(row[place]) for row in (head, *rows)) for place in range(len(head))]
    return "\n".join(
        "  ".join(f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True)).rstrip() for row in (head, *rows)
    )
