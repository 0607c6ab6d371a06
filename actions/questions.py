"""Questions: the answer with its source, and who reads this chat."""

from __future__ import annotations

from actions.base import PERSON, Button, Event, HotlineAction, Turn
from actions.reports import note
from bot.desk import service as desk
from bot.knowledge import answers
from nlu.decision import registry, thresholds

#: A message of at most this many words that names a place may continue the last topic ("kalau ke Taiwan?").
FOLLOW_UP_WORDS = 6


class AnswerQuestion(HotlineAction):
    """Answers a question about a topic, for the country named now or last."""

    action_name = "action_answer_question"

    async def answer(self, turn: Turn) -> list[Event]:
        """Say the answer and remember topic and country."""
        intent = registry().get(turn.intent)
        topic = intent.topic if intent and intent.topic else "other"
        if turn.confidence < thresholds().follow_up_below:
            if await note(turn):
                # In an open case only a plain question is answered as one; the rest belongs to the case.
                return []
            if follows_up(turn) and turn.chat.last_topic:
                topic = turn.chat.last_topic
        answer_topic(turn, topic)
        return []


class AboutUs(HotlineAction):
    """Who is this, who reads this, what is kept."""

    action_name = "action_about_us"

    async def answer(self, turn: Turn) -> list[Event]:
        """The true, short answer naming the organisation; before it what a question about safety asks for."""
        organisation = desk.organisation(turn.chat, turn.lang)
        intent = registry().get(turn.intent)
        if intent and intent.topic:
            found = _find(turn, intent.topic, turn.chat.last_country)
            if not found.gap:
                turn.body(found.text)
        turn.say("about", organisation=organisation)
        return []


def follows_up(turn: Turn) -> bool:
    """Whether a message is short and names a place: then it may continue the last question."""
    return bool(turn.text) and len(turn.text.split()) <= FOLLOW_UP_WORDS and bool(turn.places())


def answer_topic(turn: Turn, topic: str) -> None:
    """Say what we know of a topic and remember it for the next question."""
    named = turn.places()
    country = named[0].country if named else turn.chat.last_country
    found = _find(turn, topic, country)
    turn.body(found.text, _below(turn, found))
    turn.chat.last_topic = topic
    turn.chat.last_country = country


def _below(turn: Turn, found: answers.Answer) -> list[list[Button]]:
    """What stands under an answer: where it comes from; under the lack of one, a person."""
    if found.entry is None:
        return [[PERSON]]
    # Pages name what the answer does not: nothing invites somebody to them who may be watched.
    return [[Button("button_source", f"source:{found.entry.id}")]] if found.source and _safe(turn) else []


def _safe(turn: Turn) -> bool:
    """False for somebody with an open case who may be watched; what is for free people only stays out."""
    return turn.case is None or not turn.chat.watched


def _find(turn: Turn, topic: str, country: str | None) -> answers.Answer:
    return answers.answer(
        topic,
        turn.lang,
        nationality=turn.chat.nationality,
        country=country,
        today=turn.today,
        safe=_safe(turn),
        organisation=desk.organisation(turn.chat, turn.lang),
    )
