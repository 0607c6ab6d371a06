"""Tells pages and waiting tests that something changed."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator

from bot.sandbox.model import Json


class Changes:
    """A version number that grows with every change, and the stream of what changed."""

    def __init__(self) -> None:
        self.version = 0
        self._wake = asyncio.Event()
        self._listeners: set[asyncio.Queue[Json]] = set()
        self._closed = False

    def tell(self, what: str, chat_id: int | None = None, **details: object) -> None:
        """Announce a change; everybody waiting wakes."""
        self.version += 1
        event: Json = {"version": self.version, "what": what, "chat_id": chat_id, **details}
        for queue in self._listeners:
            queue.put_nowait(event)
        self._wake.set()
        self._wake = asyncio.Event()

    def close(self) -> None:
        """The sandbox ends: streams end, waiting ends."""
        self._closed = True
        self.tell("closing")

    async def after(self, version: int, wait_seconds: float) -> int:
        """The current version, as soon as it is past `version` or the time is over."""
        if self.version <= version:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._wake.wait(), wait_seconds)
        return self.version

    async def stream(self) -> AsyncIterator[Json | None]:
        """Every change from now on; None about every 15 seconds so that a dead connection is noticed."""
        queue: asyncio.Queue[Json] = asyncio.Queue()
        self._listeners.add(queue)
        try:
            while not self._closed:
                try:
                    yield await asyncio.wait_for(queue.get(), 15)
                except TimeoutError:
                    yield None
        finally:
            self._listeners.discard(queue)
