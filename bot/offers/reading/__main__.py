"""The child process in which a stranger's picture or PDF is read: `python -m bot.offers.reading < file`.

It has hard limits of memory and time, can open no file of ours, reaches nobody and starts nothing but tesseract, which
inherits all of that (bot/runtime/file_jail), and lives for one file. It answers one line of JSON.
"""

from __future__ import annotations

import contextlib
import json
import sys
import time
from collections.abc import Callable
from functools import partial
from typing import Any

from bot.runtime.file_jail.confine import confine

#: Bytes of address space, for this process and for tesseract by itself. Seconds of processor time of each.
MEMORY_BYTES = 1024 * 1024 * 1024
CPU_SECONDS = 30
#: Seconds after which no further page, part or turn of a picture is tried: half of `files.CHILD_SECONDS`.
BUDGET_SECONDS = 20.0
#: From so many letters and so sure, a picture counts as read the right way up. Upside down the letters of an Indonesian
#: line were read with up to 0.62, Khmer ones with 0.38. Source: docs/benchmarks.md.
UPRIGHT_LETTERS, UPRIGHT_CONFIDENCE = 20, 0.75
#: Words that are less high, in pixels, are read again from a larger copy where the file has one.
SMALL_PIXELS = 18


def look(content: bytes) -> dict[str, Any]:
    """What was read: {"outcome", "text", "confidence", "whole"}; outcomes as in `files.Reading`."""
    from bot.offers.reading import pictures, tesseract

    until = time.monotonic() + BUDGET_SECONDS
    try:
        if b"%PDF-" in content[:1024]:
            return _pdf(content, until)
        found = pictures.Opened(content)
        return _pages(found.picture, found.parts, until)
    except pictures.Locked:
        return {"outcome": "locked"}
    except pictures.Foreign:
        return {"outcome": "foreign"}
    except pictures.Unreadable:
        return {"outcome": "broken"}
    except tesseract.Absent:
        return {"outcome": "off"}


def _pdf(content: bytes, until: float) -> dict[str, Any]:
    """The words of a PDF as it holds them, else as its pages show them."""
    from bot.offers.reading import pdf

    found = pdf.Opened(content)
    if text := found.text():
        return {"outcome": "words", "text": text, "confidence": 1.0}
    return _pages(found.picture, min(found.pages, pdf.MOST_PICTURES), until)


def _pages(picture: Callable[[int, int], tuple[Any, bool]], count: int, until: float) -> dict[str, Any]:
    """What stands on pages, or on the parts of a long picture, and whether there was time for all of them."""
    from bot.offers.reading import pictures

    pages, whole = list[Any](), True
    for number in range(count):
        if pages and time.monotonic() > until:
            whole = False
            break
        with contextlib.suppress(pictures.Empty):
            pages.append(_read(partial(picture, number), until))
    letters = sum(page.letters for page in pages)
    text = "\n".join(page.text for page in pages if page.text)
    sure = sum(page.score for page in pages) / letters if letters else 0.0
    return {"outcome": "words" if letters else "empty", "text": text, "confidence": round(sure, 3), "whole": whole}


def _read(look: Callable[[int], tuple[Any, bool]], until: float) -> Any:
    """The best reading of a picture: as it is; turned where it makes no sense; closer where its letters are small.

    `look` gives the picture with so many pixels, and whether it would have more. Which way is up is found on the
    smaller copy: small letters too are read there far better upright, and to read them closer takes longest.
    """
    from bot.offers.reading import pictures, tesseract

    image, larger = look(pictures.READ_PIXELS)
    inked = pictures.ink(image)
    best, turned = tesseract.read(inked, tesseract.LANGUAGES), None
    for turn in pictures.TURNS:
        if _makes_sense(best) or time.monotonic() > until:
            break
        page = tesseract.read(inked.transpose(turn), tesseract.LANGUAGES)
        if page.score > best.score:
            best, turned = page, turn
    if larger and 0 < best.height < SMALL_PIXELS and time.monotonic() < until:
        closer = pictures.ink(look(pictures.CLOSE_PIXELS)[0])
        page = tesseract.read(closer if turned is None else closer.transpose(turned), tesseract.LANGUAGES)
        best = max(best, page, key=lambda page: page.score)
    return best


def _makes_sense(page: Any) -> bool:
    return bool(page.letters >= UPRIGHT_LETTERS and page.confidence >= UPRIGHT_CONFIDENCE)


def main() -> None:
    confine(MEMORY_BYTES, CPU_SECONDS, "tesseract")
    try:
        told = look(sys.stdin.buffer.read())
    except Exception:
        told = {"outcome": "broken"}
    sys.stdout.write(json.dumps(told) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
