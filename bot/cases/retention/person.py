"""Everything of one person deleted at once, because they ask for it: what retention does later, in one transaction.

Rows for statistics stay, as after a year. A legal hold, and a case that is still open, stop it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from sqlalchemy import delete, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from bot import log as logs
from bot.cases import person
from bot.cases.retention import closed, loose
from bot.cases.retention.classes import CASELESS, RECRUITERS, Class
from bot.cases.retention.deleting import BATCH, delete_outgoing, delete_updates, in_flight, with_jobs
from bot.cases.retention.reports import Run
from bot.errors import CaseError
from bot.storage import audit
from bot.storage.models import Case, CaseHold, Chat, Outgoing, RecruiterReport, Update
from bot.storage.session import session

log = logs.get(__name__)


class AtOnce(Run):
    """A run in a transaction of the caller's, for which everything is past its time."""

    def __init__(self, s: AsyncSession) -> None:
        super().__init__(dt.datetime.now(dt.UTC))
        self._s = s

    def before(self, kind: Class) -> dt.datetime:
        return self.now

    @asynccontextmanager
    async def step(self) -> AsyncIterator[AsyncSession]:
        self.begin()
        yield self._s
        await self._s.flush()
        self.take_over()


async def erase(ref: str) -> str:
    """Delete everything that is kept of a person: reference of a case, or Telegram id. Returns a sentence.

    Raises CaseNotFound; CaseError when a legal hold, an open case, or something under way keeps it.
    """
    async with session() as s:
        chat, found = await person.of(s, ref, lock=True)
        await _refuse(s, chat, found)
        run = AtOnce(s)
        await _take_back(s, chat)
        # Files go before the rows that name them, and a rollback brings no file back: looked at before anything goes.
        if await _under_way(s, run, chat, [case.id for case in found]):
            raise _busy()
        for case in found:
            while (kept := await closed.step(run, case.id)) == "more":
                pass
            if kept is not None:
                raise _busy()
        async with run.step():
            await _delete_rest(s, run, chat)
        about = [f"case:{case.id}" for case in found] or [f"chat:{chat.id}"]
        for one in about:
            audit.record(s, "person_erased", about=one)
        await run.write(s, counts=run.counts, finished_at=run.now, milliseconds=0)
        await s.commit()
    log.info("person_erased", cases=len(found))
    refs = ", ".join(case.ref for case in found)
    numbers: dict[str, int] = {}
    for counts in run.counts.values():
        for name, number in counts.items():
            numbers[name] = numbers.get(name, 0) + number
    told = ", ".join(f"{number} {name}" for name, number in sorted(numbers.items()))
    stays = f" A row for statistics stays of {refs}; its topic is deleted within hours." if refs else ""
    return f"Erased: {told}.{stays} Backups, and what stands on their phone, are not reached."


async def _refuse(s: AsyncSession, chat: Chat, found: list[Case]) -> None:
    held = set(await s.scalars(select(CaseHold.case_id).where(CaseHold.case_id.in_([case.id for case in found]))))
    if refs := ", ".join(case.ref for case in found if case.id in held):
        raise CaseError(
            f"{refs} is under a legal hold, so nothing of this person was deleted. `hotline cases holds` says why; "
            "whoever placed it must release it first."
        )
    if refs := ", ".join(case.ref for case in found if case.state != "closed"):
        raise CaseError(
            f"{refs} is still open: somebody may be in danger, and nobody could answer them any more. Nothing was "
            "deleted. Have the operator close it first."
        )


async def _take_back(s: AsyncSession, chat: Chat) -> None:
    """What still waits for them is not sent any more."""
    waits = (Outgoing.chat_id == chat.id, Outgoing.state.in_(("queued", "waiting")), Outgoing.attempts == 0)
    await s.execute(update(Outgoing).where(*waits).values(state="withdrawn"))


async def _under_way(s: AsyncSession, run: Run, chat: Chat, cases: list[int]) -> bool:
    """Whether something of a person is still to be answered, sent or fetched, or a job speaks of it."""
    updates = await s.scalars(select(Update.id).where(or_(Update.chat_id == chat.id, Update.case_id.in_(cases))))
    rows = (
        await s.execute(
            select(Outgoing.id, Outgoing.state).where(or_(Outgoing.chat_id == chat.id, Outgoing.case_id.in_(cases)))
        )
    ).all()
    return bool(
        any(row.state == "queued" for row in rows)
        or await in_flight(s, list(updates), run.now)
        or await with_jobs(s, "outgoing", [row.id for row in rows])
        or await with_jobs(s, "case", cases)
        or await with_jobs(s, "chat", [chat.id])
    )


async def _delete_rest(s: AsyncSession, run: Run, chat: Chat) -> None:
    """What belongs to no case of theirs, what Rasa remembers, and the chat itself."""
    while updates := list(await s.scalars(select(Update.id).where(Update.chat_id == chat.id).limit(BATCH))):
        await delete_updates(s, run, CASELESS, updates)
    while rows := list(await s.scalars(select(Outgoing.id).where(Outgoing.chat_id == chat.id).limit(BATCH))):
        await delete_outgoing(s, run, CASELESS, rows)
    gone = await s.execute(delete(RecruiterReport).where(RecruiterReport.reporter == person.reporter(chat)))
    run.add(RECRUITERS, reports=int(getattr(gone, "rowcount", 0)))
    run.add(CASELESS, rasa=await loose.forget_rasa_of(s, {chat.id}))
    await s.execute(delete(Chat).where(Chat.id == chat.id), execution_options={"synchronize_session": False})
    run.add(CASELESS, chats=1)


def _busy() -> CaseError:
    return CaseError(
        "Something of this person is being answered, sent or fetched just now. Nothing was deleted; try again in a "
        "minute. `hotline deadletters` lists what failed."
    )
