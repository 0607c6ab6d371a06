"""Judging an offer with what is known from elsewhere, and recruiters that people reported.

Of a recruiter only keyed hashes are kept, and of who reported it too: nobody reads a number here, but a number somebody
has can be looked up. Functions that take a session leave the commit to whoever opened it; the others commit.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import and_, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from bot import log as logs
from bot.errors import OperatorUnknown, RecruiterNotNamed
from bot.offers import outside, recruiters
from bot.offers.agencies import current
from bot.offers.agencies.register import Listing
from bot.offers.assess import assess
from bot.offers.facts import read_facts
from bot.offers.learned import ensemble, linear
from bot.offers.outside import Known
from bot.offers.phrases import look_at
from bot.offers.recruiters import Identifier, Seen
from bot.offers.rules import rules
from bot.offers.verdict import Asker, Assessment
from bot.storage import audit, crypto
from bot.storage.models import Chat, Operator, Recruiter, RecruiterReport
from bot.storage.session import session
from nlu.text import languages
from nlu.text.contacts import contacts
from nlu.text.words import words_of

log = logs.get(__name__)


def asker_of(chat: Chat) -> Asker | None:
    """Who would go, by nationality; None when the chat has told none."""
    return chat.nationality if languages.language_of_country(chat.nationality) else None


def known_today(seen: Mapping[Identifier, Seen] = {}) -> Known:
    """What is known from elsewhere without asking the database: the lists in memory."""
    return Known(current.register(), dt.datetime.now(dt.UTC).date(), seen)


#: A message that doubts a number is no longer than this.
DOUBT_CHARS = 120
#: An offer in both languages: judging it reads everything that the check knows but the learned model, which is asked
#: about longer texts only.
_SAMPLE = " ".join(words_of("offers").each("sample"))
_is_ready = False


def warm() -> None:
    """Have the rules of the check and its learned model read, once."""
    global _is_ready
    if not _is_ready:
        linear.learned()
        ensemble.together()
        assess(_SAMPLE)
        _is_ready = True


async def ready() -> None:
    """The same aside, because that takes longer than the rest of a process may wait."""
    if not _is_ready:
        await asyncio.to_thread(warm)


async def judge(
    s: AsyncSession,
    text: str,
    asker: Asker | None = None,
    answers: Mapping[str, str] = {},
    *,
    reporter: Chat | None = None,
) -> Assessment:
    """The verdict on an offer, with the lists and with what others than `reporter` reported of its recruiter."""
    await ready()
    alone = assess(text, asker, answers, known_today())
    # Also of what is no offer: of "081234567890 penipu ga?" the number may be known.
    found = await seen(s, recruiters.identifiers(alone.facts), but=reporter)
    return assess(text, asker, answers, known_today(found)) if found else alone


def doubts_contact(text: str, ours: Collection[str] = ()) -> bool:
    """Whether a message names a number or an account and asks whether it can be trusted, and brings no offer.

    `ours` are those of the offices we name ourselves: of them the answers tell.
    """
    if len(text) > DOUBT_CHARS or not any(one.kind != "email" and one.value not in ours for one in contacts(text)):
        return False
    return asks_whether_true(text) and assess(text).kind != "offer"


def asks_whether_true(text: str) -> bool:
    """Whether a short message has a word of asking whether something is safe, true or a trick ("kak ini aman ga?")."""
    known = rules()
    return len(text) <= DOUBT_CHARS and known.context["asking"].occurs(look_at(text, known.book))


def listing_of(text: str, asker: Asker) -> Listing | None:
    """What the lists say of the company that a question names; None when it names none."""
    known = rules()
    reading = read_facts(look_at(text, known.book), known, asker)
    return outside.listing(known_today(), reading, asker, text, asked=True)


def _hash(one: Identifier) -> bytes:
    return crypto.keyed_hash("recruiter", f"{one.kind}:{one.value}")


def _reporter(chat: Chat) -> bytes:
    # Of the chat's own hash, so that the two cannot be compared without the database's secret.
    return crypto.keyed_hash("reporter", chat.chat_hash.hex())


async def seen(s: AsyncSession, named: Sequence[Identifier], *, but: Chat | None = None) -> dict[Identifier, Seen]:
    """What others reported of these; those of which nobody did are left out."""
    if not named:
        return {}
    by_hash = {_hash(one): one for one in named}
    others = RecruiterReport.recruiter_id == Recruiter.id
    if but is not None:
        others = and_(others, RecruiterReport.reporter != _reporter(but))
    query = (
        select(Recruiter.hash, Recruiter.confirmed_at, func.count(RecruiterReport.reporter))
        .outerjoin(RecruiterReport, others)
        .where(Recruiter.hash.in_(by_hash))
        .group_by(Recruiter.id)
    )
    found = {}
    for row_hash, confirmed_at, senders in await s.execute(query):
        one = by_hash[bytes(row_hash)]
        if senders or confirmed_at is not None:
            found[one] = Seen(one, int(senders), confirmed_at is not None)
    return found


async def report(s: AsyncSession, chat: Chat, named: Sequence[Identifier]) -> int:
    """A chat reports the recruiter of an offer. Returns how much of it this chat had not reported before."""
    fresh = 0
    # Always in one order: two chats that report the same recruiter at once wait for each other, never in a ring.
    for one in sorted(named, key=_hash):
        row = await _row(s, one)
        made = await s.execute(
            insert(RecruiterReport)
            .values(recruiter_id=row, reporter=_reporter(chat))
            .on_conflict_do_nothing()
            .returning(RecruiterReport.recruiter_id)
        )
        fresh += made.scalar() is not None
    if fresh:
        log.info("recruiter_reported", kinds=sorted({one.kind for one in named}), fresh=fresh)
    return fresh


async def _row(s: AsyncSession, one: Identifier) -> int:
    made = await s.execute(
        insert(Recruiter)
        .values(kind=one.kind, hash=_hash(one))
        .on_conflict_do_update(index_elements=[Recruiter.hash], set_={"last_at": func.now()})
        .returning(Recruiter.id)
    )
    return int(made.scalar_one())


# -- operators


@dataclass(frozen=True)
class Standing:
    """What operators see of a recruiter: how many reported it, never who or in which words."""

    id: int
    kind: str
    senders: int
    last_report_at: dt.datetime | None
    confirmed_at: dt.datetime | None


async def look_up(s: AsyncSession, words: str) -> Standing:
    """What is known of the recruiter an operator typed. Raises RecruiterNotNamed."""
    one = recruiters.named(words)
    if one is None:
        raise RecruiterNotNamed()
    return await standing(s, await _row(s, one)) or Standing(0, one.kind, 0, None, None)


async def standing(s: AsyncSession, row: int) -> Standing | None:
    """What is known of a recruiter; None when it was forgotten."""
    query = (
        select(Recruiter, func.count(RecruiterReport.reporter), func.max(RecruiterReport.at))
        .outerjoin(RecruiterReport, RecruiterReport.recruiter_id == Recruiter.id)
        .where(Recruiter.id == row)
        .group_by(Recruiter.id)
    )
    found = (await s.execute(query, execution_options={"populate_existing": True})).one_or_none()
    if found is None:
        return None
    one, senders, last = found
    return Standing(one.id, one.kind, int(senders), last, one.confirmed_at)


async def set_confirmed(s: AsyncSession, row: int, operator: Operator, confirmed: bool) -> bool:
    """An operator says that a recruiter deceives people, or takes it back. False when it was forgotten meanwhile."""
    found = await s.get(Recruiter, row, with_for_update=True, populate_existing=True)
    if found is None:
        return False
    if confirmed != (found.confirmed_at is not None):
        now = dt.datetime.now(dt.UTC)
        found.confirmed_at, found.confirmed_by = (now, operator.id) if confirmed else (None, operator.id)
        found.last_at = now
        what = "recruiter_confirmed" if confirmed else "recruiter_released"
        audit.record(s, what, about=f"recruiter:{row}", actor=f"operator:{operator.id}")
        log.info("recruiter_confirmed" if confirmed else "recruiter_released", recruiter=row, operator=operator.id)
    return True


async def show_recruiter(words: str) -> str:
    """For the terminal: how many reported a recruiter, and whether an operator confirmed it."""
    async with session() as s:
        found = await look_up(s, words)
        await s.rollback()
    return _line(found)


async def confirm_recruiter(words: str, by: str, *, confirmed: bool) -> str:
    """From the terminal: an operator of this name confirms a recruiter or takes it back.

    Raises RecruiterNotNamed, OperatorUnknown.
    """
    async with session() as s:
        operator = await _operator(s, by)
        found = await look_up(s, words)
        await set_confirmed(s, found.id, operator, confirmed)
        told = await standing(s, found.id) or found
        await s.commit()
    return _line(told)


async def counts() -> str:
    """For the terminal: how many recruiters are known, by kind. Which ones nobody can read."""
    async with session() as s:
        reports = select(func.count()).where(RecruiterReport.recruiter_id == Recruiter.id).scalar_subquery()
        query = (
            select(Recruiter.kind, func.count(), func.count(Recruiter.confirmed_at), func.sum(reports))
            .group_by(Recruiter.kind)
            .order_by(Recruiter.kind)
        )
        rows = (await s.execute(query)).all()
    if not rows:
        return "Nobody reported a recruiter."
    return "\n".join(f"{kind}: {count}, confirmed {sure}, reports {total or 0}" for kind, count, sure, total in rows)


def _line(found: Standing) -> str:
    last = f", last on {found.last_report_at:%Y-%m-%d}" if found.last_report_at else ""
    sure = f"confirmed on {found.confirmed_at:%Y-%m-%d}" if found.confirmed_at else "not confirmed by an operator"
    return f"This {found.kind}: reported by {found.senders}{last}; {sure}."


async def _operator(s: AsyncSession, by: str) -> Operator:
    wanted = re.sub(r"\s+", "", by).casefold()
    # Names rest encrypted: they are compared here, not in the database.
    for row in await s.scalars(select(Operator).where(Operator.active.is_(True)).order_by(Operator.id)):
        if wanted and re.sub(r"\s+", "", row.name).casefold() == wanted:
            return row
    raise OperatorUnknown("Nobody listed has this name. `hotline operators list` shows who is.")
