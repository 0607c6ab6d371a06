"""Everything a message says that a case or an offer can use, in one list."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from nlu.text.addresses import masked
from nlu.text.ages import ages
from nlu.text.amounts import amounts
from nlu.text.contacts import contacts
from nlu.text.gazetteer import named
from nlu.text.language import looks_khmer_latin
from nlu.text.normalise import Normalised, normalise, plain
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
    source, spelt = _sources(text)
    counts: set[int] = set()
    for match in PEOPLE.finditer(spelt.text):
        count = people(match)
        if count:
            add("people", count, *spelt.span(*match.span()))
            counts.add(spelt.span(*match.span())[0])
    lived = [source.span(age.start, age.end) for age in ages(source.text)]
    for age, span in zip(ages(source.text), lived, strict=True):
        add("age", age.years, *span)
    times = []
    for match in TIME.finditer(spelt.text):
        span = spelt.span(*match.span())
        if not any(_overlap(span, other) for other in lived):  # "អាយុ១៦ឆ្នាំ": the years of a life
            add("time", match.group(), *span)
            times.append(span)
    taken: list[tuple[int, int]] = []
    for form in dict.fromkeys((spelt, source)):
        for thing in named(form, form is source and looks_khmer_latin(text[:SEARCH_CHARS])):
            span = form.span(thing.start, thing.end)
            # "bourn neak", four people: "bourn" sounds like a younger sibling. "អម្បាញ់មិញ", just now, holds a shot.
            if span[0] in counts or any(_overlap(span, other) for other in (*times, *taken)):
                continue
            add(thing.entity, thing.value, *span)
            taken.append(span)
    found.sort(key=lambda entity: (entity["start"], entity["end"]))
    return found


def _sources(text: str) -> tuple[Normalised, Normalised]:
    """The message in one spelling, and with Indonesian chat spelling undone where it is no romanised Khmer."""
    source = normalise(text[:SEARCH_CHARS])
    source = replace(source, text=masked(source.text))
    return source, source if looks_khmer_latin(text[:SEARCH_CHARS]) else plain(source, keep_sums=True)


def _overlap(one: tuple[int, int], other: tuple[int, int]) -> bool:
    return one[0] < other[1] and other[0] < one[1]


def people_named(text: str) -> int | None:
    """How many people a message says it is about, the largest number it names."""
    _, spelt = _sources(text)
    return max(filter(None, map(people, PEOPLE.finditer(spelt.text))), default=None)
