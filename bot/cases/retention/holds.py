"""Legal holds: nothing of a held case, its chat, and what was split from it is deleted, by any job or command.

The one exception is the worker's own: erasing the chat on their phone is their safety, and deletes nothing here.
"""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.cases import service as cases
from bot.errors import CaseError, CaseNotFound
from bot.storage.models import Case, CaseHold, Chat
from bot.storage.session import session


async def hold(ref: str, *, why: str, by: str) -> str:
    """Put a case under a legal hold. Raises CaseNotFound, CaseError."""
    if not why.strip():
        raise CaseError("A hold needs a reason: --why TEXT. It rests encrypted, and `hotline cases holds` shows it.")
    who = _named(by)
    async with session() as s:
        case = await _locked(s, ref)
        if case.anonymised_at is not None:
            raise CaseError(
                f"{case.ref} was anonymised on {case.anonymised_at:%Y-%m-%d}: nothing is left to be held. "
                "An older backup may still have it (docs/runbook.md)."
            )
        if await s.get(CaseHold, case.id) is not None:
            raise CaseError(
                f"{case.ref} is held already. `hotline cases holds` says why; release it first to change that."
            )
        s.add(CaseHold(case_id=case.id, why=why.strip(), placed_by=who))
        cases.record(s, case, "hold", "administrator", body=f"{who}: {why.strip()}")
        others = await s.scalars(select(Case.ref).where(Case.chat_id == case.chat_id, Case.id != case.id))
        also = ", ".join(others)
        await s.commit()
    with_it = f" With it, because they are of the same chat: {also}." if also else ""
    return f"{case.ref} is held: nothing of it and of its chat is deleted until it is released.{with_it}"


async def release(ref: str, *, by: str) -> str:
    """End a legal hold. Raises CaseNotFound, CaseError."""
    who = _named(by)
    async with session() as s:
        case = await _locked(s, ref)
        found = await s.get(CaseHold, case.id)
        if found is None:
            raise CaseError(f"{case.ref} is not held. `hotline cases holds` lists what is.")
        cases.record(s, case, "hold_released", "administrator", body=who)
        await s.delete(found)
        await s.commit()
    return f"{case.ref} is held no more. What is past its time goes with the next run: hotline retention --dry-run"


async def table() -> str:
    """Every hold, a line each."""
    async with session() as s:
        rows = (
            await s.execute(select(CaseHold, Case).join(Case, Case.id == CaseHold.case_id).order_by(CaseHold.at))
        ).all()
    if not rows:
        return "No case is held. To hold one: hotline cases hold REF --why TEXT --by NAME"
    return "\n".join(
        f"{case.ref}  {held.at:%Y-%m-%d}  {case.state:<14}  {held.placed_by}: {held.why}" for held, case in rows
    )


async def _locked(s: AsyncSession, ref: str) -> Case:
    """A case for a change, its chat first, so that a batch of a deletion is either done or sees the hold."""
    asked = "H-" + ref.strip().upper().removeprefix("H-")
    found = (await s.execute(select(Case.id, Case.chat_id).where(Case.ref == asked))).first()
    if found is None:
        raise CaseNotFound(f"No case has the reference {asked}. It stands on the case's card: H- and four characters.")
    if found.chat_id is not None:
        await s.scalar(select(Chat.id).where(Chat.id == found.chat_id).with_for_update(key_share=True))
    return await cases.locked(s, found.id)


def _named(by: str) -> str:
    if not by.strip():
        raise CaseError("Say who: --by NAME.")
    return by.strip()
