"""What a process measures of itself while it works. Read at /metrics; nothing here is ever about a person.

The turns run in a process beside the worker, whose page it is. So they write into a folder (the library does when its
variable names one, see bot/processes/roles.py), and the worker reads that; what an ended process counted stays counted.
"""

from __future__ import annotations

from pathlib import Path

from prometheus_client import CollectorRegistry, Counter, Histogram
from prometheus_client.multiprocess import MultiProcessCollector

from nlu.text import languages

OWN = CollectorRegistry()

#: Languages of labels. "other": a worker's chat in which none was heard yet.
LANGS = languages.HEARD

#: Upper ends of the buckets of Rasa's answers, in seconds. A turn gives up at NLU_TIMEOUT_SECONDS, 4.5.
RASA_BUCKETS = (0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 3.0, 4.5, 10.0)

RASA_SECONDS = Histogram(
    "hotline_rasa_seconds",
    "Seconds one call to Rasa took, failed ones too.",
    ["lang"],
    buckets=RASA_BUCKETS,
    registry=OWN,
)
RASA_FAILURES = Counter("hotline_rasa_failures", "Calls to Rasa without a usable answer.", ["lang"], registry=OWN)
for _lang in LANGS:
    RASA_SECONDS.labels(_lang)
    RASA_FAILURES.labels(_lang)


def begin() -> None:
    """Show every series from the start of this process: the first call of one that did not exist is no increase.

    The library gives a fork its own file when the first number changes, with all that are known.
    """
    RASA_FAILURES.labels(LANGS[0]).inc(0)


def lang_label(heard: str | None) -> str:
    """The label of a language that was heard."""
    return heard if heard is not None and heard in LANGS else "other"


def measured(folder: Path) -> CollectorRegistry:
    """What was measured: by the processes that write into a folder, else by this one."""
    if not folder.is_dir():
        return OWN
    found = CollectorRegistry()
    MultiProcessCollector(found, path=str(folder))  # type: ignore[no-untyped-call]
    return found
