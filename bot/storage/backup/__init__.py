"""Backup and restore: database, media and model in one folder, the keys somewhere else or nowhere."""

import importlib
from typing import TYPE_CHECKING, Any

from bot.storage.backup.unfinished import refuse_unfinished

if TYPE_CHECKING:
    from bot.storage.backup.checking import verify
    from bot.storage.backup.making import take
    from bot.storage.backup.restoring import restore

__all__ = ["refuse_unfinished", "restore", "take", "verify"]


_AT = {"verify": "checking", "take": "making", "restore": "restoring"}


def __getattr__(name: str) -> Any:
    """Loaded when it is used: the supervisor only wants to know whether a restore was broken off."""
    if name not in _AT:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_AT[name]}"), name)
