"""`hotline status`: the numbers of /metrics for a person, in 80 columns."""

from __future__ import annotations

import datetime as dt
import json
import os
import sys
from typing import Any

from bot.alarm import status as alarm
from bot.watch import rules, snapshot
from bot.watch.rules import Finding
from bot.watch.snapshot import Snapshot
from bot.watch.tallies import LANGS

RED, GREEN, PLAIN = "\033[31m", "\033[32m", "\033[0m"


async def report(*, as_json: bool, colour: bool | None = None) -> tuple[str, int]:
    """The report and the exit code: 1 when anything in it is red. Colour on a terminal only."""
    now = await snapshot.take()
    today = await snapshot.today(now.at)
    parts, waits = rules.parts(now), rules.waits(now)
    code = 0 if all(one.ok for one in (*parts, *waits, _topics(now), _facts(now))) else 1
    if as_json:
        return json.dumps(_json(now, today, parts, waits), indent=2), code
    if colour is None:
        colour = sys.stdout.isatty() and "NO_COLOR" not in os.environ
    return text(now, today, parts, waits, colour=colour), code


def text(
    now: Snapshot, today: dict[str, dict[str, int]], parts: list[Finding], waits: list[Finding], *, colour: bool
) -> str:
    """The report as lines."""
    unclaimed = "  ".join(f"P{priority} {now.unclaimed.get(priority, 0)}" for priority in (1, 2, 3, 4))
    failed = ", ".join(f"{why} {number}" for why, number in sorted(now.failed.items()))
    jobs: dict[str, int] = {}
    for (_, status), number in now.jobs.items():
        jobs[status] = jobs.get(status, 0) + number
    lines = [
        f"{now.at:%Y-%m-%d %H:%M} UTC",
        "",
        *(_line(one, colour) for one in parts),
        "",
        *(_line(one, colour) for one in waits),
        _line(Finding("live window", True, str(now.window_waiting)), None),
        _line(Finding("files to fetch", True, str(now.media_wanted)), None),
        _line(
            Finding("not delivered", True, f"{failed or '0'}   (24 h; `hotline deadletters --outgoing`)"),
            None,
        ),
        _line(Finding("unclaimed", True, f"{unclaimed}   held {now.held}"), None),
        _line(Finding("night alarm", not now.alarm.get("failed_tests"), alarm.sentence(now.alarm)), colour),
        _line(_topics(now), colour),
        _line(_facts(now), colour),
        _line(Finding("jobs", True, "  ".join(f"{name} {n}" for name, n in sorted(jobs.items())) or "0"), None),
        _line(Finding("killed", True, _killed(now)), None),
        "",
        f"{'today (UTC)':<22}" + "".join(f"{lang:>10}" for lang in LANGS),
        *(f"{name:<22}" + "".join(f"{found[lang]:>10}" for lang in LANGS) for name, found in today.items()),
    ]
    return "\n".join(lines)


def _topics(now: Snapshot) -> Finding:
    """Topics of anonymised cases: words stand in them until they are gone."""
    refused, left, held = (now.retention.get(name, 0) for name in ("topics_refused", "topics_left", "legal_holds"))
    told = f"{left} to delete   legal holds {held}"
    if refused:
        told = f"{refused} that Telegram would not delete: `hotline retention`   {told}"
    return Finding("topics", not refused, told)


def _facts(now: Snapshot) -> Finding:
    """What workers are told: a number they need and are not shown is as wrong as a message not sent."""
    hidden, soon, unconfirmed = (now.facts.get(name, 0) for name in ("hidden", "hidden_soon", "unconfirmed"))
    told = f"unconfirmed {unconfirmed}"
    if hidden or soon:
        told = f"hidden {hidden}, within a week {soon}: `hotline facts due`   {told}"
    return Finding("facts", not hidden, told)


def _killed(now: Snapshot) -> str:
    """Which processes ran and did not work any more."""
    found = [f"{part} {why} {number}" for (part, why), number in sorted(now.killed.items()) if number]
    return f"{', '.join(found) or '0'}   (hung, or full of memory)"


def _line(one: Finding, colour: bool | None) -> str:
    """A line; `colour` None is for what is neither well nor wrong."""
    mark = "" if colour is None else "ok" if one.ok else "WRONG"
    shown = f"{mark:<5}"
    if colour and mark:
        shown = f"{GREEN if one.ok else RED}{shown}{PLAIN}"
    return f"{shown} {one.name:<18}{one.detail}"


def _json(
    now: Snapshot, today: dict[str, dict[str, int]], parts: list[Finding], waits: list[Finding]
) -> dict[str, Any]:
    findings = {
        group: {one.name: {"ok": one.ok, "detail": one.detail} for one in found}
        for group, found in (("parts", parts), ("waits", waits))
    }
    return {
        "at": now.at.isoformat(),
        "ok": all(one.ok for one in (*parts, *waits)),
        **findings,
        "numbers": {
            "turns_waiting": now.turns_waiting,
            "turns_oldest_seconds": now.turns_oldest,
            "unanswered": now.unanswered,
            "unanswered_oldest_seconds": now.unanswered_oldest,
            "dead_letters": now.dead_letters,
            "outbox": {name: {"queued": n, "oldest_seconds": age} for name, (n, age) in now.outbox.items()},
            "outbox_window": now.window_waiting,
            "outbox_failed_24h": dict(now.failed),
            "cases_unclaimed": {f"P{priority}": now.unclaimed.get(priority, 0) for priority in (1, 2, 3, 4)},
            "unclaimed_p1_oldest_seconds": now.p1_oldest,
            "cases_held": now.held,
            "media_wanted": now.media_wanted,
            "alarm": dict(now.alarm),
            "retention": dict(now.retention),
            "killed": {f"{part}.{why}": number for (part, why), number in sorted(now.killed.items())},
            "facts": dict(now.facts),
            "jobs": {f"{queue}.{status}": number for (queue, status), number in sorted(now.jobs.items())},
        },
        "today": today,
        "total": {
            name: {",".join(value for _, value in labels): number for labels, number in sorted(found.items())}
            for name, found in sorted(now.counted.items())
            if not name.startswith("reply")
        },
        "total_through": _iso(now.counted_through),
    }


def _iso(at: dt.datetime | None) -> str | None:
    return None if at is None else at.isoformat()
