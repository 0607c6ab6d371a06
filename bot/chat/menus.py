"""What Telegram itself shows of the bot: a neutral name, a dull description, the menu of commands by language."""

from __future__ import annotations

import asyncio
import datetime as dt
from typing import Final

from telegram import BotCommand, BotCommandScopeAllPrivateChats, error
from telegram.ext import ExtBot

from bot import log as logs
from bot import texts
from bot.outbox import bots
from bot.storage import jobs
from bot.texts import Lang
from nlu.text import languages

log = logs.get(__name__)

#: Pause before the menus are tried again while Telegram is away, in seconds.
AGAIN_SECONDS = 15.0
#: Commands of a private chat: ASCII word, text key of its description. Words are of the reader's language.
COMMANDS: Final[dict[Lang, tuple[tuple[str, str], ...]]] = {
    lang: tuple(one.commands.items()) for lang, one in languages.ANSWERED.items()
}


async def publish(bot: ExtBot[None]) -> None:
    """Set name, descriptions and menus until it works. A fault here never keeps the hotline from starting."""
    while True:
        try:
            await _publish(bot)
            return
        except error.RetryAfter as told:
            seconds = told.retry_after
            pause = seconds.total_seconds() if isinstance(seconds, dt.timedelta) else float(seconds)
        except error.BadRequest:
            # Asking again would get the same answer.
            log.warning("menus_refused")
            return
        except error.TelegramError as problem:
            log.warning("menus_not_set", error=type(problem).__name__)
            pause = AGAIN_SECONDS
        except Exception as problem:
            if not jobs.database_is_away(problem):
                raise
            pause = AGAIN_SECONDS
        await asyncio.sleep(pause)


async def _publish(bot: ExtBot[None]) -> None:
    """In every language, each with its own words."""
    await bots.remember_name((await bot.get_me()).username)
    scope = BotCommandScopeAllPrivateChats()
    for lang in texts.LANGS:
        commands = [BotCommand(word, texts.render(key, lang)) for word, key in COMMANDS[lang]]
        await bot.set_my_commands(commands, scope=scope, language_code=lang)
        await bot.set_my_name(texts.render("bot_name", lang), language_code=lang)
        await bot.set_my_description(texts.render("bot_description", lang), language_code=lang)
        await bot.set_my_short_description(texts.render("bot_short_description", lang), language_code=lang)
    # Everybody whose app speaks another language sees the menu of the default language.
    commands = [BotCommand(word, texts.render(key, languages.DEFAULT)) for word, key in COMMANDS[languages.DEFAULT]]
    await bot.set_my_commands(commands, scope=scope)
