"""Who holds a case and how it ends: claimed, handed over, answered, closed, reopened, split. Each leaves an event.

Functions work in the caller's session and transaction; the caller commits. No message of a worker leads here.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import ColumnElement, and_, exists, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from bot import log as logs
from bot.cases import allowed, lease
from bot.cases import service as cases
from bot.cases.rules import Outcome
from bot.errors import CaseAlreadyClaimed, CaseNotFound, NotTheHolder
from bot.outbox import service as outbox
from bot.storage import jobs
from bot.storage.models import Case, Chat, Operator, Update

log = logs.get(__name__)


async def claim(s: AsyncSession, case_id: int, operator: Operator) -> Case:
    """Give a waiting case to one operator. Raises CaseAlreadyClaimed naming the holder, NotOfThisDesk."""
    case = await cases.locked(s, case_id)
    allowed.for_case(operator, case)
    if case.state == "closed":
        raise CaseNotFound("This case is closed.")
    if case.holder_id is not None:
        if case.holder_id == operator.id:
            return case
        holder = await s.get_one(Operator, case.holder_id)
        if holder.active and not await lease.holder_called(s, case.id):
            raise CaseAlreadyClaimed(holder.name)
        # Somebody who may no longer act, or does not answer although they were called, keeps nobody waiting.
        s.add(cases.event(case, "taken_over", f"operator:{operator.id}", held_by=holder.id))
    now = dt.datetime.now(dt.UTC)
    case.holder_id, case.state = operator.id, "claimed"
    case.claimed_at = case.claimed_at or now
    s.add(
        cases.event(
            case, "claimed", f"operator:{operator.id}", waited_seconds=int((now - case.opened_at).total_seconds())
        )
    )
    log.info("case_claimed", case=case.ref, operator=operator.id)
    return case


async def next_waiting(s: AsyncSession, of_desk: ColumnElement[bool]) -> Case | None:
    """The most urgent case that nobody holds, the oldest of them, locked; None when nobody waits.

    A row that a colleague is just claiming is passed over: two who press at once get two different cases.
    """
    found: Case | None = await s.scalar(
        select(Case)
        .where(Case.state == "new", Case.holder_id.is_(None), of_desk)
        .order_by(Case.priority, Case.quiet, Case.opened_at, Case.id)
        .limit(1)
        .with_for_update(key_share=True, skip_locked=True)
        .execution_options(populate_existing=True)
    )
    return found


async def hand_over(s: AsyncSession, case_id: int, operator: Operator) -> Case:
    """The holder, or a supervisor, puts the case back into the queue for a colleague. Raises NotTheHolder."""
    case = await held_by(s, case_id, operator, supervised=True)
    await back_to_queue(s, case, "handed_over", f"operator:{operator.id}")
    return case


async def release_all(s: AsyncSession, operator: Operator, *, elsewhere: bool = False) -> list[Case]:
    """An operator leaves the list, or with `elsewhere` their desk: what they held there waits for a colleague.

    Each desk hears of it by its own job.
    """
    held = await s.scalars(
        select(Case)
        .where(Case.holder_id == operator.id, Case.state != "closed")
        .order_by(Case.id)
        .with_for_update(key_share=True)
    )
    released = [case for case in held if not elsewhere or not allowed.acts_for(operator, case.site)]
    for case in released:
        await back_to_queue(s, case, "released", "bot")
        await jobs.defer(s, "desk.released", queue_name=jobs.DESK, case=case.id)
    return released


async def lapse(s: AsyncSession, case: Case) -> None:
    """The holder left a message unanswered for too long: the case waits for a colleague, and the bot speaks again."""
    await back_to_queue(s, case, "lapsed", "bot", held_by=case.holder_id)


async def back_to_queue(s: AsyncSession, case: Case, what: str, actor: str, **detail: Any) -> None:
    """Let a case wait for somebody again; `what` is one of WAITS_SINCE."""
    # Somebody read it and passes it on: it rings like any other.
    case.holder_id, case.state, case.quiet = None, "new", False
    if case.chat_id is not None:
        await outbox.unsay(s, case.chat_id)
    case.waiting_since = case.waiting_since or dt.datetime.now(dt.UTC)
    case.re_alerts = 0
    await cases.watch(s, case, cases.event(case, what, actor, **detail))


async def close(s: AsyncSession, case_id: int, operator: Operator, outcome: Outcome) -> Case:
    """The holder closes the case. Raises NotTheHolder. No message from a chat ever comes here."""
    case = await held_by(s, case_id, operator)
    case.state, case.outcome = "closed", outcome
    case.closed_at = dt.datetime.now(dt.UTC)
    case.waiting_since, case.asked = None, None
    case.quiet = outcome == "not_a_case"
    s.add(cases.event(case, "closed", f"operator:{operator.id}", outcome=outcome))
    if case.chat_id is not None:
        await outbox.unsay(s, case.chat_id)
    log.info("case_closed", case=case.ref, outcome=outcome)
    return case


async def reopen(s: AsyncSession, case_id: int, operator: Operator) -> Case:
    """An operator takes a closed case up again: closed by mistake, or there is news for the worker. They hold it.

    What the worker wrote since goes with it. Is another case of the chat open by now, that one stays the main one.
    Raises CaseNotFound when it is not closed, or nothing is left of it, and NotOfThisDesk.
    """
    case = await cases.locked(s, case_id)
    allowed.for_case(operator, case)
    if case.state != "closed" or case.chat_id is None:
        raise CaseNotFound()
    # A report that comes just now finds this case or opens its own, never both.
    await s.scalar(select(Chat.id).where(Chat.id == case.chat_id).with_for_update(key_share=True))
    case.main = await cases.open_case_of(s, case.chat_id, lock=True) is None
    if case.main:
        since = and_(Update.chat_id == case.chat_id, Update.case_id.is_(None), Update.received_at > case.closed_at)
        await s.execute(update(Update).where(since, Update.kind.in_(cases.SAID)).values(case_id=case.id))
    case.state, case.outcome, case.closed_at, case.holder_id = "claimed", None, None, operator.id
    case.quiet = False
    await outbox.unsay(s, case.chat_id)
    s.add(cases.event(case, "reopened", f"operator:{operator.id}"))
    log.info("case_reopened", case=case.ref, operator=operator.id)
    return case


async def others_open(s: AsyncSession, case: Case) -> bool:
    """Whether another case of the same chat is open: one split off, or the one that this was split from."""
    others = exists().where(Case.chat_id == case.chat_id, Case.id != case.id, Case.state != "closed")
    return bool(await s.scalar(select(others)))


async def goes_on(s: AsyncSession, chat_id: int) -> Case | None:
    """The chat's open case was closed: what the worker writes goes to the oldest that was split off, if one is open.

    Returns that case; None when there is nothing to do. Locks the chat before the case, as everywhere.
    """
    await s.scalar(select(Chat.id).where(Chat.id == chat_id).with_for_update(key_share=True))
    if await cases.open_case_of(s, chat_id, lock=True) is not None:
        return None
    left = select(Case).where(Case.chat_id == chat_id, Case.state != "closed").order_by(Case.id).limit(1)
    case: Case | None = await s.scalar(left.with_for_update(key_share=True))
    if case is not None:
        case.main = True
        s.add(cases.event(case, "chat_goes_on", "bot"))
    return case


async def split(s: AsyncSession, case_id: int, operator: Operator) -> Case:
    """The holder splits a second case off, for another person spoken of in the same chat. Raises NotTheHolder."""
    case = await held_by(s, case_id, operator)
    other = Case(
        ref=await cases.free_ref(s),
        chat_id=case.chat_id,
        main=False,
        split_from_id=case.id,
        kind=case.kind,
        priority=case.priority,
        state="new",
        minor=case.minor,
        found_by="operator",
        lang=case.lang,
        nationality=case.nationality,
        country=case.country,
        facts={},
        site=case.site,
        re_alerts=0,
        waiting_since=dt.datetime.now(dt.UTC),
        opened_at=dt.datetime.now(dt.UTC),
    )
    s.add(other)
    await s.flush()
    s.add(cases.event(case, "split", f"operator:{operator.id}", into=other.ref))
    await cases.watch(s, other, cases.event(other, "opened", f"operator:{operator.id}", split_from=case.ref))
    return other


async def held_by(s: AsyncSession, case_id: int, operator: Operator, *, supervised: bool = False) -> Case:
    """A case for a change by its holder, or with `supervised` by a supervisor of its desk.

    Raises CaseNotFound, NotTheHolder, NotOfThisDesk.
    """
    case = await cases.locked(s, case_id)
    if case.state == "closed":
        raise CaseNotFound("This case is closed.")
    allowed.for_case(operator, case)
    if case.holder_id != operator.id and not (supervised and case.holder_id and allowed.supervises(operator)):
        raise NotTheHolder()
    return case


async def answered(s: AsyncSession, case: Case, operator: Operator, outgoing_id: int) -> None:
    """The holder wrote to the worker: now we wait for the worker."""
    case.state, case.waiting_since = "waiting_worker", None
    s.add(cases.event(case, "answered", f"operator:{operator.id}", outgoing=outgoing_id))


async def await_worker(s: AsyncSession, case_id: int, operator: Operator) -> Case:
    """The holder says that no answer is due: we wait for the worker, or keep silent for them. Raises NotTheHolder."""
    case = await held_by(s, case_id, operator)
    case.state, case.waiting_since = "waiting_worker", None
    s.add(cases.event(case, "waiting_worker", f"operator:{operator.id}"))
    return case
