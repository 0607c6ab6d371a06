"""Closed cases past their time: their words go, in batches; a row for statistics stays and lets go of its chat.

A case stays whole while any case of its chat is open or held. Cases split from each other speak of the same messages,
so all of them wait for the one that was closed last; other cases of the chat go each at its own time.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence

from sqlalchemy import Select, delete, exists, func, or_, select, text, tuple_, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import defer

from bot.cases import service as cases
from bot.cases.retention import topics
from bot.cases.retention.classes import CLOSED
from bot.cases.retention.deleting import (
    BATCH,
    UNANSWERED,
    delete_outgoing,
    delete_updates,
    in_flight,
    open_rows,
    with_jobs,
)
from bot.cases.retention.reports import Run
from bot.storage.models import Case, CaseHold, Chat, Outgoing, TopicMessage, Update

#: Due cases read at once.
PAGE = 100
#: What an event keeps of its detail: nothing that a worker named, no number of a message.
EVENT_KEEPS = ("priority", "kind", "outcome", "step", "waited_seconds", "held_by", "into", "split_from", "files", "was")
_SCRUB = text(
    "update case_events set body = null, detail = coalesce((select jsonb_object_agg(key, value) "
    "from jsonb_each(detail) where key = any(:kept)), '{}') where case_id = :case"
)


async def anonymise_due(run: Run) -> None:
    """Anonymise every closed case whose time is over and that nothing keeps."""
    after: tuple[dt.datetime, int] | None = None
    while True:
        async with run.step() as s:
            query = _due(run.before(CLOSED), after)
            page = (await s.execute(query)).all()
        if not page:
            return
        for case_id, _ in page:
            while (kept := await step(run, case_id)) == "more":
                pass
            if kept:
                run.kept_back[kept] += 1
        after = (page[-1].closed_at, page[-1].id)


def _due(before: dt.datetime, after: tuple[dt.datetime, int] | None) -> Select[tuple[int, dt.datetime | None]]:
    query = select(Case.id, Case.closed_at).where(
        Case.state == "closed", Case.anonymised_at.is_(None), Case.closed_at < before
    )
    if after is not None:
        query = query.where(tuple_(Case.closed_at, Case.id) > after)
    return query.order_by(Case.closed_at, Case.id).limit(PAGE)


async def step(run: Run, case_id: int) -> str | None:
    """Delete one batch of a case. "more" when another follows, why it stays, or None when it is anonymised."""
    async with run.step() as s:
        chat_id = await s.scalar(select(Case.chat_id).where(Case.id == case_id))
        if chat_id is None:
            return None
        # Chat before case, as everywhere; whoever is busy with them now is not kept waiting.
        mine = select(Chat.id).where(Chat.id == chat_id).with_for_update(key_share=True, skip_locked=True)
        if await s.scalar(mine) is None:
            return "busy"
        of_chat = select(Case).where(Case.chat_id == chat_id).order_by(Case.id).options(defer(Case.facts))
        of_chat = of_chat.with_for_update(key_share=True, skip_locked=True)
        found = list(await s.scalars(of_chat, execution_options={"populate_existing": True}))
        if len(found) != await s.scalar(select(func.count()).where(Case.chat_id == chat_id)):
            return "busy"
        held = set(await s.scalars(select(CaseHold.case_id).where(CaseHold.case_id.in_([case.id for case in found]))))
        if (kept := why_kept(case_id, found, held, run.before(CLOSED))) is not None:
            return kept
        if await _busy(s, run, case_id):
            return "busy"
        case = next(case for case in found if case.id == case_id)
        return await _delete_batch(s, run, case)


def why_kept(case_id: int, of_chat: Sequence[Case], held: set[int], before: dt.datetime) -> str | None:
    """Why a closed case stays: held | open | family; None when its time has come. `of_chat`: every case of its chat."""
    if held:
        return "held"
    if any(case.state != "closed" for case in of_chat):
        return "open"
    if any(case.closed_at is None or case.closed_at >= before for case in family(case_id, of_chat)):
        return "family"
    return None


def family(case_id: int, of_chat: Sequence[Case]) -> Iterator[Case]:
    """A case and all that were split from each other, over any number of splits."""
    known = {case_id}
    while True:
        near = {
            one
            for case in of_chat
            for one, other in ((case.id, case.split_from_id), (case.split_from_id, case.id))
            if other in known and one is not None
        }
        if near <= known:
            break
        known |= near
    return (case for case in of_chat if case.id in known)


async def _busy(s: AsyncSession, run: Run, case_id: int) -> bool:
    """Whether something of a case is still to be answered or sent."""
    unsent = exists().where(Outgoing.case_id == case_id, open_rows(run.now))
    unanswered = exists().where(Update.case_id == case_id, Update.state.in_(UNANSWERED))
    return bool(await s.scalar(select(or_(unsent, unanswered)))) or bool(await with_jobs(s, "case", [case_id]))


async def _delete_batch(s: AsyncSession, run: Run, case: Case) -> str | None:
    shown = list(await s.scalars(select(TopicMessage.id).where(TopicMessage.case_id == case.id).limit(BATCH)))
    rows = list(await s.scalars(select(Outgoing.id).where(Outgoing.case_id == case.id).limit(BATCH)))
    if await with_jobs(s, "outgoing", rows):
        return "busy"
    updates = list(await s.scalars(select(Update.id).where(Update.case_id == case.id).order_by(Update.id).limit(BATCH)))
    if await in_flight(s, updates, run.now):
        return "busy"
    await s.execute(
        delete(TopicMessage).where(TopicMessage.id.in_(shown)), execution_options={"synchronize_session": False}
    )
    run.add(CLOSED, topic_messages=len(shown))
    await delete_outgoing(s, run, CLOSED, rows)
    await delete_updates(s, run, CLOSED, updates, case.id)
    if BATCH in {len(shown), len(rows), len(updates)}:
        return "more"
    await _anonymise(s, run, case)
    return None


async def _anonymise(s: AsyncSession, run: Run, case: Case) -> None:
    """Nothing hangs on the case any more: its own words go, and it lets go of its chat."""
    await s.execute(_SCRUB, {"case": case.id, "kept": list(EVENT_KEEPS)})
    # Once nothing leads from the chat to this case any more, the chat itself has to know that there was one.
    await s.execute(
        update(Chat).where(Chat.id == case.chat_id, Chat.spared_at.is_(None)).values(spared_at=run.now),
        execution_options={"synchronize_session": False},
    )
    case.facts, case.asked, case.card_message_id = {}, None, None
    case.chat_id, case.anonymised_at = None, run.now
    cases.record(s, case, "anonymised", "bot")
    await topics.plan(s, case)
    run.add(CLOSED, cases=1)
