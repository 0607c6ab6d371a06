"""What a person asks us not to do, by rule: a word of "do not", what is not to be done, and to whom.

The model of nlu/sheet/labels.py knows words, not who tells whom: "do not tell my wife" and "tell my wife" look alike to
it. The words stand in data/lexicon/words/<writing>/wishes.yml. Pure; runs on Python 3.10 and 3.13.
"""

from __future__ import annotations

import itertools
import re
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Final

from nlu.text.normalise import normalise
from nlu.text.words import words_of

#: Letters between "do not" and what is not to be done; before it, where somebody else may be quoted.
NEAR, QUOTED = 28, 26
#: A wish that a rule tells, and the wishes that are then none unless a rule tells them too.
#: Wishes about whom not to tell; letters between two of them that one "do not" forbids.
WHOM: Final = frozenset({"no_family", "no_police", "no_embassy", "no_boss"})
BESIDE: Final = 12
AGAINST: Final = {"no_call": {"call_ok"}, "no_family": {"tell_family"}}
_STOP: Final = r"[^.!?\n។]"
_STOP_JOINED: Final = r"[^\s.!?។]"


@dataclass(frozen=True)
class Wishes:
    """Wishes that are told for sure, and those that the model must not read out of the same words."""

    told: frozenset[str] = frozenset()
    not_told: frozenset[str] = frozenset()


@cache
def _pattern(*entries: str) -> re.Pattern[str]:
    """Words of entries one behind another, with room between them."""
    words = words_of("wishes")
    spaced = rf"{_STOP}{{0,{NEAR}}}?".join(rf"(?<![^\W_])(?:{getattr(words, one)})(?![a-z])" for one in entries)
    # In a writing without spaces a space ends what belongs together.
    joined = rf"{_STOP_JOINED}{{0,{NEAR}}}?".join(f"(?:{getattr(words, one + '_joined')})" for one in entries)
    return re.compile(f"{spaced}|{joined}", re.IGNORECASE)


#: Each wish and the orders in which it is told.
_ORDERS: Final = {
    "no_family": (("not", "tell", "family"), ("not", "family", "know")),
    "no_police": (("not", "tell", "police"), ("not", "bring", "police"), ("not", "police", "know")),
    "no_embassy": (("not", "tell", "embassy"), ("not", "bring", "embassy"), ("not", "embassy", "know")),
    "no_boss": (("not", "tell", "boss"), ("not", "call", "boss"), ("not", "boss", "know")),
    "no_call": (("not", "call"),),
    "no_share": (("not", "share"),),
    "no_writing": (("not", "write"),),
}


@lru_cache(maxsize=512)
def read(text: str) -> Wishes:
    """The wishes of a message that begin with "do not"; what somebody else is quoted to say is none."""
    plain = normalise(text).text
    told: dict[str, re.Match[str]] = {}
    for wish, orders in _ORDERS.items():
        hits = [hit for order in orders if (hit := _of_the_writer(_pattern(*order), plain)) is not None]
        if hits:
            told[wish] = min(hits, key=lambda hit: hit.end() - hit.start())
    whom = sorted((hit.start(), hit.end(), wish) for wish, hit in told.items() if wish in WHOM)
    for (start, end, _), (other, further, wish) in itertools.pairwise(whom):
        if start == other and further - end > BESIDE:
            # "Not the police, the embassy": what stands further off is not forbidden by the same "do not".
            del told[wish]
    against = {other for wish in told for other in AGAINST.get(wish, ())}
    if set(told) & WHOM:
        against |= WHOM - set(told)
    if _pattern("may").search(plain):
        against -= {"call_ok"}
    return Wishes(frozenset(told), frozenset(against))


@lru_cache(maxsize=512)
def forbids(text: str) -> bool:
    """Whether a message begins, or begins again behind a stop, with a "do not" of the writer's own."""
    plain = normalise(text).text
    hit = _of_the_writer(_pattern("not"), plain)
    return hit is not None and (not plain[: hit.start()].strip() or plain[: hit.start()].rstrip()[-1:] in ",.!?។\n")


def _of_the_writer(pattern: re.Pattern[str], plain: str) -> re.Match[str] | None:
    """The first place where the words stand and nobody else is quoted; "do not forget" forbids nothing."""
    quoted, forget = _pattern("quoted"), _pattern("forget")
    for hit in pattern.finditer(plain):
        if forget.search(hit.group()) or forget.match(plain, hit.end() + 1):
            continue
        if not quoted.search(plain[max(0, hit.start() - QUOTED) : hit.start()]):
            return hit
    return None
