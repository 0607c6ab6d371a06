"""Backup and restore: database, media and model in one folder, the keys somewhere else or nowhere."""

from bot.storage.backup.checking import verify
from bot.storage.backup.making import take
from bot.storage.backup.restoring import refuse_unfinished, restore

__all__ = ["refuse_unfinished", "restore", "take", "verify"]
