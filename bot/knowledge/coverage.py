"""What we can answer and what not, by topic, nationality and destination: `python -m bot.knowledge.coverage`."""

from __future__ import annotations

from typing import Final

from bot.knowledge import answers

#: Where people are sent, or are held, and home. None is a question that names no country.
DESTINATIONS: Final[tuple[str | None, ...]] = (
    None, "KH", "TH", "MM", "LA", "VN", "PH", "MY", "SG", "KR", "JP", "TW", "HK", "ID",
)  # fmt: skip
NATIONALITIES: Final = ("ID", "KH")


def coverage() -> list[tuple[str, str, str | None, bool]]:
    """(topic, nationality, destination or None, covered) for every combination. `other` is never covered."""
    return [
        (topic, nationality, country, answers.find(topic, nationality, country) is not None)
        for topic in answers.TOPICS
        for nationality in NATIONALITIES
        for country in DESTINATIONS
    ]


def table() -> str:
    """The coverage as text: x an answer about that country, o a general answer, . a gap."""
    head = [country or "--" for country in DESTINATIONS]
    rows = [f"{'topic':<24}{'who':<5}" + " ".join(f"{name:<2}" for name in head)]
    for topic in answers.TOPICS:
        for nationality in NATIONALITIES:
            cells = [f"{_mark(topic, nationality, country):<2}" for country in DESTINATIONS]
            rows.append(f"{topic:<24}{nationality:<5}" + " ".join(cells))
    covered = sum(row[3] for row in coverage())
    rows.append(
        f"x about that country, o general, . gap: {covered} of {len(coverage())} covered; -- is no country named"
    )
    return "\n".join(rows)


def _mark(topic: str, nationality: str, country: str | None) -> str:
    found = answers.find(topic, nationality, country)
    if found is None:
        return "."
    return "x" if found.countries and country is not None else "o"


if __name__ == "__main__":
    print(table())
