"""Rasa or its action server is away: an answer from our own texts with a number to call, and the words kept.

Whom the model, read without Rasa, sees in distress has a case at once. Everything else goes on the unalerted list
(state "unanswered") and is answered when Rasa is back.
"""

from __future__ import annotations

import datetime as dt

from sqlalchemy.ext.asyncio import AsyncSession

from bot.cases import service as cases
from bot.desk import service as desk
from bot.outbox import service as outbox
from bot.storage.models import Chat, Update
from bot.turns import ask_back, bundle, case_talk, dead_letters, distress_report, model
from bot.turns.case_words import number_line
from bot.turns.person import lang_of

#: What `error` of an update says while Rasa owes it an answer.
AWAY = "NluUnavailable"
#: A message that Rasa got so often and could not answer, though it works, is a person's to answer.
MAX_REPLAYS = 5


def number(chat: Chat) -> str:
    """The number line for a chat, from what we know of it."""
    return number_line(chat.last_country, chat.nationality, lang_of(chat), bare=True)


async def answer(s: AsyncSession, chat: Chat, update: Update, text: str = "", *, reached: bool = True) -> None:
    """Say that the answer comes later, with a number to call now. Distress was answered at intake and never waits.

    `reached`: the message got to a Rasa. One that is killed again and again, or not asked because it hangs, says
    nothing against the messages that wait for it.
    """
    first_time = update.error is None
    case = await cases.open_case_of(s, chat.id, lock=True)
    if case is not None:
        # The person is already with the desk: the words go there, and nothing more is owed by the bot.
        await desk.keep(s, case, chat, update)
        update.state, update.error = "done", None
        update.finished_at = dt.datetime.now(dt.UTC)
        if text and first_time:
            await case_talk.follow_up(s, chat, update, case, text)
        elif first_time:
            await case_talk.noted(s, chat, case, update, "case_noted", f"turn:{update.id}:0")
        return
    found = model.of(update) if text == bundle.words_of(update) else model.understand(text)
    if text and found.reports:
        # Intake had no model: it is read now.
        await distress_report.understood(s, chat, update, found.decision, text, lang=found.language.code)
        update.state, update.error = "done", None
        update.finished_at = dt.datetime.now(dt.UTC)
        return
    update.error = AWAY
    if not first_time and reached:
        update.attempts += 1
        if update.attempts >= MAX_REPLAYS:
            await dead_letters.set_aside(s, update, AWAY)
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
        await ask_back.ask(s, chat, [update])
