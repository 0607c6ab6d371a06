"""The crowd at work: each person does what `people` decided, operators claim cases and answer."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import random
import time
from typing import Any

import httpx

from tests.chaos.judge import Said
from tests.chaos.people import CONTROLS, CRIES, FILES, Line, Writer
from tests.chaos.record import REF, Watch
from tests.support.hotline import Hotline
from tests.support.sandbox import Operator

#: Seconds a patient person waits for an answer before writing on.
PATIENCE_SECONDS = 25.0
#: Of the cases an operator looks at, so many are claimed; of those that were answered, so many are closed.
CLAIMED, CLOSED = 0.3, 0.3
ANSWER = "Kami membaca pesan Anda."
CONTENT = {"photo": b"\xff\xd8photo", "voice": b"OggSvoice", "document": b"%PDF-", "video": b"video", "sticker": b"w"}


class Crowd:
    """Everybody who writes, and what Telegram took from them."""

    def __init__(self, hotline: Hotline, watch: Watch, began: float) -> None:
        self.hotline, self.watch = hotline, watch
        self._began = began
        self.said: list[Said] = []
        self.people: list[int] = []

    async def write(self, writers: tuple[Writer, ...]) -> None:
        """Let everybody write; returns when the last one is done."""
        async with asyncio.TaskGroup() as group:
            for writer in writers:
                person = await self.hotline.sandbox.one(
                    "POST", "/people", json={"name": writer.name, "language_code": writer.voice.lang}
                )
                self.people.append(person["id"])
                group.create_task(self._write(person["id"], writer))

    async def _write(self, person: int, writer: Writer) -> None:
        await asyncio.sleep(max(0.0, self._began + writer.begins - time.monotonic()))
        last_text: int | None = None
        for line in writer.lines:
            await asyncio.sleep(line.pause)
            before = self.watch.shown.get(person, 0)
            message = await self.do(person, line, last_text)
            if message is not None:
                last_text = message if line.text and line.what not in CONTROLS else last_text
            if line.waits and message is not None:
                await self.watch.answered(person, before, PATIENCE_SECONDS)

    async def do(self, person: int, line: Line, last_text: int | None = None) -> int | None:
        """Do one thing. Returns the id of the message that Telegram took, None when there is none."""
        if line.what == "press":
            await self._press(person)
            return None
        if line.what == "edit":
            if last_text is not None:
                await self._ask("/edit", user_id=person, message_id=last_text, text=line.text)
            return None
        taken = await self._ask("/send", user_id=person, **_content(line))
        if taken is None:
            return None
        self.said.append(Said(person, taken["id"], line.what, time.time()))
        return int(taken["id"])

    async def _ask(self, path: str, **what: Any) -> dict[str, Any] | None:
        """One wish to the sandbox; None when the app would not do it (a message that is gone, no button)."""
        with contextlib.suppress(AssertionError):
            return await self.hotline.sandbox.one("POST", path, json=what)
        return None

    async def _press(self, person: int) -> None:
        screen = await self.hotline.sandbox.one("GET", f"/chats/{person}")
        data = [
            button["data"]
            for message in screen["messages"]
            for row in message["buttons"]
            for button in row
            if button["data"]
        ]
        if data:
            await self._ask("/press", user_id=person, data=data[-1], wait_seconds=0.1)

    async def operate(self, chance: random.Random) -> None:
        """Two operators look at the topics for ever: some cases are claimed, their people answered, some closed."""
        desk = [await self.hotline.sari(), await self.hotline.dara()]
        seen: set[int] = set()
        held: list[tuple[Operator, int, bool]] = []
        while True:
            await asyncio.sleep(2.0)
            with contextlib.suppress(AssertionError, httpx.HTTPError):
                for topic in await self.hotline.sandbox.group.topics():
                    if topic.topic_id is None or topic.topic_id in seen or not REF.search(topic.name):
                        continue
                    seen.add(topic.topic_id)
                    if chance.random() < CLAIMED:
                        operator = chance.choice(desk)
                        held.append((operator, topic.topic_id, chance.random() < CLOSED))
                for operator, topic_id, closes in held[:3]:
                    if await self._serve(operator, topic_id, closes=closes):
                        held.remove((operator, topic_id, closes))

    async def _serve(self, operator: Operator, topic_id: int, *, closes: bool) -> bool:
        """The next step in a case: claim it, answer in it, close it. True when all is done."""
        group = self.hotline.sandbox.group
        screen = await self.hotline.sandbox.one("GET", f"/chats/{group.id}", params={"topic_id": topic_id})
        answered = any(message["text"].startswith(ANSWER) for message in screen["messages"])
        for message in screen["messages"]:
            data = [button["data"] for row in message["buttons"] for button in row if button["data"]]
            outcome = next((one for one in data if one.startswith("case:closed:") and one.endswith(":resolved")), None)
            if outcome is not None:
                await operator.presses(data=outcome, message=message, wait=0.1)
                return True
            claim = next((one for one in data if one.startswith("case:claim:")), None)
            if claim is not None:
                await operator.presses(data=claim, message=message, wait=0.1)
                return False
            close = next((one for one in data if one.startswith("case:close:")), None)
            if close is not None and not answered:
                await operator.replies(message, f"{ANSWER} {topic_id}")
                return not closes
            if close is not None:
                await operator.presses(data=close, message=message, wait=0.1)
                return False
        return False


def _content(line: Line) -> dict[str, Any]:
    """What the sandbox is told to send."""
    if line.what in FILES:
        return {"media": line.what, "content_b64": base64.b64encode(CONTENT[line.what]).decode()}
    if line.what == "location":
        return {"location": [11.55, 104.92]}
    if line.what == "contact":
        return {"contact": {"phone_number": "+855000000", "first_name": "Agen"}}
    if line.what == "forwarded_offer":
        return {"text": line.text, "forward_from": {"channel": "Lowongan"}}
    return {"text": line.text}


def is_cry(said: Said) -> bool:
    """Whether a message is one that the lexicon recognises as distress."""
    return said.what in CRIES
