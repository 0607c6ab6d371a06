"""How a group's minute is spent when many cases come at once. Pure rules; the counts come from the outbox.

The order of spending is `RANK_*` in bot/outbox/limits.py, which the sender obeys. Here is decided what is asked of it:
a topic with a card costs two of the twenty messages, so beyond a few cases a minute the list must do.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bot.cases.rules import REF_LETTERS
from bot.outbox.limits import GROUP_PER_MINUTE

#: P1 alerts posted singly within a minute; the next ones are on the list. With their topics they take 16 of 20.
P1_SINGLY = 8
#: Cards of any priority within a minute, up to which P2 to P4 are announced singly.
OTHERS_SINGLY = 5
#: Messages in the last minute or waiting, up to which P2 to P4 are announced singly.
ROOM = 12
#: The same, up to which listed cases get a topic: held chats need the places more than topics nobody has asked for.
SPARE = 8
#: Listed cases given a topic in one look at most; looks are half a minute apart.
CATCH_UP = 3
#: From so many unclaimed cases on a worker is told that many wait.
MANY = 10
#: Behind a reference on the list: it rings nobody, because of what its chat sent before.
QUIET_MARK = "🔕"
#: Characters a reference may hold.
REF = f"H-[{REF_LETTERS}]{{4}}!*"


@dataclass(frozen=True)
class Spent:
    """What a group was sent in the last minute, together with what waits to be sent."""

    #: Alerts of P1 cases: cards, raised ones, alerts again.
    p1: int
    #: Cards of all cases.
    cards: int
    #: Places of the minute; a card counts twice, for its topic.
    places: int


def goes_singly(priority: int, spent: Spent, *, listed: bool, per_minute: int = GROUP_PER_MINUTE) -> bool:
    """Whether a new case is announced by itself. `listed`: others of its desk are on the list, and were there first."""
    if priority == 1:
        return spent.p1 < _share(P1_SINGLY, per_minute)
    return not listed and spent.cards < _share(OTHERS_SINGLY, per_minute) and spent.places < _share(ROOM, per_minute)


def room(spent: Spent, *, per_minute: int = GROUP_PER_MINUTE) -> int:
    """How many listed cases may be given a topic and a card now."""
    return max(0, min(CATCH_UP * per_minute // GROUP_PER_MINUTE, (_share(SPARE, per_minute) - spent.places) // 2))


def crowded(unclaimed_p1: int, *, per_minute: int = GROUP_PER_MINUTE) -> bool:
    """Whether so many P1 wait that ringing again for each would take the minute: the list rings for them."""
    return unclaimed_p1 > _share(P1_SINGLY, per_minute)


def _share(places: int, per_minute: int) -> int:
    """Places of twenty, for a group that takes another number a minute."""
    return max(1, places * per_minute // GROUP_PER_MINUTE)


@dataclass(frozen=True)
class Waits:
    """One unclaimed case on the list."""

    priority: int
    #: Its reference, with one mark for each time it was alerted again.
    mark: str
    minutes: int
    #: It rings nobody (bot/cases/quiet.py).
    quiet: bool = False


def lines(cases: Sequence[Waits], *, minutes: str, hours: str) -> str:
    """Every reference with its age: P1 first, the oldest first; those of one minute share a line.

    `minutes` and `hours` are the words for an age, with {n}. Ages of two hours and more are given in hours.
    """
    found: list[str] = []
    heading, age = "", ""
    for case in sorted(cases, key=lambda case: (case.priority, -case.minutes)):
        if heading != f"P{case.priority}":
            heading, age = f"P{case.priority}", ""
            found.append(heading)
        old = minutes.format(n=case.minutes) if case.minutes < 120 else hours.format(n=case.minutes // 60)
        mark = case.mark + QUIET_MARK if case.quiet else case.mark
        if old == age:
            found[-1] += f" {mark}"
        else:
            found.append(f"{old}: {mark}")
        age = old
    return "\n".join(found)
