"""What every action is built on: it reads the turn, calls one service, says text keys, and leaves nobody in silence.

Rasa calls an action over HTTP. If an action raised, Rasa would drop its events, the worker would hear nothing, and the
request would land in a log; so the base class catches everything and says whom one can call.
"""

from __future__ import annotations

import asyncio
import datetime as dt
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

from rasa_sdk.events import ActiveLoop, SlotSet
from rasa_sdk.executor import CollectingDispatcher
from rasa_sdk.interfaces import Action, Tracker
from sqlalchemy import and_, bindparam, select
from sqlalchemy.ext.asyncio import AsyncSession

from bot import log as logs
from bot.cases import service as cases
from bot.storage.models import Case, Chat, Update
from bot.storage.session import each_alone, session
from bot.texts import Lang
from bot.turns import bundle, distress
from nlu.text import dialogue
from nlu.text.places import Place

log = logs.get(__name__)

type Event = dict[str, Any]

#: Seconds an action may take. Rasa waits 4, the bot 5 for the whole turn.
ACTION_SECONDS = 3.5
FORM = "offer_form"


@dataclass(frozen=True)
class Button:
    """A button under a reply: a text key (or a label) and the short ASCII word that comes back when it is pressed."""

    label: str
    data: str


@dataclass
class Turn:
    """One message of a worker, with the rows it belongs to and what is said to it."""

    s: AsyncSession
    chat: Chat
    update: Update
    lang: Lang
    #: The worker's words as they stand in the update; empty for a pressed button.
    text: str
    tracker: Tracker
    #: The chat's open case when the turn began.
    case: Case | None
    parts: list[dict[str, Any]] = field(default_factory=list)

    @property
    def intent(self) -> str:
        """What Rasa understood."""
        return str((self.tracker.latest_message.get("intent") or {}).get("name") or "")

    @property
    def confidence(self) -> float:
        """How sure Rasa is of it."""
        return float((self.tracker.latest_message.get("intent") or {}).get("confidence") or 0.0)

    @property
    def ranking(self) -> list[dict[str, Any]]:
        """Rasa's meanings, likeliest first."""
        return list(self.tracker.latest_message.get("intent_ranking") or [])

    @property
    def chances(self) -> list[tuple[str, float]]:
        """The same as pairs of intent and probability."""
        return [(str(one["name"]), float(one["confidence"])) for one in self.ranking]

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
        return distress.number_line(self.chat.last_country, self.chat.nationality, self.lang)

    @property
    def forwarded(self) -> bool:
        """Whether the message was passed on, or shows something: then its words are somebody else's."""
        message = self.update.raw.get(self.update.kind)
        return isinstance(message, dict) and (
            "forward_origin" in message or self.update.content in {"photo", "document"}
        )

    @property
    def questions(self) -> list[tuple[str, str]]:
        """The questions that Rasa found in the message, as (intent, words); empty when it asks one or none."""
        found = self.tracker.latest_message.get("questions") or []
        return [(str(one["name"]), str(one["text"])) for one in found] if len(found) > 1 else []

    def places(self) -> tuple[Place, ...]:
        """The places the message means."""
        return dialogue.named(self.text)

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


class HotlineAction(Action, ABC):
    """One action. Subclasses give it a name and answer a turn; the base class opens, commits, catches and says."""

    action_name: ClassVar[str]
    #: An action of the offer form. Every other one ends the form: the question is answered, nobody is stuck in it.
    in_form: ClassVar[bool] = False

    def name(self) -> str:
        """The name under which the domain knows it."""
        return self.action_name

    @abstractmethod
    async def answer(self, turn: Turn) -> list[Event]:
        """Answer a turn within its session; the base class commits. Returns events for the tracker."""

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Mapping[str, Any]) -> list[Event]:
        """What the executor calls. Never raises."""
        metadata = metadata_of(tracker)
        try:
            async with asyncio.timeout(ACTION_SECONDS), session() as s:
                turn = await read_turn(s, tracker, metadata)
                events = await self.answer(turn)
                await s.commit()
        except Exception as problem:
            # The boundary of the action server: nothing of the message may reach a log.
            log.warning("action_failed", action=self.action_name, error=type(problem).__name__)
            dispatcher.utter_message(json_message=talk_to_a_person(metadata))
            return self._leave(tracker, [])
        if not turn.parts and not self.in_form:
            turn.silent()
        for part in turn.parts:
            dispatcher.utter_message(json_message=part)
        return events + self._leave(tracker, events)

    def _leave(self, tracker: Tracker, said: list[Event]) -> list[Event]:
        """Leave the offer form, and forget how often we did not understand, unless this action says otherwise."""
        events: list[Event] = []
        steers = any(event.get("event") == "active_loop" for event in said)
        if not self.in_form and not steers and (tracker.active_loop or {}).get("name"):
            events += [ActiveLoop(None), SlotSet("requested_slot", None)]
        missed = any(event.get("event") == "slot" and event.get("name") == "fallbacks" for event in said)
        if not missed and tracker.get_slot("fallbacks"):
            events.append(SlotSet("fallbacks", None))
        return events


def metadata_of(tracker: Tracker) -> dict[str, Any]:
    """What the bot sent along with the newest message."""
    for event in reversed(tracker.events or []):
        if event.get("event") == "user":
            found = event.get("metadata")
            return dict(found) if isinstance(found, dict) else {}
    return {}


async def read_turn(s: AsyncSession, tracker: Tracker, metadata: Mapping[str, Any]) -> Turn:
    """The turn of a tracker. Raises KeyError when the bot sent no metadata, NoResultFound when the rows are gone."""
    chat, update, case = await rows_of(s, metadata)
    text = await bundle.all_words(s, update)
    # A transaction begins with the first thing the action changes.
    await s.commit()
    lang = distress.lang_of(chat, metadata.get("heard"))
    return Turn(s=s, chat=chat, update=update, lang=lang, text=text, tracker=tracker, case=case)


async def rows_of(s: AsyncSession, metadata: Mapping[str, Any]) -> tuple[Chat, Update, Case | None]:
    """The chat of a turn, its update and its open case, in one question.

    Raises NoResultFound for an update of another chat: an action works on no chat but that of its update.
    """
    await each_alone(s)
    values = {"chat": int(metadata["chat"]), "update": int(metadata["update"])}
    chat, update, case = (await s.execute(_ROWS, values)).one()
    return chat, update, case


_ROWS = (
    select(Chat, Update, Case)
    .select_from(Chat)
    .join(Update, and_(Update.id == bindparam("update"), Update.chat_id == Chat.id))
    .outerjoin(Case, cases.open_in(Chat.id))
    .where(Chat.id == bindparam("chat"))
)


def talk_to_a_person(metadata: Mapping[str, Any]) -> dict[str, Any]:
    """The reply when something of ours failed: the words are kept, and whom one can call. Needs no database."""
    lang: Lang = "km" if metadata.get("lang") == "km" else "id"
    number = distress.number_line(None, None, lang)
    return {
        "text": "talk_to_a_person",
        "args": {"number": number},
        "buttons": [[{"label": "button_person", "data": "human"}]],
    }


#: The button under an answer that may not be enough.
PERSON = Button("button_person", "human")
