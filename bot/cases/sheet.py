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
#: Keys of texts that were said, the last ones: what is not repeated.
MOST_SAID: Final = 60
#: What values of a sheet stand for themselves in `facts`, so that a later message replaces them.
VALUES: Final = ("building", "name", "age", "relation", "amount", "deadline", "account", "phone", "home")


def noted(
    facts: Mapping[str, Any],
    *,
    signs: Iterable[str] = (),
    wishes: Iterable[str] = (),
    values: Mapping[str, Any] = {},
    words: str = "",
    update: int,
    at: dt.datetime,
) -> dict[str, Any]:
    """Facts with what one message told. The same again changes nothing."""
    source = {"words": words[:WORDS_CHARS], "update": update, "at": at.isoformat()}
    known = dict(facts)
    for group, told in (("signs", signs), ("wishes", wishes)):
        before = dict(known.get(group) or {})
        fresh = {name: source for name in told if name not in before}
        if fresh:
            known[group] = {**before, **fresh}
    for name in VALUES:
        if name in values and values[name] != known.get(name):
            known[name] = values[name]
            known["sources"] = {**(known.get("sources") or {}), name: source}
    return known


def signs_of(facts: Mapping[str, Any]) -> frozenset[str]:
    """The labels of signs that were told."""
    return frozenset(facts.get("signs") or ())


def wishes_of(facts: Mapping[str, Any]) -> tuple[str, ...]:
    """The wishes that were told, in the order in which they were."""
    return tuple(facts.get("wishes") or ())


def said(facts: Mapping[str, Any], keys: Collection[str]) -> dict[str, Any]:
    """Facts with the texts that were just said."""
    return {**facts, "said": [*(facts.get("said") or ()), *keys][-MOST_SAID:]}
