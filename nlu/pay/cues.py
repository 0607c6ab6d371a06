"""What the words beside a sum say of it: pay, a fee, an extra, a piece rate. Words in data/lexicon/pay.yml."""

from __future__ import annotations

import re
from functools import cache

from nlu.text import alternation
from nlu.text.files import read_yaml
from nlu.text.normalise import normalise
from nlu.text.words import words_of

_WORDS = words_of("pay")

#: Where one statement ends: a line, a sentence, a bullet, an emoji.
_EDGE = re.compile(
    r"[\n!?;|។៕•·▪◆●★☆✔✅❌►➡👉\u2600-\u27bf\U0001f000-\U0001faff]|(?<!\d)\.(?=[ \n]|$)|\. "
    r"|(?<=\d)\.(?=\n|$| [a-z\u1780-\u17b3])| - "
)
#: Where one part of a statement ends: a comma that is no decimal one, a plus, "but".
_PART = re.compile(rf",(?!\d{{3}}|\d\d?\b)|, |\+|៖(?=.{{12,}})|(?<![a-z])(?:{_WORDS.but_word})(?![a-z])|{_WORDS.but}")


def _word(entry: str) -> tuple[bool, str]:
    """One entry as a pattern, and whether it is a Latin one that has to stand as a whole word."""
    latin = re.search(r"[a-z]{2}", entry) is not None and re.search(r"[\u1780-\u17ff]", entry) is None
    if not latin:
        return False, normalise(entry).text if "\u1780" <= entry[0] <= "\u17ff" else entry
    return True, entry if "(" in entry or "[" in entry else entry.replace("*", "[a-z]*")


@cache
def _source(name: str) -> str:
    """The pattern of one list: whole Latin words, and Khmer in whole syllables, the longer ones first."""
    entries = sorted(re.split(r",\s+", read_yaml("pay.yml")[name].strip(" ,")), key=len, reverse=True)
    words = [_word(entry) for entry in entries if entry]
    latin = alternation.words((pattern for bounded, pattern in words if bounded), r"[a-z\d]", "[a-z]")
    # Within a Khmer syllable nothing begins or ends: "យក" is not in "ឲ្យកូន", nor "ខាត" in "ខាត់".
    khmer = alternation.words((pattern for bounded, pattern in words if not bounded), "\u17d2", "[\u17b6-\u17d3]")
    return "|".join(one for one in (latin, khmer) if one)


@cache
def cue(name: str) -> re.Pattern[str]:
    """One list of data/lexicon/pay.yml as a pattern."""
    return re.compile(_source(name))


@cache
def piece_rate() -> re.Pattern[str]:
    """Straight after a sum: "per video", "/kg", "ក្នុង១វីដេអូ"."""
    each = rf" ?(?:/|1 ?|@|1 |{_WORDS.for_each})"
    return re.compile(each + rf"(?:{_source('piece')})")


@cache
def piece_rate_before() -> re.Pattern[str]:
    """Straight before a sum: "1 video ", "មួយតោន ", "per kg "."""
    each = rf"(?:/|1 ?|\d+ ?|{_WORDS.for_one_before})"
    return re.compile(
        rf"(?:{each}(?:{_source('piece')})|(?:{_WORDS.piece_first}) ?(?:1|{_WORDS.one}))[ :=]*(?:{_WORDS.makes})? ?$"
    )


def edges(text: str) -> list[int]:
    """Positions after which a new statement begins, in order."""
    return [0, *(match.end() for match in _EDGE.finditer(text))]


def last_part(lead: str) -> int:
    """Where the last part of a statement begins."""
    found = 0
    for match in _PART.finditer(lead):
        found = match.end()
    return found


def first_part(tail: str) -> str:
    """What follows a sum up to the end of its part of the statement."""
    end = _EDGE.search(tail)
    tail = tail[: end.start()] if end else tail
    comma = _PART.search(tail)
    return tail[: comma.start()] if comma else tail


def last(pattern: re.Pattern[str], text: str) -> re.Match[str] | None:
    """The match that ends last."""
    found = None
    for match in pattern.finditer(text):
        if found is None or match.end() >= found.end():
            found = match
    return found


def near_paper(lead: str) -> re.Match[str] | None:
    """A ticket, a paper or "takes" within a few letters before a sum."""
    found = last(cue("not_near"), lead)
    return found if found is not None and len(lead) - found.end() <= 10 else None
