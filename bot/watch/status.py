"""`hotline status`: the numbers of /metrics for a person, in 80 columns, and under what is wrong what to do next."""

from __future__ import annotations

import datetime as dt
import json
import math
import os
import sys
from collections.abc import Mapping
from typing import Any

from bot.runtime import run_files
from bot.runtime.measure import LANGS
from bot.settings import settings
from bot.watch import metrics, rules, snapshot
from bot.watch.metrics import Figure
from bot.watch.rules import Finding
from bot.watch.snapshot import Snapshot
from bot.watch.tallies import DISCARDS, NO_LANG

#: By grade: how a line begins, and its colour.
MARKS = {"well": ("ok", "\033[32m"), "look": ("LOOK", "\033[33m"), "broken": ("WRONG", "\033[31m")}
PLAIN = "\033[0m"
#: Columns of the tables.
COLUMNS = (*LANGS, NO_LANG)
#: Rows of the tables: what they are called, the metric, labels it must have.
NOW: tuple[tuple[str, str, dict[str, str]], ...] = (
    ("turns waiting", "hotline_turns_waiting", {}),
    ("waiting for Rasa", "hotline_unanswered", {}),
    ("dead letters", "hotline_dead_letters", {}),
    ("to send", "hotline_outbox_queued", {}),
    ("for the live window", "hotline_outbox_window", {}),
    ("not delivered, 24 h", "hotline_outbox_failed", {}),
    ("files to fetch", "hotline_media_wanted", {}),
    *((f"unclaimed P{number}", "hotline_cases_unclaimed", {"priority": str(number)}) for number in (1, 2, 3, 4)),
    ("held", "hotline_cases_held", {}),
)
TOTAL: tuple[tuple[str, str, dict[str, str]], ...] = (
    ("updates", "hotline_updates_total", {}),
    ("answered", "hotline_answered_total", {"by": "bot"}),
    ("  without Rasa", "hotline_answered_total", {"by": "degraded"}),
    ("  turn failed twice", "hotline_answered_total", {"by": "dead"}),
    ("by operators", "hotline_answered_total", {"by": "operator"}),
    ("cases", "hotline_cases_total", {}),
    *((f"discard {why}", "hotline_discards_total", {"why": why}) for why in DISCARDS),
    ("calls to Rasa", "hotline_rasa_seconds_count", {}),
    ("  without an answer", "hotline_rasa_failures_total", {}),
)
#: Histograms: what they are called, the metric. Shown are the bounds under which half, and 95 %, stayed.
WITHIN = (("answered within", "hotline_reply_seconds"), ("Rasa within", "hotline_rasa_seconds"))


async def report(*, as_json: bool, colour: bool | None = None) -> tuple[str, int]:
    """The report and the exit code: 1 when anything is broken. Colour on a terminal only."""
    now = await snapshot.take()
    today = await snapshot.today(now.at)
    home = settings().hotline_home
    # What the workers of this machine measured of themselves; of others the database knows only its own numbers.
    folders = sorted((home / "run").glob(run_files.measures_folder(home, "turns*").name))
    figures = metrics.figures(now, home, folders)
    groups = {
        "parts": rules.parts(now),
        "waits": rules.waits(now),
        "upkeep": rules.upkeep(now, snapshot.disk(home)),
    }
    code = 0 if all(one.ok for found in groups.values() for one in found) else 1
    if as_json:
        return json.dumps(_json(now, today, groups, figures), indent=2, ensure_ascii=False), code
    if colour is None:
        colour = sys.stdout.isatty() and "NO_COLOR" not in os.environ
    return _text(now, today, groups, figures, colour=colour), code


def _text(
    now: Snapshot,
    today: Mapping[str, Mapping[str, int]],
    groups: Mapping[str, list[Finding]],
    figures: Mapping[Figure, float],
    *,
    colour: bool,
) -> str:
    every = [one for found in groups.values() for one in found]
    broken, look = (sum(one.grade == grade for one in every) for grade in ("broken", "look"))
    verdict = f"{broken} broken, {look} worth a look" if broken or look else "all is well"
    jobs: dict[str, int] = {}
    for (_, status), number in now.jobs.items():
        jobs[status] = jobs.get(status, 0) + number
    lines = [f"{now.at:%Y-%m-%d %H:%M} UTC   {verdict}"]
    for found in groups.values():
        lines += ["", *(line for one in found for line in _lines(one, colour))]
    lines.append(f"{'':<5} {'jobs':<18}{'  '.join(f'{name} {n}' for name, n in sorted(jobs.items())) or '0'}")
    lines += _table("now", [(title, by_lang(figures, name, labels)) for title, name, labels in NOW])
    lines += _table("today (UTC)", [*today.items()])
    lines += _table(
        "in total",
        [
            *((title, by_lang(figures, name, labels)) for title, name, labels in TOTAL),
            *(
                (f"{title}, {said}", {lang: _within(figures, name, lang, part) for lang in LANGS})
                for title, name in WITHIN
                for part, said in ((0.5, "half"), (0.95, "95 %"))
            ),
        ],
    )
    return "\n".join(lines)


def _lines(one: Finding, colour: bool) -> list[str]:
    """What was found and, under it, what to do next."""
    mark, paint = MARKS[one.grade]
    shown = f"{paint}{mark:<5}{PLAIN}" if colour else f"{mark:<5}"
    return [f"{shown} {one.name:<18}{one.detail}", *([f"{'':<6}-> {one.do}"] if one.do else [])]


def _table(title: str, rows: list[tuple[str, Mapping[str, Any]]]) -> list[str]:
    """A table by language. A column without a meaning for the row stays empty."""
    return [
        "",
        f"{title:<24}" + "".join(f"{lang:>9}" for lang in COLUMNS),
        *(
            f"{name:<24}{''.join(f'{_number(found.get(lang, "")):>9}' for lang in COLUMNS)}".rstrip()
            for name, found in rows
            if found
        ),
    ]


def _number(value: Any) -> str:
    return f"{value:.0f}" if isinstance(value, float) else str(value)


def by_lang(figures: Mapping[Figure, float], name: str, wanted: Mapping[str, str]) -> dict[str, float]:
    """One metric by language, its other labels added up."""
    found: dict[str, float] = {}
    for (metric, labels), value in figures.items():
        said = dict(labels)
        if metric == name and "lang" in said and wanted.items() <= said.items():
            found[said["lang"]] = found.get(said["lang"], 0.0) + value
    return found


def _within(figures: Mapping[Figure, float], name: str, lang: str, part: float) -> str:
    """The bound of the bucket under which a part of a histogram stayed; "-" when nothing was measured."""
    buckets = sorted(
        (float(said["le"]), value)
        for (metric, labels), value in figures.items()
        if metric == f"{name}_bucket" and (said := dict(labels))["lang"] == lang
    )
    if not buckets or not buckets[-1][1]:
        return "-"
    end = next(end for end, value in buckets if value >= part * buckets[-1][1])
    return f"{end:g} s" if math.isfinite(end) else f">{buckets[-2][0]:g} s"


def _json(
    now: Snapshot,
    today: Mapping[str, Mapping[str, int]],
    groups: Mapping[str, list[Finding]],
    figures: Mapping[Figure, float],
) -> dict[str, Any]:
    every = [one for found in groups.values() for one in found]
    return {
        "at": now.at.isoformat(),
        "ok": all(one.ok for one in every),
        "broken": [one.name for one in every if one.grade == "broken"],
        "look": [one.name for one in every if one.grade == "look"],
        **{
            group: {one.name: {"ok": one.ok, "grade": one.grade, "detail": one.detail, "do": one.do} for one in found}
            for group, found in groups.items()
        },
        "today": today,
        "metrics": {_named(*figure): value for figure, value in figures.items()},
        "total_through": _iso(now.counted_through),
    }


def _named(name: str, labels: frozenset[tuple[str, str]]) -> str:
    """A number as /metrics writes it, its labels in the order of the alphabet."""
    said = ",".join(f'{label}="{value}"' for label, value in sorted(labels))
    return f"{name}{{{said}}}" if said else name


def _iso(at: dt.datetime | None) -> str | None:
    return None if at is None else at.isoformat()
