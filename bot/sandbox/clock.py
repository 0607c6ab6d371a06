"""The sandbox's clock: real time plus an offset a test may set, to age messages past the 48 hours."""

from __future__ import annotations

import time


class Clock:
    """Seconds since the epoch as the emulated Telegram sees them."""

    def __init__(self) -> None:
        self.offset_seconds = 0.0

    def now(self) -> float:
        """Current time, offset included."""
        return time.time() + self.offset_seconds

    def unix(self) -> int:
        """Current time in whole seconds, as message dates are given."""
        return int(self.now())
