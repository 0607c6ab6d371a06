"""Serving HTTP inside a process that handles its own signals."""

from __future__ import annotations

import asyncio
import socket

import uvicorn
from fastapi import FastAPI


async def serve(app: FastAPI, host: str, port: int, *, bound: socket.socket | None = None) -> None:
    """Serve until cancelled; then let open requests finish for a moment. No access log: addresses may hold secrets.

    `bound` is a socket that listens already, instead of host and port.
    """
    server = uvicorn.Server(
        uvicorn.Config(
            app, host=host, port=port, log_config=None, access_log=False, lifespan="off", timeout_graceful_shutdown=4
        )
    )
    # serve() would take over the signals of this process, which must end its own way.
    serving = asyncio.create_task(server._serve([bound] if bound is not None else None))
    try:
        await asyncio.shield(serving)
    except asyncio.CancelledError:
        server.should_exit = True
        await serving
        raise
