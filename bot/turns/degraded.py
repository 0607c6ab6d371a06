"""Rasa or its action server is away: an answer from our own texts with a number to call, and the words kept.

The update goes on the unalerted list (state "unanswered") and is answered when Rasa is back.
"""

from __future__ import annotations

import datetime as dt

from sqlalchemy.ext.asyncio import AsyncSession

from bot.cases import service as cases
from bot.desk import service as desk
from bot.outbox import service as outbox
from bot.storage.models import Chat, Update
from bot.turns.distress import lang_of, number_line


def number(chat: Chat) -> str:
    """The number line for a chat, from what we know of it."""
    return number_line(chat.last_country, chat.nationality, lang_of(chat))


async def answer(s: AsyncSession, chat: Chat, update: Update) -> None:
    """Say that the answer comes later, with a number to call now. Distress was answered at intake and never waits."""
    first_time = update.state == "pending" and update.error is None
    update.error = "NluUnavailable"
    case = await cases.open_case_of(s, chat.id)
    if case is not None:
        # The person is already with the desk: the words go there, and nothing more is owed by the bot.
        await cases.enrich(s, case, update, {})
        await desk.relay(s, case, chat, update)
        update.state = "done"
        update.finished_at = dt.datetime.now(dt.UTC)
        await outbox.say(s, chat, "case_noted", lang_of(chat), update_id=update.id, dedupe=f"turn:{update.id}:0")
        return
    update.state = "unanswered"
    # Rasa may hold half a turn: a new flow starts clean.
    chat.flow += 1
    if first_time:
        await outbox.say(
            s,
            chat,
            "turn_later",
            lang_of(chat),
            update_id=update.id,
            dedupe=f"later:{update.id}",
            number=number(chat),
        )
