"""Posting updates to the bot's webhook: in order per chat, again and again until it answers 2xx."""

from __future__ import annotations

import asyncio
import contextlib
import json
import re
import ssl
import time
from dataclasses import dataclass
from urllib.parse import urlsplit

import httpx

from bot.sandbox.config import is_loopback
from bot.sandbox.errors import bad_request
from bot.sandbox.model import Json
from bot.sandbox.updates import Pending, UpdateQueue

#: Longest wait between two attempts. Source: tdlib/telegram-bot-api WebhookActor.h, WEBHOOK_MAX_RESEND_TIMEOUT.
MAX_BACKOFF_SECONDS = 60.0


@dataclass(frozen=True)
class Target:
    """Where updates go."""

    url: str
    secret_token: str
    max_connections: int
    #: The certificate that was uploaded, in PEM form; without one the authorities of this machine are trusted.
    certificate: str | None = None

    def trust(self) -> ssl.SSLContext:
        """What a https webhook has to prove, the host name included. Raises ssl.SSLError for a wrong certificate."""
        return ssl.create_default_context(cadata=self.certificate)


def check_target(url: str, secret_token: str, max_connections: int, certificate: bytes | None = None) -> Target:
    """The webhook asked for. Raises ApiError. Plain http is accepted, other machines are not: this is a sandbox."""
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise bad_request("bad webhook: An HTTPS URL must be provided for webhook")
    if not is_loopback(parts.hostname):
        raise bad_request("bad webhook: the sandbox posts to this machine only")
    if len(secret_token) > 256:
        raise bad_request("secret token is too long")
    if not re.fullmatch(r"[A-Za-z0-9_-]*", secret_token):
        raise bad_request("secret token contains unallowed characters")
    try:
        target = Target(url, secret_token, max_connections, certificate.decode("ascii") if certificate else None)
        target.trust()
    except (ssl.SSLError, ValueError):
        raise bad_request("bad webhook: Failed to load certificate") from None
    return target


class Webhook:
    """The webhook and the task that feeds it."""

    def __init__(self, queue: UpdateQueue, backoff_scale: float = 1.0) -> None:
        self._queue = queue
        self._scale = backoff_scale
        self.target: Target | None = None
        self.last_error: tuple[int, str] | None = None
        self._task: asyncio.Task[None] | None = None

    async def set(self, target: Target | None) -> None:
        """Start posting to a target, or stop with None."""
        await self.stop()
        self.target = target
        self.last_error = None
        if target is not None:
            self._queue.interrupt("Conflict: terminated by setWebhook request")
            self._task = asyncio.create_task(self._run(target))

    async def stop(self) -> None:
        """End the posting task."""
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
            self._task = None

    def info(self) -> Json:
        """The Bot API's WebhookInfo."""
        info: Json = {
            "url": self.target.url if self.target else "",
            "has_custom_certificate": bool(self.target and self.target.certificate),
            "pending_update_count": len(self._queue.pending),
        }
        if self.last_error is not None:
            info["last_error_date"], info["last_error_message"] = self.last_error
        if self.target is not None:
            info |= {"max_connections": self.target.max_connections, "ip_address": "127.0.0.1"}
        if self._queue.allowed is not None:
            info["allowed_updates"] = sorted(self._queue.allowed)
        return info

    async def _run(self, target: Target) -> None:
        headers = {"Content-Type": "application/json"}
        if target.secret_token:
            headers["X-Telegram-Bot-Api-Secret-Token"] = target.secret_token
        # A fresh connection a call, so that gateways which share an address all get some.
        limits = httpx.Limits(max_keepalive_connections=0)
        async with httpx.AsyncClient(verify=target.trust(), limits=limits, timeout=60.0, trust_env=False) as client:
            while True:
                arrived = self._queue.arrived
                item, wait = self._queue.next_for_webhook(time.monotonic())
                if item is None:
                    with contextlib.suppress(TimeoutError):
                        await asyncio.wait_for(arrived.wait(), wait)
                    continue
                await self._post(client, target, headers, item)

    async def _post(self, client: httpx.AsyncClient, target: Target, headers: dict[str, str], item: Pending) -> None:
        retry_after = 0.0
        try:
            answer = await client.post(target.url, content=json.dumps(item.body), headers=headers)
            if answer.is_success:
                self._queue.delivered(item)
                return
            error = f"Wrong response from the webhook: {answer.status_code} {answer.reason_phrase}"
            with contextlib.suppress(ValueError):
                retry_after = float(answer.headers.get("Retry-After", "0"))
        except httpx.HTTPError as problem:
            error = "Webhook connection closed"
            if "CERTIFICATE_VERIFY_FAILED" in str(problem):
                error = "SSL error {error:0A000086:SSL routines::certificate verify failed}"
        self.last_error = (int(time.time()), error)
        # The first retry is immediate, then 2, 4, 8 ... seconds, as WebhookActor does.
        wait = retry_after or (0.0 if item.fails == 0 else min(2.0**item.fails, MAX_BACKOFF_SECONDS))
        item.fails += 1
        item.not_before = time.monotonic() + wait * self._scale
