"""Webhook: a route of our own with raw JSON. The 200 goes out only after the commit."""

from __future__ import annotations

import hmac
import json
from collections.abc import Awaitable, Callable
from typing import Any

from fastapi import FastAPI, Request, Response

from bot import log as logs
from bot.chat.intake import store
from bot.chat.reading import Read

log = logs.get(__name__)

#: Largest update we read. Telegram's are far smaller; more is not Telegram.
MAX_BYTES = 1024 * 1024
PATH = "/telegram"


def make_app(secret: str, after: Callable[[Read, dict[str, Any]], Awaitable[None]]) -> FastAPI:
    """The webhook server. `after` runs once an update is committed."""
    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None)

    @app.post(PATH)
    async def take(request: Request) -> Response:
        given = request.headers.get("X-Telegram-Bot-Api-Secret-Token", "")
        if not hmac.compare_digest(given.encode(), secret.encode()):
            return Response(status_code=403)
        body = await request.body()
        if len(body) > MAX_BYTES:
            return Response(status_code=413)
        try:
            raw = json.loads(body)
        except (ValueError, RecursionError):
            # Telegram would send it again for ever; it is no update.
            log.warning("not_json")
            return Response(status_code=200)
        if not isinstance(raw, dict):
            return Response(status_code=200)
        try:
            got = await store(raw)
        except Exception as problem:
            # Not stored, so not confirmed: Telegram keeps it and tries again.
            log.warning("intake_refuses", error=type(problem).__name__)
            return Response(status_code=503)
        if got is not None:
            await after(got, raw)
        return Response(status_code=200)

    @app.get("/healthz")
    async def healthz() -> dict[str, str]:
        return {"status": "ok"}

    return app
