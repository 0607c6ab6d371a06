"""What `hotline check-offer` does: offers from stdin, verdicts to stdout."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import TextIO

from sqlalchemy.exc import SQLAlchemyError

from bot.errors import HotlineError
from bot.offers import service
from bot.offers.agencies import current
from bot.offers.assess import assess
from bot.offers.jsonl import to_json
from bot.offers.model import Assessment
from bot.offers.report import report
from bot.storage.session import session

#: Opens the database of this installation.
type Opened = Callable[[], AbstractAsyncContextManager[object]]


def check(stdin: TextIO, stdout: TextIO, jsonl: bool, opened: Opened | None = None) -> int:
    """Judge what comes from stdin; returns 0, or 1 when a line could not be read.

    With `jsonl` every line is an object with a `text` and gives one line. A line that cannot be read gives
    `{"error": ...}` in its place, naming the line; the others are judged all the same. Without it the whole of stdin
    is one offer. `opened` gives the lists that were imported and, for one offer, the recruiters that were reported;
    without it, or when the database does not answer, the lists that came with the program are used.
    """
    if not jsonl:
        text = stdin.read()
        judged = _asked(opened, text) if opened is not None else None
        stdout.write(report(text, judged or _judge(text), ansi=stdout.isatty()))
        return 0
    if opened is not None:
        _asked(opened, None)
    wrong = 0
    for number, line in enumerate(stdin, start=1):
        if not line.strip():
            continue
        text_or_none, why = _text(line)
        if text_or_none is None:
            wrong += 1
            stdout.write(json.dumps({"error": f"Line {number}: {why}", "line": number}, ensure_ascii=False) + "\n")
        else:
            answer = to_json(text_or_none, _judge(text_or_none))
            stdout.write(json.dumps(answer, ensure_ascii=False).encode("utf-8", "replace").decode("utf-8") + "\n")
        stdout.flush()
    return 1 if wrong else 0


def _judge(text: str) -> Assessment:
    return assess(text, known_outside=service.known_today())


def _asked(opened: Opened, text: str | None) -> Assessment | None:
    """Read the imported lists, and judge a text with all that is known; None when the database does not answer."""

    async def ask() -> Assessment | None:
        async with opened(), session() as s:
            await current.refresh(s)
            return await service.judge(s, text) if text is not None else None

    try:
        return asyncio.run(ask())
    except (HotlineError, SQLAlchemyError, OSError) as problem:
        print(
            f"The database was not asked ({type(problem).__name__}): no imported list, no reported recruiter is used.",
            file=sys.stderr,
        )
        return None


def _text(line: str) -> tuple[str | None, str]:
    """The text of one line, or None and what to correct."""
    try:
        entry = json.loads(line.lstrip("\ufeff"))
    except (json.JSONDecodeError, RecursionError):
        return None, 'this is not JSON. Write one object a line, like {"text": "the offer"}.'
    if not isinstance(entry, dict) or not isinstance(entry.get("text"), str):
        return None, 'there is no "text" in it. Write one object a line, like {"text": "the offer"}.'
    return entry["text"], ""
