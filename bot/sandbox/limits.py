"""How much a bot may send: over the limit a call is refused with 429 and the seconds to wait."""

from __future__ import annotations

import math
import time
from collections import deque
from collections.abc import Callable
from dataclasses import replace

from bot.sandbox.config import LimitsConfig
from bot.sandbox.errors import too_many

#: Calls that put something into a chat and therefore count; a new topic is a message about its making.
#: Source: tdlib/td issue 2592.
COUNTED = frozenset({
    "sendmessage", "sendphoto", "senddocument", "sendvoice", "sendvideo", "sendaudio", "sendlocation",
    "sendcontact", "copymessage", "forwardmessage", "editmessagetext", "editmessagecaption",
    "editmessagereplymarkup", "createforumtopic",
})  # fmt: skip


class Limits:
    """Three limits, the tightest wins: all chats together, one private chat, one group."""

    def __init__(self, config: LimitsConfig, monotonic: Callable[[], float] = time.monotonic) -> None:
        self.config = replace(config)
        self._monotonic = monotonic
        self._overall: deque[float] = deque()
        self._group: dict[int, deque[float]] = {}
        #: chat id → (tokens left, when counted)
        self._private: dict[int, tuple[float, float]] = {}

    def check(self, method: str, chat_id: int) -> None:
        """Count one call. Raises ApiError 429; a refused call is not counted."""
        if not self.config.enabled or method not in COUNTED:
            return
        now = self._monotonic()
        waits = [_window_wait(self._overall, now, 1.0, self.config.overall_per_second)]
        if chat_id < 0:
            window = self._group.setdefault(chat_id, deque())
            waits.append(_window_wait(window, now, 60.0, self.config.group_per_minute))
        else:
            waits.append(self._private_wait(chat_id, now))
        wait = max(waits)
        if wait > 0:
            raise too_many(max(1, math.ceil(wait)))
        self._overall.append(now)
        if chat_id < 0:
            self._group[chat_id].append(now)
        else:
            tokens, at = self._private[chat_id]
            self._private[chat_id] = (tokens - 1, at)

    def _private_wait(self, chat_id: int, now: float) -> float:
        burst, rate = float(self.config.private_burst), self.config.private_per_second
        tokens, at = self._private.get(chat_id, (burst, now))
        tokens = min(burst, tokens + (now - at) * rate)
        self._private[chat_id] = (tokens, now)
        return 0.0 if tokens >= 1 else (1 - tokens) / rate


def _window_wait(window: deque[float], now: float, seconds: float, allowed: int) -> float:
    """Seconds until another event fits into a sliding window."""
    while window and window[0] <= now - seconds:
        window.popleft()
    return 0.0 if len(window) < allowed else window[0] + seconds - now
