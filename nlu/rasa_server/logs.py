"""Logging of the Rasa process without a person's words.

Rasa logs message text at WARNING and ERROR (a caller that timed out, an unparsed "/..."), and warns with it. Nothing of
a library's record is kept but its logger, its level, and the class and place of an error. LOG_FORMAT=json writes one
object a line, as the app does.
"""

from __future__ import annotations

import datetime as dt
import json
import logging
import os
import sys
import traceback
import warnings
from collections.abc import MutableMapping
from typing import Any

import structlog

UTC = dt.timezone.utc  # noqa: UP017 (Rasa's Python 3.10)


class Redact(logging.Filter):
    """Replaces every message that is not our own by where it came from."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Always keeps the record, never its words."""
        where = ""
        if record.exc_info and isinstance(record.exc_info, tuple) and record.exc_info[1] is not None:
            where = _where(record.exc_info[1])
        record.exc_info, record.exc_text, record.stack_info = None, None, None
        if record.name == "hotline.nlu":
            record.msg = record.getMessage()
        else:
            record.msg = f"library_message library={record.name} level={record.levelname}{where}"
        record.args = None
        return True


def _where(error: BaseException) -> str:
    frames = traceback.extract_tb(error.__traceback__)
    last = f" at={frames[-1].filename.rpartition('/')[2]}:{frames[-1].lineno}" if frames else ""
    return f" error={type(error).__name__}{last}"


def _drop_words(_: Any, __: str, event: MutableMapping[str, Any]) -> str:
    """Of a structured event keeps its constant name and the class of its error."""
    error = event.get("exc_info")
    error = sys.exc_info()[1] if error is True else error
    where = _where(error) if isinstance(error, BaseException) else ""
    name = event.get("event")
    known = isinstance(name, str) and name.replace(".", "").replace("_", "").isalnum()
    return f"rasa_event name={name if known else 'unnamed'}{where}"


class JsonLines(logging.Formatter):
    """One JSON object a line: an event's name, and whatever is told of it."""

    def format(self, record: logging.LogRecord) -> str:
        """The line of a record whose words the filter has seen to."""
        event, _, told = record.getMessage().partition(" ")
        fields = dict(part.split("=", 1) for part in told.split() if "=" in part)
        at = dt.datetime.fromtimestamp(record.created, UTC).isoformat()
        return json.dumps({**fields, "event": event, "level": record.levelname.lower(), "at": at, "process": "nlu"})


def crashed(error: BaseException) -> None:
    """Log what nobody caught: its class and where it went through. Its message may quote what somebody wrote."""
    frames = reversed(traceback.extract_tb(error.__traceback__))
    way = "<".join(f"{frame.filename.rpartition('/')[2]}:{frame.lineno}" for frame in frames)
    log.critical("uncaught_error error=%s way=%s", type(error).__name__, way)


def configure() -> None:
    """Send this process's log to standard error. Call before and after Rasa sets up its own."""
    handler = logging.StreamHandler(sys.stderr)
    handler.addFilter(Redact())
    as_json = os.environ.get("LOG_FORMAT") == "json"
    handler.setFormatter(JsonLines() if as_json else logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(logging.WARNING)
    for name in list(logging.root.manager.loggerDict):
        logger = logging.getLogger(name)
        logger.handlers, logger.propagate = [], True
        if logger.level and logger.level < logging.WARNING:
            logger.setLevel(logging.WARNING)
    logging.getLogger("hotline.nlu").setLevel(logging.INFO)
    # Warnings of libraries may quote a message ("Failed to parse ...").
    warnings.showwarning = _quiet_warning
    structlog.configure(
        processors=[_drop_words],
        wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING),
        logger_factory=lambda *_: log,
        cache_logger_on_first_use=False,
    )


def _quiet_warning(
    message: Any, category: type, filename: str, lineno: int, file: Any = None, line: str | None = None
) -> None:
    logging.getLogger("hotline.nlu").debug("warning category=%s", category.__name__)


log = logging.getLogger("hotline.nlu")
