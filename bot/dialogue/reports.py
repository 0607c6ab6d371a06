"""A message that belongs to a case: it opens one, adds to the open one, or is kept with it."""

from __future__ import annotations

from sqlalchemy import exists, select

from bot.cases.rules import CASE_KINDS, Kind
from bot.dialogue.turn import ABOUT_US, QUESTION, Event, Turn
from bot.storage.models import Outgoing
from bot.turns import case_talk, distress_report
from nlu.understanding.decision import kind_of, of_kind, thresholds
from nlu.understanding.questions import with_whom


async def report_trouble(turn: Turn) -> list[Event]:
    """Open, raise or add to the chat's case. What is recognised at intake has opened one already."""
    kind = kind_of(turn.intent)
    await report(turn, next((known for known in CASE_KINDS if known == kind), "distress"))
    return []


async def report_wish(turn: Turn) -> list[Event]:
    """Open a case for whoever wants a person; in an open case it is noted."""
    await report(turn, "human")
    return []


async def part_of_the_case(turn: Turn) -> list[Event] | None:
    """Keep a message for the open case and ask the case's next question. None without a case, and for a plain question.

    "How do I do that?" of a mother whose case is open is not about this chat.
    """
    plainly_asks = turn.meaning in (QUESTION, ABOUT_US) and turn.confidence >= thresholds().follow_up_below
    if plainly_asks or not await note(turn):
        return None
    return []


async def report(turn: Turn, kind: Kind) -> None:
    """Open, raise or enrich the chat's case, and see that the worker hears of it once."""
    decided = with_whom(turn.text, of_kind(kind, turn.chances), turn.chances)
    reported = await distress_report.understood(turn.s, turn.chat, turn.update, decided, turn.text, lang=turn.heard)
    answered = exists().where(Outgoing.update_id == turn.update.id, Outgoing.purpose == "receipt")
    if not reported.opened and not reported.raised and not await turn.s.scalar(select(answered)):
        await case_talk.follow_up(turn.s, turn.chat, turn.update, reported.case, turn.text)
    turn.silent()


async def note(turn: Turn) -> bool:
    """Take a message as part of the open case: keep it and ask the next question. False when no case is open."""
    if turn.case is None:
        return False
    await case_talk.follow_up(turn.s, turn.chat, turn.update, turn.case, turn.text)
    turn.silent()
    return True
