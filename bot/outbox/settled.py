"""What follows once a row of the outbox is settled, in the same transaction. Rooms register it by purpose."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from sqlalchemy.ext.asyncio import AsyncSession

from bot import log as logs
from bot.storage import jobs
from bot.storage.models import Chat, Outgoing

log = logs.get(__name__)

type Hook = Callable[[AsyncSession, Outgoing, Chat], Awaitable[None]]
_hooks: dict[str, Hook] = {}


def on_settled(*purposes: str) -> Callable[[Hook], Hook]:
    """Register what happens when a row of these purposes is sent, waits, or failed."""

    def register(hook: Hook) -> Hook:
        for purpose in purposes:
            _hooks[purpose] = hook
        return hook

    return register


def is_awaited(row: Outgoing) -> bool:
    """Whether anything follows from what becomes of a row."""
    return row.purpose in _hooks


async def settle(s: AsyncSession, row: Outgoing, chat: Chat) -> None:
    """A row was sent, waits, or failed: do what follows from it. Never raises for the sake of a hook."""
    hook = _hooks.get(row.purpose)
    if hook is None:
        return
    try:
        async with s.begin_nested():
            await hook(s, row, chat)
    except Exception as problem:
        if jobs.database_is_away(problem):
            raise
        # What Telegram did stands, whatever the hook thinks of it: a message is never sent again for its sake.
        log.error("hook_failed", outgoing=row.id, purpose=row.purpose, exc_info=problem)


async def fail(s: AsyncSession, row: Outgoing, chat: Chat, failure: str) -> None:
    """A row will not be sent. Commits. One that was taken back meanwhile stays so."""
    if row.state != "withdrawn":
        row.state, row.failure = "failed", failure
        await settle(s, row, chat)
    await s.commit()
