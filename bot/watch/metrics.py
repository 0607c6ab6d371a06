"""The page at /metrics: what the database knows of the whole hotline, and what this process measured of itself.

Labels come from closed lists of the code. No country, no case, no row: a count of one must not point to a person.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from prometheus_client import REGISTRY, CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from bot.cases.lease import PRIORITIES
from bot.cases.rules import CASE_KINDS, priority_of
from bot.runtime import liveness, measure
from bot.runtime.measure import LANGS
from bot.watch.snapshot import Open, Snapshot, disk
from bot.watch.tallies import ANSWERED_BY, DISCARDS, KINDS, NO_LANG, REPLY_BUCKETS

#: What was counted, by its name in `tallies`: metric, meaning, labels, and the combinations shown from the start,
#: because the first event of a series that did not exist is no increase.
COUNTED: tuple[tuple[str, str, str, tuple[str, ...], list[tuple[str, ...]]], ...] = (
    (
        "updates",
        "hotline_updates",
        "Updates stored, by what they are and the language of the chat.",
        ("kind", "lang"),
        [*itertools.product(KINDS, LANGS)],
    ),
    (
        "answered",
        "hotline_answered",
        "Messages whose first answer reached the worker, by whose it was; operators' messages that did.",
        ("lang", "by"),
        [*itertools.product(LANGS, ANSWERED_BY)],
    ),
    (
        "cases",
        "hotline_cases",
        "Cases opened, by kind, priority when they were counted, and language.",
        ("kind", "priority", "lang"),
        [
            (kind, str(priority), lang)
            for kind in CASE_KINDS
            for priority in {
                priority_of(kind, minor=minor, found_by=by) for minor in (False, True) for by in ("lexicon", "model")
            }
            for lang in LANGS
        ],
    ),
    (
        "discards",
        "hotline_discards",
        "Updates that need no answer, by why and the language of the chat.",
        ("why", "lang"),
        [*itertools.product(DISCARDS, (NO_LANG,))],
    ),
)
#: What is told of the night alarm: bot/alarm/status.py.
ALARM = ("ringing", "failed_calls", "failed_earlier", "failed_tests", "open_tests", "on_duty", "ways")
#: What it says of the deleting of old words.
RETENTION = ("topics_refused", "topics_left", "legal_holds", "silent_hours")
#: What it says of numbers and answers: bot/knowledge/service.py.
FACTS = ("hidden", "ending", "unconfirmed")
#: What is kept on this machine.
KEPT = ("nlu", "actions", "turns", "worker", "chat", "parts", "sandbox")
PURPOSES = ("reply", "receipt", "operator", "card", "alert", "relay")


#: Name and labels of one number.
type Figure = tuple[str, frozenset[tuple[str, str]]]


def page(now: Snapshot | None, home: Path, measures: Path) -> bytes:
    """The text of /metrics; `measures` is the folder of bot/runtime/measure.py.

    None: the database is away, and only what needs none is told.
    """
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Page(now, home))
    return generate_latest(registry) + generate_latest(measure.measured(measures)) + generate_latest(REGISTRY)


def figures(now: Snapshot, home: Path, measures: Iterable[Path]) -> dict[Figure, float]:
    """Every number of ours on that page, for `hotline status`. What several workers measured of themselves is added."""
    found: dict[Figure, float] = {}
    sources: list[Collector] = [_Page(now, home), *map(measure.measured, measures)]
    for source in sources:
        for sample in (sample for family in source.collect() for sample in family.samples):
            name = sample.name, frozenset(sample.labels.items())
            found[name] = found.get(name, 0.0) + sample.value
    return found


class _Page(Collector):
    def __init__(self, now: Snapshot | None, home: Path) -> None:
        self.now, self.home = now, home

    def collect(self) -> Iterator[Metric]:
        yield _gauge("hotline_database_up", "1 while the database answers.", self.now is not None)
        yield from _disk(self.home)
        if self.now is not None:
            yield from _counted(self.now)
            yield from _open(self.now)
            yield from _running(self.now)


def _counted(now: Snapshot) -> Iterator[Metric]:
    for name, metric, meaning, labels, shown in COUNTED:
        family = CounterMetricFamily(metric, meaning, labels=labels)
        found = {tuple(dict(pairs)[label] for label in labels): n for pairs, n in now.counted.get(name, {}).items()}
        for values, number in (dict.fromkeys(shown, 0) | found).items():
            family.add_metric(values, number)
        yield family
    yield _replies(now)
    if now.counted_through is not None:
        yield _gauge(
            "hotline_counted_through_timestamp_seconds",
            "Up to when the counters above are complete: a minute or two ago.",
            now.counted_through.timestamp(),
        )


def _replies(now: Snapshot) -> Metric:
    family = HistogramMetricFamily(
        "hotline_reply_seconds", "Seconds from a message stored to its first answer at Telegram.", labels=["lang"]
    )
    buckets, sums = now.counted.get("reply_bucket", {}), now.counted.get("reply_milliseconds", {})
    for lang in LANGS:
        total = 0
        shown: list[tuple[str, float]] = []
        for place, end in enumerate([*map(str, REPLY_BUCKETS), "+Inf"]):
            total += buckets.get((("lang", lang), ("bucket", str(place))), 0)
            shown.append((end, total))
        family.add_metric([lang], buckets=shown, sum_value=sums.get((("lang", lang),), 0) / 1000)
    return family


#: Languages of what may also belong to no worker's chat.
ALL_LANGS = (*LANGS, NO_LANG)
#: What is open: metric of how many, its meaning, label of the second name, second names and languages that are always
#: shown; metric of how old the oldest is.
OPEN: tuple[tuple[str, str, str, str, tuple[str, ...], tuple[str, ...], str], ...] = (
    (
        *("pending", "hotline_turns_waiting", "Stored updates whose turn has not come.", "", ("",), ALL_LANGS),
        "hotline_turns_oldest_seconds",
    ),
    (
        *("unanswered", "hotline_unanswered", "Messages that wait for Rasa to come back.", "", ("",), LANGS),
        "hotline_unanswered_oldest_seconds",
    ),
    ("dead", "hotline_dead_letters", "Updates whose turn failed twice, not settled yet.", "", ("",), ALL_LANGS, ""),
    (
        *("outbox", "hotline_outbox_queued", "Messages to be sent now.", "purpose", PURPOSES, ALL_LANGS),
        "hotline_outbox_oldest_seconds",
    ),
    ("window", "hotline_outbox_window", "Messages that wait for the live window.", "", ("",), LANGS, ""),
    (
        *("failed", "hotline_outbox_failed", "Messages of the last 24 hours that could not be delivered, by why."),
        *("why", ("blocked", "bad_request"), LANGS, ""),
    ),
    ("unclaimed", "hotline_cases_unclaimed", "Cases that nobody holds.", "priority", ("1", "2", "3", "4"), LANGS, ""),
    ("held", "hotline_cases_held", "Cases that an operator holds.", "", ("",), LANGS, ""),
    (
        *("no_topic", "hotline_cases_without_topic", "Cases that an operator holds and the group gave no topic."),
        *("", ("",), LANGS, ""),
    ),
    ("media", "hotline_media_wanted", "Files still to be fetched from Telegram.", "", ("",), LANGS, ""),
)


def _open(now: Snapshot) -> Iterator[Metric]:
    for what, metric, meaning, label, seconds, langs, oldest in OPEN:
        found = {key: Open() for key in itertools.product(seconds, langs)} | dict(now.open.get(what, {}))
        labels = (label, "lang") if label else ("lang",)
        named = {key if label else key[1:]: one for key, one in found.items()}
        yield _gauges(metric, meaning, labels, {key: one.number for key, one in named.items()})
        if oldest:
            yield _gauges(oldest, "Age of the oldest of them.", labels, {key: one.oldest for key, one in named.items()})
    p1 = dict.fromkeys(LANGS) | {
        lang: one.oldest for (n, lang), one in now.open.get("unclaimed", {}).items() if n == "1"
    }
    yield _gauges(
        "hotline_unclaimed_p1_oldest_seconds",
        "How long the oldest P1 waits for a claim.",
        ("lang",),
        {(lang,): age for lang, age in p1.items()},
    )
    yield _gauges(
        "hotline_held_unanswered_seconds",
        "How long the oldest unanswered message of a held case lies.",
        ("priority",),
        {(str(number),): now.lying.get(number) for number in PRIORITIES},
    )
    yield _gauge(
        "hotline_backup_timestamp_seconds",
        "Of when the newest whole backup is; 0 before the first.",
        now.backed_up.timestamp() if now.backed_up is not None else 0,
    )
    shown = dict.fromkeys(ALARM, 0) | dict(now.alarm)
    yield _gauges("hotline_alarm", "The night alarm.", ("what",), {(what,): n for what, n in shown.items()})
    yield _gauges(
        "hotline_retention",
        "Topics Telegram would not delete, topics still to be deleted, legal holds; hours since the last report.",
        ("what",),
        {(what,): now.retention.get(what, 0) for what in RETENTION},
    )
    yield _gauges(
        "hotline_facts",
        "Numbers known to be wrong; confirmations that run out within a week; facts not confirmed by two people.",
        ("what",),
        {(what,): now.facts.get(what, 0) for what in FACTS},
    )


def _running(now: Snapshot) -> Iterator[Metric]:
    yield _gauges("hotline_jobs", "Jobs of the queue.", ("queue", "status"), now.jobs)
    yield _gauges(
        "hotline_processes",
        "Processes that gave a sign of life within 20 seconds.",
        ("part",),
        {(part,): now.processes.get(part, 0) for part in ("chat", "worker")},
    )
    yield _gauges(
        "hotline_answered_ago_seconds",
        "Since Telegram last answered a gateway, and Rasa a worker.",
        ("part",),
        {(part,): age for part, age in now.answered.items()},
    )
    family = CounterMetricFamily(
        "hotline_killed",
        "Processes that were killed because they hung or held too much memory.",
        labels=["part", "why"],
    )
    for values, number in (dict.fromkeys(itertools.product(KEPT, liveness.WHY), 0) | dict(now.killed)).items():
        family.add_metric(values, number)
    yield family
    yield _gauge("hotline_queue_beat_seconds", "Since a worker of the queue last beat.", now.queue_beat)
    yield _gauge("hotline_read_seconds", "Seconds it took to read all this from the database.", now.read_seconds)


def _disk(home: Path) -> Iterator[Metric]:
    if (found := disk(home)) is None:
        return
    free, size = found
    yield _gauge("hotline_disk_free_bytes", "Free room on the disk of HOTLINE_HOME.", free)
    yield _gauge("hotline_disk_size_bytes", "Size of that disk.", size)


def _gauge(name: str, meaning: str, value: float | None) -> Metric:
    """One number; nothing waiting is an age of 0, so that a rule always has something to compare."""
    return GaugeMetricFamily(name, meaning, value=float(value or 0))


def _gauges(name: str, meaning: str, labels: Iterable[str], values: Mapping[Any, float | None]) -> Metric:
    family = GaugeMetricFamily(name, meaning, labels=list(labels))
    for key, value in values.items():
        family.add_metric(key, float(value or 0))
    return family
