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
from nlu.text.places import places
from nlu.text.words import words_of
from nlu.understanding.entities import entities

#: Letters that are kept of a building or a name; words of a name.
BUILDING_CHARS, NAME_CHARS, NAME_WORDS = 60, 40, 4
#: Letters that a landmark in Khmer has at least; pieces between spaces that belong to it.
BUILDING_LEAST, KHMER_PIECES = 6, 4
#: Letters of a name in Khmer: a longer run without spaces is a sentence.
KHMER_NAME: Final = 22
#: Digits of the number of an account.
_DIGITS: Final = re.compile(r"(?<![\d.,])\d[\d \-]{6,22}\d(?![\d])")
#: Entries that writings without spaces have too; labels of a demand for money; characters between day and time.
JOINED: Final = frozenset(
    {"building", "building_ends", "named", "name_ends", "deadline", "head_count", "years", "plate"}
)
MONEY: Final = frozenset({"ransom", "sextortion", "debt"})
TOGETHER_CHARS: Final = 4
#: Characters between the word for a number plate and its numbers.
PLATE_CHARS: Final = 6
MOST_PEOPLE: Final = 300
#: The countries in which the people of this hotline are at home.
HOMES: Final = frozenset({"ID", "KH"})
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
        "name": _name(text) if _account(text, money) is None else None,
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
    plates = [hit.end() for hit in _pattern("plate").finditer(text)]
    # "Plat 7K 4412" is no sum.
    sums = [one for one in amounts(text) if not any(0 <= one.start - end <= PLATE_CHARS for end in plates)]
    return text[sums[-1].start : sums[-1].end].strip() if sums else None


def _people(text: str) -> int | None:
    hit = _pattern("head_count").search(text)
    if hit is None:
        return None
    # "Kira2 30": the last number counts.
    count = int((re.findall(r"\d+", hit.group().translate(_DIGIT_KM)) or ["0"])[-1])
    return count if 2 <= count <= MOST_PEOPLE else None


def _age(text: str, *, named: bool) -> int | None:
    if (lived := next(ages(normalise(text).text), None)) is not None:
        return lived.years
    hit = re.search(rf"(?<!\d)(?P<years>[1-6]\d) ?{_pattern('years').pattern}", text.translate(_DIGIT_KM), re.I)
    return int(hit["years"]) if named and hit is not None else None


def _home(text: str) -> str | None:
    hit = _pattern("from_home", rf"[^\S\n]+(?P<home>[^\W\d][^{_STOP[1:-1]}]{{2,30}})").search(text)
    if hit is None:
        return None
    named = " ".join(hit["home"].split()[:2])
    return named if not any(place.country not in HOMES for place in places(named)) else None


def _building(text: str) -> str | None:
    """A building, floor, street or landmark, from its word to where the sentence goes on with something else."""
    for hit in _pattern("building", rf"(?:[^\S\n]*[^\s.,;:!?\n។៕()][^{_STOP[1:-1]}]*)").finditer(text):
        words = _until(hit.group().strip(), "building_ends")[:BUILDING_CHARS].strip()
        # The word alone ("di jalan") names nothing; a Khmer one has to go on, too.
        if len(words.split()) > 1 or (not words.isascii() and len(words) >= BUILDING_LEAST):
            return words
    return None


def _until(text: str, entry: str) -> str:
    """A text up to the first word of an entry; of a writing without spaces no more than two pieces of it."""
    hit = _pattern(entry).search(text, 1)
    cut = text[: hit.start()].strip() if hit is not None else text
    return cut if cut.isascii() else " ".join(cut.split()[:KHMER_PIECES])


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
        if _pattern("name_ends").match(word) if not word.isascii() else _pattern("name_ends").fullmatch(word):
            break
        words.append(word)
    name = " ".join(words)
    return name if 0 < len(words) <= NAME_WORDS and (name.isascii() or len(name) <= KHMER_NAME) else None


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
