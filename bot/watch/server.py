"""The worker's small HTTP server: /healthz, /readyz, /metrics. On loopback unless told otherwise, and read-only."""

from __future__ import annotations

import asyncio
import socket
from pathlib import Path

from fastapi import FastAPI, Response
from fastapi.responses import JSONResponse
from prometheus_client import CONTENT_TYPE_LATEST

from bot import log as logs
from bot.runtime.http_server import serve
from bot.settings import settings
from bot.turns import rasa_client
from bot.watch import metrics, rules, snapshot
from bot.watch.rules import Finding
from bot.watch.snapshot import Snapshot

log = logs.get(__name__)

#: Seconds the database has to answer a look.
PATIENCE_SECONDS = 5.0
#: Ports tried after the wanted one: several workers on one machine stand side by side.
NEXT_PORTS = 16


def make_app(measures: Path) -> FastAPI:
    """The three pages. `measures` is where the turns write what they measure (bot/runtime/measure.py)."""
    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None)
    # Whoever asks too often waits for the one before; the database is asked once at a time.
    turn = asyncio.Lock()

    @app.get("/healthz")
    async def healthz() -> dict[str, str]:
        return {"status": "ok"}

    @app.get("/readyz")
    async def readyz() -> JSONResponse:
        async with turn:
            found = await ready()
        well = all(one.ok for one in found)
        checks = {one.name: {"ok": one.ok, "detail": one.detail} for one in found}
        return JSONResponse({"ready": well, "checks": checks}, status_code=200 if well else 503)

    @app.get("/metrics")
    async def page() -> Response:
        async with turn:
            now = await _look()
        return Response(metrics.page(now, settings().hotline_home, measures), media_type=CONTENT_TYPE_LATEST)

    return app


async def ready() -> list[Finding]:
    """Whether a message that arrives now would be answered, part by part."""
    now, rasa = await asyncio.gather(_look(), rasa_client.alive())
    if now is None:
        answer = "answers" if rasa else "does not answer"
        return [Finding("database", False, "does not answer"), Finding("rasa", rasa, answer)]
    room = snapshot.disk(settings().hotline_home) if settings().database is None else None
    full = room is not None and room[0] < rules.FULL_BYTES
    # On a full disk our own database still reads: it answers, and stores nothing.
    database = Finding("database", not full, "its disk is full" if full else "answers")
    return [database, *rules.parts(now, rasa=rasa)]


async def _look() -> Snapshot | None:
    """How things stand; None while the database is away."""
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            return await snapshot.take()
    except Exception as problem:
        log.warning("look_failed", error=type(problem).__name__)
        return None


def bind(host: str, port: int) -> socket.socket:
    """A listening socket on the wanted port, else on one of the next, else on any. Raises OSError for a wrong host."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    for candidate in (*range(port, min(port + NEXT_PORTS, 65536)), 0):
        bound = socket.socket(family, socket.SOCK_STREAM)
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            bound.bind((host, candidate))
            bound.listen(32)
        except OSError:
            bound.close()
            if candidate == 0:
                raise
            continue
        bound.setblocking(False)
        return bound
    raise AssertionError("unreachable")


async def run(measures: Path) -> None:
    """Serve until cancelled. People are answered even when nobody can watch: a wrong address ends nothing."""
    host, port = settings().watch_host, settings().watch_port
    try:
        bound = bind(host, port)
    except OSError as problem:
        log.error("watch_unavailable", error=type(problem).__name__, setting="WATCH_HOST")
        return
    log.info("watch_listens", host=host, port=bound.getsockname()[1])
    try:
        await serve(make_app(measures), host, port, bound=bound)
    except Exception as problem:
        log.error("watch_ended", error=type(problem).__name__)
    finally:
        bound.close()
