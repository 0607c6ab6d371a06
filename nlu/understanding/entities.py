"""Everything a message says that a case or an offer can use, in one list."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

from nlu.pay.amounts import amounts
from nlu.text.addresses import masked
from nlu.text.ages import ages
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
    source, spelt = _sources(text)
    counts = _counts_of_people(text, spelt)
    lived = [_entity(text, "age", age.years, source.span(age.start, age.end)) for age in ages(source.text)]
    times = _times(text, spelt, lived)
    found = [
        *_places(text),
        *_amounts(text),
        *(_entity(text, one.kind, one.value, (one.start, one.end)) for one in contacts(text)),
        *counts,
        *lived,
        *times,
        *_named(text, (source, spelt), counts, times),
    ]
    found.sort(key=_span)
    return found


def _entity(text: str, entity: str, value: Any, span: tuple[int, int]) -> dict[str, Any]:
    start, end = span
    return {"entity": entity, "value": value, "start": start, "end": end, "text": text[start:end]}


def _span(entity: dict[str, Any]) -> tuple[int, int]:
    return entity["start"], entity["end"]


def _places(text: str) -> list[dict[str, Any]]:
    """Places with their country, kind and risk."""
    return [
        _entity(text, "place", place.name, (place.start, place.end))
        | {"country": place.country, "kind": place.kind, "risk": place.risk}
        for place in places(text)
    ]


def _amounts(text: str) -> list[dict[str, Any]]:
    """Sums of money with currency and period."""
    found = []
    for amount in amounts(text):
        value = {
            "min": amount.amount_min,
            "max": amount.amount_max,
            "currency": amount.currency,
            "period": amount.period,
        }
        found.append(_entity(text, "amount", value, (amount.start, amount.end)))
    return found


def _counts_of_people(text: str, spelt: Normalised) -> list[dict[str, Any]]:
    """Numbers of people."""
    matches = PEOPLE.finditer(spelt.text)
    return [_entity(text, "people", count, spelt.span(*match.span())) for match in matches if (count := people(match))]


def _times(text: str, spelt: Normalised, lived: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Times and durations, without the years of a life: "អាយុ១៦ឆ្នាំ"."""
    matches = ((match, spelt.span(*match.span())) for match in TIME.finditer(spelt.text))
    return [_entity(text, "time", match.group(), span) for match, span in matches if not _meets(span, lived)]


def _named(
    text: str,
    forms: tuple[Normalised, Normalised],
    counts: Sequence[dict[str, Any]],
    times: Sequence[dict[str, Any]],
) -> list[dict[str, Any]]:
    """What the gazetteer names in the message as typed and as spelt, where nothing else was read before.

    "bourn neak", four people: "bourn" sounds like a younger sibling. "អម្បាញ់មិញ", just now, holds a shot.
    """
    source, spelt = forms
    counted = {count["start"] for count in counts}
    found: list[dict[str, Any]] = []
    for form in dict.fromkeys((spelt, source)):
        for thing in named(form, form is source and looks_khmer_latin(text[:SEARCH_CHARS])):
            span = form.span(thing.start, thing.end)
            if span[0] not in counted and not _meets(span, times) and not _meets(span, found):
                found.append(_entity(text, thing.entity, thing.value, span))
    return found


def _sources(text: str) -> tuple[Normalised, Normalised]:
    """The message in one spelling, and with Indonesian chat spelling undone where it is no romanised Khmer."""
    source = normalise(text[:SEARCH_CHARS])
    source = replace(source, text=masked(source.text))
    return source, source if looks_khmer_latin(text[:SEARCH_CHARS]) else plain(source, keep_sums=True)


def _meets(span: tuple[int, int], others: Iterable[dict[str, Any]]) -> bool:
    """Whether a place in the text overlaps the place of another entity."""
    return any(span[0] < other["end"] and other["start"] < span[1] for other in others)


def people_named(text: str) -> int | None:
    """How many people a message says it is about, the largest number it names."""
    _, spelt = _sources(text)
    return max(filter(None, map(people, PEOPLE.finditer(spelt.text))), default=None)
