"""How a backlog was cleared: how long it took, and in which order. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

#: Two things closer together than this count as simultaneous: several are sent at once.
TOGETHER_SECONDS = 2.0


@dataclass(frozen=True)
class Waited:
    """One message: when it was written, and when it was settled. `urgency` of a cry: 1, 2, 3; else None."""

    at: float
    settled: float
    urgency: int | None = None
    #: What it was and how it ended, for the report.
    what: str = ""


@dataclass
class Clearing:
    """One outage: what waited when it ended, and how that was cleared."""

    what: str
    #: Seconds the outage lasted.
    seconds: float
    #: Messages written while it lasted.
    written: int = 0
    #: Cries among them, and the longest that one of them waited for a reply or a topic, in seconds.
    cries: int = 0
    longest_cry: float = 0.0
    #: Not settled when it ended.
    backlog: int = 0
    backlog_cries: int = 0
    #: Seconds from its end until the last cry, and the last of all, was settled.
    cries_cleared: float = 0.0
    cleared: float = 0.0
    #: Ordinary messages of the backlog settled before the last cry of it.
    before_last_cry: int = 0
    #: What was settled last.
    last: str = ""
    faults: list[str] = field(default_factory=list)

    def line(self) -> str:
        """The figures in one line."""
        return (
            f"{self.what:<10} away {self.seconds:.0f} s: {self.written} written ({self.cries} cries, the longest "
            f"waited {self.longest_cry:.0f} s); backlog {self.backlog} ({self.backlog_cries} cries), cries cleared "
            f"after {self.cries_cleared:.0f} s ({self.before_last_cry} others before the last of them), "
            f"all after {self.cleared:.0f} s{f' (last: {self.last})' if self.last else ''}"
        )


def clearing(what: str, began: float, ended: float, waited: Iterable[Waited]) -> Clearing:
    """The figures of one outage, from everything that was written while it lasted. Times are seconds of one clock."""
    during = [one for one in waited if began <= one.at < ended]
    late = [one for one in during if one.settled > ended]
    cries = [one for one in late if one.urgency is not None]
    last_cry = max((one.settled for one in cries), default=ended)
    found = Clearing(
        what,
        ended - began,
        written=len(during),
        cries=sum(one.urgency is not None for one in during),
        longest_cry=max((one.settled - one.at for one in during if one.urgency is not None), default=0.0),
        backlog=len(late),
        backlog_cries=len(cries),
        cries_cleared=last_cry - ended,
        cleared=max((one.settled for one in late), default=ended) - ended,
        last=max(late, key=lambda one: one.settled).what if late else "",
        before_last_cry=sum(one.urgency is None and one.settled < last_cry for one in late),
    )
    # Those settled before the outage ended too: one of them may have passed an older one that waited.
    cries = [one for one in during if one.urgency is not None]
    for urgency in (1, 2, 3):
        hasty = [one for one in cries if one.urgency == urgency and any(_passes(older, one) for older in cries)]
        if hasty:
            late = max(cries, key=lambda older: sum(_passes(older, one) for one in hasty))
            found.faults.append(
                f"{what}: {len(hasty)} cries of urgency {urgency} were settled before an older one as urgent or more; "
                f"most passed one ({late.what}) that was settled {late.settled - ended:.1f} s after the end"
            )
    return found


def _passes(older: Waited, newer: Waited) -> bool:
    """Whether a cry was settled clearly before one written clearly earlier that is as urgent or more."""
    assert older.urgency is not None and newer.urgency is not None
    return (
        older.urgency <= newer.urgency
        and newer.at - older.at > TOGETHER_SECONDS
        and older.settled - newer.settled > TOGETHER_SECONDS
    )
