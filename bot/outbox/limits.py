"""How fast Telegram lets us send. Pure: the caller gives the time.

Source of the figures: Telegram's Bots FAQ, "My bot is hitting limits": about 30 messages a second overall, one a second
in one chat with short bursts allowed, 20 a minute in a group.
"""

from __future__ import annotations

from dataclasses import dataclass, field

OVERALL_PER_SECOND = 30.0
CHAT_PER_SECOND = 1.0
#: Messages a private chat may get at once before one a second holds.
CHAT_BURST = 4.0
GROUP_PER_MINUTE = 20.0


@dataclass
class Bucket:
    """Tokens that refill with time; each message takes one."""

    per_second: float
    size: float
    tokens: float = field(default=-1.0)
    at: float = 0.0

    def wait(self, now: float) -> float:
        """Seconds until one token is there."""
        self._refill(now)
        return 0.0 if self.tokens >= 1.0 else (1.0 - self.tokens) / self.per_second

    def take(self, now: float) -> None:
        self._refill(now)
        self.tokens -= 1.0

    def _refill(self, now: float) -> None:
        if self.tokens < 0 and self.at == 0.0:
            self.tokens = self.size
        self.tokens = min(self.size, self.tokens + max(0.0, now - self.at) * self.per_second)
        self.at = now


class Limits:
    """All buckets of one bot token. Only one process sends for a token."""

    #: Buckets unused for this many seconds are full again, so forgetting them changes nothing.
    FORGET_SECONDS = 120.0

    def __init__(self) -> None:
        self._overall = Bucket(OVERALL_PER_SECOND, OVERALL_PER_SECOND)
        self._chats: dict[int, Bucket] = {}
        self._swept = 0.0

    def take(self, chat: int, *, group: bool, now: float) -> float:
        """Take a place for one message to a chat. Returns 0 when taken, else the seconds to wait before asking again."""
        bucket = self._chats.get(chat)
        if bucket is None:
            bucket = Bucket(GROUP_PER_MINUTE / 60, GROUP_PER_MINUTE) if group else Bucket(CHAT_PER_SECOND, CHAT_BURST)
            self._chats[chat] = bucket
        wait = max(bucket.wait(now), self._overall.wait(now))
        if wait > 0:
            return wait
        bucket.take(now)
        self._overall.take(now)
        self._sweep(now)
        return 0.0

    def _sweep(self, now: float) -> None:
        if now - self._swept < self.FORGET_SECONDS:
            return
        self._swept = now
        old = [chat for chat, bucket in self._chats.items() if now - bucket.at > self.FORGET_SECONDS]
        for chat in old:
            del self._chats[chat]
