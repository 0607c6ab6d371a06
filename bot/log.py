"""Logging without personal data.

Constant event names with references, never a person's words, names, numbers, chat ids or tokens. Libraries log
through the same root handler, whose filter drops every argument we cannot vouch for: an exception is shown by its
class and place alone, because its message may hold what somebody wrote.
"""

from __future__ import annotations

import datetime as dt
import json
import logging
import re
import sys
import threading
import traceback
import types

import structlog

#: A bot token as Telegram issues it, wherever it stands (httpx puts it into URLs), and the password of an address.
TOKEN = re.compile(r"\d{5,}(?::|%3[Aa])[A-Za-z0-9_-]{5,}|(?<=://)[^\s/@:]+:[^\s/@]+(?=@)")
#: Libraries that log payloads, URLs or message text below these levels.
QUIET = {
    "httpx": logging.WARNING,
    "httpcore": logging.WARNING,
    "telegram": logging.ERROR,
    "procrastinate": logging.ERROR,
    "sqlalchemy": logging.ERROR,
    "psycopg": logging.ERROR,
    "psycopg.pool": logging.ERROR,
    "uvicorn": logging.WARNING,
    "uvicorn.access": logging.CRITICAL,
    "rasa_sdk": logging.CRITICAL,
    "asyncio": logging.ERROR,
    "alembic": logging.WARNING,
}


class Redact(logging.Filter):
    """Keeps our own events; of a library's record, keeps its name and level, the error's class and where it arose."""

    def filter(self, record: logging.LogRecord) -> bool:
        if getattr(record, "redacted", False):
            return True
        record.redacted = True
        ours = record.name.partition(".")[0] in {"bot", "actions", "hotline"}
        where = ""
        if record.exc_info and record.exc_info[1] is not None:
            error = record.exc_info[1]
            frames = traceback.extract_tb(error.__traceback__)
            last = f" at {frames[-1].name}:{frames[-1].lineno}" if frames else ""
            where = f" error={type(error).__name__}{last}"
        record.exc_info, record.exc_text, record.stack_info = None, None, None
        if ours:
            try:
                message = record.getMessage()
            except (TypeError, ValueError, KeyError):
                message = "unformatted_message"
            # structlog named the error already.
            known = "error=" in message or message.startswith("{")
            record.msg = TOKEN.sub("<token>", message) + ("" if known else where)
        else:
            record.msg = f"library_message library={record.name} level={record.levelname}{where}"
        record.args = None
        return True


class JsonLines(logging.Formatter):
    """One JSON object a line, for what structlog did not render too."""

    def format(self, record: logging.LogRecord) -> str:
        message = record.getMessage()
        if message.startswith("{"):
            return message
        at = dt.datetime.fromtimestamp(record.created, dt.UTC).isoformat()
        line = {"event": message, "level": record.levelname.lower(), "at": at, "logger": record.name}
        return json.dumps(line, ensure_ascii=False)


def _crash(kind: type[BaseException], error: BaseException | None, place: types.TracebackType | None) -> None:
    """What nobody caught: its class and where it went through, without its message."""
    if not issubclass(kind, Exception):
        return
    way = " < ".join(
        f"{frame.filename.rpartition('/')[2]}:{frame.lineno} {frame.name}"
        for frame in reversed(traceback.extract_tb(place))
    )
    logging.getLogger("bot.crash").critical("uncaught_error error=%s way=%r", kind.__name__, way)


def configure(process: str, fmt: str = "console") -> None:
    """Send this process's log to standard error, one redacted line an event."""
    handler = logging.StreamHandler(sys.stderr)
    handler.addFilter(Redact())
    renderer: structlog.typing.Processor
    if fmt == "json":
        renderer = structlog.processors.JSONRenderer(ensure_ascii=False)
    else:
        renderer = structlog.processors.KeyValueRenderer(key_order=["event"])
    handler.setFormatter(JsonLines() if fmt == "json" else logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
    # These print messages of errors and arguments past every handler.
    logging.raiseExceptions = False
    logging.captureWarnings(True)
    sys.excepthook = _crash
    sys.unraisablehook = lambda told: _crash(told.exc_type, told.exc_value, told.exc_traceback)
    threading.excepthook = lambda told: _crash(told.exc_type, told.exc_value, told.exc_traceback)
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(logging.INFO)
    for name, level in QUIET.items():
        logging.getLogger(name).setLevel(level)
        logging.getLogger(name).handlers = []
        logging.getLogger(name).propagate = True
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.stdlib.add_log_level,
            _error_class,
            structlog.processors.TimeStamper(fmt="iso", utc=True, key="at"),
            renderer,
        ],
        wrapper_class=structlog.stdlib.BoundLogger,
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    structlog.contextvars.bind_contextvars(process=process)


def _error_class(_: object, __: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:
    """Replace an exception by its class and the line of ours where it arose."""
    error = event.pop("exc_info", None)
    event.pop("stack_info", None)
    if isinstance(error, tuple):
        error = error[1]
    elif error and not isinstance(error, BaseException):
        error = sys.exc_info()[1]
    if isinstance(error, BaseException):
        frames = traceback.extract_tb(error.__traceback__)
        event["error"] = type(error).__name__
        if frames:
            event["where"] = f"{frames[-1].filename.rpartition('/')[2]}:{frames[-1].lineno}"
    return event


# A process that never configured its log (a command, a test) must not show the local variables of an error, which is
# what the library does by itself.
structlog.configure(
    processors=[
        structlog.stdlib.add_log_level,
        _error_class,
        structlog.processors.KeyValueRenderer(key_order=["event"]),
    ],
    logger_factory=lambda *_: structlog.PrintLogger(sys.stderr),
)


def get(name: str) -> structlog.stdlib.BoundLogger:
    """The logger of one module: `log = get(__name__)`."""
    logger: structlog.stdlib.BoundLogger = structlog.get_logger(name)
    return logger
