"""One message of a worker with everything that decides what is said to it, and what is said.

Nothing in this room knows Rasa: `actions` fills a turn from Rasa's conversation and hands back what to remember.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from bot.storage.models import Case, Chat, Update
from bot.texts import Lang
from bot.turns import case_words
from nlu.text.places import Place
from nlu.understanding.found import Understanding

type Event = dict[str, Any]

#: What a message means, as far as the table of policy.py tells meanings apart.
QUESTION, ABOUT_US, OFFER, SMALL_TALK, NOT_UNDERSTOOD = "question", "about us", "offer", "small talk", "not understood"
REPORT, WISH, LANGUAGE, ERASE, RESTART, CANCEL = "report", "wish for a person", "language", "erase", "restart", "cancel"

#: The form that asks what an offer leaves out.
FORM = "offer_form"


@dataclass(frozen=True)
class Button:
    """A button under a reply: a text key (or a label) and the short ASCII word that comes back when it is pressed."""

    label: str
    data: str


#: The button under an answer that may not be enough.
PERSON = Button("button_person", "human")


@dataclass
class Turn:
    """One message of a worker, with the rows it belongs to and what is said to it."""

    s: AsyncSession
    chat: Chat
    update: Update
    lang: Lang
    #: The worker's words as they stand in the update; empty for a pressed button.
    text: str
    #: What was read in these words.
    understood: Understanding
    #: The chat's open case when the turn began.
    case: Case | None
    #: One of the meanings above.
    meaning: str = NOT_UNDERSTOOD
    #: What was understood: intent, its probability, all intents likeliest first.
    intent: str = ""
    confidence: float = 0.0
    chances: list[tuple[str, float]] = field(default_factory=list)
    #: The questions of the message as (intent, words); empty when it asks one or none.
    questions: list[tuple[str, str]] = field(default_factory=list)
    #: What the conversation remembers: the offer that is checked, its answers, how often we did not understand.
    slots: Mapping[str, Any] = field(default_factory=dict)
    #: The value of a pressed answer button of the offer check ("visa:work").
    pressed: str | None = None
    #: The offer form opens in this very turn: the message is the offer, not an answer.
    form_opens: bool = False
    parts: list[dict[str, Any]] = field(default_factory=list)

    @property
    def heard(self) -> str:
        """The language last heard in the chat."""
        return self.chat.heard_lang or self.lang

    @property
    def today(self) -> dt.date:
        """Today, for what may be shown."""
        return dt.datetime.now(dt.UTC).date()

    @property
    def number(self) -> str:
        """A number somebody in the chat's country may call, with its month."""
        return case_words.number_line(self.chat.last_country, self.chat.nationality, self.lang)

    @property
    def forwarded(self) -> bool:
        """Whether the message was passed on, or shows something: then its words are somebody else's."""
        message = self.update.raw.get(self.update.kind)
        return isinstance(message, dict) and (
            "forward_origin" in message or self.update.content in {"photo", "document"}
        )

    @property
    def places(self) -> tuple[Place, ...]:
        """The places the message means."""
        return self.understood.places

    def say(self, key: str, buttons: Iterable[Sequence[Button]] = (), **values: Any) -> None:
        """Say a text of the catalogue."""
        self._add({"text": key, "args": values}, buttons)

    def body(self, text: str, buttons: Iterable[Sequence[Button]] = ()) -> None:
        """Say something that is rendered already: an answer with its source."""
        self._add({"body": text}, buttons)

    def silent(self) -> None:
        """Say nothing here: the answer is in the outbox already."""
        self._add({"silent": True}, ())

    def _add(self, part: dict[str, Any], buttons: Iterable[Sequence[Button]]) -> None:
        rows = [[{"label": button.label, "data": button.data} for button in row] for row in buttons]
        self.parts.append({**part, "buttons": rows} if rows else part)


def remember(slot: str, value: Any) -> Event:
    """The event by which the conversation remembers a value, or forgets it with None."""
    return {"event": "slot", "timestamp": None, "name": slot, "value": value}


def open_form() -> Event:
    """The event that opens the offer form."""
    return {"event": "active_loop", "timestamp": None, "name": FORM}


def close_form() -> list[Event]:
    """The events that end the offer form."""
    return [remember("requested_slot", None), {"event": "active_loop", "timestamp": None, "name": None}]
