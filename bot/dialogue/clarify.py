"""Not sure what was meant: the two likeliest meanings as buttons; the second time in a row, a person."""

from __future__ import annotations

from bot.dialogue.turn import PERSON, Button, Event, Turn, remember
from bot.learning import unclear
from nlu.understanding.decision import meanings, registry


async def not_understood(turn: Turn) -> list[Event]:
    """Keep the message, masked, for the maintainers, and ask what was meant."""
    likely = [(name, chance) for name, chance in turn.chances if name in registry()]
    await unclear.keep(turn.s, turn.chat, turn.update.id, turn.text, turn.lang, likely)
    return ask_which(turn)


def ask_which(turn: Turn) -> list[Event]:
    """Ask what was meant, or offer a person. Returns the event that counts how often in a row."""
    missed = int(turn.slots.get("fallbacks") or 0) + 1
    likely = meanings(turn.chances)
    if missed > 1 or not likely:
        turn.say("fallback_person", buttons=[[PERSON]], number=turn.number)
    else:
        rows = [[Button(f"meaning_{name}", f"ask:{name}")] for name in likely]
        if named := turn.places:
            # The button brings no words: what it answers is about the place named here.
            turn.chat.last_country = named[0].country
        turn.say("fallback_which", buttons=[*rows, [PERSON]])
    return [remember("fallbacks", missed)]
