"""Reading what stands on a picture or in a PDF, safely: in a child process of its own."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, field

from bot import log as logs
from bot.errors import FileNotConfined
from bot.runtime import file_jail

log = logs.get(__name__)

#: Seconds a child may take for one file, on a busy machine. Then it and tesseract are killed.
CHILD_SECONDS = 40.0
#: Below this confidence a reading is said to be unsure: such readings held 66 to 86 % of the words of Khmer posters.
#: Source: docs/benchmarks.md, numbers in the code.
UNSURE_BELOW = 0.75
#: Below this confidence a picture holds no words that can be read: a photo of leaves or a circuit board gave "words"
#: with up to 0.44, the worst poster 0.52. Source: docs/benchmarks.md, numbers in the code.
ILLEGIBLE_BELOW = 0.45
#: The outcome of such a reading.
ILLEGIBLE = "illegible"
#: Fewer letters than these are too few to judge an offer by.
FEW_LETTERS = 30
#: Characters of one file that are kept: a long screenshot of a chat ends with what was written last.
KEPT_CHARACTERS = 12_000
#: More threads than one make tesseract slower.
_ONE_THREAD = {"OMP_THREAD_LIMIT": "1", "OPENBLAS_NUM_THREADS": "1"}


@dataclass(frozen=True)
class Reading:
    """What came of reading a file."""

    #: words | unsure (words, with doubt, or not all of them) | illegible (signs that no offer is judged by) |
    #: few (hardly any) | empty (no words) | broken (cannot be opened) | locked (wants a password) |
    #: foreign (a kind of picture that is not read) | slow (given up) | off (this machine cannot read pictures)
    outcome: str
    text: str = field(default="", repr=False)


async def read(content: bytes) -> Reading:
    """Read a picture or PDF. Never raises for what is in the file, never opens a link that stands in it."""
    if not content:
        return Reading("broken")
    try:
        path = os.environ.get("PATH", os.defpath)
        out, _ = await file_jail.look("bot.offers.reading", content, CHILD_SECONDS, PATH=path, **_ONE_THREAD)
        told = json.loads(out)
    except FileNotConfined:
        log.error("file_not_confined")
        return Reading("off")
    except TimeoutError:
        log.warning("file_not_read", seconds=CHILD_SECONDS)
        return Reading("slow")
    except (OSError, ValueError) as problem:
        log.warning("file_not_read", error=type(problem).__name__)
        return Reading("broken")
    sure, whole = float(told.get("confidence", 0.0)), bool(told.get("whole", True))
    return judged(str(told["outcome"]), str(told.get("text", "")), sure, whole=whole)


def judged(outcome: str, text: str, confidence: float, *, whole: bool = True) -> Reading:
    """How far a reading can be believed: by its words, how sure the program is of them, and whether it is all of it."""
    if outcome != "words":
        return Reading(outcome)
    text = text.replace("\0", " ").strip()[:KEPT_CHARACTERS]
    letters = sum(sign.isalnum() for sign in text)
    if letters < FEW_LETTERS:
        return Reading("few" if letters else "empty", text)
    if confidence < ILLEGIBLE_BELOW:
        return Reading(ILLEGIBLE, text)
    return Reading("words" if whole and confidence >= UNSURE_BELOW else "unsure", text)
