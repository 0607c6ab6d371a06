"""Files that were left at Telegram: what an operator is told of them, and the button that has them fetched."""

from __future__ import annotations

from bot import texts
from bot.outbox import quota
from bot.outbox.messages import Button
from bot.storage.models import Media
from bot.texts import Lang


def line(row: Media, lang: Lang) -> dict[str, str]:
    """What a holder is told of a file that was left, by text key."""
    key = f"desk_file_{row.state}"
    return {key: texts.render(key, lang)} if row.state in quota.LEFT else {}


def buttons(row: Media, lang: Lang) -> list[list[Button]]:
    """The button under that line."""
    if row.state not in quota.LEFT:
        return []
    return [[Button(texts.render("desk_button_fetch_files", lang), f"file:fetch:{row.id}")]]
