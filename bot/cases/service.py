"""What happens to a case. The only code that opens, claims, hands over and closes one; everything leaves an event row.

Functions work in the caller's session and transaction; the caller commits. No function here is reachable by a message
of a worker except `report` and `enrich`, which never close a case or lower its priority.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from bot import log as logs
from bot.cases import rules, sites
from bot.cases.rules import Kind, Outcome
from bot.errors import CaseAlreadyClaimed, CaseNotFound, NotTheHolder, OperatorUnknown
from bot.storage import crypto, jobs
from bot.storage.models import Case, CaseEvent, Chat, Operator, Outgoing, TopicMessage, Update

log = logs.get(__name__)


@dataclass(frozen=True)
class Reported:
    """What a report did."""

    case: Case
    opened: bool
    #: The case became more urgent than it was.
    raised: bool


async def open_case_of(s: AsyncSession, chat_id: int, *, lock: bool = False) -> Case | None:
    """The chat's open case; None when it has none."""
    query = select(Case).where(Case.chat_id == chat_id, Case.main, Case.state != "closed")
    found: Case | None = await s.scalar(query.with_for_update(key_share=True) if lock else query)
    return found


async def report(
    s: AsyncSession,
    chat: Chat,
    update_row: Update,
    kind: Kind,
    *,
    lang: str,
    minor: bool = False,
    found_by: str = "lexicon",
    country: str | None = None,
    facts: Mapping[str, Any] | None = None,
) -> Reported:
    """Open a case for a chat, or enrich and perhaps raise the one that is open. Idempotent by update.

    The chat's row is locked first, so that two messages at once make one case. (Locks are taken chat before case
    everywhere, and leave the keys free, so that nothing waits in a circle.)
    """
    await s.scalar(select(Chat.id).where(Chat.id == chat.id).with_for_update(key_share=True))
    now = dt.datetime.now(dt.UTC)
    case = await open_case_of(s, chat.id, lock=True)
    if case is not None:
        again = update_row.case_id == case.id
        update_row.case_id = case.id
        raised = _raise(case, kind, minor=minor)
        if case.found_by != "lexicon" and found_by == "lexicon":
            case.found_by = found_by
        _learn(case, country=country, facts=facts)
        if not again:
            case.waiting_since = case.waiting_since or now
            s.add(_event(case, "enriched", "worker", update=update_row.id))
        if raised:
            s.add(_event(case, "raised", "worker", priority=case.priority))
            await _watch(s, case, now)
        await s.flush()
        return Reported(case, opened=False, raised=raised)
    where = country or chat.last_country
    chosen = sites.route(chat.nationality, where, lang)
    case = Case(
        ref=await _free_ref(s),
        chat_id=chat.id,
        kind=kind,
        priority=rules.priority_of(kind, minor=minor),
        minor=minor,
        found_by=found_by,
        lang=lang,
        nationality=chat.nationality,
        country=country,
        facts=dict(facts or {}),
        site=chosen.meant.id,
        waiting_since=now,
        opened_at=now,
        state="new",
        main=True,
        re_alerts=0,
    )
    s.add(case)
    await s.flush()
    update_row.case_id = case.id
    s.add(_event(case, "opened", "worker", priority=case.priority, kind=kind, update=update_row.id))
    await _watch(s, case, now)
    await s.flush()
    log.info("case_opened", case=case.ref, priority=case.priority, found_by=found_by, lang=lang)
    return Reported(case, opened=True, raised=False)


async def enrich(s: AsyncSession, case: Case, update_row: Update, facts: Mapping[str, Any]) -> None:
    """Add a later message, and what it told, to an open case."""
    update_row.case_id = case.id
    _learn(case, country=facts.get("country"), facts=facts)
    case.waiting_since = case.waiting_since or dt.datetime.now(dt.UTC)
    if case.state == "waiting_worker":
        case.state = "claimed"
    s.add(_event(case, "enriched", "worker", update=update_row.id, known=sorted(facts)))


async def ask(s: AsyncSession, case: Case, question: str | None) -> None:
    """Remember which question is open. Each is asked once."""
    case.asked = question
    if question is not None:
        known = dict(case.facts)
        known["asked"] = [*known.get("asked", []), question]
        case.facts = known


async def wish(s: AsyncSession, case: Case, what: str) -> None:
    """A worker wishes the case closed, erased or calmed. It becomes an operator's task; nothing else happens."""
    s.add(_event(case, f"{what}_wished", "worker"))


# -- operators


async def operator_of(s: AsyncSession, telegram_id: int) -> Operator:
    """The listed operator with this Telegram id. Raises OperatorUnknown."""
    found = await s.scalar(
        select(Operator).where(
            Operator.telegram_hash == crypto.keyed_hash("operator", telegram_id), Operator.active.is_(True)
        )
    )
    if found is None:
        raise OperatorUnknown()
    return found


async def locked(s: AsyncSession, case_id: int) -> Case:
    """A case for a change. Raises CaseNotFound."""
    case = await s.get(Case, case_id, with_for_update={"key_share": True}, populate_existing=True)
    if case is None:
        raise CaseNotFound()
    return case


async def claim(s: AsyncSession, case_id: int, operator: Operator) -> Case:
    """Give a waiting case to one operator. Raises CaseAlreadyClaimed naming the holder; claiming one's own is harmless."""
    case = await locked(s, case_id)
    if case.state == "closed":
        raise CaseNotFound("This case is closed.")
    if case.holder_id is not None:
        if case.holder_id == operator.id:
            return case
        holder = await s.get_one(Operator, case.holder_id)
        raise CaseAlreadyClaimed(holder.name)
    now = dt.datetime.now(dt.UTC)
    case.holder_id, case.state = operator.id, "claimed"
    case.claimed_at = case.claimed_at or now
    s.add(
        _event(case, "claimed", f"operator:{operator.id}", waited_seconds=int((now - case.opened_at).total_seconds()))
    )
    log.info("case_claimed", case=case.ref, operator=operator.id)
    return case


async def hand_over(s: AsyncSession, case_id: int, operator: Operator) -> Case:
    """The holder puts the case back into the queue for a colleague. Raises NotTheHolder."""
    case = await held_by(s, case_id, operator)
    case.holder_id, case.state = None, "new"
    case.waiting_since = case.waiting_since or dt.datetime.now(dt.UTC)
    case.re_alerts = 0
    s.add(_event(case, "handed_over", f"operator:{operator.id}"))
    await _watch(s, case, dt.datetime.now(dt.UTC))
    return case


async def close(s: AsyncSession, case_id: int, operator: Operator, outcome: Outcome) -> Case:
    """The holder closes the case. Raises NotTheHolder. No message from a chat ever comes here."""
    case = await held_by(s, case_id, operator)
    case.state, case.outcome = "closed", outcome
    case.closed_at = dt.datetime.now(dt.UTC)
    case.waiting_since, case.asked = None, None
    s.add(_event(case, "closed", f"operator:{operator.id}", outcome=outcome))
    log.info("case_closed", case=case.ref, outcome=outcome)
    return case


async def split(s: AsyncSession, case_id: int, operator: Operator) -> Case:
    """The holder splits a second case off, for another person spoken of in the same chat. Raises NotTheHolder."""
    case = await held_by(s, case_id, operator)
    other = Case(
        ref=await _free_ref(s),
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
    s.add(_event(other, "opened", f"operator:{operator.id}", split_from=case.ref))
    s.add(_event(case, "split", f"operator:{operator.id}", into=other.ref))
    await _watch(s, other, dt.datetime.now(dt.UTC))
    return other


async def held_by(s: AsyncSession, case_id: int, operator: Operator) -> Case:
    """A case for a change by its holder. Raises CaseNotFound, NotTheHolder."""
    case = await locked(s, case_id)
    if case.state == "closed":
        raise CaseNotFound("This case is closed.")
    if case.holder_id != operator.id:
        raise NotTheHolder()
    return case


async def answered(s: AsyncSession, case: Case, operator: Operator, outgoing_id: int) -> None:
    """The holder wrote to the worker: now we wait for the worker."""
    case.state, case.waiting_since = "waiting_worker", None
    s.add(_event(case, "answered", f"operator:{operator.id}", outgoing=outgoing_id))


def record(s: AsyncSession, case: Case, what: str, actor: str, body: str | None = None, **detail: Any) -> None:
    """Leave an event row for something done to a case elsewhere (override, withdrawal, note)."""
    event = _event(case, what, actor, **detail)
    event.body = body
    s.add(event)


async def messages_of(s: AsyncSession, case: Case) -> list[Update]:
    """The worker's messages that belong to a case, oldest first."""
    found = await s.scalars(select(Update).where(Update.case_id == case.id).order_by(Update.id))
    return list(found)


# -- inside


def _raise(case: Case, kind: Kind, *, minor: bool) -> bool:
    case.kind = rules.more_urgent(kind, case.kind)  # type: ignore[arg-type]
    case.minor = case.minor or minor
    urgent = rules.priority_of(case.kind, minor=case.minor)  # type: ignore[arg-type]
    if urgent < case.priority:
        case.priority = urgent
        return True
    return False


def _learn(case: Case, *, country: str | None, facts: Mapping[str, Any] | None) -> None:
    if country is not None:
        case.country = country
    if facts:
        case.facts = {**case.facts, **facts}


async def _watch(s: AsyncSession, case: Case, now: dt.datetime) -> None:
    """Schedule the re-alerts of a P1 that nobody claimed. Only what the lexicon found starts the night ladder."""
    if case.priority == 1 and case.found_by in {"lexicon", "operator"}:
        for step, minutes in enumerate(rules.RE_ALERT_MINUTES, start=1):
            at = now + dt.timedelta(minutes=minutes)
            await jobs.defer(s, "desk.re_alert", queue_name=jobs.DESK, at=at, case=case.id, step=step)


async def _free_ref(s: AsyncSession) -> str:
    while True:
        ref = rules.new_ref()
        if await s.scalar(select(Case.id).where(Case.ref == ref)) is None:
            return ref


def _event(case: Case, what: str, actor: str, **detail: Any) -> CaseEvent:
    return CaseEvent(case_id=case.id, what=what, actor=actor, detail=detail)


async def forget_topic_message(s: AsyncSession, group_id: int, message_id: int) -> None:
    await s.execute(
        update(TopicMessage)
        .where(TopicMessage.group_id == group_id, TopicMessage.message_id == message_id)
        .values(role="lost")
    )


async def outgoing_of(s: AsyncSession, case: Case) -> list[Outgoing]:
    """What operators wrote to the worker in a case, oldest first."""
    found = await s.scalars(
        select(Outgoing).where(Outgoing.case_id == case.id, Outgoing.purpose == "operator").order_by(Outgoing.id)
    )
    return list(found)
