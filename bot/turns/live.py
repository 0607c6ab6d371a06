"""A live position: a phone that tells where it is every few seconds. Its steps are joined, and the person is told once.

The bot never asks for one: whoever looks at the phone sees that it is on.
"""

from __future__ import annotations

import datetime as dt

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.cases import service as cases
from bot.desk import live as desk_live
from bot.outbox import service as outbox
from bot.storage import jobs
from bot.storage.models import Chat, Update
from bot.storage.received import location_of, position
from bot.storage.session import session
from bot.turns.person import lang_of

#: Seconds over which the steps of a live position are joined into one, however often the phone reports. The case knows
#: each; the holder's pin moves as often while the group has room (`limits.RANK_PIN`).
JOIN_SECONDS = 5.0


def moves(kind: str, content: str | None) -> bool:
    """Whether an update is a step of a live position. No other position can be edited."""
    return kind == "edited_message" and content == "location"


async def join(s: AsyncSession, chat: Chat, row: Update) -> None:
    """Leave a step for the job that takes all of them; one waiting job a position is enough."""
    at = dt.datetime.now(dt.UTC) + dt.timedelta(seconds=JOIN_SECONDS)
    once = f"moved:{chat.id}:{row.message_id}"
    await jobs.defer(s, "turns.moved", queue_name=jobs.TURNS, at=at, once=once, update=row.id)


@jobs.queue.task(name="turns.moved", queue=jobs.TURNS, retry=jobs.retry_soon())
async def moved(update: int) -> None:
    """Take all steps of the live position that an update belongs to. Safe to run again."""
    async with session() as s:
        row = await s.get_one(Update, update)
        chat = await s.get_one(Chat, row.chat_id, with_for_update={"key_share": True})
        await take(s, chat, row)
        await s.commit()


async def take(s: AsyncSession, chat: Chat, update: Update) -> None:
    """Settle every waiting step of a live position by its newest: the case learns it, the holder's map moves."""
    same = (Update.chat_id == chat.id, Update.message_id == update.message_id)
    first = await s.scalar(select(Update).where(*same, Update.kind == "message", Update.state == "pending"))
    if first is not None:
        # Its own turn, which may open the case, comes first.
        await join(s, chat, update)
        return
    waiting = (Update.kind == "edited_message", Update.content == "location", Update.state == "pending")
    steps = list(await s.scalars(select(Update).where(*same, *waiting).order_by(Update.update_id)))
    case = await cases.open_case_of(s, chat.id, lock=True)
    if steps and case is not None:
        newest = steps[-1]
        if (at := position(newest)) is not None:
            cases.moved(case, newest, at)
        await desk_live.follow(s, case, chat, newest)
    for step in steps:
        step.state, step.finished_at = "done", dt.datetime.now(dt.UTC)


async def tell(s: AsyncSession, chat: Chat, update: Update) -> None:
    """Tell a person, once a live position, that it is on and how to stop it: a watched phone shows it."""
    if update.kind == "message" and location_of(update).get("live_period"):
        await outbox.say(s, chat, "live_on", lang_of(chat), update_id=update.id, dedupe=f"live:{update.id}")
