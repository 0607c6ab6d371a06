"""What an administrator types: acknowledge from a terminal or a script, and try the alarm now."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from sqlalchemy import select

from bot.alarm import board, drill, duty, service
from bot.alarm import jobs as alarm
from bot.cases import sites
from bot.errors import CaseNotFound, SettingInvalid
from bot.storage import audit
from bot.storage.models import Alarm, Case, Operator, Ring
from bot.storage.session import session


async def acknowledge(ref: str, by: str) -> str:
    """Acknowledge the alarm of a case's desk, or a test, for an operator. Raises CaseNotFound, OperatorUnknown."""
    now = dt.datetime.now(dt.UTC)
    ref = ref.strip().upper()
    async with session() as s:
        operator = await duty.by_name(s, by)
        query = select(Alarm).with_for_update()
        if ref.startswith("T-"):
            number = ref.removeprefix("T-")
            row = int(number) if number.isascii() and number.isdecimal() and len(number) <= 18 else 0
            found = await s.scalar(query.where(Alarm.kind == "test", Alarm.id == row))
            if found is None:
                raise CaseNotFound(f"No test alarm is called {ref}.")
            passed = await drill.acknowledge(s, found, operator, now)
            said = "is acknowledged" if passed else "is acknowledged, but failed: one way did not work"
            said = f"Test {ref} {said}."
        else:
            case = await s.scalar(select(Case).where(Case.ref == ref))
            if case is None:
                raise CaseNotFound(f"No case has the reference {ref}.")
            site = board.meant(case.site).id
            found = await s.scalar(query.where(Alarm.kind == "case", Alarm.site == site, Alarm.state == "ringing"))
            if found is None or not await service.acknowledge(s, found, operator, now):
                return f"Nothing rings for {ref} now."
            said = f"The alarm is silent, by {operator.name}. It goes on when nobody claims {ref} in Telegram."
        await s.commit()
    return said


@dataclass(frozen=True)
class Tried:
    """How a test by hand went."""

    lines: tuple[str, ...]
    failed: bool


async def test(site: str | None) -> Tried:
    """Call everybody on duty now, by every way, from this process. Raises SettingInvalid for a desk that is not there.

    What fails here is tried again by the worker, like every call.
    """
    known = sites.sites()
    if site is not None and site not in known:
        raise SettingInvalid(f"No desk is called {site}. data/sites.yml has: {', '.join(known)}.")
    now = dt.datetime.now(dt.UTC)
    lines: list[str] = []
    failed = False
    for name in [site] if site is not None else list(known):
        async with session() as s:
            if site is None and known[name].group is None and not await duty.own(s, name):
                continue
            begun = await drill.begin(s, name, now, defer=False)
            audit.record(s, "alarm_tested", site=name)
            await s.commit()
        if begun is None:
            continue
        made, rings = begun
        if not rings:
            failed = True
            why = {
                "no_channel": "no way is set up. Set SMTP_URL or ALERT_COMMAND.",
                "nobody": "nobody is on duty. Put somebody on: hotline duty set NAME --order 1 --email ...",
            }
            lines.append(f"{name}: {why[made.failure or 'nobody']}")
            continue
        for row in rings:
            problem = await alarm.attempt(row)
            failed = failed or problem is not None
            lines.append(f"{name}: {await _whom(row)}: {problem or 'gone out'}")
        lines.append(
            f"{name}: now somebody must acknowledge it within an hour, in the group or with: "
            f"hotline alarm ack {drill.ref(made)} --by NAME"
        )
    return Tried(tuple(lines), failed)


async def _whom(row: int) -> str:
    async with session() as s:
        ring = await s.get_one(Ring, row)
        operator = await s.get(Operator, ring.operator_id) if ring.operator_id is not None else None
    name = operator.name if operator is not None else "nobody by name"
    return f"{name}, {'mail' if ring.channel == 'email' else 'ALERT_COMMAND'}"
