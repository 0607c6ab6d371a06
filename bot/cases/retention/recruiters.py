"""Recruiters that people reported: forgotten when nobody spoke of them for long."""

from __future__ import annotations

from sqlalchemy import delete, exists, or_

from bot.cases.retention.classes import RECRUITERS
from bot.cases.retention.reports import Run
from bot.storage.models import Recruiter, RecruiterReport

_QUIET = {"synchronize_session": False}


async def forget_recruiters(run: Run) -> None:
    """Reports past their time, and recruiters of which neither a report nor an operator's word is newer."""
    before = run.before(RECRUITERS)
    async with run.step() as s:
        reports = await s.execute(delete(RecruiterReport).where(RecruiterReport.at < before), execution_options=_QUIET)
        rows = await s.execute(
            delete(Recruiter).where(
                Recruiter.last_at < before,
                or_(Recruiter.confirmed_at.is_(None), Recruiter.confirmed_at < before),
                ~exists().where(RecruiterReport.recruiter_id == Recruiter.id),
            ),
            execution_options=_QUIET,
        )
        run.add(
            RECRUITERS,
            recruiter_reports=int(getattr(reports, "rowcount", 0)),
            recruiters=int(getattr(rows, "rowcount", 0)),
        )
