"""The Telegram gateway process: intake by polling or webhook, pressed buttons answered in time, menus."""

from __future__ import annotations

import asyncio
import datetime as dt
import secrets
import time
from collections.abc import Callable
from typing import Any

from telegram import error

from bot import log as logs
from bot.chat import intake, menus
from bot.chat.polling import poll
from bot.chat.reading import ALLOWED_UPDATES, Read
from bot.chat.webhook import PATH, make_app
from bot.errors import SettingInvalid
from bot.outbox.telegram import make_bot
from bot.serve import serve
from bot.settings import settings
from bot.watch import beats

log = logs.get(__name__)

#: Seconds between questions to Telegram whether it reaches us, and for which a failed delivery counts against it.
WEBHOOK_LOOK_SECONDS, WEBHOOK_ERROR_SECONDS = 30.0, 120.0

_asked_at = float("-inf")
_pending: set[asyncio.Task[None]] = set()


async def run(ready: Callable[[], None]) -> None:
    """Take updates until cancelled; calls `ready` once Telegram knows where to bring them."""
    config = settings()
    bot = make_bot()
    intake.blame()
    intake.warm()

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
            secret = (
                config.telegram_webhook_secret.get_secret_value()
                if config.telegram_webhook_secret
                else secrets.token_urlsafe(32)
            )
            await _serve_webhook(bot, secret, after, ready)
        else:
            await _until_it_works("webhook_removed", lambda: bot.delete_webhook())
            log.info("polling")
            ready()
            await poll(after)
    finally:
        publishing.cancel()
        beating.cancel()


async def _serve_webhook(bot: Any, secret: str, after: Any, ready: Callable[[], None]) -> None:
    config = settings()
    assert config.telegram_webhook_url is not None
    url = config.telegram_webhook_url.rstrip("/")
    async with asyncio.TaskGroup() as group:
        group.create_task(serve(make_app(secret, after), config.webhook_host, config.webhook_port))
        await _until_it_works(
            "webhook_set",
            lambda: bot.set_webhook(
                url if url.endswith(PATH) else url + PATH, secret_token=secret, allowed_updates=ALLOWED_UPDATES
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
            pause = min(pause * 2, 30)


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
