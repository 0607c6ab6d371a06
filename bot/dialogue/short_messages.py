"""What the words of a short message say by themselves, whatever the model makes of so few."""

from __future__ import annotations

import datetime as dt
import re

from bot.dialogue.reports import note
from bot.dialogue.steering import LANGUAGE_BUTTONS
from bot.dialogue.topics import answer_topic, known_already
from bot.dialogue.turn import PERSON, Button, Event, Turn
from bot.offers import message, service
from bot.offers.assess import assess
from bot.offers.verdict import MISSING_KEYS
from bot.storage.models import Update
from bot.texts import joined, render
from bot.turns import attachments, bundle, verdict_buttons
from bot.turns import puzzled as puzzlement
from nlu.text.files import read_yaml
from nlu.text.normalise import normalise
from nlu.text.places import Place
from nlu.understanding import dialogue

#: An offer that came so long ago is what "is this safe?" means.
JUST_SENT = dt.timedelta(minutes=10)
_FIRST_PERSON = re.compile(dialogue.alternatives(tuple(read_yaml("dialogue.yml")["first_person"])))


async def offer_doubted(turn: Turn) -> list[Event] | None:
    """Answer "is this safe?" with the verdict on the offer just sent, or ask for patience while its picture is read.

    Alone the words are no offer, and it would read as if what was sent were none. None when it is anything else.
    """
    alone = turn.case is None and turn.update.content == "text" and turn.update.bundle is None
    if not alone or not service.asks_whether_true(turn.text) or _names_something(turn.text):
        return None
    if await attachments.goes_on(turn.s, turn.chat):
        turn.say("read_begins")
        return []
    row = turn.slots.get("offer_update")
    offer = await turn.s.get(Update, int(row)) if row else None
    if offer is None or offer.chat_id != turn.chat.id or turn.update.received_at - offer.received_at > JUST_SENT:
        return None
    slots = {key: turn.slots.get(f"offer_{key}") for key in MISSING_KEYS}
    given = {key: str(value) for key, value in slots.items() if value is not None}
    words = await bundle.all_words(turn.s, offer)
    judged = await service.judge(turn.s, words, service.asker_of(turn.chat), given, reporter=turn.chat)
    said = message.verdict(judged, turn.lang)
    turn.body("\n".join(render(key, turn.lang, **values) for key, values in said), [[PERSON]])
    return []


def _names_something(text: str) -> bool:
    """Whether it says of what it asks, or of whom: a country, a company, pay, the person themselves."""
    verdict = assess(text)
    facts = verdict.facts
    named = facts.country or facts.role or facts.salary or facts.contacts or facts.agency or facts.employer
    return bool(verdict.flags or named) or _FIRST_PERSON.search(normalise(text).text) is not None


async def number_doubted(turn: Turn) -> list[Event] | None:
    """Say what is known of a number or account that somebody doubts; in an open case it is noted.

    To the model "is 0812... safe?" asks for a number of ours, and the answer would read as if that one were official.
    None when it is anything else.
    """
    if not service.doubts_contact(turn.text, verdict_buttons.ours()):
        return None
    if await note(turn):
        return []
    judged = await service.judge(turn.s, turn.text, service.asker_of(turn.chat), reporter=turn.chat)
    turn.body(joined(message.of_contact(judged, turn.lang), turn.lang), [[PERSON]])
    return []


async def place_alone(turn: Turn) -> list[Event] | None:
    """Ask what is the matter where a message names a place and says nothing else: that may be a cry, and is no offer.

    In an open case it is noted. After an answer another country goes on with that topic, if something else is true
    there; a town, a speaker who is there, or the same answer again do not: she may be telling where she is held.
    None when it is anything else.
    """
    place = turn.understood.bare_place
    if place is None:
        return None
    if await note(turn):
        return []
    how = turn.understood.bare
    topic = turn.chat.last_topic
    elsewhere = all(one.kind == "country" for one in turn.places) and how is not None and not how.first_person
    if topic and elsewhere and not known_already(turn, topic, place.country):
        answer_topic(turn, topic)
        return []
    say_place_alone(turn, place)
    return []


def say_place_alone(turn: Turn, place: Place) -> None:
    """Ask what is the matter in a place."""
    turn.chat.last_country = place.country
    turn.say("place_alone", [[Button("button_check_offer", "menu:offer")], [PERSON]], number=turn.number)


async def puzzled(turn: Turn) -> list[Event] | None:
    """Offer a person to somebody who did not understand us, and the languages to whoever has neither or cannot read.

    None when the message is anything else.
    """
    if not turn.understood.puzzled:
        return None
    if await note(turn):
        return []
    keys = puzzlement.answer(turn.text)
    buttons = [[PERSON]] if keys == ("answer_puzzled",) else [*LANGUAGE_BUTTONS, [PERSON]]
    turn.body("\n".join(render(key, turn.lang) for key in keys), buttons)
    return []
