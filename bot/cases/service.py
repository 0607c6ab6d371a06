"""What happens to a case: opened, enriched, raised. Only this room changes one (who holds it: holding.py); everything
leaves an event row.

Functions work in the caller's session and transaction; the caller commits. No function here is reachable by a message
of a worker except `report` and `enrich`, which never close a case or lower its priority.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    ARRAY,
    BigInteger,
    BindParameter,
    ColumnElement,
    Text,
    and_,
    any_,
    bindparam,
    exists,
    func,
    literal,
    literal_column,
    or_,
    select,
    true,
    update,
)
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute, aliased
from sqlalchemy.orm.attributes import set_committed_value

from bot import log as logs
from bot.cases import quiet, rules, sites
from bot.cases.rules import Kind
from bot.errors import CaseNotFound, OperatorUnknown, WrittenAnonymously, WrittenAsChannel
from bot.outbox import service as outbox
from bot.outbox.clean.files import UNTOUCHED
from bot.storage import crypto, jobs
from bot.storage.models import Case, CaseEvent, Chat, Media, Operator, Outgoing, Update

log = logs.get(__name__)

#: Since one of these a case waits for somebody to claim it.
WAITS_SINCE = ("opened", "raised", "handed_over", "released", "lapsed")
#: References offered to a new case. There are 810,000: with 100,000 used, all of these are taken once in 10⁷ times.
REFS_TRIED = 8


@dataclass(frozen=True)
class Reported:
    """What a report did."""

    case: Case
    opened: bool
    #: The case became more urgent than it was.
    raised: bool
    #: Names of what the message told that was not known.
    learned: tuple[str, ...] = ()


def open_in(chat_id: int | InstrumentedAttribute[Any] | BindParameter[int]) -> ColumnElement[bool]:
    """The condition that a case is the open one of a chat: there is one at most."""
    # Written out, not a parameter: a prepared plan uses the partial index only where it can see what the state is.
    return and_(Case.chat_id == chat_id, Case.main, Case.state != literal_column("'closed'"))


async def open_case_of(s: AsyncSession, chat_id: int, *, lock: bool = False) -> Case | None:
    """The chat's open case; None when it has none."""
    found: Case | None = await s.scalar(_OPEN_LOCKED if lock else _OPEN, {"chat": chat_id})
    return found


async def had_case(s: AsyncSession, chat_id: int) -> bool:
    """Whether a chat has, or had, a case."""
    return bool(await s.scalar(select(exists().where(Case.chat_id == chat_id))))


_OPEN = select(Case).where(open_in(bindparam("chat")))
#: What another transaction committed while we waited counts, not what this session read before.
_OPEN_LOCKED = _OPEN.with_for_update(key_share=True).execution_options(populate_existing=True)


async def report(
    s: AsyncSession,
    chat: Chat,
    update_row: Update,
    kind: Kind,
    *,
    lang: str,
    minor: bool = False,
    about: rules.About = "self",
    found_by: str = "lexicon",
    sure: bool = False,
    country: str | None = None,
    facts: Mapping[str, Any] | None = None,
    chat_locked: bool = False,
) -> Reported:
    """Open a case for a chat, or enrich and perhaps raise the one that is open. Idempotent by update.

    The chat's row is locked first, so that two messages at once make one case; `chat_locked` when this transaction
    holds it already. (Locks are taken chat before case everywhere, and leave the keys free, so that nothing waits in
    a circle.) `about` is whom it happens to. `sure`: the model alone is sure enough of an emergency to wake people.

    Whoever reported another person goes on as their reporter until they say that it is about themselves
    (bot/turns/case_sheet.py).
    """
    if not chat_locked:
        await s.scalar(select(Chat.id).where(Chat.id == chat.id).with_for_update(key_share=True))
    told = _Told(kind, _spoken(chat, lang), minor, about, found_by, sure, country, dict(facts or {}))
    case, ref, had_case = await _open_case_or_ref(s, chat.id)
    if case is not None:
        return await _report_again(s, chat, update_row, case, told)
    return await _open_new(s, chat, update_row, told, ref, had_case=had_case)


@dataclass(frozen=True)
class _Told:
    """What a report says."""

    kind: Kind
    lang: str
    minor: bool
    about: rules.About
    found_by: str
    sure: bool
    country: str | None
    facts: dict[str, Any]


async def _report_again(s: AsyncSession, chat: Chat, update_row: Update, case: Case, told: _Told) -> Reported:
    """Enrich the chat's open case, and perhaps raise it."""
    now, facts = dt.datetime.now(dt.UTC), told.facts
    again = update_row.case_id == case.id
    update_row.case_id = case.id
    if case.lang in {"en", "other"} and told.lang in rules.SPOKEN:
        case.lang = told.lang
    before = rules.about(case.facts, case.kind)
    raised = _raise(case, told.kind, minor=told.minor, found_by=told.found_by, sure=told.sure)
    if before == "other":
        # A mother who begs is still no captive: only who says "it is me" becomes the one it is about.
        facts = {**facts, "about": "other"}
    learned = _learn(case, country=told.country, facts=facts)
    if not again or learned:
        _wrote(case, now)
        s.add(event(case, "enriched", "worker", update=update_row.id, known=learned))
    if raised:
        case.quiet = case.quiet and await quiet.stays_quiet(s, chat, now, priority=case.priority, minor=case.minor)
        await watch(s, case, event(case, "raised", "worker", priority=case.priority))
    await s.flush()
    return Reported(case, opened=False, raised=raised, learned=tuple(learned))


async def _open_new(
    s: AsyncSession, chat: Chat, update_row: Update, told: _Told, ref: str, *, had_case: bool
) -> Reported:
    """Open a case with what its chat wrote just before."""
    now = dt.datetime.now(dt.UTC)
    await _begin_anew(s, chat, now, had_case=had_case)
    priority = rules.priority_of(told.kind, minor=told.minor, found_by=told.found_by, sure=told.sure)
    case = Case(
        ref=ref,
        chat_id=chat.id,
        kind=told.kind,
        priority=priority,
        quiet=had_case and await quiet.stays_quiet(s, chat, now, priority=priority, minor=told.minor),
        minor=told.minor,
        found_by=told.found_by,
        lang=told.lang,
        nationality=chat.nationality,
        country=told.country,
        facts={**told.facts, **({"about": "other"} if told.about == "other" else {})},
        # The country a person last asked about is not where they are: it decides nothing here.
        site=sites.route(chat.nationality, told.country, told.lang).meant.id,
        waiting_since=now,
        opened_at=now,
        state="new",
        main=True,
        re_alerts=0,
    )
    s.add(case)
    await s.flush()
    since = now - dt.timedelta(minutes=rules.EARLIER_MINUTES)
    messages = await s.execute(_JOIN, {"case": case.id, "chat": chat.id, "update": update_row.id, "since": since})
    set_committed_value(update_row, "case_id", case.id)
    if getattr(messages, "rowcount", 0) > 1 or update_row.content in UNTOUCHED:
        await keep_file_positions(s, case)
    opened = event(case, "opened", "worker", priority=case.priority, kind=told.kind, update=update_row.id)
    await watch(s, case, opened)
    log.info("case_opened", case=case.ref, priority=case.priority, found_by=told.found_by, lang=told.lang)
    return Reported(case, opened=True, raised=False)


async def _begin_anew(s: AsyncSession, chat: Chat, now: dt.datetime, *, had_case: bool) -> None:
    """A new report: whatever was said about safety was about another day, and nobody has read this one yet."""
    chat.watched = True
    if had_case:
        await outbox.unsay(s, chat.id)
    elif chat.shut_at is not None and now - chat.shut_at > dt.timedelta(minutes=rules.EARLIER_MINUTES):
        # Whoever cleared a chat about nothing, on another day, was not hiding this report.
        outbox.reopen(chat)


SAID = ("message", "edited_message")
#: A report and what its chat wrote just before go with the case.
_JOIN = (
    update(Update)
    .where(
        Update.chat_id == bindparam("chat"),
        or_(
            Update.id == bindparam("update"),
            and_(
                Update.id < bindparam("update"),
                Update.case_id.is_(None),
                Update.kind.in_(SAID),
                Update.received_at > bindparam("since"),
            ),
        ),
    )
    .values(case_id=bindparam("case"))
    .execution_options(synchronize_session=False)
)


async def enrich(
    s: AsyncSession, case: Case, update_row: Update, facts: Mapping[str, Any], *, corrected: bool = False
) -> None:
    """Add a later message, and what it told, to an open case. Idempotent by update.

    `corrected`: the message does nothing but say that somebody is elsewhere than they said before.
    """
    again = update_row.case_id == case.id
    update_row.case_id = case.id
    told = {name: value for name, value in facts.items() if name != "country"}
    learned = _learn(case, country=facts.get("country"), facts=told, moved=corrected)
    if not again or learned:
        _wrote(case, dt.datetime.now(dt.UTC))
        s.add(event(case, "enriched", "worker", update=update_row.id, known=learned))
    if not again and update_row.content in UNTOUCHED:
        await keep_file_positions(s, case)


async def keep_file_positions(s: AsyncSession, case: Case) -> None:
    """Keep with a case where and when its files say they were taken. A picture's place is not where a person is now.

    Called when a file joins a case and when it is fetched: whichever is later finds both. Idempotent.
    """
    # As an array: joined, the planner would rather read through all files than look for those of a usual case.
    # What operators send from the topic belongs to the case too, but says where their desk is.
    mine = select(Update.id).where(Update.case_id == case.id, Update.chat_id == case.chat_id)
    messages = func.array(mine.scalar_subquery(), type_=ARRAY(BigInteger))
    found = await s.execute(
        select(Media.id, Media.found)
        .where(Media.update_id == any_(messages), Media.found.is_not(None))
        .order_by(Media.id)
    )
    positions = [{"source": "file", "media": media, **told} for media, told in found if told and "position" in told]
    if positions and positions != case.facts.get("file_positions"):
        case.facts = {**case.facts, "file_positions": positions}
        record(s, case, "file_positions", "bot", files=len(positions))


def moved(case: Case, update_row: Update, at: tuple[float, float]) -> None:
    """A live position moved: the case knows the newest. The phone does that by itself, so nobody counts as waiting."""
    update_row.case_id = case.id
    known = dict(case.facts)
    before = known.get("location")
    if "place" not in known or (before and known["place"] == spelt(before)):
        known["place"] = spelt(at)
    known["location"], known["location_at"] = list(at), update_row.received_at.isoformat()
    case.facts = known


def spelt(at: Sequence[float]) -> str:
    """A position as the place of a case."""
    return f"{at[0]}, {at[1]}"


async def ask(s: AsyncSession, case: Case, question: str | None) -> None:
    """Remember which question is open. Each is asked once."""
    case.asked = question
    if question is not None:
        known = dict(case.facts)
        known["asked"] = [*known.get("asked", []), question]
        case.facts = known


async def mark_minor(s: AsyncSession, case: Case) -> bool:
    """Keep that somebody under 18 is named in the chat; whether the case's priority rose."""
    if case.minor:
        return False
    case.minor, case.facts = True, {**case.facts, "minor": True}
    record(s, case, "minor_named", "worker")
    urgent = rules.priority_of(case.kind, minor=True)  # type: ignore[arg-type]
    if urgent >= case.priority:
        return False
    case.priority = urgent
    await watch(s, case, event(case, "raised", "worker", priority=urgent))
    return True


async def make_urgent(s: AsyncSession, case: Case) -> None:
    """A later message tells of danger now: the case becomes P1."""
    case.kind = rules.more_urgent("emergency", case.kind)  # type: ignore[arg-type]
    if case.priority > 1:
        case.priority = 1
        await watch(s, case, event(case, "raised", "worker", priority=1))


async def wish(s: AsyncSession, case: Case, what: str) -> None:
    """A worker wishes the case closed, erased or calmed. It becomes an operator's task; nothing else happens."""
    s.add(event(case, f"{what}_wished", "worker"))


# -- operators


async def operator_of(s: AsyncSession, telegram_id: int) -> Operator:
    """The listed operator with this Telegram id.

    Raises OperatorUnknown; of that WrittenAnonymously and WrittenAsChannel, where Telegram does not tell who it is.
    """
    if telegram_id == rules.ANONYMOUS_ADMIN:
        raise WrittenAnonymously()
    if telegram_id == rules.AS_CHANNEL:
        raise WrittenAsChannel()
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


async def by_ref(s: AsyncSession, ref: str) -> Case:
    """The case with a reference, as an operator writes it. Raises CaseNotFound."""
    found = await s.scalar(select(Case.id).where(Case.ref == "H-" + ref.upper().removeprefix("H-")))
    if found is None:
        raise CaseNotFound()
    return await locked(s, found)


def record(s: AsyncSession, case: Case, what: str, actor: str, body: str | None = None, **detail: Any) -> None:
    """Leave an event row for something done to a case elsewhere (override, withdrawal, note)."""
    row = event(case, what, actor, **detail)
    row.body = body
    s.add(row)


async def notes_of(s: AsyncSession, case: Case) -> list[CaseEvent]:
    """The internal notes of a case, oldest first."""
    found = await s.scalars(
        select(CaseEvent)
        .where(CaseEvent.case_id == case.id, CaseEvent.what == "note", CaseEvent.body.is_not(None))
        .order_by(CaseEvent.id)
    )
    return list(found)


async def messages_of(s: AsyncSession, case: Case) -> list[Update]:
    """The worker's messages that belong to a case, oldest first; the steps of a live position are not messages."""
    step = and_(Update.kind == "edited_message", Update.content == "location")
    found = await s.scalars(
        select(Update)
        # What operators wrote in the topic belongs to the case too.
        .where(Update.case_id == case.id, Update.chat_id == case.chat_id, ~func.coalesce(step, False))
        .order_by(Update.id)
    )
    return list(found)


# -- inside this room


def _raise(case: Case, kind: Kind, *, minor: bool, found_by: str, sure: bool) -> bool:
    """Make a case what a later message says, if that is more; whether its priority rose."""
    graver = rules.more_urgent(kind, case.kind)  # type: ignore[arg-type]
    if case.found_by != "lexicon" and (found_by == "lexicon" or graver != case.kind):
        # No word asked for a person (a button, a voice note); the model then sees danger in what is written.
        case.found_by = found_by
    case.kind, case.minor = graver, case.minor or minor
    urgent = rules.priority_of(graver, minor=case.minor, found_by=case.found_by, sure=sure and kind == "emergency")
    if urgent < case.priority:
        case.priority = urgent
        return True
    return False


def _learn(case: Case, *, country: str | None, facts: Mapping[str, Any] | None, moved: bool = False) -> list[str]:
    """Keep what a message tells. Returns the names of what is new.

    Where somebody is changes only by an answer to that question or a correction of it: a place that is merely mentioned
    later ("they will take us to Myanmar") does not move them there. Of several numbers of people the largest stays.
    """
    learned = []
    moved = moved or case.asked == "place"
    if country is not None and country != case.country and (case.country is None or moved):
        case.country = country
        learned.append("country")
    known = dict(case.facts)
    for name, value in (facts or {}).items():
        if known.get(name) == value or (name == "place" and "place" in known and not moved):
            continue
        if name == "people" and value <= known.get("people", 0):
            continue
        known[name] = value
        learned.append(name)
    if learned:
        case.facts = known
    return sorted(learned)


def _wrote(case: Case, now: dt.datetime) -> None:
    """The worker wrote: from now on they wait for us."""
    case.waiting_since = case.waiting_since or now
    if case.state == "waiting_worker":
        case.state = "claimed"


def _spoken(chat: Chat, lang: str) -> str:
    """The language of a case: as heard; when nothing was to be heard, as chosen or as the person's app speaks."""
    if lang in rules.HEARD and lang != "other":
        return lang
    app = (chat.client_lang or "").partition("-")[0]
    return next((code for code in (chat.lang, chat.heard_lang, app) if code in rules.SPOKEN), "other")


async def watch(s: AsyncSession, case: Case, since: CaseEvent) -> None:
    """Leave the event since which a case waits, and schedule the alerts again of a P1 that nobody claims."""
    s.add(since)
    if case.priority != 1:
        return
    await s.flush()
    now = dt.datetime.now(dt.UTC)
    for step, minutes in enumerate(rules.RE_ALERT_MINUTES, start=1):
        at = now + dt.timedelta(minutes=minutes)
        await jobs.defer(s, "desk.re_alert", queue_name=jobs.DESK, at=at, case=case.id, step=step, since=since.id)


async def waits_since(s: AsyncSession, case: Case) -> int | None:
    """Row id of the event since which a case waits for somebody to claim it."""
    query = select(func.max(CaseEvent.id)).where(CaseEvent.case_id == case.id, CaseEvent.what.in_(WAITS_SINCE))
    found: int | None = await s.scalar(query)
    return found


async def free_ref(s: AsyncSession) -> str:
    return str(await s.scalar(select(_FREE_REF), {"refs": _some_refs()}))


async def _open_case_or_ref(s: AsyncSession, chat_id: int) -> tuple[Case | None, str, bool]:
    """The chat's open case, locked, a reference for a new one, and whether the chat ever had a case.

    In one question: somebody is waiting for a case.
    """
    case, ref, had_case = (await s.execute(_OPEN_OR_REF, {"chat": chat_id, "refs": _some_refs()})).one()
    return case, ref, had_case


def _some_refs() -> list[str]:
    return [rules.new_ref() for _ in range(REFS_TRIED)]


_candidate = func.unnest(bindparam("refs", type_=ARRAY(Text))).column_valued("candidate")
#: The first of some references that no case has: looked up one by one, so that no plan reads all cases for it.
_OF_THAT_REF = select(func.count()).where(Case.ref == _candidate).correlate_except(Case).scalar_subquery()
_FREE_REF = select(_candidate).where(_OF_THAT_REF == 0).limit(1).scalar_subquery()
_open = aliased(Case, _OPEN.with_for_update(key_share=True).cte("open"))
_OPEN_OR_REF = (
    select(_open, _FREE_REF, exists().where(Case.chat_id == bindparam("chat")))
    .select_from(select(literal(1)).subquery())
    .outerjoin(_open, true())
    .execution_options(populate_existing=True)
)


def event(case: Case, what: str, actor: str, **detail: Any) -> CaseEvent:
    return CaseEvent(case_id=case.id, what=what, actor=actor, detail=detail)


async def outgoing_of(s: AsyncSession, case: Case) -> list[Outgoing]:
    """What operators wrote to the worker in a case, oldest first."""
    found = await s.scalars(
        select(Outgoing).where(Outgoing.case_id == case.id, Outgoing.purpose == "operator").order_by(Outgoing.id)
    )
    return list(found)
