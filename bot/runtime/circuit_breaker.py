"""Whether somebody we call is away altogether. Pure: the caller gives the time.

One call that fails says little. Several in a row, with none that went through, say that every further one would fail
too: then one call now and then asks whether the other side is back, and nobody waits for the rest of them to fail.
"""

from __future__ import annotations

#: So many calls in a row must fail before the other side counts as away.
FAILURES = 4
#: Seconds between two calls that ask whether it is back.
ASK_SECONDS = 1.0


class Outage:
    """What the calls of this process tell about whom they call."""

    def __init__(self) -> None:
        self._failures = 0
        self._asked = 0.0
        #: When it was last found to be back.
        self._back_at = float("-inf")
        #: who → monotonic time before which nothing is tried for them.
        self._pauses: dict[int, float] = {}

    @property
    def away(self) -> bool:
        """True while the other side counts as away."""
        return self._failures >= FAILURES

    def may_call(self, now: float) -> bool:
        """Whether to call now: always while the other side is there, once in a while when it is away."""
        if not self.away:
            return True
        if now - self._asked < ASK_SECONDS:
            return False
        self._asked = now
        return True

    def failed(self, now: float, *, began: float | None = None) -> bool:
        """A call that `began` then did not get through. False when it says nothing of now: the other side has been
        found to be back since."""
        if began is not None and began < self._back_at:
            return False
        self._failures += 1
        self._asked = now
        return True

    def worked(self, now: float) -> bool:
        """A call was answered, if only with a refusal. True when the other side had been away."""
        back = self.away
        self._failures = 0
        if back:
            self._back_at = now
            self._pauses.clear()
        return back

    def pause(self, who: int, until: float) -> None:
        """Nothing is tried for one of those we call for before a time."""
        self._pauses[who] = until

    def pause_left(self, who: int, now: float) -> float:
        """Seconds until something may be tried for them again; 0 when at once."""
        left = self._pauses.get(who, 0.0) - now
        if left <= 0:
            self._pauses.pop(who, None)
            return 0.0
        return left
