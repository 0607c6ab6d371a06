"""Faults on demand: what a bad network or a bad day at Telegram does to a bot.

| kind | what the bot sees |
| --- | --- |
| `latency` | the answer after `seconds` |
| `error` | HTTP `status` (500 unless given), nothing done |
| `flood` | 429 with `retry_after`, nothing done |
| `reset` | the connection breaks, nothing done |
| `answer_lost` | the action is done, then the connection breaks |
| `blackhole` | no answer until the fault is cleared, nothing done |
| `duplicate_updates` | the next updates are delivered twice |
| `reorder_updates` | the next updates that wait together are delivered newest first |
"""

from __future__ import annotations

import asyncio
import itertools
from dataclasses import dataclass, field, fields

from bot.sandbox.model import Json

KINDS = ("latency", "error", "flood", "reset", "answer_lost", "blackhole", "duplicate_updates", "reorder_updates")
#: Of these, what strikes updates on their way and no call.
OF_UPDATES = ("duplicate_updates", "reorder_updates")


@dataclass
class Fault:
    """One fault. `method` None means every method but getUpdates, "*" every one. `times` None: until cleared."""

    kind: str
    method: str | None = None
    chat_id: int | None = None
    times: int | None = None
    seconds: float = 0.0
    status: int = 500
    retry_after: int = 3
    id: int = 0
    hits: int = 0
    cleared: asyncio.Event = field(default_factory=asyncio.Event, repr=False)

    def fits(self, method: str, chat_id: int | None) -> bool:
        """Whether this fault strikes a call."""
        if self.chat_id is not None and self.chat_id != chat_id:
            return False
        if self.method is None:
            return method != "getupdates"
        return self.method == "*" or self.method.lower() == method

    def as_json(self) -> Json:
        """For the control API."""
        return {f.name: getattr(self, f.name) for f in fields(self) if f.name != "cleared"}


class Faults:
    """The faults set at the moment."""

    def __init__(self) -> None:
        self._faults: list[Fault] = []
        #: Used up, but calls may still be inside a black hole.
        self._spent: list[Fault] = []
        self._ids = itertools.count(1)

    def add(self, fault: Fault) -> Fault:
        """Set a fault; it strikes from the next call on."""
        if fault.kind not in KINDS:
            raise ValueError(f"unknown kind of fault; known are {', '.join(KINDS)}")
        fault.id = next(self._ids)
        self._faults.append(fault)
        return fault

    def clear(self, fault_id: int | None = None) -> None:
        """Remove one fault, or all; calls swallowed by a black hole are let go."""
        for faults in (self._faults, self._spent):
            for fault in [f for f in faults if fault_id is None or f.id == fault_id]:
                faults.remove(fault)
                fault.cleared.set()

    def listed(self) -> list[Json]:
        """All faults set."""
        return [f.as_json() for f in self._faults]

    def strike(self, method: str, chat_id: int | None) -> list[Fault]:
        """The faults of one call: any latency, and at most one other."""
        struck: list[Fault] = []
        for fault in list(self._faults):
            if fault.kind in OF_UPDATES or not fault.fits(method, chat_id):
                continue
            if fault.kind != "latency" and any(f.kind != "latency" for f in struck):
                continue
            self._use(fault)
            struck.append(fault)
        return struck

    def duplicate(self) -> bool:
        """Whether the update being queued is to be delivered twice."""
        return self._of_updates("duplicate_updates")

    def reorder(self) -> bool:
        """Whether the updates being delivered together come newest first."""
        return self._of_updates("reorder_updates")

    def _of_updates(self, kind: str) -> bool:
        for fault in list(self._faults):
            if fault.kind == kind:
                self._use(fault)
                return True
        return False

    def _use(self, fault: Fault) -> None:
        fault.hits += 1
        if fault.times is not None and fault.hits >= fault.times:
            self._faults.remove(fault)
            self._spent.append(fault)
