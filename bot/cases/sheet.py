"""The case sheet: what a worker told, with the words it comes from, the message and the time. Pure, without I/O.

It lives in `facts` of the case, which is encrypted. What is said later replaces what was said before it; signs and
wishes are never taken away by a message, only by people.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Mapping
from typing import Any, Final

#: Letters of a message that are kept beside what it told.
WORDS_CHARS: Final = 200
#: A wish of no named kind: the last one is kept in the person's words.
OTHER_WISH: Final = "other"
#: Keys of texts that were said, the last ones: what is not repeated.
MOST_SAID: Final = 60
#: What values of a sheet stand for themselves in `facts`, so that a later message replaces them.
VALUES: Final = ("building", "name", "age", "relation", "amount", "deadline", "account", "phone", "home")


def noted(
    facts: Mapping[str, Any],
    *,
    signs: Iterable[str] = (),
    sure: Collection[str] = (),
    wishes: Iterable[str] = (),
    values: Mapping[str, Any] = {},
    words: str = "",
    update: int,
    at: dt.datetime,
) -> dict[str, Any]:
    """Facts with what one message told. The same again changes nothing. `sure`: the signs that are sure."""
    source = {"words": words[:WORDS_CHARS], "update": update, "at": at.isoformat()}
    known = dict(facts)
    before = dict(known.get("signs") or {})
    fresh: dict[str, Any] = {}
    for name in signs:
        certain = name in sure
        if name not in before or (certain and not before[name].get("sure", True)):
            fresh[name] = {**source, "sure": certain}
    if fresh:
        known["signs"] = {**before, **fresh}
    before = dict(known.get("wishes") or {})
    if asked := {name: source for name in wishes if name not in before or name == OTHER_WISH}:
        known["wishes"] = {**before, **asked}
    for name in VALUES:
        if name in values and values[name] != known.get(name):
            known[name] = values[name]
            known["sources"] = {**(known.get("sources") or {}), name: source}
    return known


def signs_of(facts: Mapping[str, Any], *, sure: bool = False) -> frozenset[str]:
    """The labels of signs that were told; with `sure` only those that are sure."""
    told = facts.get("signs") or {}
    return frozenset(name for name, source in told.items() if not sure or source.get("sure", True))


def wishes_of(facts: Mapping[str, Any]) -> tuple[str, ...]:
    """The wishes that were told, in the order in which they were."""
    return tuple(facts.get("wishes") or ())


def said(facts: Mapping[str, Any], keys: Collection[str]) -> dict[str, Any]:
    """Facts with the texts that were just said."""
    return {**facts, "said": [*(facts.get("said") or ()), *keys][-MOST_SAID:]}
