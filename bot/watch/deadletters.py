"""`hotline deadletters`: which messages failed, and which of ours did not arrive. Never what stands in them."""

from __future__ import annotations

import asyncio
import datetime as dt
import time
from collections.abc import Iterable, Sequence

from sqlalchemy import ColumnElement, select

from bot.errors import HotlineError
from bot.storage.models import Case, Chat, Outgoing, Update
from bot.storage.session import session
from bot.watch import service

#: Lines shown at most, the oldest first.
SHOWN = 200
#: Seconds for which the command waits to see whether a replayed letter works: a turn is tried twice within a few.
#: Seconds between two looks.
PATIENCE_SECONDS, LOOK_SECONDS = 30.0, 0.3
#: States of a letter whose other try is still to come.
WAITS = ("pending", "unanswered")


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
        .limit(SHOWN + 1)
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
        for id, at, chat, kind, content, error, tries, ref in found[:SHOWN]
    ]
    shown = _table(("id", "received (UTC)", "from", "what", "error", "tries", "case"), rows, "No dead letters.")
    return f"{shown}\nThere are more, later ones." if len(found) > SHOWN else shown


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


async def replay(ids: Sequence[int], *, everything: bool, patience_seconds: float = 0.0) -> str:
    """Give dead letters another try, and look what becomes of them for so long at most. Returns it in lines.

    Raises HotlineError when none is named, one named is none, or one failed again.
    """
    if bool(ids) == everything:
        raise HotlineError("Name the dead letters to replay (`hotline deadletters` lists them), or say --all.")
    done = await service.replay(None if everything else ids)
    said = [f"{_number(done)} queued again."] if done else []
    if everything and (left := await _states(Chat.kind != "private", Update.state == "dead")):
        said.append(
            f"Left alone, because operators did them in a group and may have done them again: {_listed(left)}. "
            "Name them to replay them."
        )
    found = await _outcome(done, patience_seconds)
    worked, waits = ([id for id, (state, _) in found.items() if state in of] for of in (["done"], WAITS))
    if worked:
        said.append(f"Worked: {_listed(worked)}. Answered, or shown in the topic to whoever holds the case.")
    if waits:
        said.append(
            f"Not taken yet: {_listed(waits)}. `hotline status` says whether a worker runs, "
            "`hotline deadletters` lists what failed again."
        )
    failed = [f"{id} ({error})" for id, (state, error) in found.items() if state == "dead"]
    amiss = [f"Failed again: {_listed(failed)}. Operators have been asked to answer it."] if failed else []
    amiss += _no_letters(ids, done)
    if amiss:
        raise HotlineError(" ".join([*said, *amiss]))
    return "\n".join(said or ["No dead letters."])


async def _outcome(ids: Sequence[int], patience_seconds: float) -> dict[int, tuple[str, str | None]]:
    """State and error of replayed letters, once none of them waits any more or patience is at its end."""
    until = time.monotonic() + patience_seconds
    while True:
        found = await _states(Update.id.in_(ids))
        if time.monotonic() >= until or not any(state in WAITS for state, _ in found.values()):
            return found
        await asyncio.sleep(LOOK_SECONDS)


async def _states(*which: ColumnElement[bool]) -> dict[int, tuple[str, str | None]]:
    query = select(Update.id, Update.state, Update.error).join(Chat, Chat.id == Update.chat_id).where(*which)
    async with session() as s:
        return {id: (state, error) for id, state, error in await s.execute(query.order_by(Update.id))}


async def settle(ids: Sequence[int]) -> str:
    """Count dead letters no longer, because a person dealt with them. Raises HotlineError when one named is none."""
    done = await service.settle(ids)
    said = [f"{_number(done)} settled."] if done else []
    if amiss := _no_letters(ids, done):
        raise HotlineError(" ".join([*said, *amiss]))
    return "\n".join(said)


def _no_letters(ids: Sequence[int], done: Sequence[int]) -> list[str]:
    missing = sorted(set(ids) - set(done))
    return [f"Not a dead letter: {_listed(missing)}. See `hotline deadletters`."] if missing else []


def _listed(ids: Iterable[object]) -> str:
    return ", ".join(map(str, ids))


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
