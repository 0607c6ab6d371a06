"""What a process measures of itself while it works. Read at /metrics; nothing here is ever about a person."""

from __future__ import annotations

from prometheus_client import Counter, Histogram

#: Upper ends of the buckets of Rasa's answers, in seconds. A turn gives up at NLU_TIMEOUT_SECONDS, 4.5.
RASA_BUCKETS = (0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 3.0, 4.5, 10.0)

RASA_SECONDS = Histogram(
    "hotline_rasa_seconds", "Seconds one call to Rasa took, failed ones too.", buckets=RASA_BUCKETS
)
RASA_FAILURES = Counter("hotline_rasa_failures", "Calls to Rasa without a usable answer.")
