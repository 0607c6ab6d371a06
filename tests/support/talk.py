"""Conversations with the actions alone: a stored tracker in, events and messages out; no Rasa, no database."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from rasa_sdk import Tracker
from rasa_sdk.executor import CollectingDispatcher

from actions import base, server
from bot.storage import crypto
from bot.storage.models import Chat, Update

OFFER = (
    "Ada lowongan di Malaysia jaga kebun sawit, gaji RM 1.800 sebulan, dari PT Maju Jaya Abadi. "
    "hubungi bu Rina 081234567890"
)


class Rows:
    """A session that knows a few rows and remembers a commit."""

    def __init__(self, *rows: Any) -> None:
        self.rows = {(type(row), row.id): row for row in rows}
        self.committed = False

    async def __aenter__(self) -> Rows:
        return self

    async def __aexit__(self, *_: object) -> None:
        return None

    async def get_one(self, kind: type, key: int) -> Any:
        return self.rows[(kind, key)]

    async def get(self, kind: type, key: int) -> Any:
        return self.rows.get((kind, key))

    async def commit(self) -> None:
        self.committed = True

    async def execute(self, *_: object) -> tuple[()]:
        """What was not understood is kept: tests/contract/test_learning.py. Reports of others: test_recruiters.py."""
        return ()


class Talk:
    """One chat whose messages go to the actions without Rasa."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, lang: str = "id") -> None:
        self.chat = Chat(id=7, lang=lang, heard_lang=lang, watched=True, flow=1, chat_id="1", chat_hash=b"1")
        self.rows = Rows(self.chat)
        self.slots: dict[str, Any] = {}
        self.loop: str | None = None
        self.next = 100

        async def rows_of(_: object, metadata: dict[str, Any]) -> tuple[Any, Any, None]:
            return self.rows.rows[(Chat, 7)], self.rows.rows[(Update, metadata["update"])], None

        monkeypatch.setattr(crypto, "_lookup_secret", b"a secret of this test")
        monkeypatch.setattr(base, "session", lambda: self.rows)
        monkeypatch.setattr(base, "rows_of", rows_of)
        self.actions = {action.action_name: action() for action in server.actions()}

    def update(self, text: str | None, *, forwarded: bool = False) -> int:
        """Store a message or a press. Returns its row id."""
        self.next += 1
        message = {"text": text, **({"forward_origin": {"type": "hidden_user"}} if forwarded else {})}
        raw = {"message": message} if text is not None else {"callback_query": {}}
        row = Update(
            id=self.next, content="text", chat_id=7, kind="message" if text is not None else "callback_query", raw=raw
        )
        row.received_at = dt.datetime.now(dt.UTC)
        self.rows.rows[(Update, row.id)] = row
        return row.id

    async def run(
        self,
        action: str,
        text: str | None,
        intent: str,
        *,
        before: str | None = None,
        pressed: str | None = None,
        forwarded: bool = False,
        confidence: float = 0.9,
        **understood: Any,
    ) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
        """Run one action on a new message, or, with `before`, after another one on the same message.

        `understood` is what else Rasa makes of it: intent_ranking, questions.
        """
        update = self.next if before else self.update(text, forwarded=forwarded)
        entities = [{"entity": "offer_answer", "value": pressed}] if pressed else []
        events: list[dict[str, Any]] = [
            {"event": "user", "text": text, "metadata": {"chat": 7, "update": update, "lang": "id", "heard": "id"}},
        ]
        if before:
            events.append({"event": "action", "name": before})
        latest = {
            "text": text,
            "intent": {"name": intent, "confidence": confidence},
            "entities": entities,
            **understood,
        }
        tracker = Tracker("7:1", dict(self.slots), latest, events, False, None, {"name": self.loop}, "action_listen")
        dispatcher = CollectingDispatcher()
        result = await self.actions[action].run(dispatcher, tracker, {})
        for event in result:
            if event["event"] == "slot":
                self.slots[event["name"]] = event["value"]
            if event["event"] == "active_loop":
                self.loop = event["name"]
        return result, [message["custom"] for message in dispatcher.messages]

    async def check(self, text: str = OFFER) -> list[dict[str, Any]]:
        _, said = await self.run("action_check_offer", text, "ask_offer_check")
        if self.loop:
            said += (await self.run("validate_offer_form", text, "ask_offer_check", before="action_check_offer"))[1]
        return said

    async def answer(self, text: str | None, intent: str = "nlu_fallback", pressed: str | None = None) -> Any:
        return await self.run("validate_offer_form", text, intent, pressed=pressed)
