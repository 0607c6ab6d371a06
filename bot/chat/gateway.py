"""The Telegram gateway process: intake by polling or webhook, pressed buttons answered in time, menus."""

from __future__ import annotations

import asyncio
import datetime as dt
import time
from collections.abc import Callable
from typing import Any

from telegram import error

from bot import log as logs
from bot.chat import intake, menus, tls
from bot.chat.parse_update import ALLOWED_UPDATES, Read
from bot.chat.polling import poll
from bot.chat.webhook import PATH, make_app
from bot.errors import SettingInvalid
from bot.outbox.telegram import bot_id, make_bot
from bot.runtime.http_server import serve, shared_socket
from bot.settings import settings
from bot.storage import session
from bot.storage.lease import Lease
from bot.watch import beats

log = logs.get(__name__)

#: Longest pause before a call of the start is tried again: until it goes through no message is taken.
AGAIN_SECONDS = 2.0
#: Seconds between questions to Telegram whether it reaches us, and for which a failed delivery counts against it.
WEBHOOK_LOOK_SECONDS, WEBHOOK_ERROR_SECONDS = 30.0, 120.0

_asked_at = float("-inf")
_pending: set[asyncio.Task[None]] = set()


async def run(ready: Callable[[], None]) -> None:
    """Take updates until cancelled; calls `ready` once Telegram knows where to bring them."""
    config = settings()
    bot = make_bot()
    intake.blame()

    async def after(got: Read, raw: dict[str, Any]) -> None:
        """Stop a pressed button's little clock at once. What it does follows in its turn."""
        if got.callback_id is None or got.chat_type != "private":
            return
        task = asyncio.create_task(_answer(got.callback_id))
        _pending.add(task)
        task.add_done_callback(_pending.discard)

    async def _answer(callback_id: str) -> None:
        try:
            await bot.answer_callback_query(callback_id)
        except error.TelegramError:
            log.info("button_answer_late")

    publishing = asyncio.create_task(menus.publish(bot))
    look = (lambda: _brings_updates(bot)) if config.telegram_webhook_url else None
    beating = asyncio.create_task(beats.keep("chat", look))
    try:
        if config.telegram_webhook_url:
            await _serve_webhook(bot, after, ready)
        else:
            await _poll_in_turn(bot, after, ready)
    finally:
        publishing.cancel()
        beating.cancel()


async def _poll_in_turn(bot: Any, after: Any, ready: Callable[[], None]) -> None:
    """Poll while no other gateway does; stand by while one does. Telegram answers two at once with conflicts."""
    lease = Lease(f"poller:{bot_id()}", "chat")
    said: list[bool] = []

    async def work() -> None:
        await _until_it_works("webhook_removed", lambda: bot.delete_webhook())
        log.info("polling")
        said.clear()
        ready()
        await poll(after, lease.valid)

    def standing_by() -> None:
        if not said:
            said.append(True)
            log.info("standing_by")
            ready()

    await lease.hold(work, standing_by)


async def _serve_webhook(bot: Any, after: Any, ready: Callable[[], None]) -> None:
    """Take calls. Every gateway names the same address and secret to Telegram; none takes them back when it ends."""
    config = settings()
    assert config.telegram_webhook_url is not None
    url = config.telegram_webhook_url.rstrip("/")
    given = config.telegram_webhook_secret
    secret = given.get_secret_value() if given else await session.webhook_secret()
    certificate = tls.read(config)
    context = tls.server_context(certificate) if certificate else None
    async with asyncio.TaskGroup() as group:
        group.create_task(
            serve(
                make_app(secret, after),
                config.webhook_host,
                config.webhook_port,
                tls=context,
                # Several gateways on one machine stand behind one port.
                bound=shared_socket(config.webhook_host, config.webhook_port) if config.gateways > 1 else None,
            )
        )
        await _until_it_works(
            "webhook_set",
            lambda: bot.set_webhook(
                url if url.endswith(PATH) else url + PATH,
                certificate=certificate.path if certificate and certificate.self_signed else None,
                secret_token=secret,
                allowed_updates=ALLOWED_UPDATES,
            ),
        )
        ready()


async def _until_it_works(event: str, call: Any) -> None:
    """Repeat a call to Telegram until it goes through: it may be away when we start."""
    pause = 0.5
    while True:
        try:
            await call()
            log.info(event)
            return
        except error.InvalidToken:
            raise SettingInvalid(
                "Telegram refuses TELEGRAM_BOT_TOKEN. Copy it again from @BotFather, then start again."
            ) from None
        except error.TelegramError as problem:
            log.warning("telegram_away", error=type(problem).__name__, seconds=pause)
            await asyncio.sleep(pause)
            pause = min(pause * 2, AGAIN_SECONDS)


async def _brings_updates(bot: Any) -> bool:
    """By webhook a quiet night and a broken proxy look the same from here: Telegram is asked, twice a minute."""
    global _asked_at
    if time.monotonic() - _asked_at < WEBHOOK_LOOK_SECONDS:
        return False
    _asked_at = time.monotonic()
    try:
        info = await bot.get_webhook_info()
    except error.TelegramError:
        return False
    failed = info.last_error_date
    recent = failed is not None and dt.datetime.now(dt.UTC) - failed < dt.timedelta(seconds=WEBHOOK_ERROR_SECONDS)
    return bool(info.url) and not (info.pending_update_count and recent)
