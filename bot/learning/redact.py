"""Masks in a message what could lead to a person: numbers, names, addresses of every kind. Pure.

It masks too much rather than too little: only how something was said is wanted. What it cannot know (a place, a story)
a person takes out who reads the message (bot/learning/review.py).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from nlu.text import contacts, segment
from nlu.text.words import words_of

_WORDS = words_of("names")

#: Words that end a name after "nama saya", or show that none was told.
_ENDS = frozenset(_WORDS.each("ends_a_name"))
_WHOSE = rf"(?:\s+(?:{_WORDS.whose}))*"
#: What a name comes after.
_BEFORE = re.compile(
    rf"\b(?:(?:{_WORDS.name}){_WHOSE}|{_WORDS.named})\b(?:\s+(?:{_WORDS.is_called}))?|{_WORDS.named_joined}",
    re.IGNORECASE,
)
#: Titles, which a name follows with a capital (or, in Khmer, at once).
_TITLE = re.compile(rf"\b(?i:{_WORDS.title})\.?\s+(?=[A-Z])")
_KHMER_TITLE = re.compile(_WORDS.title_joined)
#: Pieces that a name has at most.
_LONGEST_NAME = 4
#: Between the pieces of one name there is nothing but this.
_GAP = re.compile(r"[\s:.=\u200b\-]{0,3}")
_JOINED = re.compile(r"(?<!\w)(?=\w*_)\w{4,}(?!\w)")
#: A digit, Latin or Khmer.
_DIGIT = r"0-9\u17e0-\u17e9"
_NUMBER = re.compile(
    rf"(?:(?<![^\W\d_])[A-Za-z]{{1,2}})?[{_DIGIT}](?:[{_DIGIT}]|[xX*]{{2,}}|[.,/:\- \u00a0]{{1,2}}(?=[{_DIGIT}]))*"
)
_MASK = re.compile(r"‹\w+›")
_AMOUNT = re.compile(r"\d{1,3}(?:[.,]\d{3})+(?!\d)")
_DIGITS = re.compile(rf"[{_DIGIT}](?:[ .\-()]?[{_DIGIT}xX*]){{6,}}")


def redact(text: str, names: Iterable[str | None] = ()) -> str:
    """The text on one line, with ‹phone›, ‹handle›, ‹link›, ‹email›, ‹name›, ‹number› for what could lead to a person.

    `names` are what the person is called in the app; they are masked wherever they stand.
    """
    text = " ".join(text.split())
    text = _put(text, ((found.start, found.end, found.kind) for found in contacts.contacts(text)))
    text = _JOINED.sub("‹handle›", text)
    text = _put(text, _told_names(text))
    for part in _parts(names):
        bounds = (r"(?<!\w)", r"(?!\w)") if part.isascii() else ("", "")
        text = re.sub(f"{bounds[0]}{re.escape(part)}{bounds[1]}", "‹name›", text, flags=re.IGNORECASE)
    text = _NUMBER.sub("‹number›", text)
    return re.sub(r"(‹\w+›)(?:[\s,./+\-]*\1)+", r"\1", text)


def says_something(text: str) -> bool:
    """Whether anything but masks and signs is left."""
    return sum(letter.isalpha() for letter in _MASK.sub("", text)) >= 2


def still_personal(text: str) -> list[str]:
    """What must not be in a training message, in words for whoever writes it; empty when nothing is found."""
    told = contacts.contacts(text)
    found = [f"a {one.kind} ({one.evidence})" for one in told if not _AMOUNT.fullmatch(one.evidence)]
    plain = _AMOUNT.sub("", text)
    if not found and (digits := _DIGITS.search(plain)) is not None:
        found.append(f"a number like a phone number ({digits.group()})")
    if not found and (joined := _JOINED.search(plain)) is not None:
        found.append(f"a handle ({joined.group()})")
    found += [f"the mask {mask}" for mask in dict.fromkeys(_MASK.findall(text))]
    return found


def _told_names(text: str) -> Iterator[tuple[int, int, str]]:
    for before in _BEFORE.finditer(text):
        if (span := _name_at(text, before.end(), _LONGEST_NAME)) is not None:
            yield *span, "name"
    for title in _TITLE.finditer(text):
        if (span := _name_at(text, title.end(), 1)) is not None:
            yield *span, "name"
    for title in _KHMER_TITLE.finditer(text):
        if (span := _name_at(text, title.end(), 2)) is not None:
            yield *span, "name"


def _name_at(text: str, start: int, longest: int) -> tuple[int, int] | None:
    """The place of a name that begins here: the next few pieces, up to a sign or a word that is none."""
    first: int | None = None
    end = start
    for count, word in enumerate(segment.words(text[start : start + 80])):
        gap = text[end : start + word.start]
        if count >= longest or not _GAP.fullmatch(gap) or word.text.lower() in _ENDS or "‹" in gap:
            break
        if not word.text[0].isalpha():
            break
        first = start + word.start if first is None else first
        end = start + word.end
    return None if first is None else (first, end)


def _parts(names: Iterable[str | None]) -> list[str]:
    """Parts of names that are long enough to be one, the longest first."""
    parts = {part for name in names if name for part in re.split(r"[\s.,_\-@()]+", name)}
    return sorted((part for part in parts if len(part) >= 3 and not part.isdigit()), key=len, reverse=True)


def _put(text: str, spans: Iterable[tuple[int, int, str]]) -> str:
    """Put masks in place of spans; of two that overlap the first counts."""
    done, out = 0, []
    for start, end, kind in sorted(spans):
        if start < done:
            continue
        out += [text[done:start], f"‹{kind}›"]
        done = end
    return "".join([*out, text[done:]])
