"""The garbage collector and what a process keeps for life: lexicon, texts, libraries need no walk every few seconds."""

from __future__ import annotations

import contextlib
import ctypes
import gc

#: Objects made, and not yet gone, between two looks at the youngest; Python's own is 700. Chosen, not measured: what a
#: message leaves behind for the moment should be looked at now and then, not several times while it is answered.
YOUNGEST = 20_000


def settle() -> None:
    """Say that what is there now stays: call it once, when a process is ready to work."""
    gc.collect()
    with contextlib.suppress(OSError, AttributeError):  # another C library than glibc
        # What loading needed and nobody needs any more goes back to the machine.
        ctypes.CDLL("libc.so.6").malloc_trim(0)
    gc.freeze()
    gc.set_threshold(YOUNGEST, 10, 10)
