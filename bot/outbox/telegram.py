"""The one client through which everything is sent: python-telegram-bot at TELEGRAM_API_URL."""

from __future__ import annotations

import warnings

from telegram.ext import ExtBot
from telegram.request import HTTPXRequest

from bot.runtime.http_client import Transport
from bot.settings import Settings, settings

# Every row names its method, so that one way of sending serves them all; the library would rather have its own methods.
warnings.filterwarnings("ignore", message=r"Please use 'Bot\.")

#: Seconds to wait for Telegram's answer to a call; file uploads get longer.
CALL_SECONDS = 10.0
UPLOAD_SECONDS = 60.0
#: Calls at once.
CONNECTIONS = 64

_bot: ExtBot[None] | None = None


def make_bot(config: Settings | None = None) -> ExtBot[None]:
    """A client for this installation's token. `async with make_bot() as bot:` opens and closes its connections."""
    config = config or settings()
    base = config.telegram_api_url.rstrip("/")
    request = HTTPXRequest(
        connection_pool_size=CONNECTIONS,
        connect_timeout=5.0,
        read_timeout=CALL_SECONDS,
        write_timeout=CALL_SECONDS,
        media_write_timeout=UPLOAD_SECONDS,
        pool_timeout=5.0,
        httpx_kwargs={"transport": Transport(CONNECTIONS, proxies=True)},
    )
    return ExtBot(
        token=config.token, base_url=f"{base}/bot", base_file_url=f"{base}/file/bot", request=request, local_mode=False
    )


def client() -> ExtBot[None]:
    """The client of this process, made once. It opens its connections when first used."""
    global _bot
    if _bot is None:
        _bot = make_bot()
    return _bot


def bot_id(config: Settings | None = None) -> int:
    """The bot's own id: the number before the colon of its token. Not a secret."""
    return int((config or settings()).token.partition(":")[0])
