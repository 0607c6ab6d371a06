"""A recruiter who advertises at the bot is not judged as if a worker had been offered the job."""

from __future__ import annotations

from actions.base import Turn
from bot.offers.adverts import addressed_to_us


def turned_away(turn: Turn) -> bool:
    """Say calmly that this is no place for adverts. False when the message is none, or only passed on."""
    if turn.case is not None or turn.forwarded or not addressed_to_us(turn.text):
        return False
    turn.say("small_recruiter")
    return True
