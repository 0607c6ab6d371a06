"""What each message must lead to: one promise a line of the table at the end."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

from bot.settings import settings
from bot.turns import phone_words, understand
from tests.outcome.messages import Message

#: What people add when they paste an offer.
ASKED = {"id": "ini beneran ga?", "km": "ពិតទេ?", "km-Latn": "pit te?"}


class Reader:
    """Reads a message as the first one of a chat; each text once."""

    def __init__(self) -> None:
        self._model = understand.load(settings())
        self.read: Callable[[str], dict[str, Any]] = cache(lambda text: understand.understand(text, self._model))


@dataclass(frozen=True)
class Promise:
    """What must be so of the messages that it is about."""

    name: str
    about: Callable[[Message], bool]
    kept: Callable[[Message, Reader], bool]


def _in(*sets: str, **says: Any) -> Callable[[Message], bool]:
    return lambda m: m.set in sets and all(m.says.get(name) == value for name, value in says.items())


def _opens_no_case(message: Message, reader: Reader) -> bool:
    return not reader.read(message.text)["opens_case"]


def _not_p1(message: Message, reader: Reader) -> bool:
    return bool(reader.read(message.text)["priority"] != 1)


def _p1(message: Message, reader: Reader) -> bool:
    return bool(reader.read(message.text)["priority"] == 1)


def _opens_a_case(message: Message, reader: Reader) -> bool:
    return bool(reader.read(message.text)["opens_case"])


def _own_case(message: Message, reader: Reader) -> bool:
    found = reader.read(message.text)
    return found["priority"] in (1, 2) and found["asks_about"] == "self"


def _case_of_another(message: Message, reader: Reader) -> bool:
    found = reader.read(message.text)
    return bool(found["opens_case"] and found["asks_about"] == "other")


def _judged(suffix: bool) -> Callable[[Message, Reader], bool]:
    def kept(message: Message, reader: Reader) -> bool:
        question = ASKED.get(reader.read(message.text)["language"]["code"], ASKED["id"]) if suffix else ""
        return bool(reader.read(f"{message.text}\n{question}".strip())["kind"] == "offer")

    return kept


def _says(reading: str, *, no: bool = False) -> Callable[[Message, Reader], bool]:
    return lambda message, _: getattr(phone_words.read(message.text), reading) != no


def _same_hours(message: Message, _: Reader) -> bool:
    found = phone_words.read(message.text).hours
    return found is not None and (found.kind, found.start) == (message.says["kind"], message.says["from"])


ORDINARY = ("opening", "denial", "ordinary")
URGENT = ("plea", "reporter", "emergency", "minor", "cry_with_offer")

PROMISES = (
    Promise("an ordinary opening opens no case", _in("opening"), _opens_no_case),
    Promise("who says that nothing is wrong gets no case", _in("denial"), _opens_no_case),
    Promise("a harmless message opens no case", _in("ordinary"), _opens_no_case),
    Promise("an ordinary message wakes nobody", _in(*ORDINARY), _not_p1),
    Promise("a plea in the first person is P2 or P1, and about the writer", _in("plea"), _own_case),
    Promise("a report about another opens a case about that person", _in("reporter"), _case_of_another),
    Promise("a report of danger to another is P1", _in("reporter", danger=True), _p1),
    Promise("an emergency opens a case", _in("emergency"), _opens_a_case),
    Promise("an emergency is P1", _in("emergency"), _p1),
    Promise("a minor in distress is P1", _in("minor"), _p1),
    Promise("an offer gets a verdict", _in("offer"), _judged(suffix=False)),
    Promise("an offer with a question gets a verdict", _in("offer"), _judged(suffix=True)),
    Promise("an offer opens no case", _in("offer"), _opens_no_case),
    Promise("a cry that quotes an offer opens a case", _in("cry_with_offer"), _opens_a_case),
)
PROMISES += tuple(Promise(f"{name} is recognised", _in(name), _says(name)) for name in phone_words.READINGS)
PROMISES += tuple(
    Promise(f"{name} is heard in no cry", _in(*URGENT), _says(name, no=True)) for name in phone_words.READINGS
)
PROMISES += (Promise("hours are read as meant (kind and beginning)", _in("hours"), _same_hours),)
