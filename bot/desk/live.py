"""A live position on the holder's map: one pin in the topic that moves, and a line when it stops."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.desk import service as desk
from bot.outbox import messages
from bot.outbox import service as outbox
from bot.outbox.limits import RANK_PIN
from bot.outbox.messages import Message
from bot.storage.models import Case, Chat, Outgoing, Update
from bot.storage.received import location_of, pin


async def follow(s: AsyncSession, case: Case, chat: Chat, step: Update) -> None:
    """Move the holder's pin to a step. While Telegram has not taken the last move, the newest replaces it."""
    if case.holder_id is None:
        return
    group = await desk.group_of(s, desk.site_of(case))
    first = await s.scalar(
        select(Update).where(Update.chat_id == chat.id, Update.message_id == step.message_id, Update.kind == "message")
    )
    if first is None or group is None:
        return
    of_it = (Outgoing.case_id == case.id, Outgoing.update_id == first.id, Outgoing.chat_id == group.id)
    original = await s.scalar(select(Outgoing).where(*of_it, messages.IS_PLACE).order_by(Outgoing.id.desc()).limit(1))
    if original is None:
        await desk.relay(s, case, chat, first)
        return
    if "live_period" not in original.payload:
        return  # it was over when the holder first saw it
    move = messages.moved_place(original.id, pin(location_of(step))) if location_of(step) else None
    waits = await s.scalar(
        select(Outgoing)
        .where(*of_it, Outgoing.purpose == "moved", Outgoing.state == "queued", Outgoing.attempts == 0)
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    ends = not location_of(step).get("live_period")
    # The last place is not left to the room that is over, and comes before the end.
    rank = desk.RANK_REST if ends else RANK_PIN
    if move is not None and waits is not None:
        waits.payload, waits.rank = move.payload, min(waits.rank, rank)
    elif move is not None:
        await _queue(s, case, original, first, move, rank, f"moved:{case.id}:{step.id}")
    if ends:
        stopped = f"stopped:{original.id}"
        await _queue(s, case, original, first, messages.stopped_place(original.id), rank, stopped)
        await desk.post(s, case, "desk_live_stopped", rank=desk.RANK_RELAY, dedupe=f"{stopped}:line")


async def _queue(
    s: AsyncSession,
    case: Case,
    original: Outgoing,
    first: Update,
    message: Message,
    rank: int,
    dedupe: str,
) -> None:
    await outbox.queue(
        s,
        original.chat_id,
        *message,
        purpose="moved",
        rank=rank,
        case_id=case.id,
        update_id=first.id,
        dedupe=dedupe,
    )
