"""What is done when the holder of a case leaves a message of the worker unanswered: bot/cases/lease.py says which.

Each step is taken once: its event and its posts are of one transaction, under the lock of the case. A claim silences
the bot, so somebody has to notice that nobody speaks.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from bot import log as logs
from bot import texts
from bot.cases import holding, lease
from bot.cases import service as cases
from bot.cases.lease import Lying, Step
from bot.desk import card, service
from bot.outbox import messages
from bot.outbox import service as outbox
from bot.outbox.messages import MARKS, Button
from bot.storage import jobs
from bot.storage.models import Case, CaseEvent, Operator, Outgoing, Update
from bot.storage.session import session

log = logs.get(__name__)

#: Who is mentioned when a holder does not answer.
SUPERVISING = ("supervisor", "admin")


async def look(now: dt.datetime | None = None) -> None:
    """Take every step whose time has come. Each case has a transaction of its own: trouble with one stops no other."""
    now = now or dt.datetime.now(dt.UTC)
    async with session() as s:
        due = [one.case_id for one in await lease.lying(s) if one.due(now) > one.done]
    for case_id in due:
        try:
            async with session() as s:
                await _advance(s, case_id, now)
                await s.commit()
        except Exception as problem:
            if jobs.database_is_away(problem):
                raise
            log.error("lease_failed", case=case_id, exc_info=True)


async def _advance(s: AsyncSession, case_id: int, now: dt.datetime) -> None:
    """Take the step that is due now; one that was passed over, as while the machine was down, is not made up for."""
    case = await cases.locked(s, case_id)
    # Read behind the lock: an answer, a claim or another worker's step of this moment counts.
    one = next(iter(await lease.lying(s, case_id)), None)
    if one is None or (step := one.due(now)) <= one.done or await lease.operator_just_wrote(s, case_id):
        return
    holder = await s.get_one(Operator, case.holder_id)
    cases.record(s, case, lease.UNANSWERED, "bot", step=int(step), since=one.key, held_by=holder.id)
    if step is Step.HOLDER:
        await _remind(s, case, one, holder, now)
    elif step is Step.SUPERVISOR:
        await _call_colleagues(s, case, one, holder, now)
    else:
        await holding.lapse(s, case)
        await _post(
            s, case, "desk_lapsed", [holder], one, now, button=("desk_button_claim", f"case:claim:{case.id}"), step=step
        )
        await service.refresh(s, case)
    log.info("case_unanswered", case=case.ref, priority=case.priority, step=int(step))


async def _remind(s: AsyncSession, case: Case, one: Lying, holder: Operator, now: dt.datetime) -> None:
    button = ("desk_button_waits", f"case:waits:{case.id}")
    await _post(s, case, "desk_unanswered", [holder], one, now, button=button, step=Step.HOLDER)


async def _call_colleagues(s: AsyncSession, case: Case, one: Lying, holder: Operator, now: dt.datetime) -> None:
    site = service.site_of(case)
    rows = await s.scalars(
        select(Operator)
        .where(Operator.role.in_(SUPERVISING), Operator.active.is_(True), Operator.id != holder.id)
        .where(Operator.site.in_((site.id, case.site)))
        .order_by(Operator.id)
    )
    supervisors = list(rows)[: len(MARKS) - 1]
    key = "desk_unanswered_supervisors" if supervisors else "desk_unanswered_anybody"
    button = ("desk_button_take_over", f"case:claim:{case.id}")
    await _post(s, case, key, [holder, *supervisors], one, now, button=button, step=Step.SUPERVISOR)


async def _post(
    s: AsyncSession,
    case: Case,
    key: str,
    people: Sequence[Operator],
    one: Lying,
    now: dt.datetime,
    *,
    button: tuple[str, str],
    step: Step,
) -> None:
    """A line in the topic that rings, mentions the holder and the others, and has one button."""
    await mention(
        s,
        case,
        key,
        people,
        dedupe=f"unanswered:{case.id}:{one.key}:{int(step)}",
        button=button,
        minutes=int(one.minutes(now)),
        queue=f"{lease.minutes()[case.priority][Step.QUEUE]:g}",
    )


async def mention(
    s: AsyncSession,
    case: Case,
    key: str,
    people: Sequence[Operator],
    *,
    dedupe: str,
    button: tuple[str, str] | None = None,
    **values: object,
) -> None:
    """Post a text into a case's topic, aloud, in which the first of `people` is {holder} and the rest are {people}.

    Their names are mentions: Telegram rings them although the group is muted on their phone.
    """
    site = service.site_of(case)
    group = await service.group_of(s, site)
    if group is None:
        log.error("no_operators_group", case=case.ref, site=case.site)
        return
    lang = card.desk_lang(site)
    marks = MARKS[: len(people)]
    named = {"holder": marks[:1], "people": ", ".join(marks[1:]), "ref": case.ref, "priority": case.priority}
    rows = None if button is None else [[Button(texts.render(button[0], lang), button[1])]]
    message = messages.mentioning(texts.render(key, lang, **named, **values), people, buttons=rows, silent=False)
    rank = service.RANK_P1 if case.priority == 1 else service.RANK_ALERT
    await outbox.queue(
        s,
        group.id,
        *message,
        purpose="alert",
        rank=rank,
        case_id=case.id,
        in_topic=True,
        dedupe=dedupe,
    )


async def danger(s: AsyncSession, case: Case, update: Update) -> None:
    """The worker of a held case is in danger now, once more: the holder is rung, however high the case stands already.

    One ring that has not gone out yet stands for all that come meanwhile.
    """
    if case.holder_id is None:
        return
    waits = select(Outgoing.id).where(
        Outgoing.case_id == case.id, Outgoing.state == "queued", Outgoing.dedupe.like(f"danger:{case.id}:%")
    )
    if await s.scalar(waits.limit(1)) is None:
        holder = await s.get_one(Operator, case.holder_id)
        await mention(s, case, "desk_danger", [holder], dedupe=f"danger:{case.id}:{update.id}")


async def refusal(s: AsyncSession, case: Case, operator: Operator) -> tuple[str, str]:
    """What somebody is told whose words were not sent because they do not hold the case: a text key, and the holder."""
    last = await s.scalar(
        select(CaseEvent)
        .where(CaseEvent.case_id == case.id, CaseEvent.what.in_(("lapsed", "taken_over")))
        .order_by(CaseEvent.id.desc())
        .limit(1)
    )
    holder = await service.holder_name(s, case)
    if last is None or last.detail.get("held_by") != operator.id:
        return "desk_not_holder", holder or ""
    return ("desk_lapsed_reply", "") if holder is None else ("desk_lapsed_reply_held", holder)
