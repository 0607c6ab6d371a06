"""A friendly client of `bot.sandbox`: play workers and operators, read their screens, cause faults.

    async with running_sandbox() as sandbox:
        budi = await sandbox.person("Budi", "id")
        await budi.says("/start")
        await budi.sees("Halo", within=10)
        sari = await sandbox.operator("Sari")
        topic = await sandbox.group.topic("H-")
        await topic.replies(sari, "…")

Waiting is done by asking the sandbox to answer as soon as something changes, never by sleeping for a fixed time.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import re
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

Json = dict[str, Any]
#: What a person looks for: part of the text, a pattern, or a rule about a message.
Wanted = str | re.Pattern[str] | Callable[[Json], bool]

TOKEN = "100001:SANDBOX"
DEFAULT_GROUP_ID = -1001000000001
REPOSITORY = Path(__file__).resolve().parents[2]


def fits(message: Json, wanted: Wanted) -> bool:
    """Whether one message is what somebody looks for."""
    if isinstance(wanted, str):
        return wanted in message["text"]
    if isinstance(wanted, re.Pattern):
        return wanted.search(message["text"]) is not None
    return wanted(message)


def labels(message: Json) -> list[str]:
    """The labels of a message's inline buttons."""
    return [button["text"] for row in message["buttons"] for button in row]


def on_screen(messages: list[Json]) -> str:
    """A screen as lines, for the text of a failed assertion."""
    lines = [f"  {m['from']['name']}: {m['text'] or m['service'] or m['kind']} {labels(m) or ''}" for m in messages]
    return "\n".join(lines) or "  (nothing)"


class Sandbox:
    """One running sandbox."""

    def __init__(self, url: str, token: str = TOKEN) -> None:
        self.url = url.rstrip("/")
        self.token = token
        self.http = httpx.AsyncClient(base_url=f"{self.url}/sandbox", timeout=40.0, trust_env=False)
        self.group = Group(self, DEFAULT_GROUP_ID)

    @property
    def api_url(self) -> str:
        """For `TELEGRAM_API_URL`: methods are under `/bot<token>/`, files under `/file/bot<token>/`."""
        return self.url

    async def aclose(self) -> None:
        """Close the client; the server goes on."""
        await self.http.aclose()

    async def ask(self, method: str, path: str, **options: Any) -> Any:
        """One request to the control API; a refusal becomes an AssertionError with the sandbox's reason."""
        answer = await self.http.request(method, path, **options)
        if answer.is_error:
            raise AssertionError(f"sandbox refused {method} {path}: {answer.status_code} {answer.text}")
        return answer.json()

    async def one(self, method: str, path: str, **options: Any) -> Json:
        """Like `ask`, for answers that are one object."""
        found: Json = await self.ask(method, path, **options)
        return found

    async def changed(self, after: int, within: float) -> None:
        """Return when something changed after a version, or when the time is over."""
        await self.ask("GET", "/changes", params={"after": after, "wait_seconds": max(0.0, within)})

    # People

    async def person(self, name: str, lang: str | None = None, **more: Any) -> Person:
        """A new worker with a phone; several may share a name."""
        made = await self.ask("POST", "/people", json={"name": name, "language_code": lang, **more})
        return Person(self, made["id"], name)

    async def operator(self, name: str, lang: str = "id", *, group: Group | None = None) -> Operator:
        """An operator of a group by name; created unless the group already has one of that name."""
        group = group or self.group
        for listed in await self.ask("GET", "/groups"):
            if listed["id"] == group.id:
                for one in listed["operators"]:
                    if one["name"] == name:
                        return Operator(self, one["id"], name, group)
        made = await self.ask("POST", f"/groups/{group.id}/operators", json={"name": name, "language_code": lang})
        return Operator(self, made["id"], name, group)

    async def new_group(self, title: str = "Operators", chat_id: int | None = None) -> Group:
        """One more forum group with the bot as administrator."""
        made = await self.ask("POST", "/groups", json={"title": title, "chat_id": chat_id})
        return Group(self, made["id"])

    async def replace_bot(self, token: str, username: str = "sandbox_second_bot") -> None:
        """The bot account is gone; another one, of this token, is in its place. Everybody must write to it first."""
        await self.ask("POST", "/bot", json={"token": token, "username": username})
        self.token = token

    # Faults, limits, time

    async def fault(self, kind: str, method: str | None = None, **more: Any) -> int:
        """Set a fault (kinds: `bot/sandbox/faults.py`); more: times, seconds, status, retry_after, chat_id."""
        made = await self.ask("POST", "/faults", json={"kind": kind, "method": method, **more})
        return int(made["id"])

    async def clear_faults(self, fault_id: int | None = None) -> None:
        """Remove one fault or all."""
        await self.ask("DELETE", "/faults", params={"fault_id": fault_id} if fault_id is not None else {})

    async def limits(self, **changes: Any) -> None:
        """Change sending limits: enabled, overall_per_second, private_per_second, private_burst, group_per_minute."""
        await self.ask("PATCH", "/limits", json=changes)

    async def set_clock(self, *, hours: float = 0.0) -> None:
        """Move the sandbox's clock relative to real time; 0 puts it right again."""
        await self.ask("PUT", "/clock", params={"offset_seconds": hours * 3600})

    # What the bot did

    async def status(self) -> Json:
        """Version, pending updates, commands, faults, limits, webhook."""
        found: Json = await self.ask("GET", "/status")
        return found

    async def calls(self, method: str | None = None, *, after: int = 0, chat_id: int | None = None) -> list[Json]:
        """The bot's calls: seq, method, params, ok, error_code, description, fault, message_id."""
        params = {"method": method, "after": after, "chat_id": chat_id}
        found: list[Json] = await self.ask("GET", "/calls", params={k: v for k, v in params.items() if v is not None})
        return found

    async def called(self, method: str, rule: Callable[[Json], bool] = lambda _: True, *, within: float = 10) -> Json:
        """The first call of a method that fits a rule; waits for it."""

        async def look() -> Json | None:
            return next((c for c in await self.calls(method) if rule(c)), None)

        found: Json = await self.until(look, within, lambda: f"the bot made no fitting call of {method}")
        return found

    async def push_update(self, update: Any, *, assign_id: bool = True) -> int:
        """Give the bot any JSON as an update, malformed or not; returns its update id."""
        made = await self.ask("POST", "/updates", json={"update": update, "assign_id": assign_id})
        return int(made["update_id"])

    async def all_updates_taken(self, within: float = 10) -> None:
        """Wait until the bot has confirmed every update, by its next poll or by its webhook's 200."""

        async def look() -> bool | None:
            return None if (await self.status())["pending_updates"] else True

        await self.until(look, within, lambda: "updates are still waiting for the bot")

    async def until(self, look: Callable[[], Awaitable[Any]], within: float, complaint: Callable[[], str]) -> Any:
        """Ask `look` again after every change until it gives something but False; AssertionError when time is over."""
        deadline = time.monotonic() + within
        while True:
            version = (await self.status())["version"]
            if (found := await look()) is not None and found is not False:
                return found
            left = deadline - time.monotonic()
            if left <= 0:
                raise AssertionError(f"{complaint()} (waited {within:g} s)")
            await self.changed(version, min(left, 5.0))


@dataclass
class Screen:
    """A chat, or one topic of a group, as somebody reads it."""

    sandbox: Sandbox
    chat_id: int
    topic_id: int | None = None

    async def state(self, *, deleted: bool = False) -> Json:
        """messages, keyboard, action ("typing"), pinned, version."""
        params: Json = {"deleted": deleted}
        if self.topic_id is not None:
            params["topic_id"] = self.topic_id
        return await self.sandbox.one("GET", f"/chats/{self.chat_id}", params=params)

    async def messages(self, *, deleted: bool = False) -> list[Json]:
        """Everything on the screen, oldest first: id, from, kind, text, buttons, silent, edited, reply_to, ..."""
        found: list[Json] = (await self.state(deleted=deleted))["messages"]
        return found

    async def _find(self, wanted: Wanted, within: float, seen: dict[int, Any] | None) -> Json:
        shown: list[Json] = []

        async def look() -> Json | None:
            shown[:] = await self.messages()
            fresh = [m for m in shown if seen is None or (m["from"]["is_bot"] and seen.get(m["id"]) != _looks(m))]
            return next((m for m in reversed(fresh) if fits(m, wanted)), None)

        found: Json = await self.sandbox.until(look, within, lambda: f"{wanted!r} is not in sight:\n{on_screen(shown)}")
        return found

    async def gone(self, wanted: Wanted, within: float = 10) -> None:
        """Wait until nothing on the screen fits any more, for example after an erase."""

        async def look() -> bool | None:
            return None if any(fits(m, wanted) for m in await self.messages()) else True

        await self.sandbox.until(look, within, lambda: f"{wanted!r} is still in sight")


def _looks(message: Json) -> tuple[str, tuple[str, ...]]:
    return message["text"], tuple(labels(message))


class Person(Screen):
    """A worker with a phone; `chat_id` is their user id too."""

    def __init__(self, sandbox: Sandbox, user_id: int, name: str) -> None:
        super().__init__(sandbox, user_id)
        self.name = name
        #: What was on the screen when the person last did something: `sees` looks for what is new since.
        self._seen: dict[int, tuple[str, tuple[str, ...]]] = {}

    @property
    def id(self) -> int:
        """User id and private chat id."""
        return self.chat_id

    async def _remember(self) -> None:
        self._seen = {m["id"]: _looks(m) for m in await self.messages()}

    async def sends(self, **what: Any) -> Json:
        """Send anything; fields as in `bot/sandbox/control.py`, class Send."""
        await self._remember()
        return await self.sandbox.one("POST", "/send", json={"user_id": self.id, **what})

    async def says(self, text: str, *, reply_to: int | None = None, forward_from: Json | None = None) -> Json:
        """Write a text, as a reply or as forwarded from {"name"}, {"user_id"} or {"channel"} if wanted."""
        return await self.sends(text=text, reply_to=reply_to, forward_from=forward_from)

    async def starts(self, payload: str = "") -> Json:
        """Press Start, unblocking the bot where it was blocked."""
        await self.unblocks()
        return await self.says(f"/start {payload}".strip())

    async def sends_media(self, kind: str, content: bytes = b"sandbox", **more: Any) -> Json:
        """A photo, document, voice, video, audio or sticker; more: file_name, mime, size, caption, ..."""
        return await self.sends(media=kind, content_b64=base64.b64encode(content).decode(), **more)

    async def sends_photo(self, content: bytes = b"\xff\xd8photo", **more: Any) -> Json:
        """A photo."""
        return await self.sends_media("photo", content, **more)

    async def sends_voice(self, content: bytes = b"OggSvoice", **more: Any) -> Json:
        """A voice message."""
        return await self.sends_media("voice", content, **more)

    async def sends_document(self, content: bytes = b"%PDF-", file_name: str = "kontrak.pdf", **more: Any) -> Json:
        """A document."""
        return await self.sends_media("document", content, file_name=file_name, **more)

    async def sends_location(self, latitude: float, longitude: float) -> Json:
        """A point on the map."""
        return await self.sends(location=[latitude, longitude])

    async def sends_contact(self, phone_number: str, first_name: str, **more: Any) -> Json:
        """A phone book entry."""
        return await self.sends(contact={"phone_number": phone_number, "first_name": first_name, **more})

    async def sends_raw(self, content: Json) -> Json:
        """Any content fields of a Message."""
        return await self.sends(raw=content)

    async def edits(self, message_id: int, text: str) -> Json:
        """Change one's own message."""
        await self._remember()
        what = {"user_id": self.id, "message_id": message_id, "text": text}
        return await self.sandbox.one("POST", "/edit", json=what)

    async def deletes(self, message_id: int) -> None:
        """Delete a message for both sides; the bot is not told."""
        await self.sandbox.ask("POST", "/delete", json={"user_id": self.id, "message_id": message_id})

    async def presses(
        self, label: str | None = None, *, data: str | None = None, message_id: int | None = None, wait: float = 10
    ) -> Json:
        """Press the newest inline button with this label (part of it) or data: answered, text, show_alert, url.

        A button of the reply keyboard sends its label, as the app does.
        """
        if label is not None:
            for row in (await self.state())["keyboard"]:
                for button in row:
                    if label in button["text"]:
                        return await self.says(button["text"])
        await self._remember()
        what = {"user_id": self.id, "label": label, "data": data, "message_id": message_id, "wait_seconds": wait}
        return await self.sandbox.one("POST", "/press", json=what)

    async def blocks(self) -> None:
        """Block the bot: it hears of it, and its messages are refused with 403."""
        await self._patch(blocked=True)

    async def unblocks(self) -> None:
        """Unblock the bot."""
        await self._patch(blocked=False)

    async def deactivates(self) -> None:
        """Delete the account."""
        await self._patch(deactivated=True)

    async def _patch(self, **state: Any) -> None:
        await self.sandbox.ask("PATCH", f"/people/{self.id}", json=state)

    async def sees(self, wanted: Wanted, within: float = 10, *, anywhere: bool = False) -> Json:
        """Wait for a message of the bot that is new, or changed, since the person last did something."""
        return await self._find(wanted, within, None if anywhere else self._seen)

    async def sees_no(self, wanted: Wanted) -> None:
        """Nothing on the screen fits now."""
        shown = await self.messages()
        assert not any(fits(m, wanted) for m in shown), f"{wanted!r} is in sight:\n{on_screen(shown)}"

    async def keyboard(self) -> list[list[str]]:
        """Labels of the reply keyboard."""
        return [[button["text"] for button in row] for row in (await self.state())["keyboard"]]


@dataclass
class Operator:
    """An operator in the operators' group."""

    sandbox: Sandbox
    id: int
    name: str
    group: Group

    async def posts(self, text: str, *, topic: Topic | None = None, reply_to: int | None = None, **more: Any) -> Json:
        """Write into the group (General), a topic, or as a reply."""
        what = {"user_id": self.id, "chat_id": self.group.id, "text": text, "reply_to": reply_to, **more}
        what["topic_id"] = topic.topic_id if topic else None
        return await self.sandbox.one("POST", "/send", json=what)

    async def replies(self, message: Json, text: str | None = None, **more: Any) -> Json:
        """Reply to a message read from the group, in its topic; more: media, content_b64, ... instead of a text."""
        what = {"user_id": self.id, "chat_id": self.group.id, "text": text, "reply_to": message["id"], **more}
        return await self.sandbox.one("POST", "/send", json=what)

    async def presses(
        self, label: str | None = None, *, data: str | None = None, message: Json | None = None, wait: float = 10
    ) -> Json:
        """Press a button in the group, the newest that fits unless a message is named."""
        what = {"user_id": self.id, "chat_id": self.group.id, "label": label, "data": data, "wait_seconds": wait}
        return await self.sandbox.one("POST", "/press", json={**what, "message_id": message and message["id"]})

    async def edits(self, message: Json, text: str) -> Json:
        """Change one's own message."""
        what = {"user_id": self.id, "chat_id": self.group.id, "message_id": message["id"], "text": text}
        return await self.sandbox.one("POST", "/edit", json=what)

    async def _topic(self, do: str, **more: Any) -> Any:
        return await self.sandbox.ask(
            "POST", f"/groups/{self.group.id}/topics", json={"user_id": self.id, "do": do, **more}
        )

    async def creates_topic(self, name: str) -> Topic:
        """Open a topic by hand."""
        return Topic(self.sandbox, self.group.id, (await self._topic("create", name=name))["id"], name)

    async def closes(self, topic: Topic) -> None:
        """Close a topic by hand."""
        await self._topic("close", topic_id=topic.topic_id)

    async def reopens(self, topic: Topic) -> None:
        """Reopen a topic by hand."""
        await self._topic("reopen", topic_id=topic.topic_id)

    async def deletes_topic(self, topic: Topic) -> None:
        """Delete a topic with its messages; the bot is not told."""
        await self._topic("delete", topic_id=topic.topic_id)


class Group(Screen):
    """A forum group of operators; the screen shows all topics together."""

    @property
    def id(self) -> int:
        """Chat id."""
        return self.chat_id

    async def topics(self) -> list[Topic]:
        """All topics, oldest first."""
        listed = await self.sandbox.ask("GET", f"/groups/{self.id}/topics")
        return [Topic(self.sandbox, self.id, t["id"], t["name"], t["closed"]) for t in listed["topics"]]

    async def topic(self, wanted: str | re.Pattern[str] = "", within: float = 10, *, skip: int = 0) -> Topic:
        """The newest topic whose name fits; waits for it. `skip` passes over topics with an id up to this one."""

        async def look() -> Topic | None:
            listed = [t for t in await self.topics() if (t.topic_id or 0) > skip]
            return next((t for t in reversed(listed) if fits({"text": t.name}, wanted)), None)

        found: Topic = await self.sandbox.until(look, within, lambda: f"no topic fits {wanted!r}")
        return found

    async def sees(self, wanted: Wanted, within: float = 10) -> Json:
        """The newest fitting message in any topic; waits for it."""
        return await self._find(wanted, within, None)

    async def change(self, operator: Operator, **state: Any) -> None:
        """bot_present=False removes the bot; rights={"can_manage_topics": False} takes a right away."""
        await self.sandbox.ask("PATCH", f"/groups/{self.id}", json={"user_id": operator.id, **state})


class Topic(Screen):
    """One topic of a group."""

    def __init__(self, sandbox: Sandbox, chat_id: int, topic_id: int, name: str, closed: bool = False) -> None:
        super().__init__(sandbox, chat_id, topic_id)
        self.name = name
        self.closed = closed

    async def sees(self, wanted: Wanted, within: float = 10) -> Json:
        """The newest fitting message in this topic; waits for it."""
        return await self._find(wanted, within, None)

    async def posts(self, operator: Operator, text: str) -> Json:
        """An operator writes here without replying to anything."""
        return await operator.posts(text, topic=self)

    async def replies(self, operator: Operator, text: str, *, to: Wanted = lambda m: m["from"]["is_bot"]) -> Json:
        """An operator replies to the newest fitting message here, by default the bot's last one."""
        return await operator.replies(await self.sees(to), text)


def free_port() -> int:
    """A port nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class SandboxProcess:
    """The sandbox as a process of its own; `start` returns when it answers. Needs no event loop."""

    def __init__(
        self, *, limits: bool = False, token: str = TOKEN, port: int | None = None, options: tuple[str, ...] = ()
    ) -> None:
        self.port = port or free_port()
        self.token = token
        command = [sys.executable, "-m", "bot.sandbox", "--port", str(self.port), "--token", token, *options]
        self._command = command if limits else [*command, "--no-limits"]
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.port}"

    def start(self, within: float = 60) -> SandboxProcess:
        """Start and wait until it answers."""
        self._process = subprocess.Popen(self._command, cwd=REPOSITORY)
        deadline = time.monotonic() + within
        while time.monotonic() < deadline:
            if self._process.poll() is not None:
                raise RuntimeError(f"the sandbox ended with code {self._process.returncode}")
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 1):
                return self
            time.sleep(0.05)
        self.stop()
        raise TimeoutError(f"the sandbox did not listen within {within:g} s")

    def stop(self) -> None:
        """End it; everything it knew is gone."""
        if self._process is not None:
            self._process.terminate()
            try:
                self._process.wait(5)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
            self._process = None

    def client(self) -> Sandbox:
        """A client for it, for the event loop of the caller."""
        return Sandbox(self.url, self.token)


@contextlib.asynccontextmanager
async def running_sandbox(**options: Any) -> AsyncIterator[Sandbox]:
    """A sandbox process with a client; options as for SandboxProcess (limits are off unless limits=True)."""
    process = await asyncio.to_thread(SandboxProcess(**options).start)
    sandbox = process.client()
    try:
        yield sandbox
    finally:
        await sandbox.aclose()
        await asyncio.to_thread(process.stop)
