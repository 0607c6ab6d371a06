"""Questions: the answer with its source, and who reads this chat."""

from __future__ import annotations

from actions.adverts import turned_away
from actions.asking import ask_which
from actions.base import Button, Event, HotlineAction, Turn
from actions.chat import ERASE, asks_how_to_erase
from actions.offers import recheck
from actions.reports import note
from actions.topics import answer_both, answer_topic, find, follows_up
from actions.words import answered, number_doubted, puzzled
from bot.desk import service as desk
from bot.offers import message, service
from bot.texts import joined
from nlu.decision import registry, thresholds, topic_of


class AnswerQuestion(HotlineAction):
    """Answers a question about a topic, or two of them, for the country named now or last."""

    action_name = "action_answer_question"

    async def answer(self, turn: Turn) -> list[Event]:
        """Say the answer and remember topic and country."""
        if (again := await recheck(turn)) is not None:
            return again
        if await answered(turn):
            return []
        if turn.questions:
            answer_both(turn)
            return []
        topic = topic_of(turn.intent, turn.chances)
        if turn.confidence < thresholds().follow_up_below:
            if await note(turn):
                # In an open case only a plain question is answered as one; the rest belongs to the case.
                return []
            if turned_away(turn):
                return []
            if follows_up(turn) and turn.chat.last_topic:
                topic = turn.chat.last_topic
            elif turn.confidence < thresholds().ask_below:
                return ask_which(turn)
        if topic == "agency_check":
            say_listing(turn)
        answer_topic(turn, topic)
        return []


def say_listing(turn: Turn) -> None:
    """What the lists say of the agency that a question names, before how to check it oneself."""
    asker = service.asker_of(turn.chat) or ("KH" if turn.lang == "km" else "ID")
    found = service.listing_of(turn.text, asker)
    if found is not None and (parts := message.agency(found, turn.lang)):
        turn.body(joined(parts, turn.lang))


class AboutUs(HotlineAction):
    """Who is this, who reads this, what is kept."""

    action_name = "action_about_us"

    async def answer(self, turn: Turn) -> list[Event]:
        """What is kept and who can see it, to a question about that; else who we are, and how to know the real bot."""
        if await puzzled(turn) or await number_doubted(turn):
            return []
        if asks_how_to_erase(turn.text):
            turn.say("erase_how", [[ERASE]])
            return []
        if turn.questions:
            answer_both(turn)
            return []
        if turn.confidence < thresholds().follow_up_below and await note(turn):
            # "How do I do that?" of a mother whose case is open is not about this chat.
            return []
        organisation = desk.organisation(turn.chat, turn.lang)
        intent = registry().get(turn.intent)
        if intent and intent.topic:
            found = find(turn, intent.topic, turn.chat.last_country)
            if not found.gap:
                # The answer names the command that erases; a button is shorter.
                turn.body(found.text, [[ERASE], [Button("button_about", "menu:about")]])
                return []
        turn.say("about", [[Button("button_real", "menu:real")]], organisation=organisation)
        return []
