"""A recruiter who advertises at the bot is not judged as if a worker had been offered the job."""

from __future__ import annotations

from bot.dialogue.turn import QUESTION, Event, Turn
from bot.offers.adverts import addressed_to_us
from nlu.understanding.decision import thresholds


async def turned_away(turn: Turn) -> list[Event] | None:
    """Say calmly that this is no place for adverts. None when the message is none, is passed on, or plainly asks."""
    plainly_asks = turn.meaning == QUESTION and turn.confidence >= thresholds().follow_up_below
    if turn.case is not None or turn.forwarded or plainly_asks or not addressed_to_us(turn.text):
        return None
    turn.say("small_recruiter")
    return []
