"""What the words of a short message say by themselves, whatever the model makes of so few."""

from __future__ import annotations

import datetime as dt
import re

from actions.base import PERSON, Button, Turn
from actions.reports import note
from actions.topics import answer_topic, goes_on, known_already
from bot.offers import message, service
from bot.offers.assess import assess
from bot.offers.model import MISSING_KEYS
from bot.storage.models import Update
from bot.texts import joined, render
from bot.turns import bundle, offered, reading
from bot.turns import puzzled as puzzlement
from nlu.text import dialogue
from nlu.text.files import read_yaml
from nlu.text.normalise import normalise
from nlu.text.places import Place
from nlu.text.position import bare_place

#: An offer that came so long ago is what "is this safe?" means.
JUST_SENT = dt.timedelta(minutes=10)
_FIRST_PERSON = re.compile(dialogue.alternatives(tuple(read_yaml("dialogue.yml")["first_person"])))

LANGUAGES = [[Button("Bahasa Indonesia", "lang:id"), Button("ភាសាខ្មែរ", "lang:km")]]


async def answered(turn: Turn) -> bool:
    """Answer a message whose words say enough. False when it is for the model."""
    return (
        goes_on(turn)
        or await place_alone(turn)
        or await puzzled(turn)
        or await number_doubted(turn)
        or await offer_doubted(turn)
    )


async def offer_doubted(turn: Turn) -> bool:
    """Answer "is this safe?" with the verdict on the offer just sent, or ask for patience while its picture is read.

    Alone the words are no offer, and it would read as if what was sent were none. False when it is anything else.
    """
    alone = turn.case is None and turn.update.content == "text" and turn.update.bundle is None
    if not alone or not service.asks_whether_true(turn.text) or _names_something(turn.text):
        return False
    if await reading.goes_on(turn.s, turn.chat):
        turn.say("read_begins")
        return True
    row = turn.tracker.get_slot("offer_update")
    offer = await turn.s.get(Update, int(row)) if row else None
    if offer is None or offer.chat_id != turn.chat.id or turn.update.received_at - offer.received_at > JUST_SENT:
        return False
    slots = {key: turn.tracker.get_slot(f"offer_{key}") for key in MISSING_KEYS}
    given = {key: str(value) for key, value in slots.items() if value is not None}
    words = await bundle.all_words(turn.s, offer)
    judged = await service.judge(turn.s, words, service.asker_of(turn.chat), given, reporter=turn.chat)
    said = message.verdict(judged, turn.lang)
    turn.body("\n".join(render(key, turn.lang, **values) for key, values in said), [[PERSON]])
    return True


def _names_something(text: str) -> bool:
    """Whether it says of what it asks, or of whom: a country, a company, pay, the person themselves."""
    verdict = assess(text)
    facts = verdict.facts
    named = facts.country or facts.role or facts.salary or facts.contacts or facts.agency or facts.employer
    return bool(verdict.flags or named) or _FIRST_PERSON.search(normalise(text).text) is not None


async def number_doubted(turn: Turn) -> bool:
    """Say what is known of a number or account that somebody doubts; in an open case it is noted.

    To the model "is 0812... safe?" asks for a number of ours, and the answer would read as if that one were official.
    False when it is anything else.
    """
    if not service.doubts_contact(turn.text, offered.ours()):
        return False
    if await note(turn):
        return True
    judged = await service.judge(turn.s, turn.text, service.asker_of(turn.chat), reporter=turn.chat)
    turn.body(joined(message.of_contact(judged, turn.lang), turn.lang), [[PERSON]])
    return True


async def place_alone(turn: Turn) -> bool:
    """Ask what is the matter where a message names a place and says nothing else: that may be a cry, and is no offer.

    In an open case it is noted. After an answer another country goes on with that topic, if something else is true
    there; a town, a speaker who is there, or the same answer again do not: she may be telling where she is held.
    False when it is anything else.
    """
    place = bare_place(turn.text)
    if place is None:
        return False
    if await note(turn):
        return True
    how = dialogue.bare(turn.text)
    topic = turn.chat.last_topic
    elsewhere = all(one.kind == "country" for one in turn.places()) and how is not None and not how.first_person
    if topic and elsewhere and not known_already(turn, topic, place.country):
        answer_topic(turn, topic)
        return True
    say_place_alone(turn, place)
    return True


def say_place_alone(turn: Turn, place: Place) -> None:
    """Ask what is the matter in a place."""
    turn.chat.last_country = place.country
    turn.say("place_alone", [[Button("button_check_offer", "menu:offer")], [PERSON]], number=turn.number)


async def puzzled(turn: Turn) -> bool:
    """Offer a person to somebody who did not understand us, and the languages to whoever has neither or cannot read.

    False when the message is anything else.
    """
    if not puzzlement.puzzled(turn.text):
        return False
    if await note(turn):
        return True
    keys = puzzlement.answer(turn.text)
    buttons = [[PERSON]] if keys == ("answer_puzzled",) else [*LANGUAGES, [PERSON]]
    turn.body("\n".join(render(key, turn.lang) for key in keys), buttons)
    return True
