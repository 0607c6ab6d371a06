"""What is written around one sum: the statement it stands in up to it, and what follows straight behind."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

from nlu.pay.cues import first_part, last_part
from nlu.pay.money import Sum
from nlu.text.words import words_of

_WORDS = words_of("pay")

_OR = re.compile(rf" ?(?:{_WORDS.either}) ?")
_LETTER = re.compile(r"[a-z\u1780-\u17b3]")
#: What may stand between a sum and what is said of it.
_THE_PERIOD = re.compile(rf"^(?:[ (~=-]|/ ?(?:{_WORDS.of_month})|{_WORDS.the_period})*")
#: Letters of a statement that are read before a sum, of what leads up to it, straight before it, and behind it.
_REACH, _RUN_UP, _CLOSE, _BEHIND = 90, 100, 14, 40


@dataclass(frozen=True)
class Beside:
    """What is written around one sum."""

    #: Where the sum before ends, 0 for none, and where the statement of this one begins.
    floor: int
    start: int
    #: The statement up to the sum, with its label ("Gaji:") where that stands alone before it; and its last part.
    lead: str
    part: str
    #: What leads up to it across statements, and what stands straight before it.
    run_up: str
    close: str
    #: What follows; and of that the rest of its part of the statement, without the period.
    behind: str
    near: str


def beside(text: str, sums: Sequence[Sum], index: int, edges: Sequence[int]) -> Beside:
    """What is written around a sum of a text whose statements begin at `edges`."""
    one = sums[index]
    previous = _previous(sums, index)
    if previous >= 0 and _OR.fullmatch(text, sums[previous].end, one.start):
        # "ទារលុយ ១០០០ដុល្លារ ឬ ៥០០០ដុល្លារ": what is said of the first is said of both.
        previous = _previous(sums, previous)
    floor = sums[previous].end if previous >= 0 else 0
    start = edges[bisect_right(edges, one.start) - 1]
    lead = text[max(floor, start, one.start - _REACH) : one.start]
    if start >= floor and not _LETTER.search(lead):
        label = _label_before(text, edges, start, floor)
        lead = text[label : one.start] if label is not None else lead
    behind = text[one.end : one.end + _BEHIND]
    near = _THE_PERIOD.sub("", behind)
    if "\n" in behind[: len(behind) - len(near)]:
        # The period stood on the next line.
        near = behind
    return Beside(
        floor,
        start,
        lead,
        lead[last_part(lead) :],
        text[max(floor, one.start - _RUN_UP) : one.start],
        text[max(floor, one.start - _CLOSE) : one.start],
        behind,
        first_part(near),
    )


def _previous(sums: Sequence[Sum], index: int) -> int:
    """The sum before this one that has a currency or a scale word; -1 for none."""
    return next((i for i in range(index - 1, -1, -1) if not sums[i].bare), -1)


def _label_before(text: str, edges: Sequence[int], start: int, floor: int) -> int | None:
    """Where a short label on its own ("Gaji:", "💰") begins before the statement that holds a sum."""
    for at in reversed(edges[bisect_left(edges, floor) : bisect_left(edges, start)]):
        label = text[at:start]
        if _LETTER.search(label):
            # What holds a number has its own value already.
            short = len(label) <= 32 and not re.search(r"\d", label) and not label.rstrip(" \n").endswith(".")
            return at if short else None
    return None
