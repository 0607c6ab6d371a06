"""Hears a message that says no more than where: coordinates, a link to a map, or the bare name of a place.

Somebody who may not write more sends this. No word of it tells an offer from a cry, so no model is asked.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from nlu.text.khmer import latin_digits
from nlu.text.normalise import normalise
from nlu.text.places import Place
from nlu.understanding import dialogue

#: A longer message says more than where; a link to a map may be long.
LONGEST_CHARS = 400
#: Degrees east of everything from Arabia to Japan. Between them one or two decimals are believed to be a position.
EAST = (34.0, 146.0)
#: So many decimals nobody gives to a sum or a height.
EXACT_DECIMALS = 4

_MAP = re.compile(
    r"(?:https?://)?(?:www\.)?(?:maps\.app\.goo\.gl/|goo\.gl/maps/|google(?:\.[a-z]{2,3}){1,2}/maps\b"
    r"|maps\.google(?:\.[a-z]{2,3}){1,2}\b|maps\.apple(?:\.com)?/)[^\s<>\"'，។]*",
    re.I,
)
_DECIMAL = re.compile(
    r"(?<![\d.,\-])(?P<lat>[-+]?\d{1,2}[.,]\d{1,15})\s*°?\s*(?P<ns>[ns]|l[su])?\s*[,;/\s]\s*"
    r"(?P<lon>[-+]?\d{1,3}[.,]\d{1,15})\s*°?\s*(?P<ew>[ew]|b[tb])?(?![\w.,]*\d)",
    re.I,
)
_ANGLE = r"(\d{1,3})\s*[°º˚]\s*(?:(\d{1,2}(?:[.,]\d+)?)\s*['’′]\s*)?(?:(\d{1,2}(?:[.,]\d+)?)\s*(?:[\"”″]|''|’’|′′)\s*)?"
_ANGLES = re.compile(rf"{_ANGLE}(n|s|l[su])[\s,;/]*{_ANGLE}(e|w|b[tb])\b", re.I)
#: South (Indonesian LS) and west (BB).
_NEGATIVE = frozenset({"s", "ls", "w", "bb"})


@dataclass(frozen=True)
class Position:
    """Where somebody says they are: as typed, and as latitude and longitude in degrees where it is no link."""

    typed: str
    at: tuple[float, float] | None


def position(text: str) -> Position | None:
    """The position that a message consists of, perhaps with "here" or a name; None when it says or asks more."""
    if not 0 < len(text) <= LONGEST_CHARS:
        return None
    plain = latin_digits(text).replace("\u2212", "-")
    for pattern, read in ((_MAP, None), (_ANGLES, _of_angles), (_DECIMAL, _of_decimals)):
        match = pattern.search(plain)
        if match is None:
            continue
        at = read(match) if read is not None else None
        if read is not None and at is None:
            continue
        # Maps share a link together with its coordinates.
        rest = _DECIMAL.sub(" ", _ANGLES.sub(" ", _MAP.sub(" ", plain)))
        return Position(match.group().strip(), at) if _only_where(rest) else None
    return None


def bare_place(text: str) -> Place | None:
    """The place that a message names and says nothing else of ("Bavet", "saya di Bavet"); None for any other."""
    named = dialogue.named(text) if 0 < len(text) <= dialogue.BARE_CHARS else ()
    return named[0] if named and _only_where(text) else None


def _only_where(text: str) -> bool:
    rest = list(text)
    for place in dialogue.named(text):
        rest[place.start : place.end] = " " * (place.end - place.start)
    plain = "".join(rest)
    return not dialogue.asks(plain) and not dialogue.says_more(normalise(plain).text, "here", "first_person", "fillers")


def _of_decimals(match: re.Match[str]) -> tuple[float, float] | None:
    lat, lon = (_number(match[name]) for name in ("lat", "lon"))
    decimals = [len(re.split("[.,]", match[name])[1]) for name in ("lat", "lon")]
    signed = match["lat"][0] in "+-" or match["ns"] is not None
    if not signed and decimals == [3, 3]:
        return None  # "10.000, 12.500" are sums
    if min(decimals) < EXACT_DECIMALS and not EAST[0] <= lon <= EAST[1]:
        return None
    return _on_earth(_signed(lat, match["ns"]), _signed(lon, match["ew"]))


def _of_angles(match: re.Match[str]) -> tuple[float, float] | None:
    degrees, minutes, seconds, half, *rest = match.groups()
    lat = _signed(_degrees(degrees, minutes, seconds), half)
    return _on_earth(lat, _signed(_degrees(*rest[:3]), rest[3]))


def _degrees(degrees: str, minutes: str | None, seconds: str | None) -> float:
    return round(_number(degrees) + _number(minutes or "0") / 60 + _number(seconds or "0") / 3600, 6)


def _number(written: str) -> float:
    return float(written.replace(",", "."))


def _signed(value: float, half: str | None) -> float:
    return -value if half is not None and half.lower() in _NEGATIVE else value


def _on_earth(lat: float, lon: float) -> tuple[float, float] | None:
    return (lat, lon) if abs(lat) <= 90 and abs(lon) <= 180 else None
