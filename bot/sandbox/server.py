"""Puts the sandbox together: Bot API, control API and the page in one application."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from pathlib import Path
from types import FrameType
from urllib.parse import urlsplit

import uvicorn
from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Receive, Scope, Send

from bot.sandbox.api import BotApi
from bot.sandbox.config import SandboxConfig, is_loopback
from bot.sandbox.control import control_router, on_not_possible
from bot.sandbox.errors import ApiError, NotPossible
from bot.sandbox.state import World

STATIC = Path(__file__).with_name("static")


class LocalOnly:
    """Refuses requests a web page elsewhere might make through the visitor's browser to this port."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let through what names this machine as host and, if a browser sent it, as origin."""
        if scope["type"] == "http":
            headers = {k.decode("latin-1"): v.decode("latin-1") for k, v in scope["headers"]}
            hosts = [urlsplit(f"//{headers.get('host', '')}").hostname]
            if "origin" in headers:
                hosts.append(urlsplit(headers["origin"]).hostname)
            if not all(host and (is_loopback(host) or host == "testserver") for host in hosts):
                await JSONResponse({"detail": "this sandbox serves its own machine only"}, 403)(scope, receive, send)
                return
        await self._app(scope, receive, send)


def create_app(config: SandboxConfig | None = None) -> FastAPI:
    """The application; its `state.world` is the emulated Telegram."""
    world = World(config or SandboxConfig())
    api = BotApi(world)

    @contextlib.asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        yield
        world.close()
        await world.webhook.stop()

    app = FastAPI(title="Sandbox", docs_url=None, redoc_url=None, openapi_url=None, lifespan=lifespan)
    app.state.world = world
    app.add_middleware(LocalOnly)
    app.add_exception_handler(NotPossible, on_not_possible)
    app.add_exception_handler(ApiError, on_not_possible)
    app.include_router(control_router(world))
    app.add_route("/bot{token}/{method}", api.call, methods=["GET", "POST"])
    app.add_route("/file/bot{token}/{path:path}", api.download, methods=["GET"])
    app.mount("/static", StaticFiles(directory=STATIC), name="static")
    app.add_route("/", _page, methods=["GET"])
    return app


async def _page(_: Request) -> Response:
    return FileResponse(STATIC / "index.html")


def serve(config: SandboxConfig, host: str, port: int) -> None:
    """Run until interrupted. Raises ValueError for an address other machines could reach."""
    if not is_loopback(host):
        raise ValueError("the sandbox has no passwords, so it listens on this machine only (127.0.0.1, ::1, localhost)")
    app = create_app(config)
    # Access lines would carry the token, and the sandbox's log is nobody's evidence: warnings only.
    server_config = uvicorn.Config(
        app, host=host, port=port, log_level="warning", access_log=False, timeout_graceful_shutdown=1
    )
    _Server(server_config, app.state.world).run()


class _Server(uvicorn.Server):
    """Ends long polls and event streams first; uvicorn would wait for them, then end them with a traceback."""

    def __init__(self, config: uvicorn.Config, world: World) -> None:
        super().__init__(config)
        self._world = world

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """On Ctrl-C and on a termination signal."""
        self._world.close()
        super().handle_exit(sig, frame)
