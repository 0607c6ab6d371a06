"""Asking Rasa: one message in, the parts of a reply out. Anything but a usable answer is NluUnavailable."""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass
from typing import Any

import httpx

from bot import measure
from bot.errors import NluUnavailable
from bot.settings import settings

#: What would make Rasa take a text for an intent, however it is spaced.
LEADING = re.compile(r"^[\s/\uff0f\u200b-\u200f\ufeff]+")
#: Characters of a message that Rasa sees: Telegram's own bound.
LONGEST = 4096
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


def _client() -> httpx.AsyncClient:
    global _http
    if _http is None:
        _http = httpx.AsyncClient(timeout=settings().nlu_timeout_seconds, limits=httpx.Limits(max_connections=32))
    return _http


def rasa_url() -> str:
    return (settings().rasa_url or f"http://{settings().nlu_host}:{settings().nlu_port}").rstrip("/")


def plain(text: str) -> str:
    """A worker's text as Rasa may see it: a leading slash would be taken for an intent and is dropped.

    Half characters of a broken client cannot be sent, and no message of Telegram is longer than this.
    """
    sendable = text[:LONGEST].encode("utf-8", "replace").decode("utf-8").replace("\0", " ")
    return LEADING.sub("", sendable).strip()


async def ask(sender: str, text: str, metadata: dict[str, Any], *, trigger: str | None = None) -> list[Part]:
    """Send one message to Rasa. Raises NluUnavailable when it is slow, down, or answers nothing.

    `trigger` is an intent of our own making (/answer_offer{...}), for a pressed button; never a worker's words.
    """
    try:
        # httpx counts its seconds from one byte to the next; a person waits for the whole of it.
        with measure.RASA_SECONDS.time():
            async with asyncio.timeout(settings().nlu_timeout_seconds):
                answer = await _client().post(
                    f"{rasa_url()}/webhooks/rest/webhook",
                    json={"sender": sender, "message": trigger or plain(text), "metadata": metadata},
                )
        answer.raise_for_status()
        found = answer.json()
    except (httpx.HTTPError, TimeoutError, ValueError):
        measure.RASA_FAILURES.inc()
        raise NluUnavailable() from None
    items = found if isinstance(found, list) else []
    parts = [part for item in items if isinstance(item, dict) and (part := _part(item.get("custom"))) is not None]
    if not parts:
        # HTTP 200 with nothing in it is what Rasa says when its action server is down.
        measure.RASA_FAILURES.inc()
        raise NluUnavailable()
    return parts


def _part(custom: object) -> Part | None:
    if not isinstance(custom, dict) or not (custom.get("text") or custom.get("body") or custom.get("silent")):
        return None
    buttons = tuple(
        tuple((str(button["label"]), str(button["data"])) for button in row) for row in custom.get("buttons", ())
    )
    return Part(text=custom.get("text"), values=custom.get("args") or {}, body=custom.get("body"), buttons=buttons)


async def alive() -> bool:
    """True when Rasa has a model loaded and its action server answers: without either, replies stay away."""
    config = settings()
    actions = config.actions_url or f"http://{config.actions_host}:{config.actions_port}"
    try:
        async with asyncio.timeout(ALIVE_SECONDS):
            status, health = await asyncio.gather(
                _client().get(f"{rasa_url()}/status"), _client().get(f"{actions.rstrip('/')}/health")
            )
        return health.status_code == status.status_code == 200 and bool(status.json().get("model_file"))
    except (httpx.HTTPError, TimeoutError, ValueError, AttributeError):
        return False
