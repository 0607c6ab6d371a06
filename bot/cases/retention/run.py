"""The hourly run over every class, and what it would do."""

from __future__ import annotations

import datetime as dt

from bot.cases.retention import closed, loose, recruiters, topics
from bot.cases.retention.classes import CLASSES
from bot.cases.retention.reports import Counts, Run, refusals, refused_topics, told
from bot.storage.session import session

#: Closed cases first: the chats they let go of are looked at in the same run.
STEPS = (
    closed.anonymise_due,
    topics.send_some,
    loose.forget_unclear,
    loose.forget_updates,
    loose.forget_outgoing,
    loose.forget_chats,
    loose.forget_rasa,
    loose.forget_alarms,
    loose.forget_strangers,
    recruiters.forget_recruiters,
    loose.forget_leases,
)


async def forget(now: dt.datetime | None = None) -> Counts:
    """Delete what is past its time. Returns how much of what went, by class.

    Safe to break off at any moment and to run again: files go before the rows that name them, and every batch is a
    transaction of its own with its numbers.
    """
    run = Run(now or dt.datetime.now(dt.UTC))
    for step in STEPS:
        await step(run)
    await run.finish()
    return run.counts


async def preview(now: dt.datetime | None = None) -> str:
    """What the next run would delete, in lines: the run itself, in one transaction that is rolled back."""
    async with session() as s:
        run = Run(now or dt.datetime.now(dt.UTC), dry=s)
        for step in STEPS:
            await step(run)
        await s.rollback()
        refused = await refused_topics(s)
    lines = [f"{kind.name}: {kind.kept_days} days since {kind.since}" for kind in CLASSES]
    found = told(run.counts, run.kept_back)
    return "\n".join([*lines, "", "The next run would delete:", *(f"    {line}" for line in found), *refusals(refused)])
