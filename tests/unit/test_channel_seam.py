"""Telegram's vocabulary has few homes: a module elsewhere that names a method or a keyboard fails here."""

from __future__ import annotations

import re

from bot.settings import ROOT

#: The last two: `hotline doctor` asks Telegram for the bot's rights; a restore speaks SQL, to any release's tables.
HOMES = ("bot/chat/", "bot/outbox/", "bot/sandbox/", "bot/desk/rights.py", "bot/storage/backup/restoring.py")
NAMES = re.compile(
    r"""["'](?:send|edit|copy|forward|delete|stop|pin|create|reopen|close)"""
    r"""(?:Message|Messages|Photo|Voice|Video|Audio|Document|Sticker|Location|Venue|Media|ForumTopic)\w*["']"""
    r"|reply_markup|inline_keyboard|callback_data"
)


def test_no_room_but_the_channels_own_names_a_method_or_a_keyboard() -> None:
    named = {
        f"{path.relative_to(ROOT)}:{number}"
        for room in ("bot", "actions")
        for path in (ROOT / room).rglob("*.py")
        if not str(path.relative_to(ROOT)).startswith(HOMES)
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1)
        if NAMES.search(line)
    }
    assert not named
