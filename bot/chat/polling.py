"""Polling: our own getUpdates loop with raw JSON. The offset moves only after the commit.

The offset follows Telegram's numbers, down as well as up. Source: Bot API, Update.update_id: "If there are no new
updates for at least a week, then identifier of the next update will be chosen randomly instead of sequentially."
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import httpx

from bot import log as logs
from bot.chat.intake import store
from bot.chat.parse_update import ALLOWED_UPDATES, Read, number_of, parsed, unreadable
from bot.runtime.http_client import client
from bot.settings import settings
from bot.watch import beats

log = logs.get(__name__)

#: Seconds Telegram holds a getUpdates open while there is nothing.
LONG_POLL_SECONDS = 25
#: Updates asked for at once. Source: Bot API, getUpdates.
BATCH = 100
#: Pauses while Telegram or the database is away, in seconds; the last one repeats.
BACKOFF_SECONDS = (0.2, 0.5, 1.0, 2.0, 4.0)


@dataclass
class _Progress:
    """How far polling is."""

    #: The number from which Telegram is asked; every update below it is confirmed by the next question.
    offset: int | None = None
    #: Questions in a row that failed.
    failures: int = 0
    #: Updates still to be taken one by one.
    one_by_one: int = 0


async def poll(
    after: Callable[[Read, dict[str, Any]], Awaitable[None]], may_ask: Callable[[], bool] = lambda: True
) -> None:
    """Take updates for ever. `after` runs once an update is committed (to answer a pressed button in time).

    `may_ask` is false while another process may be polling: Telegram would end that one's question with a conflict.
    """
    base = f"{settings().telegram_api_url.rstrip('/')}/bot{settings().token}"
    progress = _Progress()
    timeout = httpx.Timeout(LONG_POLL_SECONDS + 10, connect=5)
    async with client(timeout=timeout, connections=2, proxies=True) as http:
        while True:
            if not may_ask():
                await asyncio.sleep(BACKOFF_SECONDS[0])
                continue
            try:
                await _take(http, base, progress, after)
            except asyncio.CancelledError:
                raise
            except Unparsable:
                # One of them is to blame: taken one by one, the others pass and it is stored as it is.
                progress.one_by_one = BATCH
            except Exception as problem:
                # An offset that Telegram refuses would be refused for ever. Without one nothing more is confirmed.
                progress.offset = None if _refused(problem) else progress.offset
                pause = BACKOFF_SECONDS[min(progress.failures, len(BACKOFF_SECONDS) - 1)]
                progress.failures += 1
                code = getattr(getattr(problem, "orig", None), "sqlstate", None)
                log.warning("intake_waits", seconds=pause, error=type(problem).__name__, sqlstate=code)
                await asyncio.sleep(pause)


async def _take(
    http: httpx.AsyncClient,
    base: str,
    progress: _Progress,
    after: Callable[[Read, dict[str, Any]], Awaitable[None]],
) -> None:
    """Ask once and store what comes. What is stored counts in the progress, also when a later update raises."""
    before = progress.offset
    batch = await _updates(http, base, progress.offset, 1 if progress.one_by_one else BATCH)
    # In the order of their numbers, whatever order they came in: a number confirms all below it, so a later update
    # stored first would confirm an earlier one that the database then refuses.
    for raw in sorted(batch, key=lambda raw: number_of(raw) or 0):
        got = await store(raw)
        if (update_id := number_of(raw)) is not None:
            # Confirmed to Telegram by the next call, after the commit above.
            progress.offset = update_id + 1
        if got is not None:
            await after(got, raw)
    progress.failures, progress.one_by_one = 0, max(0, progress.one_by_one - len(batch))
    beats.answered()
    if not batch:
        # All below the offset is confirmed. Without one Telegram begins with the oldest update that is not, whatever
        # number it has.
        progress.offset = None
    elif progress.offset == before:
        # Nothing in it had a number to confirm: asking again at once would get the same for ever.
        await asyncio.sleep(BACKOFF_SECONDS[-1])


class Unparsable(Exception):
    """An answer with several updates that cannot be parsed."""


def _refused(problem: Exception) -> bool:
    """Whether Telegram found the question itself wrong."""
    return isinstance(problem, httpx.HTTPStatusError) and problem.response.status_code == 400


async def _updates(http: httpx.AsyncClient, base: str, offset: int | None, limit: int) -> list[dict[str, Any]]:
    """One getUpdates call. Raises on anything but a good answer."""
    question: dict[str, Any] = {"timeout": LONG_POLL_SECONDS, "allowed_updates": ALLOWED_UPDATES, "limit": limit}
    if offset is not None:
        question["offset"] = offset
    answer = await http.post(f"{base}/getUpdates", json=question)
    if answer.status_code == 429:
        with contextlib.suppress(ValueError, TypeError, KeyError):
            await asyncio.sleep(float(answer.json()["parameters"]["retry_after"]))
    answer.raise_for_status()
    try:
        result = parsed(answer.content)["result"]
    except ValueError:
        if (kept := unreadable(answer.content)) is None:
            raise
        if limit > 1:
            raise Unparsable from None
        return [kept]
    return [item if isinstance(item, dict) else {} for item in result] if isinstance(result, list) else []
