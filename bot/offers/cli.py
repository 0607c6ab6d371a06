"""What `hotline check-offer` does: offers from stdin, verdicts to stdout."""

from __future__ import annotations

import asyncio
import contextlib
import io
import json
import multiprocessing
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import TextIO

from sqlalchemy.exc import SQLAlchemyError

from bot.errors import HotlineError
from bot.offers import service
from bot.offers.agencies import current
from bot.offers.assess import assess
from bot.offers.jsonl import Json, to_json
from bot.offers.reading import files
from bot.offers.report import report
from bot.offers.verdict import Assessment
from bot.storage.session import session

#: Lines read ahead for each process that judges.
AHEAD = 32
#: Opens the database of this installation.
type Opened = Callable[[], AbstractAsyncContextManager[object]]


def source(given: str | None, *, jsonl: bool) -> TextIO:
    """What is to be judged: a file, the words on a picture or PDF, an offer in quotes, or standard input.

    Raises HotlineError.
    """
    if given is None:
        return sys.stdin
    path = Path(given)
    with contextlib.suppress(OSError, ValueError):  # an offer is too long for a file's name
        if path.is_file():
            return path.open(encoding="utf-8", errors="replace") if jsonl or _is_text(path) else _read(path)
    if jsonl or not any(map(str.isspace, given.strip())):
        raise HotlineError(
            f"There is no file {given[:80]}. Name a file, put the offer in quotes, or paste it into the input."
        )
    return io.StringIO(given)


def _is_text(path: Path) -> bool:
    try:
        return "\0" not in path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return False


def _read(path: Path) -> TextIO:
    """The words on a picture or PDF, as a photo in a chat is read. Raises HotlineError where there are none."""
    found = asyncio.run(files.read(path.read_bytes()))
    if found.text and found.outcome != files.ILLEGIBLE:
        return io.StringIO(found.text)
    why = {
        "empty": "No words were found on it.",
        files.ILLEGIBLE: "What stands on it cannot be read.",
        "locked": "It wants a password.",
        "foreign": "It is a kind of picture that is not read here, as HEIC is: save it as JPEG.",
        "slow": "Reading it took too long.",
        "off": "This machine cannot read pictures: `hotline doctor` says what it lacks.",
    }
    no_file = "It is no text in UTF-8, and no picture or PDF that opens."
    raise HotlineError(f"{path.name}: {why.get(found.outcome, no_file)}")


def check(stdin: TextIO, stdout: TextIO, jsonl: bool, opened: Opened | None = None, *, processes: int = 1) -> int:
    """Judge what comes from stdin; returns 0, or 1 when a line could not be read.

    With `jsonl` every line is an object with a `text` and gives one line, in the same order; so many `processes` judge
    them. A line that cannot be read gives `{"error": ...}` in its place, naming the line; the others are judged all the
    same. Without it the whole of stdin is one offer. `opened` gives the lists that were imported and, for one offer,
    the recruiters that were reported; without it, or when the database does not answer, the lists that came with the
    program are used.
    """
    if not jsonl:
        text = stdin.read()
        judged = _asked(opened, text) if opened is not None else None
        stdout.write(report(text, judged or _judge(text), ansi=stdout.isatty()))
        return 0
    if opened is not None:
        _asked(opened, None)
    wrong = 0
    for answer in _answers(((number, line) for number, line in enumerate(stdin, start=1) if line.strip()), processes):
        wrong += "error" in answer
        stdout.write(json.dumps(answer, ensure_ascii=False).encode("utf-8", "replace").decode("utf-8") + "\n")
        stdout.flush()
    return 1 if wrong else 0


def _answers(lines: Iterator[tuple[int, str]], processes: int) -> Iterator[dict[str, Json]]:
    """The answer to each line, in their order; each as soon as those before it are there."""
    if processes == 1:
        yield from map(_answer, lines)
        return
    service.warm()  # what is read before the fork is read once
    room = threading.Semaphore(AHEAD * processes)

    def ahead() -> Iterator[tuple[int, str]]:
        """A line at a time, so that no more are in memory than are being judged."""
        for line in lines:
            room.acquire()
            yield line

    with multiprocessing.get_context("fork").Pool(processes) as pool:
        for answer in pool.imap(_answer, ahead()):
            room.release()
            yield answer


def _answer(numbered: tuple[int, str]) -> dict[str, Json]:
    number, line = numbered
    text, why = _text(line)
    if text is None:
        return {"error": f"Line {number}: {why}", "line": number}
    return to_json(text, _judge(text))


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
