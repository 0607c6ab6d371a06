"""What the parts of the hotline show each other over HTTP: whoever else reaches a port is refused.

Runs on Python 3.10 (inside Rasa) and 3.13 (the app); knows neither.
"""

from __future__ import annotations

import hashlib
import hmac

#: The header that carries it.
HEADER = "X-Hotline-Inside"


def token(tracker_key: str) -> str:
    """64 hexadecimal digits that follow from Rasa's tracker key: all parts know that one, and it is in no setting."""
    return hmac.new(bytes.fromhex(tracker_key), b"hotline inside", hashlib.sha256).hexdigest()


def shown(given: str | None, expected: str) -> bool:
    """Whether a call showed the token, in the same time wherever the two differ. Nobody shows an empty one."""
    if not given or not expected:
        return False
    return hmac.compare_digest(given.encode("utf-8", "replace"), expected.encode())
