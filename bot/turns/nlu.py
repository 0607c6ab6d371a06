"""Asking Rasa: one message in, the parts of a reply out. Anything but a usable answer is NluUnavailable."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import httpx

from bot.errors import NluUnavailable
from bot.settings import settings


@dataclass(frozen=True)
class Part:
    """One part of a reply: a text key with its values, or a body that is rendered already (an answer with its source)."""

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
    """A worker's text as Rasa may see it: a leading slash would be taken for an intent and is dropped."""
    return text.strip().lstrip("/\uff0f ").strip()


async def ask(sender: str, text: str, metadata: dict[str, Any], *, trigger: str | None = None) -> list[Part]:
    """Send one message to Rasa. Raises NluUnavailable when it is slow, down, or answers nothing.

    `trigger` is an intent of our own making (/answer_offer{...}), for a pressed button; never a worker's words.
    """
    try:
        answer = await _client().post(
            f"{rasa_url()}/webhooks/rest/webhook",
            json={"sender": sender, "message": trigger or plain(text), "metadata": metadata},
        )
        answer.raise_for_status()
        found = answer.json()
    except (httpx.HTTPError, ValueError):
        raise NluUnavailable() from None
    parts = [part for item in found if isinstance(item, dict) and (part := _part(item.get("custom"))) is not None]
    if not parts:
        # HTTP 200 with nothing in it is what Rasa says when its action server is down.
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
    """True when Rasa has a model loaded and its action server answers: a whole parse, not a ping."""
    try:
        answer = await _client().get(f"{rasa_url()}/status", timeout=2)
        return answer.status_code == 200 and bool(answer.json().get("model_file"))
    except (httpx.HTTPError, ValueError):
        return False
