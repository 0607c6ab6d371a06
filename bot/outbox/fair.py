"""Whose turn it is in a group: of rows of one rank, first those of the case that was shown something longest ago."""

from __future__ import annotations

#: Cases remembered for a group. One that was shown nothing for so many others counts as never shown.
REMEMBERED = 200
#: Stands for all rows that belong to no case: lists and alarms take turns with the cases.
NO_CASE = 0


class Order:
    """The cases of each group in the order in which they were last served. Pure; lives with the one sender.

    It is lost with that process: then the oldest row goes first once, and the turns begin anew.
    """

    def __init__(self) -> None:
        self._served: dict[int, dict[int, None]] = {}

    def served(self, group: int, case: int | None) -> None:
        """Something of a case was sent to a group: every other case goes before it now."""
        turns = self._served.setdefault(group, {})
        turns.pop(case or NO_CASE, None)
        turns[case or NO_CASE] = None
        if len(turns) > REMEMBERED:
            del turns[next(iter(turns))]

    def of(self, group: int) -> list[int]:
        """The cases that were served, the longest ago first; a case that is not there goes before all of them."""
        return list(self._served.get(group, ()))
