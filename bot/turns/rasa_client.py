"""Asking Rasa: one message in, the parts of a reply out. Anything but a usable answer is NluUnavailable."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Coroutine, Iterable
from dataclasses import dataclass
from typing import Any

import httpx

from bot.errors import NluUnavailable
from bot.runtime import measure
from bot.runtime.circuit_breaker import Outage
from bot.runtime.http_client import client
from bot.settings import settings
from bot.storage import crypto
from bot.turns.rasa_servers import Servers, share
from nlu.rasa_server import inside
from nlu.understanding.reader import plain

#: Seconds within which both must answer to count as back.
ALIVE_SECONDS = 2.0


@dataclass(frozen=True)
class Part:
    """One part of a reply: a text key with its values, or a body rendered already (an answer with its source)."""

    text: str | None = None
    values: dict[str, Any] | None = None
    body: str | None = None
    #: Rows of (text key or label, callback data).
    buttons: tuple[tuple[tuple[str, str], ...], ...] = ()


_http: httpx.AsyncClient | None = None
_servers: Servers | None = None
_rasa = Outage()


def _client() -> httpx.AsyncClient:
    global _http
    if _http is None:
        _http = client(timeout=settings().nlu_timeout_seconds, connections=32)
    return _http


def _known() -> Servers:
    """The servers of the settings; which of them failed is remembered as long as this process lives."""
    global _servers
    addresses = settings().rasa_addresses
    if _servers is None or _servers.addresses != addresses:
        _servers = Servers(addresses)
    return _servers


async def ask(sender: str, text: str, metadata: dict[str, Any], *, trigger: str | None = None) -> list[Part]:
    """Send one message to Rasa. Raises NluUnavailable when it is slow, down, or answers nothing.

    With several servers the next one is asked when one fails; all of them together get the time of one.
    `trigger` is an intent of our own making (/answer_offer{...}), for a pressed button; never a worker's words.
    """
    if not _rasa.may_call(time.monotonic()):
        # It hangs: everybody would wait their five seconds for nothing, and those behind them longer and longer.
        raise NluUnavailable(reached=False)
    hung, nobody_there = False, 0
    given = {"sender": sender, "message": trigger or plain(text), "metadata": metadata}
    lang = measure.lang_label(metadata.get("heard"))
    shown = {inside.HEADER: crypto.inside_token()}
    known = _known()
    until = time.monotonic() + settings().nlu_timeout_seconds
    order = known.in_order(sender, time.monotonic())
    for place, address in enumerate(order, start=1):
        left = until - time.monotonic()
        try:
            # httpx counts its seconds from one byte to the next; a person waits for the whole of it.
            with measure.RASA_SECONDS.labels(lang).time():
                async with asyncio.timeout(share(left, len(order) - place)):
                    answer = await _client().post(f"{address}/webhooks/rest/webhook", json=given, headers=shown)
            answer.raise_for_status()
            parts = _parts(answer.json())
            _rasa.worked(time.monotonic())
        except (TimeoutError, httpx.TimeoutException) as problem:
            hung, parts = True, []
            nobody_there += isinstance(problem, httpx.ConnectTimeout)
        except (httpx.HTTPError, ValueError) as problem:
            parts = []
            nobody_there += isinstance(problem, httpx.ConnectError)
        if parts:
            known.answered(address)
            return parts
        known.failed(address, time.monotonic())
    if hung:
        _rasa.failed(time.monotonic())
    measure.RASA_FAILURES.labels(lang).inc()
    raise NluUnavailable(reached=nobody_there < len(order))


def _parts(found: object) -> list[Part]:
    """The parts of an answer; none when its action server is down: then Rasa says HTTP 200 with nothing in it."""
    items = found if isinstance(found, list) else []
    return [part for item in items if isinstance(item, dict) and (part := _part(item.get("custom"))) is not None]


def _part(custom: object) -> Part | None:
    if not isinstance(custom, dict) or not (custom.get("text") or custom.get("body") or custom.get("silent")):
        return None
    buttons = tuple(
        tuple((str(button["label"]), str(button["data"])) for button in row) for row in custom.get("buttons", ())
    )
    return Part(text=custom.get("text"), values=custom.get("args") or {}, body=custom.get("body"), buttons=buttons)


async def alive() -> bool:
    """True when a Rasa has a model loaded and an action server answers: without either, replies stay away."""
    config = settings()
    try:
        async with asyncio.timeout(ALIVE_SECONDS):
            models, actions = await asyncio.gather(
                _any(_has_model(address) for address in config.rasa_addresses),
                _any(_answers(f"{address}/health") for address in config.actions_addresses),
            )
        return models and actions
    except TimeoutError:
        return False


async def _any(questions: Iterable[Coroutine[Any, Any, bool]]) -> bool:
    """Whether one of them is true; the first such answer is enough."""
    tasks = [asyncio.ensure_future(question) for question in questions]
    try:
        for answer in asyncio.as_completed(tasks):
            if await answer:
                return True
        return False
    finally:
        for task in tasks:
            task.cancel()


async def _has_model(address: str) -> bool:
    try:
        status = await _client().get(f"{address}/status")
        return status.status_code == 200 and bool(status.json().get("model_file"))
    except (httpx.HTTPError, ValueError, AttributeError):
        return False


async def _answers(url: str) -> bool:
    try:
        return (await _client().get(url)).status_code == 200
    except httpx.HTTPError:
        return False
