"""Several messages of one held chat as one post: what a worker writes within seconds costs the group one place.

While less than half of the group's minute is spent each message is shown at once, by itself. Beyond that the first one
still goes at once; what follows within five seconds of it waits for their end, and whatever of the chat waits by then
goes out together. Each message keeps a row of its own, so that one shown once is never shown again.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.outbox.split import MESSAGE_UNITS, units
from bot.storage.models import Outgoing, Update

#: Seconds within which messages of one chat are joined while a group's budget is tight.
JOIN_SECONDS = 5.0
#: Messages joined at most: a wall of text is read by nobody.
MOST = 20


class Pauses:
    """When each held case was last shown something. Pure: the caller gives the time. Lives with the one sender."""

    def __init__(self) -> None:
        self._sent: dict[tuple[int, int], float] = {}

    def sent(self, group: int, case: int, now: float) -> None:
        """One of a case's messages is being shown."""
        self._sent = {key: at for key, at in self._sent.items() if now - at < JOIN_SECONDS}
        self._sent[group, case] = now

    def of(self, group: int, now: float) -> dict[int, float]:
        """The cases whose next message should wait, each with the seconds left."""
        left = {case: at + JOIN_SECONDS - now for (one, case), at in self._sent.items() if one == group}
        return {case: seconds for case, seconds in left.items() if seconds > 0}


async def followers(s: AsyncSession, row: Outgoing) -> list[Outgoing]:
    """The texts of the same worker that wait right behind one of theirs, and fit into one message with it.

    A file, a position or an edit ends the joining: the order in which things were said is kept.
    """
    if row.purpose != "relay" or row.update_id is None or row.message_ids or not await _plain(s, row):
        return []
    behind = await s.scalars(
        select(Outgoing)
        .where(
            Outgoing.chat_id == row.chat_id,
            Outgoing.case_id == row.case_id,
            Outgoing.purpose == "relay",
            Outgoing.state == "queued",
            Outgoing.id > row.id,
        )
        .order_by(Outgoing.id)
        .limit(MOST - 1)
        .with_for_update()
    )
    found: list[Outgoing] = []
    length = units(row.payload["text"])
    for one in behind:
        if one.message_ids or not await _plain(s, one):
            break
        length += 1 + units(one.payload["text"])
        if length > MESSAGE_UNITS:
            break
        found.append(one)
    return found


async def _plain(s: AsyncSession, row: Outgoing) -> bool:
    """Whether a row shows the words of one new message, and nothing else."""
    if row.method != "sendMessage":
        return False
    return await s.scalar(select(Update.kind).where(Update.id == row.update_id)) == "message"


def together(row: Outgoing, also: Sequence[Outgoing]) -> dict[str, Any]:
    """The payload that shows a row's words and those of the rows behind it, one under the other."""
    return {**row.payload, "text": "\n".join(one.payload["text"] for one in (row, *also))}
