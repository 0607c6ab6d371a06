"""When a chat may be written to. Until the worker says otherwise, the phone counts as watched.

Source: docs/threat-model.md, "The phone in another hand".
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any
from zoneinfo import ZoneInfo

#: By how much the clocks of two of our machines may differ.
CLOCKS_DIFFER = dt.timedelta(minutes=1)


def open_now(
    now: dt.datetime,
    last_heard_at: dt.datetime | None,
    safe_hours: Mapping[str, Any] | None,
    *,
    window_minutes: float,
) -> bool:
    """True when a message may reach a chat that has a case: shortly after the worker wrote, or in hours named as safe.

    `now` and `last_heard_at` are aware; `safe_hours` is {"from": "19:00", "to": "21:00", "zone": "Asia/Phnom_Penh"}
    and may cross midnight; before its "off_until" (ISO 8601) the hours do not count. A worker heard in the future was
    heard by a clock that has been set back since: that moment would leave the window open for hours, and opens nothing.
    """
    if last_heard_at is not None:
        since = now - last_heard_at
        if -CLOCKS_DIFFER <= since <= dt.timedelta(minutes=window_minutes):
            return True
    until = (safe_hours or {}).get("off_until")
    if until is not None and now < dt.datetime.fromisoformat(until):
        return False
    return _within(now, safe_hours)


def _within(now: dt.datetime, safe_hours: Mapping[str, Any] | None) -> bool:
    if (safe := _read(safe_hours)) is None:
        return False
    start, end, zone = safe
    local = now.astimezone(zone).time()
    return start <= local < end if start <= end else local >= start or local < end


def switched_off(now: dt.datetime, safe_hours: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """The hours after a chat was shut at `now`: if that was within them, today's count no more."""
    if safe_hours is None or (safe := _read(safe_hours)) is None or not _within(now, safe_hours):
        return None if safe_hours is None else dict(safe_hours)
    _, end, zone = safe
    local = now.astimezone(zone)
    until = dt.datetime.combine(local.date(), end, zone)
    if until <= local:
        until += dt.timedelta(days=1)
    return {**safe_hours, "off_until": until.astimezone(dt.UTC).isoformat()}


def next_opening(now: dt.datetime, safe_hours: Mapping[str, Any] | None) -> dt.datetime | None:
    """The next moment at which the named safe hours begin; None when the worker named none."""
    if (safe := _read(safe_hours)) is None:
        return None
    start, _, zone = safe
    local = now.astimezone(zone)
    begin = dt.datetime.combine(local.date(), start, zone)
    if begin <= local:
        begin += dt.timedelta(days=1)
    return begin.astimezone(dt.UTC)


def _read(safe_hours: Mapping[str, Any] | None) -> tuple[dt.time, dt.time, ZoneInfo] | None:
    """Begin, end and zone; None when none were named or they cannot be read: then no hour is safe."""
    if not safe_hours:
        return None
    try:
        start, end = (dt.time.fromisoformat(safe_hours[key]) for key in ("from", "to"))
        return start, end, ZoneInfo(safe_hours["zone"])
    except (KeyError, TypeError, ValueError):
        return None
