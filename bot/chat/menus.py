"""What Telegram itself shows of the bot: a neutral name, a dull description, the menu of commands by language."""

from __future__ import annotations

from typing import Final

from telegram import BotCommand, BotCommandScopeAllPrivateChats, error
from telegram.ext import ExtBot

from bot import log as logs
from bot import texts
from bot.texts import Lang

log = logs.get(__name__)

#: Commands of a private chat: ASCII word, text key of its description. Words are of the reader's language.
COMMANDS: Final[dict[Lang, tuple[tuple[str, str], ...]]] = {
    "id": (
        ("mulai", "menu_start"),
        ("bantuan", "menu_help"),
        ("petugas", "menu_person"),
        ("tentang", "menu_about"),
        ("khmer", "menu_other_language"),
        ("hapus", "menu_erase"),
    ),
    "km": (
        ("start", "menu_start"),
        ("chumnuoy", "menu_help"),
        ("montrei", "menu_person"),
        ("ompi", "menu_about"),
        ("indonesia", "menu_other_language"),
        ("lup", "menu_erase"),
    ),
}


async def publish(bot: ExtBot[None]) -> None:
    """Set name, descriptions and menus, in both languages. A fault here never keeps the hotline from starting."""
    scope = BotCommandScopeAllPrivateChats()
    try:
        for lang in texts.LANGS:
            commands = [BotCommand(word, texts.render(key, lang)) for word, key in COMMANDS[lang]]
            await bot.set_my_commands(commands, scope=scope, language_code=lang)
            await bot.set_my_name(texts.render("bot_name", lang), language_code=lang)
            await bot.set_my_description(texts.render("bot_description", lang), language_code=lang)
            await bot.set_my_short_description(texts.render("bot_short_description", lang), language_code=lang)
        # Everybody whose app speaks another language sees the Indonesian menu.
        commands = [BotCommand(word, texts.render(key, "id")) for word, key in COMMANDS["id"]]
        await bot.set_my_commands(commands, scope=scope)
    except error.TelegramError as problem:
        log.warning("menus_not_set", error=type(problem).__name__)
