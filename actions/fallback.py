"""What was not understood: a note for an open case, an offer after all, two likely meanings as buttons, a person.

What none of the first is, is kept for the maintainers, masked (bot/learning): so the next one is understood.
"""

from __future__ import annotations

from rasa_sdk.events import SlotSet

from actions.base import PERSON, Button, Event, HotlineAction, Turn
from actions.offers import check, looks_like_offer
from actions.questions import answer_topic, follows_up
from actions.reports import note
from bot.learning import unclear
from nlu.decision import registry, thresholds

#: Meanings offered as buttons.
MEANINGS = 2


class Fallback(HotlineAction):
    """Never a dead end."""

    action_name = "action_fallback"

    async def answer(self, turn: Turn) -> list[Event]:
        """From the most likely to the last resort."""
        if await note(turn):
            return []
        if follows_up(turn) and turn.chat.last_topic:
            answer_topic(turn, turn.chat.last_topic)
            return []
        if looks_like_offer(turn.text):
            return check(turn)
        await unclear.keep(turn.s, turn.chat, turn.update.id, turn.text, turn.lang, likeliest(turn))
        missed = int(turn.tracker.get_slot("fallbacks") or 0) + 1
        meanings = likely(turn)
        if missed > 1 or not meanings:
            turn.say("fallback_person", buttons=[[PERSON]], number=turn.number)
        else:
            rows = [[Button(f"meaning_{name}", f"ask:{name}")] for name in meanings]
            turn.say("fallback_which", buttons=[*rows, [PERSON]])
        return [SlotSet("fallbacks", missed)]


def likeliest(turn: Turn) -> list[tuple[str, float]]:
    """The intents of the ranking that a person can express, likeliest first."""
    return [(str(e["name"]), float(e["confidence"])) for e in turn.ranking if str(e["name"]) in registry()]


def likely(turn: Turn) -> list[str]:
    """The likeliest intents that a button can stand for."""
    least = thresholds().offer_button_at
    found = [
        str(entry["name"])
        for entry in turn.ranking
        if entry["confidence"] >= least
        and (intent := registry().get(str(entry["name"]))) is not None
        and (intent.kind == "question" or intent.name in {"ask_offer_check", "ask_identity"})
    ]
    return found[:MEANINGS]
