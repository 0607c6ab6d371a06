"""Reading what stands on a picture or in a PDF, safely: in a child process of its own."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import sys
from dataclasses import dataclass, field

from bot import log as logs
from bot.settings import ROOT

log = logs.get(__name__)

#: Seconds a child may take for one file, on a busy machine. Then it and tesseract are killed.
CHILD_SECONDS = 40.0
#: Below this a reading is said to be unsure. Chosen on the posters of docs/benchmarks.md, "Posters".
UNSURE_BELOW = 0.75
#: Fewer letters than these are too few to judge an offer by.
FEW_LETTERS = 30
#: Characters of one file that are kept.
KEPT_CHARACTERS = 4096


@dataclass(frozen=True)
class Reading:
    """What came of reading a file."""

    #: words | unsure (words, with doubt) | few (hardly any) | empty (no words) | broken (cannot be opened) |
    #: slow (given up) | off (this machine cannot read pictures)
    outcome: str
    text: str = field(default="", repr=False)


async def read(content: bytes) -> Reading:
    """Read a picture or PDF. Never raises for what is in the file, never opens a link that stands in it."""
    if not content:
        return Reading("broken")
    child = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "bot.offers.reading",
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        cwd=ROOT,
        # Nothing of ours: no token, no key, no address. More threads than one make tesseract slower.
        env={
            "PATH": os.environ.get("PATH", os.defpath),
            "PYTHONDONTWRITEBYTECODE": "1",
            "OMP_THREAD_LIMIT": "1",
            "OPENBLAS_NUM_THREADS": "1",
        },
        start_new_session=True,
    )
    try:
        async with asyncio.timeout(CHILD_SECONDS):
            out, _ = await child.communicate(content)
        told = json.loads(out)
    except TimeoutError:
        log.warning("file_not_read", seconds=CHILD_SECONDS)
        return Reading("slow")
    except (OSError, ValueError):
        log.warning("file_not_read", exit=child.returncode)
        return Reading("broken")
    finally:
        if child.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                # Its tesseract too.
                os.killpg(child.pid, signal.SIGKILL)
            await child.wait()
    return judged(str(told["outcome"]), str(told.get("text", "")), float(told.get("confidence", 0.0)))


def judged(outcome: str, text: str, confidence: float) -> Reading:
    """How far a reading can be believed: by its words, and by how sure the program is of them."""
    if outcome != "words":
        return Reading(outcome)
    text = text.replace("\0", " ").strip()[:KEPT_CHARACTERS]
    letters = sum(sign.isalnum() for sign in text)
    if letters < FEW_LETTERS:
        return Reading("few" if letters else "empty", text)
    return Reading("words" if confidence >= UNSURE_BELOW else "unsure", text)
