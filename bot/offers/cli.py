"""What `hotline check-offer` does: offers from stdin, verdicts to stdout."""

from __future__ import annotations

import json
from typing import TextIO

from bot.offers.assess import assess
from bot.offers.jsonl import to_json
from bot.offers.report import report


def check(stdin: TextIO, stdout: TextIO, jsonl: bool) -> int:
    """Judge what comes from stdin; returns 0, or 1 when a line could not be read.

    With `jsonl` every line is an object with a `text` and gives one line. A line that cannot be read gives
    `{"error": ...}` in its place, naming the line; the others are judged all the same. Without it the whole of stdin
    is one offer.
    """
    if not jsonl:
        text = stdin.read()
        stdout.write(report(text, assess(text), ansi=stdout.isatty()))
        return 0
    wrong = 0
    for number, line in enumerate(stdin, start=1):
        if not line.strip():
            continue
        text_or_none, why = _text(line)
        if text_or_none is None:
            wrong += 1
            stdout.write(json.dumps({"error": f"Line {number}: {why}", "line": number}, ensure_ascii=False) + "\n")
        else:
            answer = to_json(text_or_none, assess(text_or_none))
            stdout.write(json.dumps(answer, ensure_ascii=False).encode("utf-8", "replace").decode("utf-8") + "\n")
        stdout.flush()
    return 1 if wrong else 0


def _text(line: str) -> tuple[str | None, str]:
    """The text of one line, or None and what to correct."""
    try:
        entry = json.loads(line.lstrip("\ufeff"))
    except (json.JSONDecodeError, RecursionError):
        return None, 'this is not JSON. Write one object a line, like {"text": "the offer"}.'
    if not isinstance(entry, dict) or not isinstance(entry.get("text"), str):
        return None, 'there is no "text" in it. Write one object a line, like {"text": "the offer"}.'
    return entry["text"], ""
