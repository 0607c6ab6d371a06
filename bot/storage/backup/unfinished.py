"""Whether a restore was broken off here. Kept apart from the work itself, which needs much more."""

from __future__ import annotations

from bot.settings import Settings
from bot.storage.backup.problems import RestoreUnfinished

#: Stands in HOTLINE_HOME, with the name of the backup, until a restore is finished.
MARK = "restore.unfinished"


def refuse_unfinished(config: Settings) -> None:
    """Raises RestoreUnfinished when a restore was broken off here."""
    if (config.hotline_home / MARK).exists():
        raise RestoreUnfinished()
