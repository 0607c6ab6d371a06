"""Who sends: of all workers only one at a time, because the limits of a bot token are counted in its memory.

Telegram knows no fence, so a call that is already on its way when this process is stopped can still arrive late. All
that can be done is to ask right before each call, and that is done.
"""

from __future__ import annotations

from contextvars import ContextVar

from bot.outbox.telegram import bot_id
from bot.storage.lease import Lease

#: What the name of a worker's connections ends with in the database's list of connections.
ROLE = "worker"

_lease: Lease | None = None
#: The fence under which the running job sends.
_fence: ContextVar[int] = ContextVar("sender_fence")


class NotTheSender(Exception):
    """Another process sends now. The job is tried again, by whoever sends then."""


def lease() -> Lease:
    """The lease of this installation's bot token, as this process sees it."""
    global _lease
    if _lease is None:
        _lease = Lease(f"sender:{bot_id()}", ROLE)
    return _lease


async def confirm(found: int | None) -> None:
    """The database was asked for our fence (`lease.IN_DATABASE`): are we the sender? Raises NotTheSender."""
    fence = await lease().accepted(found)
    if fence is None:
        raise NotTheSender
    _fence.set(fence)


def check() -> None:
    """Right before a call: the time given with `confirm` is not over. Raises NotTheSender."""
    if not lease().valid(_fence.get()):
        raise NotTheSender
