"""How fast Telegram lets us send. Pure: the caller gives the time.

Source of the figures: Telegram's Bots FAQ, "My bot is hitting limits": about 30 messages a second overall, one a second
in one chat with short bursts allowed, 20 a minute in a group. Edits share a group's limit, and making a forum topic is
a message about its making: tdlib/td issue 2592.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

OVERALL_PER_SECOND = 30
CHAT_PER_SECOND = 1.0
#: Messages a private chat may get at once before one a second holds.
CHAT_BURST = 4.0
GROUP_PER_MINUTE = 20
#: Telegram counts when a message arrives, we when it leaves: the second more keeps a slow call within its minute, and
#: the tenth more within its second. Who is refused waits a second and more, a cry for help too.
GROUP_SECONDS, OVERALL_SECONDS = 61.0, 1.1
#: Ranks of a group's rows, spent in this order: P1 alerts and the list of who waits, the words of held chats, other
#: alerts, and what only brings something up to date.
RANK_P1, RANK_RELAY, RANK_ALERT, RANK_REST = 0, 1, 2, 3
#: A pin that moves comes after everything else: the next step makes up for one that waits.
RANK_PIN = 6
#: Places of a group's twenty that each rank leaves free for the ranks before it: a burst of small things never holds
#: back the alert of a P1, and a P1 finds room for its topic and its card at once. Pins share what is over: nine moves a
#: minute in a quiet group, so that they alone never make it tight.
RESERVES = {RANK_P1: 0, RANK_RELAY: 4, RANK_ALERT: 6, RANK_REST: 8, RANK_PIN: 11}
#: Seconds after which a row that waits for a group counts as the words of a held chat: nothing waits for ever.
AGED_SECONDS = 180.0
#: Seconds for which a place in the line is kept for one who does not ask again when told to.
LINE_SECONDS = 1.0


@dataclass
class Bucket:
    """Tokens that refill with time; each message takes one. For a small burst and a steady pace after it."""

    per_second: float
    size: float
    tokens: float | None = None
    at: float = 0.0

    def wait(self, now: float, reserve: int = 0, places: int = 1) -> float:
        """Seconds until one token is there."""
        tokens = self._refill(now)
        return 0.0 if tokens >= 1.0 else (1.0 - tokens) / self.per_second

    def take(self, now: float) -> None:
        self.tokens = self._refill(now) - 1.0

    def _refill(self, now: float) -> float:
        tokens = self.size if self.tokens is None else self.tokens
        self.tokens = min(self.size, tokens + max(0.0, now - self.at) * self.per_second)
        self.at = now
        return self.tokens


@dataclass
class Window:
    """At most so many in any stretch of so many seconds: a bucket of that size would let twice as many pass."""

    allowed: int
    seconds: float
    times: deque[float] = field(default_factory=deque)
    at: float = 0.0

    def wait(self, now: float, reserve: int = 0, places: int = 1) -> float:
        """Seconds until so many more fit, with `reserve` places left free; an empty window takes anything."""
        over = min(self.spent(now) + places - (self.allowed - reserve), len(self.times))
        return 0.0 if over <= 0 else self.times[over - 1] + self.seconds - now

    def spent(self, now: float) -> int:
        """Places taken in the last stretch."""
        self.at = now
        while self.times and self.times[0] + self.seconds <= now:
            self.times.popleft()
        return len(self.times)

    def take(self, now: float) -> None:
        self.times.append(now)


class Limits:
    """All limits of one bot token. Only one process sends for a token."""

    #: A chat unused for this many seconds may be forgotten: it has its full due again.
    FORGET_SECONDS = 120.0

    def __init__(self, group_per_minute: int = GROUP_PER_MINUTE, per_second: int = OVERALL_PER_SECOND) -> None:
        self._group_per_minute = group_per_minute
        self._overall = Window(per_second, OVERALL_SECONDS)
        #: chat → who waits for a place among all chats: rank, number of the first asking, places, until when.
        self._line: dict[int, tuple[int, int, int, float]] = {}
        self._asked = 0
        self._chats: dict[int, Bucket | Window] = {}
        self._swept = 0.0

    def take(self, chat: int, *, group: bool, now: float, rank: int = RANK_REST, places: int = 1) -> float:
        """Take places for a row to a chat. Returns 0 when taken, else the seconds to wait before asking again.

        `rank` says who goes first where all chats together are too fast, and in groups what is left free. `places`: 2
        for a post whose topic must be made first, that is a call too.
        """
        one = self._chats.get(chat)
        if one is None:
            one = Window(self._group_per_minute, GROUP_SECONDS) if group else Bucket(CHAT_PER_SECOND, CHAT_BURST)
            self._chats[chat] = one
        reserve = RESERVES.get(rank, RESERVES[RANK_REST]) * self._group_per_minute // GROUP_PER_MINUTE
        wait = one.wait(now, reserve, places)
        if wait > 0:
            self._line.pop(chat, None)
        else:
            wait = self._wait_in_line(chat, rank, places, now)
        if wait > 0:
            return wait
        for _ in range(places):
            one.take(now)
            self._overall.take(now)
        self._sweep(now)
        return 0.0

    def _wait_in_line(self, chat: int, rank: int, places: int, now: float) -> float:
        """Seconds until a place among all chats: the better rank first, then who asked first. A lottery at each free
        place would have a cry for help wait for seconds behind what came after it."""
        mine = self._line.pop(chat, None)
        self._line = {other: known for other, known in self._line.items() if known[3] > now}
        if mine is None or mine[0] != rank:
            self._asked += 1
            mine = (rank, self._asked, places, now)
        ahead = sum(known[2] for known in self._line.values() if known[:2] < mine[:2])
        wait = self._overall.wait(now, ahead, places)
        if wait > 0:
            self._line[chat] = (*mine[:2], places, now + wait + LINE_SECONDS)
        return wait

    def tight(self, group: int, now: float) -> bool:
        """Whether half of a group's minute is spent."""
        one = self._chats.get(group)
        return isinstance(one, Window) and 2 * one.spent(now) >= self._group_per_minute

    def _sweep(self, now: float) -> None:
        if now - self._swept < self.FORGET_SECONDS:
            return
        self._swept = now
        for chat in [chat for chat, one in self._chats.items() if now - one.at > self.FORGET_SECONDS]:
            del self._chats[chat]
