"""Whatever Telegram, or somebody in its name, sends: each update is stored, the next one comes, no turn dies of it.

`make fuzz` tries a hundred thousand; without it a few thousand are tried. HOTLINE_FUZZ says how many, HOTLINE_FUZZ_SEED
chooses others.
"""

from __future__ import annotations

import asyncio
import collections
import contextlib
import json
import os
import random
import time
import warnings
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, Phase, given, seed, settings
from sqlalchemy import delete, select, text

from bot.chat import intake, polling
from bot.chat.webhook import MAX_BYTES, PATH, make_app
from bot.desk import group as desk_group
from bot.storage.models import Chat, Update
from bot.storage.session import session
from bot.turns import service as turns
from tests.support import odd_updates
from tests.support.rooms import Rooms

COUNT = int(os.environ.get("HOTLINE_FUZZ", "3000"))
SEED = int(os.environ.get("HOTLINE_FUZZ_SEED", "20260"))
#: One in so many is made by hypothesis, comes twice, has no usable number; one in so many turns is taken.
CHOSEN_EVERY, TWICE_EVERY, NUMBERLESS_EVERY, TURN_EVERY = 8, 50, 100, 12
#: Closed list of reasons to give no answer.
DISCARDS = {"channel_post", "foreign_group", "no_chat", "bot_sender", "service_message"}


def _chosen(count: int) -> list[Any]:
    """So many updates of hypothesis's choice."""
    found: list[Any] = []

    @seed(SEED)
    @settings(
        max_examples=count,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(odd_updates.CHOSEN)
    def choose(update: Any) -> None:
        found.append(update)

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        choose()
    return found


class Telegram:
    """A getUpdates that gives what is not confirmed again, and ends the poll when all is confirmed."""

    def __init__(self, texts: list[tuple[int, str]], loose: list[str]) -> None:
        self.waiting = collections.deque(texts)
        self.loose = collections.deque(loose)
        self.given: collections.Counter[int] = collections.Counter()

    def take(self, request: httpx.Request) -> httpx.Response:
        asked = json.loads(request.content)
        while self.waiting and self.waiting[0][0] < asked.get("offset", 0):
            self.waiting.popleft()
        if not self.waiting:
            raise asyncio.CancelledError
        batch = [self.waiting[n] for n in range(min(asked["limit"], len(self.waiting)))]
        self.given[batch[0][0]] += 1
        if self.given[batch[0][0]] > 5:
            pytest.fail(f"given for ever: {batch[0][1][:500]!r}")
        bodies = [body for _, body in batch]
        if self.loose and len(bodies) > 1:
            bodies.insert(1, self.loose.popleft())
        return httpx.Response(200, content='{"ok":true,"result":[' + ",".join(bodies) + "]}")


@pytest.mark.timeout(7200)
async def test_each_is_stored_the_next_one_comes_and_no_turn_dies(
    rooms: Rooms, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    rng = random.Random(SEED)
    chosen = iter(_chosen(max(1, COUNT // CHOSEN_EVERY)))
    texts: list[tuple[int, str]] = []
    loose: list[str] = []
    for number in range(1, COUNT + 1):
        update = next(chosen, None) if number % CHOSEN_EVERY == 0 else None
        update = odd_updates.mutated(rng) if update is None else update
        body = odd_updates.written(number, update)
        texts.append((number, body))
        if number % TWICE_EVERY == 0:
            texts.append((number, body))
        if number % NUMBERLESS_EVERY == 0:
            loose.append(odd_updates.written(rng.choice((None, "7", True, 10**30, -3, 1.5)), odd_updates.mutated(rng)))
    slow: list[tuple[float, str]] = []
    whole = intake.store

    async def timed(raw: dict[str, Any]) -> Any:
        began = time.process_time()
        try:
            return await whole(raw)
        finally:
            slow.append((time.process_time() - began, str(raw.get("update_id"))))
            del slow[:-20000]

    async def after(*_: Any) -> None:
        return None

    telegram = Telegram(texts, loose)
    mocked = httpx.MockTransport(telegram.take)
    monkeypatch.setattr(polling, "client", lambda **_: httpx.AsyncClient(transport=mocked))
    monkeypatch.setattr(polling, "BACKOFF_SECONDS", (0.01,))
    monkeypatch.setattr(polling, "store", timed)
    began = time.monotonic()
    with pytest.raises(asyncio.CancelledError):
        await polling.poll(after)
    seconds = time.monotonic() - began
    async with session() as s:
        stored = set(await s.scalars(select(Update.update_id).where(Update.update_id > 0)))
        discards = set(await s.scalars(select(Update.discard).distinct())) - {None}
        bare = await s.scalar(text("select count(*) from updates where kind = 'unreadable'"))
        turns_due = (
            await s.execute(
                select(Update.id, Chat.kind)
                .join(Chat, Chat.id == Update.chat_id)
                .where(Update.state == "pending")
                .order_by(Update.id)
            )
        ).all()
    assert {number for number, _ in texts} <= stored
    assert discards <= DISCARDS
    sample = turns_due[:: max(1, TURN_EVERY)]
    for update_id, kind in sample:
        take = turns.take if kind == "private" else desk_group.take
        # A bundle that failed twice is taken apart, and each of its messages has two tries of its own.
        for _ in range(4):
            with contextlib.suppress(turns.TurnFailed, desk_group.GroupTurnFailed):
                await take(update=update_id)
            async with session() as s:
                if await s.scalar(select(Update.state).where(Update.id == update_id)) != "pending":
                    break
    async with session() as s:
        ids = [update_id for update_id, _ in sample]
        ended = (await s.execute(select(Update.state, Update.error).where(Update.id.in_(ids)))).all()
        states = collections.Counter(state for state, _ in ended)
    slowest = max(slow)
    with capsys.disabled():
        print(
            f"\n{COUNT} odd updates, seed {SEED}: stored all in {seconds:.0f} s ({bare} that cannot be parsed), "
            f"slowest {slowest[0] * 1000:.0f} ms; turns {dict(states)}"
        )
    # Set aside, with somebody told, is an end too; nothing else but an answer is.
    assert set(states) <= {"done", "dead"}
    assert states["dead"] < 0.1 * len(sample), collections.Counter(error for _, error in ended)


@pytest.fixture
async def webhook(database: str) -> AsyncIterator[httpx.AsyncClient]:
    """The webhook, called with its secret."""

    async def after(*_: Any) -> None:
        return None

    transport = httpx.ASGITransport(app=make_app("s", after))
    headers = {"X-Telegram-Bot-Api-Secret-Token": "s"}
    async with httpx.AsyncClient(transport=transport, base_url="http://webhook", headers=headers) as client:
        yield client


GOOD = odd_updates.written(11, odd_updates.RECORDED[0])


#: What may come, and whether it shows a number under which it can be kept.
BODIES = (
    (GOOD, True),
    ("\ufeff" + GOOD, True),
    (GOOD[:-1], True),
    (GOOD + "x", True),
    (GOOD.replace(":", "=", 3), False),
    ('{"update_id": 11, "message": ' + "9" * 6000 + "}", True),
    ('{"update_id": 11, "message": ' + "[" * 200_000, True),
    ('{"update_id": 11, "message": "' + "x" * (2 * MAX_BYTES) + '"}', True),
    ('{"update_id": 11, "message": NaN}', True),
    ("x" * (2 * MAX_BYTES), False),
    ('"update_id"', False),
    ("update_id=11", False),
    ('[{"update_id": 11}]', False),
)


async def test_by_webhook_nothing_loops_and_what_shows_its_number_is_kept(webhook: httpx.AsyncClient) -> None:
    for kind in ("application/json", "text/plain", "multipart/form-data", ""):
        for number, (body, stored) in enumerate(BODIES):
            answer = await webhook.post(PATH, content=body.encode(), headers={"Content-Type": kind} if kind else {})
            assert answer.status_code == 200, "anything else, and Telegram sends it again for ever"
            async with session() as s:
                kept = list(await s.scalars(select(Update.update_id)))
                assert kept == ([11] if stored else []), (kind, number)
                await s.execute(delete(Update))
                await s.commit()
    assert (await webhook.get("/healthz")).status_code == 200


async def test_by_webhook_only_a_post_is_a_call(webhook: httpx.AsyncClient) -> None:
    for method in ("GET", "PUT", "DELETE", "PATCH"):
        assert (await webhook.request(method, PATH)).status_code == 405
