"""What we can answer and what not, by topic, nationality and destination: `hotline facts coverage`."""

from __future__ import annotations

import datetime as dt
from typing import Final

from bot.knowledge import answers

#: Any other destination, such as the Gulf or Brunei: no answer is about it alone. No country of ISO 3166.
ELSEWHERE: Final = "ZZ"
#: Where people are sent, or are held, and home. None is a question that names no country.
DESTINATIONS: Final[tuple[str | None, ...]] = (
    None, "KH", "TH", "MM", "LA", "VN", "PH", "MY", "SG", "KR", "JP", "TW", "HK", "ID", ELSEWHERE,
)  # fmt: skip
NATIONALITIES: Final = ("ID", "KH")


def coverage(today: dt.date | None = None) -> list[tuple[str, str, str | None, bool]]:
    """(topic, nationality, destination or None, covered) for every combination. `other` is never covered.

    Answers hidden that day cover nothing.
    """
    today = today or dt.datetime.now(dt.UTC).date()
    return [
        (topic, nationality, country, answers.find(topic, nationality, country, today=today) is not None)
        for topic in answers.TOPICS
        for nationality in NATIONALITIES
        for country in DESTINATIONS
    ]


def table(today: dt.date | None = None) -> str:
    """The coverage as text: x an answer about that country, o a general answer, . a gap."""
    today = today or dt.datetime.now(dt.UTC).date()
    head = [{None: "--", ELSEWHERE: "++"}.get(country, country) for country in DESTINATIONS]
    rows = [f"{'topic':<24}{'who':<5}" + " ".join(f"{name:<2}" for name in head)]
    for topic in answers.TOPICS:
        for nationality in NATIONALITIES:
            cells = [f"{_mark(topic, nationality, country, today):<2}" for country in DESTINATIONS]
            rows.append(f"{topic:<24}{nationality:<5}" + " ".join(cells))
    cells_all = coverage(today)
    covered = sum(row[3] for row in cells_all)
    rows.append(
        f"x about that country, o general, . gap: {covered} of {len(cells_all)} covered; "
        "-- is no country named, ++ any other destination"
    )
    return "\n".join(rows)


def _mark(topic: str, nationality: str, country: str | None, today: dt.date) -> str:
    found = answers.find(topic, nationality, country, today=today)
    if found is None:
        return "."
    return "x" if found.countries and country is not None else "o"
