"""Questions: the answer with its source, and who reads this chat."""

from __future__ import annotations

from bot.desk import service as desk
from bot.dialogue.clarify import ask_which
from bot.dialogue.steering import ERASE_BUTTON
from bot.dialogue.topics import answer_both, answer_topic, find, follows_up
from bot.dialogue.turn import QUESTION, Button, Event, Turn
from bot.offers import message, service
from bot.texts import joined
from nlu.text import languages
from nlu.understanding.decision import registry, thresholds, topic_of


async def several(turn: Turn) -> list[Event] | None:
    """Answer two questions in one message. None when it asks one or none."""
    if not turn.questions:
        return None
    answer_both(turn)
    return []


async def follow_up(turn: Turn) -> list[Event] | None:
    """Answer the last topic for the place that a short message names. None when it plainly asks something else."""
    plainly_asks = turn.meaning == QUESTION and turn.confidence >= thresholds().follow_up_below
    if plainly_asks or not turn.chat.last_topic or not follows_up(turn):
        return None
    _answer(turn, turn.chat.last_topic)
    return []


async def unclear(turn: Turn) -> list[Event] | None:
    """Ask which question was meant. None when it is clear enough."""
    limits = thresholds()
    return ask_which(turn) if turn.confidence < min(limits.follow_up_below, limits.ask_below) else None


async def answer(turn: Turn) -> list[Event]:
    """Say the answer for the country named now or last, and remember topic and country."""
    _answer(turn, topic_of(turn.intent, turn.chances))
    return []


def _answer(turn: Turn, topic: str) -> None:
    if topic == "agency_check" and turn.meaning == QUESTION:
        say_listing(turn)
    answer_topic(turn, topic)


def say_listing(turn: Turn) -> None:
    """What the lists say of the agency that a question names, before how to check it oneself."""
    asker = service.asker_of(turn.chat) or languages.home_of(turn.lang)
    found = service.listing_of(turn.text, asker)
    if found is not None and (parts := message.agency(found, turn.lang)):
        turn.body(joined(parts, turn.lang))


async def about_us(turn: Turn) -> list[Event]:
    """What is kept and who can see it, to a question about that; else who we are, and how to know the real bot."""
    intent = registry().get(turn.intent)
    if intent and intent.topic:
        found = find(turn, intent.topic, turn.chat.last_country)
        if not found.gap:
            # The answer names the command that erases; a button is shorter.
            turn.body(found.text, [[ERASE_BUTTON], [Button("button_about", "menu:about")]])
            return []
    organisation = desk.organisation(turn.chat, turn.lang)
    turn.say("about", [[Button("button_real", "menu:real")]], organisation=organisation)
    return []
