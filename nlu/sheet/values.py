"""What a message of an open case tells in so many words: place, building, people, name, sum, deadline, account, kin.

By rule, never guessed: what a message does not name is not there. Pure; runs on Python 3.10 and 3.13. The words stand
in data/lexicon/words/<writing>/sheet.yml.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from functools import cache
from typing import Any, Final

from nlu.pay.amounts import amounts
from nlu.text.ages import ages
from nlu.text.contacts import contacts
from nlu.text.normalise import normalise
from nlu.text.words import words_of
from nlu.understanding.entities import entities

#: Letters that are kept of a building or a name; words of a name.
BUILDING_CHARS, NAME_CHARS, NAME_WORDS = 60, 40, 4
#: Digits of the number of an account.
_DIGITS: Final = re.compile(r"(?<![\d.,])\d[\d \-]{6,22}\d(?![\d])")
#: Entries that writings without spaces have too; labels of a demand for money; characters between day and time.
JOINED: Final = frozenset({"building", "named", "deadline", "head_count", "years"})
MONEY: Final = frozenset({"ransom", "sextortion", "debt"})
TOGETHER_CHARS: Final = 4
MOST_PEOPLE: Final = 300
_STOP: Final = r"[.,;:!?\n។៕()]"
_DIGIT_KM: Final = str.maketrans("០១២៣៤៥៦៧៨៩", "0123456789")


@cache
def _pattern(entry: str, tail: str = "", *, capitals: bool = False) -> re.Pattern[str]:
    """Words of an entry in every writing, and what follows them: spaced ones alone, others anywhere."""
    words = words_of("sheet")
    parts = [rf"(?<![^\W_])(?:{getattr(words, entry)})(?![^\W_])"]
    if entry in JOINED:
        parts.append(f"(?:{getattr(words, f'{entry}_joined')})")
    flags = 0 if capitals else re.IGNORECASE
    return re.compile(f"(?:{'|'.join(parts)}){tail}", flags)


def read(text: str, labels: Collection[str] = (), asked: str | None = None, *, money: bool = False) -> dict[str, Any]:
    """The facts of a message by name; only those that it tells. `labels`: see labels.read; `asked`: the open question.

    building, name, account, deadline, home: words as typed. amount: the sum as typed, the last one. age: years.
    relation: a value of data/lexicon/entities.yml. phone: numbers as they are dialled. people: a number. `money`: the
    case is about a demand, so that a sum and a time are those of it.
    """
    found: dict[str, Any] = {}
    money = money or bool(MONEY & set(labels)) or asked == "amount"
    timed = money or "moved" in labels or asked == "moved"
    told = {
        "building": _building(text),
        "name": _name(text),
        "amount": _amount(text) if money else None,
        "deadline": _deadline(text) if timed else None,
        "account": _account(text, money),
        "age": _age(text, named=_name(text) is not None or "minor" in labels),
        "people": _people(text),
        "home": _home(text),
    }
    found.update({name: value for name, value in told.items() if value is not None})
    if "about_other" in labels or asked in {"relation", "place"}:
        relations = [one["value"] for one in entities(text) if one["entity"] == "relation"]
        if relations:
            found["relation"] = relations[0]
    phones = [one.value for one in contacts(text) if one.kind == "phone"]
    if phones and "account" not in found:
        found["phone"] = phones[0]
    return found


def _amount(text: str) -> str | None:
    sums = amounts(text)
    return text[sums[-1].start : sums[-1].end].strip() if sums else None


def _people(text: str) -> int | None:
    hit = _pattern("head_count").search(text)
    if hit is None:
        return None
    count = int(re.sub(r"\D", "", hit.group().translate(_DIGIT_KM)) or 0)
    return count if 2 <= count <= MOST_PEOPLE else None


def _age(text: str, *, named: bool) -> int | None:
    if (lived := next(ages(normalise(text).text), None)) is not None:
        return lived.years
    hit = re.search(rf"(?<!\d)(?P<years>[1-6]\d) ?{_pattern('years').pattern}", text.translate(_DIGIT_KM), re.I)
    return int(hit["years"]) if named and hit is not None else None


def _home(text: str) -> str | None:
    hit = _pattern("from_home", rf"[^\S\n]+(?P<home>[^\W\d][^{_STOP[1:-1]}]{{2,30}})").search(text)
    return " ".join(hit["home"].split()[:2]) if hit is not None else None


def _building(text: str) -> str | None:
    """A building, floor, street or landmark, from its word to the next stop."""
    hit = _pattern("building", rf"(?:[^\S\n]*[^\s.,;:!?\n។៕()][^{_STOP[1:-1]}]*)").search(text)
    if hit is None:
        return None
    words = hit.group().strip()[:BUILDING_CHARS]
    # The word alone ("di jalan") names nothing.
    return words if len(words.split()) > 1 or not words.isascii() else None


def _name(text: str) -> str | None:
    """A name behind words that announce it, or behind the writer's kin where it is written in capitals."""
    told = rf"[^\S\n]*(?:adalah|:|=|៖|is)?[^\S\n]*(?P<name>[^\d{_STOP[1:-1]}]{{2,{NAME_CHARS}}})"
    hit = _pattern("named", told).search(text)
    if hit is None:
        hit = _pattern("named_kin", r" (?P<name>[A-Z][a-z]+(?: [A-Z][a-z]+){0,2})", capitals=True).search(text)
    if hit is None or "?" in text[hit.end() : hit.end() + 2]:
        return None
    words: list[str] = []
    for word in hit["name"].split():
        if _pattern("name_ends").fullmatch(word):
            break
        words.append(word)
    return " ".join(words) if 0 < len(words) <= NAME_WORDS else None


def _deadline(text: str) -> str | None:
    """Day and time of day, as far as they stand together: "besok jam 12 siang"."""
    hits = list(_pattern("deadline").finditer(text))
    if not hits:
        return None
    end = hits[0].end()
    for hit in hits[1:]:
        if hit.start() - end <= TOGETHER_CHARS:
            end = hit.end()
    return text[hits[0].start() : end].strip()


def _account(text: str, money: bool) -> str | None:
    """A number of seven to twenty digits beside a word for an account, or, where money is asked for, alone."""
    plain = text.translate(_DIGIT_KM)
    beside = _pattern("account", "").search(text)
    for hit in _DIGITS.finditer(plain):
        digits = re.sub(r"\D", "", hit.group())
        near = beside is not None and abs(beside.start() - hit.start()) < 40
        if 7 <= len(digits) <= 20 and (near or (money and not digits.startswith(("62", "855", "08", "60", "66")))):
            return digits
    return None
