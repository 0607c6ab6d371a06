"""Deleting messages with all that hangs on them: files first, then the rows that name them, then the messages."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable

from sqlalchemy import ColumnElement, and_, delete, or_, select, text, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import load_only

from bot.cases.retention.classes import CASELESS_DAYS, Class
from bot.cases.retention.reports import Run
from bot.outbox import media
from bot.storage.models import Media, Outgoing, TopicMessage, Update

#: Rows of a kind deleted in one transaction, so that nobody waits for a long one.
BATCH = 500
#: States of an update whose answer is still to come.
UNANSWERED = ("pending", "unanswered")

_JOBS = text(
    "select args ->> :name from procrastinate_jobs where status in ('todo', 'doing') and args ->> :name = any(:ids)"
)


def open_rows(now: dt.datetime) -> ColumnElement[bool]:
    """Outbox rows that are still to go out. One that waited a month for somebody who never wrote waits no more."""
    given_up = now - dt.timedelta(days=CASELESS_DAYS)
    return or_(Outgoing.state == "queued", and_(Outgoing.state == "waiting", Outgoing.created_at >= given_up))


async def with_jobs(s: AsyncSession, name: str, ids: Iterable[int]) -> set[int]:
    """Which of these rows a queued or running job names: update, outgoing, media, case or chat."""
    found = await s.scalars(_JOBS, {"name": name, "ids": [str(one) for one in ids]})
    return {int(one) for one in found}


async def in_flight(s: AsyncSession, ids: Collection[int], now: dt.datetime) -> set[int]:
    """Which of these updates something still has to happen to."""
    if not ids:
        return set()
    unanswered = await s.scalars(select(Update.id).where(Update.id.in_(ids), Update.state.in_(UNANSWERED)))
    unsent = await s.scalars(select(Outgoing.update_id).where(Outgoing.update_id.in_(ids), open_rows(now)))
    files = dict((await s.execute(select(Media.id, Media.update_id).where(Media.update_id.in_(ids)))).tuples().all())
    fetching = await with_jobs(s, "media", files)
    named = await with_jobs(s, "update", ids)
    return {*unanswered, *(one for one in unsent if one), *named, *(files[one] for one in fetching)}


async def delete_updates(s: AsyncSession, run: Run, kind: Class, ids: Collection[int], case: int | None = None) -> None:
    """Delete updates with their files and the rows that answer them. What another case keeps lets go of them."""
    if not ids:
        return
    files = 0
    # Nothing encrypted is read: what a lost key keeps closed is forgotten all the same.
    paths = load_only(Media.path, Media.clean_path)
    rows = (await s.scalars(select(Media).where(Media.update_id.in_(ids)).options(paths).with_for_update())).all()
    for row in rows:
        files += media.count(row) if run.dry else media.remove(row)
    await s.execute(delete(Media).where(Media.update_id.in_(ids)), execution_options={"synchronize_session": False})
    others = and_(Outgoing.case_id.is_not(None), Outgoing.case_id.is_distinct_from(case))
    await s.execute(
        update(Outgoing).where(Outgoing.update_id.in_(ids), others).values(update_id=None),
        execution_options={"synchronize_session": False},
    )
    answers = list(await s.scalars(select(Outgoing.id).where(Outgoing.update_id.in_(ids))))
    await s.execute(
        update(TopicMessage).where(TopicMessage.update_id.in_(ids)).values(update_id=None),
        execution_options={"synchronize_session": False},
    )
    await delete_outgoing(s, run, kind, answers)
    await s.execute(delete(Update).where(Update.id.in_(ids)), execution_options={"synchronize_session": False})
    run.add(kind, updates=len(ids), media=len(rows), files=files)


async def delete_outgoing(s: AsyncSession, run: Run, kind: Class, ids: Collection[int]) -> None:
    """Delete outbox rows. Those that waited for somebody who never wrote are counted by themselves too."""
    if not ids:
        return
    await s.execute(
        update(TopicMessage).where(TopicMessage.outgoing_id.in_(ids)).values(outgoing_id=None),
        execution_options={"synchronize_session": False},
    )
    gone = delete(Outgoing).where(Outgoing.id.in_(ids)).returning(Outgoing.state)
    states = list(await s.scalars(gone, execution_options={"synchronize_session": False}))
    run.add(kind, outbox=len(states), never_sent=states.count("waiting"))
