"""`hotline chat`: a conversation with the assistant in a terminal, no Telegram needed."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import sys
import time
from typing import Any, TextIO

import httpx

from bot.errors import HotlineError
from bot.settings import Settings
from bot.talk import passing
from bot.talk.keyboard import Keyboard
from bot.talk.screen import Json, Press, Screen
from bot.texts import Lang
from nlu.text import languages

#: Ends the conversation.
QUIT = "/quit"
#: When lines come from a pipe: seconds of quiet that end an answer, and the longest wait for one.
QUIET_SECONDS, LONGEST_SECONDS = 2.0, 25.0
#: Seconds one look for changes lasts.
LOOK_SECONDS = 5.0
#: Whose phone it is: by the language of the app.
NAMES: dict[Lang, str] = {lang: one.demo["worker"] for lang, one in languages.ANSWERED.items()}


async def chat(config: Settings, lang: Lang) -> None:
    """Talk until /quit, the end of the input, or Ctrl-C. Every process started here has ended when it returns."""
    task = asyncio.current_task()
    assert task is not None
    ending = False

    def end() -> None:
        # Once: a second Ctrl-C must not keep the processes from being stopped.
        nonlocal ending
        if not ending:
            ending = True
            task.cancel()

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        asyncio.get_running_loop().add_signal_handler(number, end)
    print("Starting every process of the hotline, for this conversation alone.", flush=True)
    try:
        async with (
            passing.running(config, print) as hotline,
            httpx.AsyncClient(base_url=hotline.address, timeout=40) as http,
        ):
            print(
                f"Write, or choose a button by its number; {QUIT} ends. What the desk sees: {hotline.address}/",
                flush=True,
            )
            try:
                await Conversation(hotline, http, Keyboard(sys.stdin.fileno()), sys.stdout).hold(lang)
            finally:
                print("\nStopping.", flush=True)
    except asyncio.CancelledError:
        if not ending:
            raise


class Conversation:
    """One phone of the sandbox, shown in a terminal."""

    def __init__(self, hotline: passing.Passing, http: httpx.AsyncClient, keyboard: Keyboard, out: TextIO) -> None:
        self._hotline, self._http, self._keyboard, self._out = hotline, http, keyboard, out
        self._screen = Screen()
        self._user = 0
        self._topics: set[int] = set()
        #: When something new was shown last; None since the person wrote.
        self._heard_at: float | None = None

    async def hold(self, lang: Lang) -> None:
        """Send what is typed, show what comes, until one of both ends. Raises HotlineError when the hotline ended."""
        person = await self._call("POST", "/sandbox/people", {"name": NAMES[lang], "language_code": lang})
        self._user = person["id"]
        showing = asyncio.create_task(self._show())
        typing = asyncio.create_task(self._type())
        try:
            self._prompt()
            await asyncio.wait({showing, typing}, return_when=asyncio.FIRST_COMPLETED)
            for task in (showing, typing):
                if task.done():
                    task.result()
        finally:
            for task in (showing, typing):
                task.cancel()
            await asyncio.gather(showing, typing, return_exceptions=True)

    async def _type(self) -> None:
        async for said in self._keyboard.messages():
            if said == QUIT:
                return
            button = self._screen.button(said)
            self._screen.answered()
            self._heard_at = None
            try:
                await (self._press(button) if button is not None else self._send(said))
            except _Refused as why:
                self._print(["", f"  (not possible: {why})"])
                continue
            if not self._keyboard.is_terminal:
                await self._answered()

    async def _send(self, text: str) -> None:
        if not self._keyboard.is_terminal:
            self._print(["", f"> {text}"])
        await self._call("POST", "/sandbox/send", {"user_id": self._user, "text": text})

    async def _press(self, button: Press) -> None:
        self._print(["", f"> {button.label}"])
        what = {"user_id": self._user, "message_id": button.message_id, "data": button.data, "wait_seconds": 0}
        await self._call("POST", "/sandbox/press", what)

    async def _answered(self) -> None:
        """Wait until the answer is complete."""
        until = time.monotonic() + LONGEST_SECONDS
        while time.monotonic() < until:
            if self._heard_at is not None and time.monotonic() - self._heard_at > QUIET_SECONDS:
                return
            await asyncio.sleep(0.1)
        if self._heard_at is None:
            self._print(["", f"  (no answer within {LONGEST_SECONDS:.0f} s)"])

    async def _show(self) -> None:
        version = 0
        while True:
            self._hotline.check()
            with contextlib.suppress(_Refused):
                found = await self._call("GET", f"/sandbox/chats/{self._user}?deleted=true")
                lines = self._screen.news(found["messages"])
                lines += await self._cases()
                if lines:
                    self._heard_at = time.monotonic()
                    self._print(lines)
            asked = f"/sandbox/changes?after={version}&wait_seconds={LOOK_SECONDS}"
            version = (await self._call("GET", asked))["version"]

    async def _cases(self) -> list[str]:
        """Say when the desk has a case of this: its topic is there."""
        groups = await self._call("GET", "/sandbox/groups")
        topics = {topic["id"]: topic["name"] for group in groups for topic in group["topics"]}
        fresh = [name for number, name in topics.items() if number not in self._topics]
        self._topics |= topics.keys()
        return [line for name in fresh for line in ("", f"  (a case was opened; the desk sees “{name}”)")]

    async def _call(self, method: str, path: str, body: Json | None = None) -> Any:
        try:
            answer = await self._http.request(method, path, json=body)
        except httpx.HTTPError:
            self._hotline.check()
            raise HotlineError("The sandbox does not answer. End with Ctrl-C and begin again.") from None
        if answer.status_code == 409:
            raise _Refused(answer.json()["detail"])
        if answer.is_error:
            raise HotlineError(f"The sandbox refused what it should take ({answer.status_code}).")
        return answer.json()

    def _print(self, lines: list[str]) -> None:
        # The prompt is overwritten, and comes again below.
        start = "\r" if self._keyboard.is_terminal else ""
        print(start + "\n".join(lines), file=self._out, flush=True)
        self._prompt()

    def _prompt(self) -> None:
        if self._keyboard.is_terminal:
            print("\n> ", end="", file=self._out, flush=True)


class _Refused(Exception):
    """The sandbox said that a phone could not do this."""
