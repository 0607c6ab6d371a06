"""Who waits when cases come faster than a group can be told of each: one list a minute, with every reference and age.

A case on the list has no topic yet. It gets one, with its card, when somebody claims it or when the minute has room.
The list is posted again only when it says something new, or to ring; the former one is taken away.
"""

from __future__ import annotations

import datetime as dt
import functools
import re
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    ColumnElement,
    LargeBinary,
    Select,
    and_,
    bindparam,
    case,
    exists,
    func,
    literal,
    or_,
    select,
    true,
)
from sqlalchemy.ext.asyncio import AsyncSession

from bot import texts
from bot.cases import allowed, sites
from bot.cases.sites import Site
from bot.desk import budget, card
from bot.desk.budget import Spent, Waits
from bot.outbox import messages
from bot.outbox import service as outbox
from bot.outbox.limits import RANK_P1
from bot.outbox.messages import Button, Message
from bot.settings import settings
from bot.storage import crypto, jobs
from bot.storage.models import Case, Chat, Operator, Outgoing

#: Seconds between two lists in a group.
LIST_SECONDS = 60.0
#: Seconds that the first list waits for others to join it.
GATHER_SECONDS = 2.0
#: A list that says nothing new is posted again after this many minutes, for its ages.
STALE_MINUTES = 10
#: Unclaimed cases from which on the list has a button that closes many of them.
BULK = 5
#: Cases with a button of their own on the list, beside the one for the next.
BUTTONS = 6


def of_desk(site: Site) -> ColumnElement[bool]:
    """The cases that a desk's group receives, also those meant for desks without a group."""
    return _of_desk(site.id, _elsewhere(site))


def for_operator(operator: Operator, site: Site) -> ColumnElement[bool]:
    """The cases of a desk's group that an operator may take: those of the operator's own desk."""
    own = sites.sites().get(operator.site)
    if operator.role in allowed.EVERYWHERE or own is None or own.id == site.id:
        return of_desk(site)
    return of_desk(own) if own.group is not None else Case.site == own.id


def _elsewhere(site: Site) -> tuple[str, ...] | None:
    """The desks whose cases a fallback does not receive; None for any other desk, which receives its own alone."""
    if site.id != sites.fallback().id:
        return None
    return tuple(other.id for other in sites.sites().values() if other.group and other.id != site.id)


def _of_desk(own: str, elsewhere: tuple[str, ...] | None) -> ColumnElement[bool]:
    return Case.site == own if elsewhere is None else Case.site.not_in(elsewhere)


def _unclaimed(of_desk: ColumnElement[bool]) -> ColumnElement[bool]:
    return and_(Case.state == "new", Case.holder_id.is_(None), of_desk)


def _listed(of_desk: ColumnElement[bool]) -> ColumnElement[bool]:
    """Unclaimed, without a card, and none under way. A card that Telegram refused is no sign of a surge."""
    made = exists().where(
        Outgoing.case_id == Case.id, Outgoing.purpose == "card", Outgoing.state.in_(("queued", "failed"))
    )
    return and_(_unclaimed(of_desk), Case.card_message_id.is_(None), ~made)


@dataclass(frozen=True)
class Crowd:
    """How full a desk is just now."""

    #: The desk's group; None when it has none.
    group: Chat | None
    spent: Spent
    #: Whether other cases of the desk are on the list.
    listed: bool
    #: Whether so many wait that a worker is told.
    many: bool

    def goes_singly(self, priority: int) -> bool:
        """Whether a new case is announced by itself; else it joins the list."""
        return budget.goes_singly(priority, self.spent, listed=self.listed, per_minute=_per_minute())


async def crowd(s: AsyncSession, site: Site, case_id: int) -> Crowd:
    """How full the desk of a case is, beside that case: one question, for a cry for help waits meanwhile."""
    values = {
        "group": None if site.group is None else crypto.keyed_hash("chat", site.group),
        "lately": dt.datetime.now(dt.UTC) - dt.timedelta(seconds=60),
        "case": case_id,
    }
    group, p1, cards, places, listed, many = (await s.execute(_crowd(site.id, _elsewhere(site)), values)).one()
    return Crowd(group, Spent(p1=p1, cards=cards, places=int(places)), listed, many >= budget.MANY)


@functools.cache
def _crowd(own: str, elsewhere: tuple[str, ...] | None) -> Select[Any]:
    """Built once for a desk: building takes longer than asking."""
    of_desk = _of_desk(own, elsewhere)
    some = select(Case.id).where(_unclaimed(of_desk)).limit(budget.MANY).subquery()
    sent = _spending.where(Outgoing.chat_id == Chat.id).lateral()
    return (
        select(
            Chat,
            *sent.c,
            exists().where(_listed(of_desk), Case.id != bindparam("case"), ~Case.quiet),
            select(func.count()).select_from(some).scalar_subquery(),
        )
        .select_from(select(literal(1)).subquery())
        .outerjoin(Chat, Chat.desk_hash == bindparam("group", type_=LargeBinary))
        .join(sent, true())
    )


_is_card = Outgoing.purpose == "card"
#: What was sent since `lately`, and what waits: alerts of P1, cards, places of the minute.
_spending = select(
    func.count().filter(Outgoing.rank == RANK_P1, Outgoing.purpose.in_(("card", "alert"))),
    func.count().filter(_is_card),
    func.coalesce(func.sum(case((_is_card, 2), else_=1)), 0),
).where(
    or_(Outgoing.state == "queued", Outgoing.sent_at > bindparam("lately")),
    ~messages.DELETES,
)


async def spent(s: AsyncSession, group: Chat) -> Spent:
    """What a group was sent in the last minute, and what waits."""
    lately = dt.datetime.now(dt.UTC) - dt.timedelta(seconds=60)
    found = await s.execute(_spending.where(Outgoing.chat_id == group.id), {"lately": lately})
    p1, cards, places = found.one()
    return Spent(p1=p1, cards=cards, places=int(places))


async def room(s: AsyncSession, group: Chat) -> int:
    """How many listed cases may be given their topic now."""
    return budget.room(await spent(s, group), per_minute=_per_minute())


async def needed(s: AsyncSession, site: Site) -> bool:
    """Whether the list is posted: somebody is on it, or more P1 wait than could be rung for one by one."""
    if await s.scalar(select(exists().where(_listed(of_desk(site))))):
        return True
    waiting = select(func.count()).where(_unclaimed(of_desk(site)), Case.priority == 1, ~Case.quiet)
    return budget.crowded(int(await s.scalar(waiting) or 0), per_minute=_per_minute())


async def call(s: AsyncSession, group: Chat) -> None:
    """Have the list posted: soon, or a minute after the last one."""
    now = dt.datetime.now(dt.UTC)
    at, minute = now + dt.timedelta(seconds=GATHER_SECONDS), dt.timedelta(seconds=LIST_SECONDS)
    # Read without a lock: many reports may ask at once, and none waits for another.
    if (last := await s.scalar(_LAST_LIST, {"group": group.id, "since": now - minute})) is not None:
        at = max(at, last + minute)
    await jobs.defer(s, "desk.list", queue_name=jobs.DESK, at=at, once=f"list:{group.id}", group=group.id)


_LAST_LIST = select(func.max(Outgoing.sent_at)).where(
    Outgoing.chat_id == bindparam("group"), Outgoing.purpose == "list", Outgoing.sent_at > bindparam("since")
)


async def post(s: AsyncSession, group: Chat, site: Site) -> None:
    """Post the list, unless it was posted within the minute, says nothing new, or nobody needs it any more.

    The caller holds the lock of the group's row, so that two lists are never posted at once.
    """
    now = dt.datetime.now(dt.UTC)
    last = await _last(s, group)
    if not await needed(s, site):
        await _take_away(s, group, last)
        return
    if last is not None and last.sent_at is None:
        if last.attempts:
            # Its first part may stand in the group already.
            return await _again(s, group, now)
        last.state = "withdrawn"
        last = await _last(s, group)
    if last is not None and last.sent_at is not None and (now - last.sent_at).total_seconds() < LIST_SECONDS:
        return await _again(s, group, last.sent_at)
    waiting = await _who_waits(s, site, now)
    fresh = _fresh(waiting, last)
    stale = last is None or last.sent_at is None or now - last.sent_at > dt.timedelta(minutes=STALE_MINUTES)
    gone = last is not None and len(re.findall(budget.REF, last.payload["text"])) != len(waiting)
    if fresh or gone or stale:
        rings = any(one.priority == 1 and not one.quiet for _, one in fresh)
        await outbox.queue(s, group.id, *_list(site, waiting, rings), purpose="list", rank=RANK_P1)
        await _take_away(s, group, last)
    await _again(s, group, now)


async def _again(s: AsyncSession, group: Chat, since: dt.datetime) -> None:
    at = since + dt.timedelta(seconds=LIST_SECONDS)
    await jobs.defer(s, "desk.list", queue_name=jobs.DESK, at=at, once=f"list:{group.id}", group=group.id)


async def _last(s: AsyncSession, group: Chat) -> Outgoing | None:
    """The list that stands in the group, or waits to; None when there is none."""
    day = dt.datetime.now(dt.UTC) - dt.timedelta(days=1)
    found: Outgoing | None = await s.scalar(
        select(Outgoing)
        .where(
            Outgoing.chat_id == group.id,
            Outgoing.purpose == "list",
            Outgoing.erased_at.is_(None),
            or_(Outgoing.state == "queued", and_(Outgoing.state == "sent", Outgoing.sent_at > day)),
        )
        .order_by(Outgoing.id.desc())
        .limit(1)
        .with_for_update()
    )
    return found


async def _take_away(s: AsyncSession, group: Chat, last: Outgoing | None) -> None:
    """Delete a former list: what stands in the group is true. A deletion costs nothing of the minute."""
    if last is None:
        return
    if last.state == "queued" and not last.attempts:
        last.state = "withdrawn"
    elif last.state == "sent":
        last.erased_at = dt.datetime.now(dt.UTC)
        await outbox.queue(s, group.id, *messages.deletion(last.message_ids), purpose="erase", rank=RANK_P1)


type Listed = tuple[int, Waits]


async def _who_waits(s: AsyncSession, site: Site, now: dt.datetime) -> list[Listed]:
    """Every unclaimed case of a desk: its row id and how it stands on the list; P1 first, oldest first."""
    rows = await s.execute(
        select(Case.id, Case.ref, Case.priority, Case.opened_at, Case.re_alerts, Case.quiet)
        .where(_unclaimed(of_desk(site)))
        .order_by(Case.priority, Case.quiet, Case.opened_at, Case.id)
    )
    return [
        (row.id, Waits(row.priority, row.ref + "!" * row.re_alerts, _minutes(now - row.opened_at), row.quiet))
        for row in rows
    ]


def _minutes(age: dt.timedelta) -> int:
    return int(age.total_seconds() // 60)


def _fresh(waiting: list[Listed], last: Outgoing | None) -> list[Listed]:
    """Who was not on the last list, became more urgent, or was alerted again since."""
    shown: dict[str, int] = {}
    priority = 0
    for line in (last.payload["text"] if last is not None else "").splitlines():
        if heading := re.fullmatch(r"P(\d)", line):
            priority = int(heading[1])
        shown |= dict.fromkeys(re.findall(budget.REF, line), priority)
    return [(row, one) for row, one in waiting if shown.get(one.mark) != one.priority]


def _list(site: Site, waiting: list[Listed], rings: bool) -> Message:
    lang = card.desk_lang(site)
    count = {"all": len(waiting), "p1": sum(one.priority == 1 for _, one in waiting)}
    words = {name: texts.catalogue(lang)[f"desk_list_{name}"] for name in ("minutes", "hours")}
    text = f"{texts.render('desk_list', lang, **count)}\n{budget.lines([one for _, one in waiting], **words)}"
    claims = [Button(one.mark.rstrip("!"), f"case:claim:{row}") for row, one in waiting[:BUTTONS]]
    rows = [[Button(texts.render("desk_button_next", lang), "case:next")], claims[:3], claims[3:]]
    if len(waiting) >= BULK:
        rows.append([Button(texts.render("desk_button_bulk_show", lang), "bulk:show:0:0")])
    return messages.text(text, buttons=[row for row in rows if row], silent=not rings)


def _per_minute() -> int:
    return settings().group_messages_per_minute
