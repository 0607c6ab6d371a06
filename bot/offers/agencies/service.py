"""Importing a copy of a list, and showing what the lists in use say. The one place of this room that commits."""

from __future__ import annotations

import datetime as dt
import re
from pathlib import Path
from typing import Final

from sqlalchemy import delete, insert

from bot import log as logs
from bot.errors import AgencyListInvalid
from bot.offers.agencies import current, files
from bot.offers.agencies.names import fold
from bot.offers.agencies.register import LISTS, ListCopy, ListId
from bot.storage import audit
from bot.storage.models import Agency, AgencyList
from bot.storage.session import session

log = logs.get(__name__)

#: A list that shrank to less than this share of the one in use is taken for a part of it.
_MUST_KEEP: Final = 0.5
#: Rows that are named one by one when they could not be read.
_MOST_NAMED: Final = 20
_DAY_IN_NAME = re.compile(r"20\d\d-\d\d-\d\d")


def list_id(name: str) -> ListId:
    """The list of this name. Raises AgencyListInvalid, which says the names there are."""
    for known in LISTS:
        if known == name.strip().casefold():
            return known
    raise AgencyListInvalid(f"--list is one of {', '.join(LISTS)}.")


async def import_list(
    path: Path, of: str, *, as_of: dt.date | None, source: str, part: bool, today: dt.date | None = None
) -> str:
    """Put a file in the place of the list in use. Returns what was read, and each row that was not.

    `as_of` is the day of the list; without it the day in the file's name, else today. Raises AgencyListInvalid when
    the file is no list, is older than the one in use, or seems to be a part of it.
    """
    which = list_id(of)
    today = today or dt.datetime.now(dt.UTC).date()
    content = files.read(path)
    day, said = _day(path, as_of, today)
    if day > today:
        raise AgencyListInvalid(f"The list cannot be of {day}: that day is still to come. Correct --as-of.")
    async with session() as s:
        used = (await current.refresh(s)).copies.get(which)
        if used is not None:
            _refuse(used, day, len(content.entries), part)
        await s.execute(delete(AgencyList).where(AgencyList.id == which))
        words = source.strip() or path.name
        s.add(AgencyList(id=which, as_of=day, complete=not part, source=words))
        await s.flush()
        await s.execute(
            insert(Agency),
            [
                {
                    "list_id": which,
                    "name": entry.name,
                    "licence": entry.licence,
                    "status": entry.status,
                    "valid_until": entry.valid_until,
                }
                for entry in content.entries
            ],
        )
        audit.record(s, "agencies_imported", about=f"list:{which}", agencies=len(content.entries))
        await s.commit()
        copy = (await current.refresh(s)).copies[which]
    log.info("agencies_imported", list=which, agencies=len(content.entries), left_out=len(content.problems))
    lines = [f"{len(content.entries)} agencies are on the list {which} of {day} now{said}."]
    lines += _unusable(copy)
    lines += [f"{path.name}:{problem.line}: {problem.why}." for problem in content.problems[:_MOST_NAMED]]
    if more := len(content.problems) - _MOST_NAMED:
        lines += [f"… and {more} more rows."] if more > 0 else []
    if content.problems:
        lines.append(f"These {len(content.problems)} rows are left out. Correct them, then import the file again.")
    return "\n".join(lines)


def _day(path: Path, as_of: dt.date | None, today: dt.date) -> tuple[dt.date, str]:
    if as_of is not None:
        return as_of, ""
    if (found := _DAY_IN_NAME.search(path.name)) is not None:
        try:
            return dt.date.fromisoformat(found.group()), " (the day in the file's name)"
        except ValueError:
            pass
    return today, " (taken to be of today; say --as-of DATE when it is older)"


def _refuse(used: ListCopy, day: dt.date, count: int, part: bool) -> None:
    if day < used.as_of:
        raise AgencyListInvalid(
            f"The list in use is of {used.as_of}, this one is of {day}: an older list would undo what changed since."
        )
    if used.complete and part:
        raise AgencyListInvalid("The list in use is whole. A part would put all other names off it; import all of it.")
    if used.complete and count < _MUST_KEEP * len(used.entries):
        raise AgencyListInvalid(
            f"It names {count} agencies, the list in use {len(used.entries)}. It seems to be a part; import all of it."
        )


def _unusable(copy: ListCopy) -> list[str]:
    """Numbers that no offer's number can be compared with: a spreadsheet that took away the zero in front."""
    numbered = [entry for entry in copy.entries if entry.licence]
    short = [entry for entry in numbered if copy.number(entry.licence or "") is None]
    if not short:
        return []
    return [
        f"{len(short)} of {len(numbered)} numbers have fewer than {copy.licence_digits} digits and are not compared "
        f"(the first: {short[0].name}). Did the spreadsheet drop a 0 in front? Make the column text."
    ]


async def table(*, today: dt.date | None = None) -> str:
    """The lists in use, in lines: how many names, of which day, from where, old or not."""
    today = today or dt.datetime.now(dt.UTC).date()
    lines = []
    for which in LISTS:
        copy = (await current.refresh()).copies.get(which)
        if copy is None:
            lines.append(f"{which}: no list. Offers say that nobody checked.")
            continue
        whole = "whole" if copy.complete else "a part; a name that is missing means nothing"
        lines.append(f"{which}: {len(copy.entries)} agencies of {copy.country}, list of {copy.as_of}, {whole}")
        if copy.old(today):
            lines.append(f"    OLD: older than {copy.old_after_days} days. Import a newer one.")
        lines.append(f"    {'came with the program' if copy.seed else 'imported'}: {copy.source}")
    return "\n".join(lines)


async def show(name: str) -> str:
    """What every list in use says of a name or a licence number."""
    register = await current.refresh()
    lines = []
    for copy in register.copies.values():
        same = copy.by_name.get(fold(name))
        number = copy.number(name)
        numbered = copy.by_number.get(number) if number is not None else None
        near = copy.names.similar(name)
        entry = same or numbered
        if entry is not None:
            until = f", valid until {entry.valid_until}" if entry.valid_until else ""
            lines.append(
                f"{copy.id} of {copy.as_of}: {entry.name}, number {entry.licence or '-'}, {entry.status}{until}"
            )
        elif near is not None:
            lines.append(f"{copy.id} of {copy.as_of}: not there. Similar, which need not be the same: {near}")
        else:
            lines.append(f"{copy.id} of {copy.as_of}: not there" + ("" if copy.complete else " (only a part of it)"))
    lines += [
        f"press, {one.as_of}: {one.name} {one.status} ({one.source})"
        for one in register.press
        if fold(name) and fold(one.name) == fold(name)
    ]
    return "\n".join([*lines, "On a list is never safe: ask the office before anybody pays."])
