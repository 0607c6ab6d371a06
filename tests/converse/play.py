"""One conversation lived through the whole hotline: intake, turn, case, desk, outbox, on a real PostgreSQL.

The reading is the shipped one with its trained model. Rasa is its rules alone: the action that data/rules gives an
intent runs in this process. Hours between two messages pass in the database: what is stored grows older by so much.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from rasa_sdk import Tracker
from rasa_sdk.executor import CollectingDispatcher
from sqlalchemy import select, text

from actions import server
from bot.storage.models import Case, CaseEvent, Chat, Outgoing
from bot.storage.models.base import Base
from bot.storage.session import session
from bot.turns import rasa_client
from tests.golden.play import _actions
from tests.support.rooms import Rooms


@dataclass
class After:
    """What is true once a message was answered."""

    said: str
    replies: list[str]
    case: Case | None
    #: Texts of the operators' group that came with it and were not silent, and all of them.
    rang: list[str]
    desk: list[str]
    events: list[str] = field(default_factory=list)


class Rules:
    """Rasa without its server: the rule's action for an intent, with the tracker's slots kept for each sender."""

    def __init__(self) -> None:
        self.actions = {action.action_name: action() for action in server.actions()}
        self.slots: dict[str, dict[str, Any]] = {}

    async def ask(
        self, sender: str, words: str, metadata: dict[str, Any], *, trigger: str | None = None
    ) -> list[rasa_client.Part]:
        read = metadata.get("understood") or {}
        intent = dict(read.get("intent") or {"name": "nlu_fallback", "confidence": 1.0})
        name = _actions().get(intent["name"]) or _actions()["nlu_fallback"]
        latest = {"text": words, **read, "intent": intent, "entities": read.get("entities") or []}
        events = [{"event": "user", "text": words, "metadata": metadata}]
        slots = self.slots.setdefault(sender, {})
        tracker = Tracker(sender, dict(slots), latest, events, False, None, {}, "action_listen")
        dispatcher = CollectingDispatcher()
        for event in await self.actions[name].run(dispatcher, tracker, {}):
            if event["event"] == "slot":
                slots[event["name"]] = event["value"]
        return [_part(one["custom"]) for one in dispatcher.messages if one.get("custom")]


def _part(raw: dict[str, Any]) -> rasa_client.Part:
    rows = tuple(tuple((one["label"], one["data"]) for one in row) for row in raw.get("buttons") or ())
    return rasa_client.Part(text=raw.get("text"), values=raw.get("args"), body=raw.get("body"), buttons=rows)


async def play(rooms: Rooms, conversation: dict[str, Any], user: int) -> list[After]:
    """Every turn of a conversation, in order."""
    found = []
    for turn in conversation["turns"]:
        if minutes := turn.get("wait"):
            await pass_time(float(minutes))
        last = await _last()
        await _send(rooms, turn, user, conversation)
        await rooms.delivers()
        found.append(await _after(turn, last, user))
        # The next message comes some seconds later.
        await pass_time(0.3)
    return found


async def _send(rooms: Rooms, turn: dict[str, Any], user: int, conversation: dict[str, Any]) -> None:
    lang = conversation.get("app", "id")
    if "press" in turn:
        await rooms.presses(str(turn["press"]).replace("_", ":"), user)
    elif turn.get("send") is not None:
        await rooms.writes(turn.get("say"), user, lang=lang, **_content(turn["send"]))
    else:
        await rooms.writes(str(turn["say"]), user, lang=lang)


def _content(sent: Any) -> dict[str, Any]:
    kind, _, rest = str(sent).partition(" ") if not isinstance(sent, dict) else ("location", "", "")
    if kind == "location":
        at = [float(part) for part in rest.strip("[] ").replace(",", " ").split()] or [10.62, 103.52]
        return {"location": {"latitude": at[0], "longitude": at[1]}}
    if kind == "voice":
        return {"voice": {"file_id": "v", "file_unique_id": "v", "duration": 4}}
    return {"photo": [{"file_id": "p", "file_unique_id": "p", "width": 9, "height": 9}]}


async def pass_time(minutes: float) -> None:
    """Let everything that is stored grow older."""
    async with session() as s:
        for name, columns in _times().items():
            changed = ", ".join(f"{one} = {one} - make_interval(secs => :seconds)" for one in columns)
            await s.execute(text(f"update {name} set {changed}"), {"seconds": minutes * 60.0})
        await s.commit()


@cache
def _times() -> dict[str, list[str]]:
    found = {}
    for table in Base.metadata.tables.values():
        columns = [one.name for one in table.columns if "DateTime" in type(one.type).__name__ or _is_time(one)]
        if columns and table.name not in {"leases", "beats", "audit"}:
            found[table.name] = columns
    return found


def _is_time(column: Any) -> bool:
    try:
        return bool(column.type.python_type is dt.datetime)
    except NotImplementedError:
        return False


async def _last() -> tuple[int, int]:
    async with session() as s:
        rows = await s.scalar(select(Outgoing.id).order_by(Outgoing.id.desc()).limit(1))
        events = await s.scalar(select(CaseEvent.id).order_by(CaseEvent.id.desc()).limit(1))
    return int(rows or 0), int(events or 0)


async def _after(turn: dict[str, Any], last: tuple[int, int], user: int) -> After:
    async with session() as s:
        rows = (
            await s.execute(select(Outgoing, Chat).join(Chat).where(Outgoing.id > last[0]).order_by(Outgoing.id))
        ).all()
        mine = [row.payload["text"] for row, chat in rows if chat.kind == "private" and row.method == "sendMessage"]
        desk = [row for row, chat in rows if chat.kind == "operators" and "text" in row.payload]
        case = await s.scalar(
            select(Case).where(Case.main, Case.chat_id.is_not(None)).order_by(Case.id.desc()).limit(1)
        )
        chat = await s.scalar(select(Chat).where(Chat.kind == "private").order_by(Chat.id.desc()).limit(1))
        if case is not None and chat is not None and case.chat_id != chat.id:
            case = None
        events = list(await s.scalars(select(CaseEvent.what).where(CaseEvent.id > last[1])))
    said = str(turn.get("say") or turn.get("press") or turn.get("send"))
    loud = [row.payload["text"] for row in desk if not row.payload.get("disable_notification")]
    return After(said, mine, case, loud, [row.payload["text"] for row in desk], events)
