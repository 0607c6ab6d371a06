"""Everything a message says that a case or an offer can use, in one list."""

from __future__ import annotations

from typing import Any

from nlu.text.ages import ages
from nlu.text.amounts import amounts
from nlu.text.contacts import contacts
from nlu.text.gazetteer import named
from nlu.text.language import looks_khmer_latin
from nlu.text.normalise import normalise
from nlu.text.places import places
from nlu.text.times import PEOPLE, TIME, people

#: Text beyond this many characters is not searched.
SEARCH_CHARS = 8_000


def entities(text: str) -> list[dict[str, Any]]:
    """Everything found as `{entity, value, start, end, text}`, in order.

    Places (with country and kind), amounts, phones, handles, links, people, ages, times, and what the gazetteer names:
    relations, roles, documents, injuries, agencies. Offers, reports and Rasa read the same modules.
    """
    found: list[dict[str, Any]] = []

    def add(entity: str, value: Any, start: int, end: int) -> None:
        found.append({"entity": entity, "value": value, "start": start, "end": end, "text": text[start:end]})

    for place in places(text):
        add("place", place.name, place.start, place.end)
        found[-1].update(country=place.country, kind=place.kind, risk=place.risk)
    for amount in amounts(text):
        value = {
            "min": amount.amount_min,
            "max": amount.amount_max,
            "currency": amount.currency,
            "period": amount.period,
        }
        add("amount", value, amount.start, amount.end)
    for contact in contacts(text):
        add(contact.kind, contact.value, contact.start, contact.end)
    source = normalise(text[:SEARCH_CHARS])
    counts: set[int] = set()
    for match in PEOPLE.finditer(source.text):
        count = people(match)
        if count:
            add("people", count, *source.span(*match.span()))
            counts.add(match.start())
    lived = list(ages(source.text))
    for age in lived:
        add("age", age.years, *source.span(age.start, age.end))
    for match in TIME.finditer(source.text):
        if any(age.start < match.end() and match.start() < age.end for age in lived):
            continue  # "អាយុ១៦ឆ្នាំ": the years of a life
        add("time", match.group(), *source.span(*match.span()))
    for thing in named(source, looks_khmer_latin(text[:SEARCH_CHARS])):
        if thing.start in counts:
            continue  # "bourn neak", four people: "bourn" sounds like a younger sibling
        add(thing.entity, thing.value, *source.span(thing.start, thing.end))
    found.sort(key=lambda entity: (entity["start"], entity["end"]))
    return found


def people_named(text: str) -> int | None:
    """How many people a message says it is about, the largest number it names."""
    source = normalise(text[:SEARCH_CHARS])
    return max(filter(None, map(people, PEOPLE.finditer(source.text))), default=None)
