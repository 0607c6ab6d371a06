"""A surge played in simulated time: the rooms, the outbox and its sender are real, the clock and Telegram are not.

Time passes from one event to the next, so an hour takes seconds. Telegram is the sandbox's own limits on that clock: a
call over twenty a minute is refused, and the tests count refusals.
"""

from __future__ import annotations

import datetime as dt
import heapq
import itertools
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import select
from telegram import error

from bot.cases import holding
from bot.cases import service as cases
from bot.chat import intake
from bot.desk import again, waiting
from bot.desk import group as desk_group
from bot.desk import jobs as desk_jobs
from bot.desk import service as desk
from bot.outbox import fair, joined, send
from bot.outbox import limits as outbox_limits
from bot.outbox import service as outbox
from bot.sandbox.config import LimitsConfig
from bot.sandbox.errors import ApiError
from bot.sandbox.limits import Limits as Enforced
from bot.storage import jobs
from bot.storage.models import Case, Chat
from bot.storage.session import session
from bot.turns import distress_report
from tests.support.rooms import GROUP, Rooms

#: A Wednesday in desk hours: ten in the morning in Jakarta and Phnom Penh.
BEGIN = dt.datetime(2026, 11, 25, 3, 0, tzinfo=dt.UTC)
#: Modules whose clock is the simulation's.
TOLD = (cases, holding, intake, desk_group, desk_jobs, desk, again, waiting, send, outbox, distress_report)
REF = re.compile(r"H-[2-9A-HJ-NP-Z]{4}")
#: Jobs that run; those of turns and files are not the desk's.
DESK: dict[str, Callable[..., Awaitable[None]]] = {
    "desk.re_alert": desk_jobs.re_alert,
    "desk.list": desk_jobs.post_list,
}


@dataclass
class Post:
    """One call that put something into the group."""

    at: float
    method: str
    text: str
    thread: int | None
    silent: bool
    data: tuple[str, ...] = ()


@dataclass
class Surge:
    """One simulation. `at` is in seconds since it began."""

    rooms: Rooms
    at: float = 0.0
    posts: list[Post] = field(default_factory=list)
    deleted: list[int] = field(default_factory=list)
    refused: int = 0
    #: What happens when: (time, order, what). The order keeps what was planned first in front.
    plan: list[tuple[float, int, Callable[[], Awaitable[Any]]]] = field(default_factory=list)
    _numbers: itertools.count[int] = field(default_factory=lambda: itertools.count(1))
    _once: set[str] = field(default_factory=set)
    _wakes: float = 0.0
    group_row: int = 0

    @classmethod
    async def begins(cls, rooms: Rooms, monkeypatch: pytest.MonkeyPatch) -> Surge:
        """Put the clock, the job queue and Telegram in place."""
        surge = cls(rooms)
        surge._enforced = Enforced(LimitsConfig(), lambda: surge.at)  # type: ignore[attr-defined]

        class Now(dt.datetime):
            @classmethod
            def now(cls, tz: dt.tzinfo | None = None) -> dt.datetime:  # type: ignore[override]
                return BEGIN + dt.timedelta(seconds=surge.at)

        clock = SimpleNamespace(datetime=Now, timedelta=dt.timedelta, UTC=dt.UTC, time=dt.time, date=dt.date)
        for module in TOLD:
            monkeypatch.setattr(module, "dt", clock)
        monkeypatch.setattr(send, "time", SimpleNamespace(monotonic=lambda: surge.at))
        monkeypatch.setattr("bot.outbox.telegram._bot", surge)
        monkeypatch.setattr(send, "_limits", outbox_limits.Limits())
        monkeypatch.setattr(send, "_pauses", joined.Pauses())
        monkeypatch.setattr(send, "_order", fair.Order())
        monkeypatch.setattr(send, "PATIENCE_SECONDS", 0.0)
        monkeypatch.setattr(send, "_schedule", surge._schedule)
        monkeypatch.setattr(outbox, "wake", surge._wake)
        monkeypatch.setattr(jobs, "defer", surge._defer)
        async with session() as s:
            found = await desk.group_of(s, next(iter(desk.sites.sites().values())))
            await s.commit()
        assert found is not None
        surge.group_row = found.id
        surge.upkeep()
        return surge

    # -- in place of the queue

    async def _wake(self, s: Any, chat_id: int, *, rank: int = 5) -> None:
        if chat_id == self.group_row:
            self._wakes = 0.0

    async def _schedule(self, s: Any, chat_row: int, at: dt.datetime) -> None:
        if chat_row == self.group_row:
            self._wakes = (at - BEGIN).total_seconds()
            self.then(self._wakes, self._nothing)

    async def _defer(self, s: Any, task: str, *, queue_name: str, once: str | None = None, **more: Any) -> int | None:
        at: dt.datetime | None = more.pop("at", None)
        for option in ("lock", "priority"):
            more.pop(option, None)
        if task not in DESK or (once is not None and once in self._once):
            return None
        if once is not None:
            self._once.add(once)

        async def run() -> None:
            self._once.discard(once or "")
            await DESK[task](**more)

        self.then(self.at if at is None else (at - BEGIN).total_seconds(), run)
        return None

    async def _nothing(self) -> None:
        pass

    # -- in place of Telegram

    def _counts(self, method: str) -> None:
        try:
            self._enforced.check(method.lower(), GROUP)  # type: ignore[attr-defined]
        except ApiError as refused:
            self.refused += 1
            raise error.RetryAfter(refused.retry_after or 1) from None

    async def create_forum_topic(self, chat_id: int, name: str, **_: Any) -> Any:
        self._counts("createForumTopic")
        thread = next(self._numbers)
        self.posts.append(Post(self.at, "createForumTopic", "", thread, True))
        return SimpleNamespace(message_thread_id=thread)

    async def do_api_request(self, method: str, *, api_kwargs: dict[str, Any]) -> Any:
        if method == "deleteMessages":
            self.deleted.extend(api_kwargs["message_ids"])
            return True
        self._counts(method)
        rows = (api_kwargs.get("reply_markup") or {}).get("inline_keyboard", [])
        data = tuple(button["callback_data"] for row in rows for button in row)
        silent = bool(api_kwargs.get("disable_notification"))
        thread = api_kwargs.get("message_thread_id")
        self.posts.append(Post(self.at, method, api_kwargs.get("text", ""), thread, silent, data))
        return {"message_id": next(self._numbers)}

    # -- time

    def then(self, at: float, do: Callable[[], Awaitable[Any]]) -> None:
        """Have something happen at a time."""
        heapq.heappush(self.plan, (at, next(self._numbers), do))

    def upkeep(self) -> None:
        """The worker's look for cases without a card, twice a minute."""

        async def look() -> None:
            await desk_jobs.post_missing_cards()
            self.upkeep()

        self.then(self.at + 30.0, look)

    async def until(self, end: float) -> None:
        """Let time pass."""
        while self.plan and self.plan[0][0] <= end:
            at, _, do = heapq.heappop(self.plan)
            self.at = max(self.at, at)
            await do()
            await self._drain()
        self.at = end

    async def _drain(self) -> None:
        while self._wakes <= self.at:
            if not await send._send_next(self.group_row):
                self._wakes = max(self._wakes, self.at + 1e9) if self._wakes <= self.at else self._wakes

    # -- what is seen

    def fullest_minute(self) -> int:
        """The most that stood in any sixty seconds."""
        times = [post.at for post in self.posts]
        return max(
            (sum(1 for at in times[place : place + 60] if at < begin + 60) for place, begin in enumerate(times)),
            default=0,
        )

    def seen(self) -> dict[str, float]:
        """When each reference first stood in the group."""
        first: dict[str, float] = {}
        for post in self.posts:
            for ref in REF.findall(post.text):
                first.setdefault(ref, post.at)
        return first

    def lists(self) -> list[list[Post]]:
        """The lists, each with its parts."""
        found: list[list[Post]] = []
        part: list[Post] = []
        for post in self.posts:
            if post.method == "sendMessage" and post.thread is None and REF.search(post.text):
                part.append(post)
                if "case:next" in post.data:
                    found.append(part)
                    part = []
        return found

    async def open_cases(self) -> list[Case]:
        async with session() as s:
            return list(await s.scalars(select(Case).where(Case.state != "closed").order_by(Case.id)))

    async def unclaimed(self) -> list[Case]:
        """In the order in which they should be taken."""
        async with session() as s:
            waits = select(Case).where(Case.state == "new", Case.holder_id.is_(None))
            return list(await s.scalars(waits.order_by(Case.priority, Case.opened_at, Case.id)))

    async def chat(self, row: int) -> Chat:
        async with session() as s:
            return await s.get_one(Chat, row)
