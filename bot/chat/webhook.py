"""Webhook: a route of our own with raw JSON. The 200 goes out only after the commit."""

from __future__ import annotations

import hmac
from collections.abc import Awaitable, Callable
from typing import Any

from fastapi import FastAPI, Request, Response

from bot import log as logs
from bot.chat.intake import store
from bot.chat.parse_update import Read, parsed, unreadable
from bot.watch import beats

log = logs.get(__name__)

#: Largest update we read. Telegram's are far smaller.
MAX_BYTES = 4 * 1024 * 1024
PATH = "/telegram"


def make_app(secret: str, after: Callable[[Read, dict[str, Any]], Awaitable[None]]) -> FastAPI:
    """The webhook server. `after` runs once an update is committed."""
    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None)

    @app.post(PATH)
    async def take(request: Request) -> Response:
        given = request.headers.get("X-Telegram-Bot-Api-Secret-Token", "")
        if not hmac.compare_digest(given.encode(), secret.encode()):
            return Response(status_code=403)
        try:
            raw = parsed(body := await _beginning(request))
        except ValueError:
            # Telegram would send it again for ever: what shows a number is kept as it is, the rest is no update.
            log.warning("not_json")
            raw = unreadable(body)
        if not isinstance(raw, dict):
            return Response(status_code=200)
        try:
            got = await store(raw)
        except Exception as problem:
            # Not stored, so not confirmed: Telegram keeps it and tries again.
            log.warning("intake_refuses", error=type(problem).__name__)
            return Response(status_code=503)
        beats.answered()
        if got is not None:
            await after(got, raw)
        return Response(status_code=200)

    @app.get("/healthz")
    async def healthz() -> dict[str, str]:
        return {"status": "ok"}

    return app


async def _beginning(request: Request) -> bytes:
    """The body, or its first `MAX_BYTES`: what is cut there can be parsed no more, and is kept as it is."""
    body = bytearray()
    async for piece in request.stream():
        body += piece[: MAX_BYTES - len(body)]
        if len(body) == MAX_BYTES:
            break
    return bytes(body)
