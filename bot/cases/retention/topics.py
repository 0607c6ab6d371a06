"""The forum topic of an anonymised case: deleted at Telegram, and not forgotten here before that is settled.

Its deletion is an outbox row like any other, so limits, retries and a Telegram that is away are met as always. A few go
out in one run: an alert never stands behind a hundred deletions.
"""

from __future__ import annotations

import datetime as dt

from sqlalchemy import and_, delete, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import defer

from bot import log as logs
from bot.cases import service as cases
from bot.cases.retention.classes import GROUP
from bot.cases.retention.reports import Run
from bot.errors import CaseError
from bot.outbox import messages
from bot.outbox import service as outbox
from bot.outbox.limits import RANK_REST
from bot.outbox.settled import on_settled
from bot.storage.models import Case, Chat, Outgoing
from bot.storage.session import session

log = logs.get(__name__)

PURPOSE = "topic"
#: Topics of one group deleted in one run, so some 240 a day.
AT_ONCE = 10
#: Telegram is asked again after so long whether it deletes a topic that it refused: rights are given by people.
AGAIN = dt.timedelta(days=1)


async def plan(s: AsyncSession, case: Case) -> None:
    """Have the topic of a case deleted, in the group in which it was made. A later step sends it."""
    if case.topic_id is None:
        return
    if case.group_id is None:
        # A number alone may be another topic in another group.
        case.topic_refused = "unknown_group"
        return
    gone = messages.topic_deletion(case.topic_id)
    s.add(
        Outgoing(
            chat_id=case.group_id,
            purpose=PURPOSE,
            method=gone.method,
            payload=gone.payload,
            rank=RANK_REST,
            case_id=case.id,
            dedupe=f"topic:{case.id}:{case.topic_id}",
            state="waiting",
        )
    )


async def send_some(run: Run) -> None:
    """Let the next deletions of each group go out, and ask again for those that were refused a day ago."""
    async with run.step() as s:
        await s.execute(
            delete(Outgoing).where(
                Outgoing.purpose == PURPOSE, Outgoing.state == "sent", Outgoing.sent_at < run.before(GROUP)
            ),
            execution_options={"synchronize_session": False},
        )
        refused = and_(Outgoing.state == "failed", Outgoing.attempted_at < run.now - AGAIN)
        due = (Outgoing.purpose == PURPOSE, or_(Outgoing.state == "waiting", refused))
        groups = list(await s.scalars(select(Outgoing.chat_id).where(*due).distinct()))
        for group in groups:
            rows = await s.scalars(
                select(Outgoing)
                .where(*due, Outgoing.chat_id == group)
                .options(defer(Outgoing.payload))
                # What was never asked for first: a refusal seldom turns.
                .order_by(Outgoing.state.desc(), Outgoing.attempted_at, Outgoing.id)
                .limit(AT_ONCE)
                .with_for_update(skip_locked=True)
            )
            for row in rows:
                row.state, row.failure, row.attempts, row.created_at = "queued", None, 0, run.now
            await s.flush()
            await outbox.wake(s, group, rank=RANK_REST)


@on_settled(PURPOSE)
async def _settled(s: AsyncSession, row: Outgoing, group: Chat) -> None:
    """Telegram deleted a topic, or will not: only then the case lets go of its number."""
    if row.case_id is None:
        return
    case = await cases.locked(s, row.case_id)
    if row.state == "sent":
        case.topic_refused = None
        case.leave_group()
        cases.record(s, case, "topic_deleted", "bot")
    elif row.state == "failed":
        if case.topic_refused is None:
            cases.record(s, case, "topic_refused", "bot")
        case.topic_refused = row.failure
        log.error("topic_not_deleted", case=case.ref, reason=row.failure)


async def deleted_by_hand(ref: str, by: str) -> str:
    """A person deleted a topic that Telegram would not let us delete. Raises CaseNotFound, CaseError."""
    async with session() as s:
        case = await cases.by_ref(s, ref.strip())
        if case.anonymised_at is None:
            raise CaseError(f"{case.ref} is not anonymised, so its topic is still in use. Nothing was changed.")
        if case.topic_id is None:
            raise CaseError(f"The topic of {case.ref} is settled already: it was deleted, or there was none.")
        case.topic_refused = None
        case.leave_group()
        # The name of who said so is staff's, and rests encrypted.
        cases.record(s, case, "topic_deleted_by_hand", "administrator", body=by.strip())
        await s.execute(delete(Outgoing).where(Outgoing.case_id == case.id, Outgoing.purpose == PURPOSE))
        await s.commit()
    return f"The topic of {case.ref} counts as deleted."
