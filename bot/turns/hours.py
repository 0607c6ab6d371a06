"""Hours that a message names: "aman jam 7 sampai 9 malam", "យប់ម៉ោង ១១", "8pm-10pm", "jam 12 siang" (noon).

Whether they are hours to write in or hours of danger is for bot/turns/phone_words.py to say.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final, Literal

from nlu.text.normalise import normalise
from nlu.text.words import words_of

_SAID = words_of("hours")

#: Where the worker's clock is, by the country of the case. Source: IANA time zone database.
ZONES: Final = {
    "KH": "Asia/Phnom_Penh",
    "TH": "Asia/Bangkok",
    "LA": "Asia/Vientiane",
    "VN": "Asia/Ho_Chi_Minh",
    "MM": "Asia/Yangon",
    "MY": "Asia/Kuala_Lumpur",
    "SG": "Asia/Singapore",
    "PH": "Asia/Manila",
    "ID": "Asia/Jakarta",
    "TW": "Asia/Taipei",
    "HK": "Asia/Hong_Kong",
    "KR": "Asia/Seoul",
    "JP": "Asia/Tokyo",
    "SA": "Asia/Riyadh",
    "AE": "Asia/Dubai",
}
#: A single named hour is safe for this long, in hours.
SINGLE_HOURS = 1

type Kind = Literal["safe", "danger"]

#: Parts of the day, by the words for them. Khmer stands before and behind the hour, Indonesian mostly behind it.
_PARTS: Final = {
    "night": _SAID.night,
    "small": _SAID.small_hours,
    "morning": _SAID.morning,
    "noon": _SAID.noon,
    "afternoon": _SAID.afternoon,
}
_MARK, _TO = _SAID.mark, rf"-|–|—|~|{_SAID.to}"
_HALF_BEFORE, _HALF_BEHIND = _SAID.half_before, _SAID.half_behind
_WORDS: Final = _SAID.meanings("number")
#: Times that have a name of their own, and stand without an hour.
_NAMED: Final = _SAID.meanings("named_time")
_BEFORE: Final = frozenset(_SAID.each("before"))
_number = "|".join(sorted(map(re.escape, _WORDS), key=len, reverse=True))
_part = "|".join(f"(?P<{name}>{words})" for name, words in _PARTS.items())
#: A Khmer letter may follow or precede at once: Khmer has no spaces. A Latin one may not.
_NOT_LATIN_BEFORE, _NOT_LATIN_BEHIND = r"(?<![a-z])", r"(?![a-z])"
_TOKEN = re.compile(
    rf"(?P<named>{'|'.join(map(re.escape, _NAMED))})"
    rf"|{_NOT_LATIN_BEFORE}(?:{_part})2?{_NOT_LATIN_BEHIND}"
    rf"|{_NOT_LATIN_BEFORE}(?P<half_before>{_HALF_BEFORE}){_NOT_LATIN_BEHIND}"
    rf"|{_NOT_LATIN_BEFORE}(?P<half>{_HALF_BEHIND}){_NOT_LATIN_BEHIND}"
    rf"|{_NOT_LATIN_BEFORE}(?P<mark>{_MARK})(?![a-z])"
    rf"|(?<![\d.,:])(?P<hour>2[0-4]|[01]?\d)(?!\d)(?:[.:](?P<minute>[0-5]\d)(?!\d))?(?:[- ]?an(?![a-z]))?"
    rf"(?: ?(?P<past>{_SAID.past}|{_SAID.before}) ?(?P<by>[0-5]?\d)(?!\d))?"
    rf"|{_NOT_LATIN_BEFORE}(?P<word>{_number}){_NOT_LATIN_BEHIND}"
    rf"|(?:(?<![a-z])|(?<=\d))(?P<to>{_TO})(?![a-z])"
)
_NOW = re.compile(_SAID.now)
#: Characters between two words that still belong to each other ("malam ini jam 9" has four).
NEAR_CHARS = 8
#: Characters between two hours that are still one stretch.
BETWEEN_CHARS = 32


@dataclass(frozen=True)
class Named:
    """Hours as a message gives them: "21:00" to "23:00", or from one hour on ("end" is None)."""

    kind: Kind | None
    start: str
    end: str | None
    #: Said in so many words, that one may write then: kept though nobody asked.
    plain: bool = False


@dataclass
class _Time:
    """One hour as it stands in a message."""

    hour: int
    minute: int
    begin: int
    stop: int
    marked: bool
    part: str | None = None
    half_before: bool = False
    #: Minutes past the hour, or before it ("jam 5 kurang 10").
    shift: int = 0
    fixed: str | None = None


def named(text: str) -> Named | None:
    """The hours that a message names; None when it names none. What kind of hours is left open."""
    plain = normalise(text).text
    times = _times(plain)
    if not times or _NOW.search(plain):
        # "It is now ten past two" makes no appointment.
        return None
    first = times[0]
    second = times[1] if len(times) > 1 and _joined(plain, first, times[1]) else None
    if second is None:
        start = _clock(first, first.part)
        return Named(None, start, None) if start is not None else None
    start = _clock(first, first.part or second.part)
    end = _clock(second, second.part or first.part)
    if start is None or end is None:
        return None
    if second.part is None and first.part in {"morning", "noon"} and end < start and int(end[:2]) < 12:
        end = f"{int(end[:2]) + 12:02}{end[2:]}"
    return Named(None, start, end) if start != end else Named(None, start, None)


def kept(found: Named, country: str | None) -> dict[str, str]:
    """Hours in the shape in which a chat keeps them; a single hour lasts SINGLE_HOURS."""
    hour, minute = found.start.split(":")
    end = found.end or f"{(int(hour) + SINGLE_HOURS) % 24:02}:{minute}"
    return {"from": found.start, "to": end, "zone": ZONES.get(country or "", "Asia/Phnom_Penh")}


def _times(plain: str) -> list[_Time]:
    """Every number that is an hour: marked as one, beside a part of the day, or the end of a stretch."""
    tokens = list(_TOKEN.finditer(plain))
    times: list[_Time] = []
    for at, token in enumerate(tokens):
        if token["named"]:
            times.append(_Time(0, 0, token.start(), token.end(), marked=True, fixed=_NAMED[token["named"]]))
            continue
        if not (token["hour"] or token["word"]):
            continue
        before = tokens[at - 1] if at else None
        half = before is not None and before["half_before"] is not None and _touches(plain, before, token)
        if half:
            before = tokens[at - 2] if at > 1 else None
        marked = before is not None and before["mark"] is not None and _touches(plain, before, token)
        if token["word"] and not (marked or half):
            continue
        hour = int(token["hour"]) if token["hour"] else _WORDS[token["word"]]
        time = _Time(hour, int(token["minute"] or 0), token.start(), token.end(), marked, half_before=half)
        if token["by"]:
            time.shift = int(token["by"]) * (-1 if token["past"] in _BEFORE else 1)
        _look_around(plain, tokens, at, time, marked=marked)
        joins = before is not None and before["to"] is not None and bool(times)
        if (
            marked
            or time.part is not None
            or (joins and before is not None and before.start() - times[-1].stop < NEAR_CHARS)
        ):
            times.append(time)
        elif at + 2 < len(tokens) and tokens[at + 1]["to"] and (tokens[at + 2]["hour"] or tokens[at + 2]["mark"]):
            times.append(time)  # "20.00-22.00", "7 sampai 9 malam": kept if the second is an hour
    parts = {part for token in tokens if (part := _part_of(token)) is not None}
    if len(parts) == 1:
        # "tiap malam mereka datang cek kamar jam 9": the only part of the day that is named.
        for time in times:
            time.part = time.part or next(iter(parts))
    return _without_loose(times)


def _look_around(plain: str, tokens: list[re.Match[str]], at: int, time: _Time, *, marked: bool) -> None:
    """The half hour and the part of the day that belong to an hour: behind it first, else before it."""
    following = at + 1
    if following < len(tokens) and tokens[following]["half"] and _touches(plain, tokens[at], tokens[following]):
        time.minute, time.stop = 30, tokens[following].end()
        following += 1
    if following < len(tokens) and (part := _part_of(tokens[following])) is not None:
        gap = plain[time.stop : tokens[following].start()]
        later = tokens[following + 1] if following + 1 < len(tokens) else None
        # "យប់ម៉ោង ៨ ព្រឹកម៉ោង ៦": the second word leads the second hour.
        leads = (
            later is not None
            and later["mark"] is not None
            and plain[tokens[following].end() : later.start()].strip() == ""
        )
        if len(gap.strip()) == 0 and not (leads and _part_before(plain, tokens, at, marked=marked) is not None):
            time.part, time.stop = part, tokens[following].end()
            return
    time.part = _part_before(plain, tokens, at, marked=marked)


def _part_before(plain: str, tokens: list[re.Match[str]], at: int, *, marked: bool) -> str | None:
    place = at - 1
    while place >= 0 and (tokens[place]["mark"] or tokens[place]["half_before"]):
        place -= 1
    if place < 0 or (part := _part_of(tokens[place])) is None:
        return None
    if (
        place
        and (tokens[place - 1]["hour"] or tokens[place - 1]["half"])
        and plain[tokens[place - 1].end() : tokens[place].start()].strip() == ""
    ):
        return None  # it belongs to the hour before it
    following = tokens[place + 1]
    return part if following.start() - tokens[place].end() <= NEAR_CHARS and (marked or place == at - 1) else None


def _part_of(token: re.Match[str]) -> str | None:
    return next((name for name in _PARTS if token[name]), None)


def _touches(plain: str, one: re.Match[str], other: re.Match[str]) -> bool:
    return len(plain[one.end() : other.start()].strip()) == 0


def _joined(plain: str, first: _Time, second: _Time) -> bool:
    between = plain[first.stop : second.begin]
    return len(between) <= BETWEEN_CHARS and any(token["to"] for token in _TOKEN.finditer(between))


def _without_loose(times: list[_Time]) -> list[_Time]:
    """A number that was only taken for the beginning of a stretch needs an hour behind it."""
    sure = [time for time in times if time.marked or time.part is not None]
    bare = [time for time in times if time not in sure]
    if sure or (len(bare) > 1 and all(time.minute or time.hour > 12 for time in bare)):
        return times
    return []


def _clock(time: _Time, part: str | None) -> str | None:
    """An hour of 24 from what is said: 7 in the evening is 19, 12 at night is 0, 1 at night is 1, 11 at noon is 11."""
    if time.fixed is not None:
        return time.fixed
    hour, minute = time.hour, time.minute
    if time.half_before:
        # "setengah tujuh" is half past six.
        hour, minute = (hour - 1) or 12, 30
    if hour > 24:
        return None
    if hour <= 12:
        if part == "night":
            hour = hour % 12 if hour == 12 or hour <= 4 else hour + 12
        elif part == "noon":
            hour = hour + 12 if hour <= 5 else hour
        elif part == "afternoon":
            hour = hour + 12 if hour < 12 else 12
        elif part in {"morning", "small"}:
            hour %= 12
    at = (hour % 24 * 60 + minute + time.shift) % (24 * 60)
    return f"{at // 60:02}:{at % 60:02}"
