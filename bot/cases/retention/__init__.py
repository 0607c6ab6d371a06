"""Forgetting: what is deleted after how long, by which rule, and what keeps it from being deleted.

`classes` is the one place that says how long; `run` is the hourly job; `holds` is what stops it.
"""

from bot.cases.retention.classes import CASELESS_DAYS
from bot.cases.retention.run import forget, preview

__all__ = ["CASELESS_DAYS", "forget", "preview"]
