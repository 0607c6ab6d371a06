"""What every action is built on: it reads the turn, calls one service, says text keys, and leaves nobody in silence.

Rasa calls an action over HTTP. If an action raised, Rasa would drop its events, the worker would hear nothing, and the
request would land in a log; so the base class catches everything and says whom one can call.
"""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar

from rasa_sdk.executor import CollectingDispatcher
from rasa_sdk.interfaces import Action, Tracker
from sqlalchemy import and_, bindparam, select
from sqlalchemy.ext.asyncio import AsyncSession

from bot import log as logs
from bot import texts
from bot.cases import service as cases
from bot.dialogue.turn import Event, Turn, close_form, remember
from bot.storage.models import Case, Chat, Update
from bot.storage.session import each_alone, session
from bot.turns import bundle, case_words, model, person

log = logs.get(__name__)

#: Seconds an action may take. Rasa waits 4, the bot 5 for the whole turn.
ACTION_SECONDS = 3.5


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
            events += close_form()
        missed = any(event.get("event") == "slot" and event.get("name") == "fallbacks" for event in said)
        if not missed and tracker.get_slot("fallbacks"):
            events.append(remember("fallbacks", None))
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
    latest = tracker.latest_message
    intent, asked = latest.get("intent") or {}, latest.get("questions") or []
    return Turn(
        s=s,
        chat=chat,
        update=update,
        lang=person.lang_of(chat, metadata.get("heard")),
        text=text,
        understood=model.of(update) if text == bundle.words_of(update) else model.understand(text),
        case=case,
        intent=str(intent.get("name") or ""),
        confidence=float(intent.get("confidence") or 0.0),
        chances=[(str(one["name"]), float(one["confidence"])) for one in latest.get("intent_ranking") or []],
        questions=[(str(one["name"]), str(one["text"])) for one in asked] if len(asked) > 1 else [],
        slots=tracker.slots,
        pressed=_pressed(latest),
        form_opens=_form_opens(tracker),
    )


def _pressed(latest: Mapping[str, Any]) -> str | None:
    """The value of a pressed answer button."""
    values = [one.get("value") for one in latest.get("entities") or [] if one.get("entity") == "offer_answer"]
    return str(values[0]) if values else None


def _form_opens(tracker: Tracker) -> bool:
    """Whether the form opens in this very turn: then the message is the offer, not an answer."""
    for event in reversed(tracker.events):
        if event.get("event") == "user":
            return False
        if event.get("event") == "action" and event.get("name") in {"action_check_offer", "action_resume_offer"}:
            return True
    return False


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
    lang = texts.reader(metadata.get("lang"))
    number = case_words.number_line(None, None, lang)
    return {
        "text": "talk_to_a_person",
        "args": {"number": number},
        "buttons": [[{"label": "button_person", "data": "human"}]],
    }
