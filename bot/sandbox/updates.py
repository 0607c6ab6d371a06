"""The bot's updates: queued, then fetched by getUpdates or posted to a webhook."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from bot.sandbox.errors import ApiError
from bot.sandbox.model import Json

#: Kinds a bot gets only when it asks for them. Source: core.telegram.org/bots/api#getupdates, allowed_updates.
NOT_BY_DEFAULT = frozenset({"chat_member", "message_reaction", "message_reaction_count"})
#: The longest a getUpdates waits, whatever it asks for. Source: tdlib/telegram-bot-api Client.h, LONG_POLL_MAX_TIMEOUT.
MAX_POLL_SECONDS = 50


@dataclass
class Pending:
    """One update on its way. `key` is its chat: a webhook keeps the order per chat, as the real server does."""

    update_id: int
    body: Any
    key: int
    extra_deliveries: int = 0
    fails: int = 0
    not_before: float = 0.0


class UpdateQueue:
    """Updates in order, confirmed by the offset of the next getUpdates."""

    def __init__(
        self,
        first_id: int,
        duplicate: Callable[[], bool] = lambda: False,
        reorder: Callable[[], bool] = lambda: False,
        on_taken: Callable[[], None] = lambda: None,
    ) -> None:
        self._ids = itertools.count(first_id)
        self._duplicate, self._reorder = duplicate, reorder
        #: Updates made for the bot so far.
        self.made = 0
        self._on_taken = on_taken
        self.pending: list[Pending] = []
        self._again: list[Pending] = []
        #: None is Telegram's default set.
        self.allowed: frozenset[str] | None = None
        self.arrived = asyncio.Event()
        self._poller: asyncio.Future[None] | None = None
        self._closed = False

    def push(self, kind: str, payload: Json, key: int) -> int | None:
        """Queue an update unless the bot does not want this kind; returns its id."""
        wanted = kind not in NOT_BY_DEFAULT if self.allowed is None else kind in self.allowed
        return self._queue({kind: payload}, key, True) if wanted else None

    def push_raw(self, body: Any, *, assign_id: bool = True) -> int:
        """Queue any JSON whatever, valid or not, as one update."""
        return self._queue(body, 0, assign_id)

    def _queue(self, body: Any, key: int, assign_id: bool) -> int:
        update_id = next(self._ids)
        self.made += 1
        if assign_id and isinstance(body, dict):
            body = {"update_id": update_id, **{k: v for k, v in body.items() if k != "update_id"}}
        self.pending.append(Pending(update_id, body, key, int(self._duplicate())))
        self.wake()
        return update_id

    def wake(self) -> None:
        """Let waiting pollers and the webhook look again."""
        self.arrived.set()
        self.arrived = asyncio.Event()

    def allow(self, kinds: Iterable[str] | None) -> None:
        """Remember allowed_updates; an empty list means the default again, None leaves it as it was."""
        if kinds is not None:
            chosen = frozenset(kinds)
            self.allowed = chosen or None

    def drop_all(self) -> None:
        """Forget what is pending (drop_pending_updates)."""
        self.pending.clear()
        self._again.clear()

    def interrupt(self, why: str) -> None:
        """End a getUpdates that is waiting with 409."""
        if self._poller is not None and not self._poller.done():
            self._poller.set_exception(ApiError(409, why))

    def close(self) -> None:
        """The sandbox ends: a getUpdates that is waiting, or still comes, gets an empty answer at once."""
        self._closed = True
        if self._poller is not None and not self._poller.done():
            self._poller.set_result(None)

    async def poll(self, offset: int, limit: int, timeout_seconds: int) -> list[Any]:
        """getUpdates: confirm what is below `offset`, then answer at once or wait for the first update."""
        self._confirm(offset)
        limit = min(max(limit, 1), 100)
        found = self._take(limit)
        if found or timeout_seconds <= 0 or self._closed:
            return found
        self.interrupt(
            "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running"
        )
        mine: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._poller = mine
        deadline = asyncio.get_running_loop().time() + min(timeout_seconds, MAX_POLL_SECONDS)
        try:
            while not found and (left := deadline - asyncio.get_running_loop().time()) > 0:
                arrived = asyncio.ensure_future(self.arrived.wait())
                watched: set[asyncio.Future[Any]] = {arrived, mine}
                try:
                    await asyncio.wait(watched, timeout=left, return_when=asyncio.FIRST_COMPLETED)
                finally:
                    arrived.cancel()
                if mine.done():
                    mine.result()
                    return found
                found = self._take(limit)
            return found
        finally:
            if self._poller is mine:
                self._poller = None
            mine.cancel()

    def _confirm(self, offset: int) -> None:
        if offset < 0:
            # The real server forgets all but the last -offset updates.
            self.pending = self.pending[offset:]
        confirmed = [p for p in self.pending if p.update_id < offset]
        for item in confirmed:
            self.pending.remove(item)
            if item.extra_deliveries:
                item.extra_deliveries -= 1
                self._again.append(item)
        if confirmed:
            self._on_taken()

    def _take(self, limit: int) -> list[Any]:
        again, self._again = self._again, []
        taken = [p.body for p in [*again, *self.pending][:limit]]
        return taken[::-1] if len(taken) > 1 and self._reorder() else taken

    def next_for_webhook(self, now: float) -> tuple[Pending | None, float | None]:
        """The update to post now, or None and the seconds until one is due (None: nothing is waiting)."""
        blocked: set[int] = set()
        waits: list[float] = []
        newest_first = len(self.pending) > 1 and self._reorder()
        for item in reversed(self.pending) if newest_first else self.pending:
            if item.key in blocked:
                continue
            if item.not_before <= now:
                return item, None
            blocked.add(item.key)
            waits.append(item.not_before - now)
        return None, min(waits, default=None)

    def delivered(self, item: Pending) -> None:
        """A webhook took an update."""
        if item.extra_deliveries:
            item.extra_deliveries -= 1
            item.fails = 0
            return
        with contextlib.suppress(ValueError):
            self.pending.remove(item)
        self._on_taken()
