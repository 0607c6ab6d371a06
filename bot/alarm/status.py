"""What the alarm is doing, in numbers and lines: for `hotline status`, `hotline doctor`, and whatever watches us."""

from __future__ import annotations

import datetime as dt
import shlex
import shutil
from collections.abc import Mapping
from typing import Any

import psycopg
from sqlalchemy import exists, func, select
from sqlalchemy.orm import aliased

from bot.alarm import duty
from bot.cases import sites
from bot.settings import Settings
from bot.storage.models import Alarm, Operator, Ring
from bot.storage.session import session

#: Hours for which a call that failed for good is wrong now, and for which it is shown; at most until the same way has
#: reached the same person again.
NOW_HOURS, RECENT_HOURS = 1, 24


_later = aliased(Ring)
_at = func.coalesce(Ring.attempted_at, Ring.created_at)
#: When calls were tried that failed for good, by a way that has reached its person no more.
_FAILED = select(_at).where(
    Ring.state == "failed",
    _at > func.now() - dt.timedelta(hours=RECENT_HOURS),
    ~exists().where(
        _later.state == "delivered",
        _later.attempted_at > _at,
        _later.channel == Ring.channel,
        _later.operator_id.is_not_distinct_from(Ring.operator_id),
    ),
)


async def counts() -> dict[str, int]:
    """Ladders ringing now, calls that failed, desks whose last test failed or is open, people on duty.

    Calls are those whose way has not worked since: of the last hour (`failed_calls`), and of the day before that.
    `ways`: by how many ways this installation can call anybody; with none the alarm is off.
    """
    async with session() as s:
        ringing = select(func.count()).where(Alarm.kind == "case", Alarm.state == "ringing")
        hour = dt.datetime.now(dt.UTC) - dt.timedelta(hours=NOW_HOURS)
        failed = [at > hour for at in await s.scalars(_FAILED)]
        people = select(func.count()).where(Operator.duty > 0, Operator.active.is_(True))
        newest = select(Alarm.state).where(Alarm.kind == "test").distinct(Alarm.site)
        tests = list(await s.scalars(newest.order_by(Alarm.site, Alarm.id.desc())))
        return {
            "ringing": int(await s.scalar(ringing) or 0),
            "failed_calls": failed.count(True),
            "failed_earlier": failed.count(False),
            "failed_tests": tests.count("failed"),
            "open_tests": tests.count("ringing"),
            "on_duty": int(await s.scalar(people) or 0),
            "ways": len(duty.channels()),
        }


def sentence(found: Mapping[str, int]) -> str:
    """The counts in words for a terminal: what there is of anything, and how many are on duty."""
    said = [f"{name.replace('_', ' ')} {number}" for name, number in found.items() if number or name == "on_duty"]
    return "  ".join(said if found.get("ways") else ["off: nobody is called", *said])


# -- for `hotline doctor`, which opens no keys and counts without reading an address


def ways(config: Settings) -> tuple[bool | None, str, str]:
    """Whether anybody can be called from this machine: ok, what there is, what to do."""
    found = []
    if config.smtp is not None:
        found.append("mail")
    if config.alert_command is not None:
        program = shlex.split(config.alert_command)[0]
        if shutil.which(program) is None:
            return False, f"{program} of ALERT_COMMAND is not there or cannot be run", "give its full path"
        found.append("ALERT_COMMAND")
    if not found:
        return None, "off: nobody is called when a P1 case is left waiting", "set SMTP_URL or ALERT_COMMAND"
    return True, ", ".join(found), ""


def desks(connection: psycopg.Connection[Any]) -> list[tuple[str, bool | None, str, str]]:
    """Who can be called for each desk, and how its last test went: name, ok, what there is, what to do."""
    table = connection.execute("select to_regclass('alarms')").fetchone()
    if table is None or table[0] is None or not duty.channels():
        return []
    usable = {"email": "email", "command": "phone"}
    reached = " or ".join(f"{usable[way]} is not null" for way in duty.channels())
    people = dict(
        connection.execute(
            f"select site, count(*) from operators where active and duty > 0 and ({reached}) group by site"
        ).fetchall()
    )
    tests = {
        site: (state, failure, at)
        for site, state, failure, at in connection.execute(
            "select distinct on (site) site, state, failure, began_at from alarms where kind = 'test' "
            "order by site, id desc"
        ).fetchall()
    }
    found: list[tuple[str, bool | None, str, str]] = []
    for site in sites.sites().values():
        count = people.get(site.id, 0)
        if not count and site.group is None:
            continue
        name = f"night alarm of {site.id}"
        who = f"{count} on duty" if count else "nobody on duty"
        state, failure, at = tests.get(site.id, ("never", None, None))
        if not count and "command" not in duty.channels():
            found.append((name, False, f"{who}: nobody would be called", "hotline duty set NAME --order 1 --email ..."))
        elif state == "failed":
            what = f"{who}, test of {at:%d %b} failed: {failure}"
            found.append((name, False, what, "mend it, then: hotline alarm test"))
        elif state == "never":
            found.append((name, None, f"{who}, never tested", "hotline alarm test"))
        else:
            found.append(
                (name, True, f"{who}, test of {at:%d %b} {'passed' if state == 'acknowledged' else 'is open'}", "")
            )
    return found
