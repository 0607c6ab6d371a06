"""Serving HTTP inside a process that handles its own signals."""

from __future__ import annotations

import asyncio
import socket
import ssl

import uvicorn
from fastapi import FastAPI


async def serve(
    app: FastAPI, host: str, port: int, *, bound: socket.socket | None = None, tls: ssl.SSLContext | None = None
) -> None:
    """Serve until cancelled; then let open requests finish for a moment. No access log: addresses may hold secrets.

    `bound` is a socket that is bound already, instead of host and port.
    """
    config = uvicorn.Config(
        app, host=host, port=port, log_config=None, access_log=False, lifespan="off", timeout_graceful_shutdown=4
    )
    config.load()
    config.ssl = tls
    server = uvicorn.Server(config)
    # serve() would take over the signals of this process, which must end its own way.
    serving = asyncio.create_task(server._serve([bound] if bound is not None else None))
    try:
        await asyncio.shield(serving)
    except asyncio.CancelledError:
        server.should_exit = True
        await serving
        raise


def shared_socket(host: str, port: int) -> socket.socket:
    """A socket on a port on which other processes of this user on this machine listen too: the kernel deals out."""
    bound = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    bound.bind((host, port))
    return bound
