"""What was not understood: a note for an open case, an offer after all, two likely meanings as buttons, a person.

What none of the first is, is kept for the maintainers, masked (bot/learning): so the next one is understood.
"""

from __future__ import annotations

from rasa_sdk.events import SlotSet

from actions.adverts import turned_away
from actions.asking import ask_which
from actions.base import Event, HotlineAction, Turn
from actions.offers import check, looks_like_offer, recheck, wordless
from actions.reports import note
from actions.smalltalk import says_nothing_yet
from actions.topics import answer_topic, follows_up
from actions.words import answered
from bot.learning import unclear
from nlu.decision import registry


class Fallback(HotlineAction):
    """Never a dead end."""

    action_name = "action_fallback"

    async def answer(self, turn: Turn) -> list[Event]:
        """From the most likely to the last resort."""
        if (again := await recheck(turn)) is not None:
            return again
        if await answered(turn) or await says_nothing_yet(turn) or await note(turn) or turned_away(turn):
            return []
        if follows_up(turn) and turn.chat.last_topic:
            answer_topic(turn, turn.chat.last_topic)
            return []
        if await wordless(turn):
            return [SlotSet("fallbacks", 1)]
        if looks_like_offer(turn.text):
            return await check(turn)
        await unclear.keep(turn.s, turn.chat, turn.update.id, turn.text, turn.lang, likeliest(turn))
        return ask_which(turn)


def likeliest(turn: Turn) -> list[tuple[str, float]]:
    """The intents of the ranking that a person can express, likeliest first."""
    return [(name, chance) for name, chance in turn.chances if name in registry()]
