"""Lines from a terminal or a pipe, without keeping the process from ending while nobody types."""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import AsyncIterator

#: What arrives this close together was pasted: one message of several lines, as Telegram would take it.
PASTED_SECONDS = 0.1


class Keyboard:
    """What is typed. `None` in the queue is the end."""

    def __init__(self, descriptor: int) -> None:
        self.is_terminal = os.isatty(descriptor)
        self._descriptor = descriptor
        self._loop = asyncio.get_running_loop()
        self._lines: asyncio.Queue[str | None] = asyncio.Queue()
        # A daemon reading the bare descriptor: Python's own buffers would be locked at the end of the process.
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        rest = b""
        while True:
            try:
                found = os.read(self._descriptor, 65536)
            except OSError:
                found = b""
            *whole, rest = (rest + found).split(b"\n")
            if not found and rest:
                whole, rest = [*whole, rest], b""
            try:
                for line in whole:
                    self._loop.call_soon_threadsafe(
                        self._lines.put_nowait, line.decode("utf-8", "replace").rstrip("\r")
                    )
                if not found:
                    self._loop.call_soon_threadsafe(self._lines.put_nowait, None)
            except RuntimeError:
                # The conversation is over.
                return
            if not found:
                return

    async def messages(self) -> AsyncIterator[str]:
        """What is to be sent, a message at a time: a line, or at a terminal all lines of a paste."""
        while (line := await self._lines.get()) is not None:
            pasted = [line]
            over = False
            while self.is_terminal and not over:
                try:
                    more = await asyncio.wait_for(self._lines.get(), PASTED_SECONDS)
                except TimeoutError:
                    break
                over = more is None
                pasted += [] if more is None else [more]
            if text := "\n".join(pasted).strip():
                yield text
            if over:
                return
