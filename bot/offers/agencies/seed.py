"""The lists that come with the program: data/offers/agencies, each with its date and its source."""

from __future__ import annotations

import datetime as dt
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

import yaml

from bot.errors import ReferenceDataInvalid
from bot.offers.agencies import files
from bot.offers.agencies.register import COUNTRY, LISTS, ListCopy, Press, Register, ShipCrew
from bot.settings import DATA

FOLDER: Final = DATA / "offers" / "agencies"


def _read(folder: Path, name: str) -> dict[str, Any]:
    try:
        raw = yaml.load((folder / name).read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
    except yaml.MarkedYAMLError as wrong:
        line = wrong.problem_mark.line + 1 if wrong.problem_mark else None
        raise ReferenceDataInvalid(f"data/offers/agencies/{name}", line, str(wrong.problem)) from wrong
    if not isinstance(raw, dict):
        raise ReferenceDataInvalid(f"data/offers/agencies/{name}", None, "the file is empty")
    return raw


def _copy(folder: Path, raw: dict[str, Any]) -> ListCopy:
    where = f"data/offers/agencies/{raw['file']}"
    content = files.read(folder / raw["file"])
    if content.problems:
        first = content.problems[0]
        raise ReferenceDataInvalid(where, first.line, first.why)
    as_of = raw["as_of"]
    if raw["id"] not in LISTS or raw["country"] != COUNTRY[raw["id"]] or not isinstance(as_of, dt.date):
        raise ReferenceDataInvalid(
            "data/offers/agencies/lists.yml", None, f"{raw['id']}: id, country or as_of is wrong"
        )
    return ListCopy(
        id=raw["id"],
        country=raw["country"],
        complete=bool(raw["complete"]),
        as_of=as_of,
        old_after_days=int(raw["old_after_days"]),
        licence_digits=raw["licence_digits"],
        source=str(raw["source"]["title"]),
        seed=True,
        entries=content.entries,
    )


def load(folder: Path = FOLDER) -> Register:
    """Read the lists of a folder. Raises ReferenceDataInvalid."""
    lists, press = _read(folder, "lists.yml"), _read(folder, "press.yml")
    try:
        copies = {raw["id"]: _copy(folder, raw) for raw in lists["lists"]}
        reported = tuple(
            Press(name, entry["status"], entry["country"], str(entry["as_of"]), str(entry["source"]["title"]))
            for entry in press["entries"]
            for name in entry["names"]
        )
        crew = lists["ship_crew"]
        ship_crew = ShipCrew(tuple(map(str, crew["licences"])), tuple(map(str, crew["ships"])))
    except (KeyError, TypeError) as wrong:
        raise ReferenceDataInvalid("data/offers/agencies", None, f"{type(wrong).__name__}: {wrong}") from wrong
    return Register(copies, reported, ship_crew)


@lru_cache(maxsize=1)
def register() -> Register:
    """The lists of this program, read once."""
    return load()
