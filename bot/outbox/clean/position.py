"""Where and when a picture or video says it was taken. Read in the child process alone: the file may be hostile."""

from __future__ import annotations

import datetime as dt
import math
import re
from collections.abc import Mapping
from typing import Any

from PIL import Image

#: Tags of Exif. Source: CIPA DC-008 (Exif 2.32), chapters 4.6.4 to 4.6.6.
_ORIENTATION, _DATE, _EXIF_IFD, _GPS_IFD, _DATE_ORIGINAL = 0x0112, 0x0132, 0x8769, 0x8825, 0x9003
_LAT_REF, _LAT, _LON_REF, _LON = 1, 2, 3, 4
#: A place as phones write it into videos: "+11.5564+104.9282/". Source: ISO 6709, annex H.
_ISO_6709 = re.compile(rb"([+-]\d{2}\.\d{2,8})([+-]\d{3}\.\d{2,8})")


def read(exif: bytes | None) -> dict[str, Any]:
    """{"position": [latitude, longitude], "taken": "2024-05-01T10:00:00"} of an Exif block; what is absurd is left out.

    The time is the camera's own clock, without a zone.
    """
    if not exif:
        return {}
    tags = _tags(exif)
    found: dict[str, Any] = {}
    gps = tags.get_ifd(_GPS_IFD)
    if (position := plausible(_degrees(gps, _LAT, _LAT_REF, "S"), _degrees(gps, _LON, _LON_REF, "W"))) is not None:
        found["position"] = position
    if (taken := _time(tags.get_ifd(_EXIF_IFD).get(_DATE_ORIGINAL) or tags.get(_DATE))) is not None:
        found["taken"] = taken
    return found


def in_video(metadata: bytes) -> dict[str, Any]:
    """The same of what phones write into a video."""
    if (match := _ISO_6709.search(metadata)) is None:
        return {}
    position = plausible(float(match[1]), float(match[2]))
    return {} if position is None else {"position": position}


def orientation_of(exif: bytes | None) -> int:
    """How a picture is turned, 1 to 8; 1, upright, when it does not say."""
    if not exif:
        return 1
    try:
        found = _tags(exif).get(_ORIENTATION)
    except Exception:
        # A picture may be shown lying down; its metadata goes all the same.
        return 1
    return found if isinstance(found, int) and 1 <= found <= 8 else 1


def _tags(exif: bytes) -> Image.Exif:
    tags = Image.Exif()
    tags.load(exif)
    return tags


def plausible(latitude: float | None, longitude: float | None) -> list[float] | None:
    """A place on earth, five decimals (a metre); None for what is none, and for the 0, 0 of a phone without a fix."""
    if latitude is None or longitude is None or not math.isfinite(latitude) or not math.isfinite(longitude):
        return None
    if abs(latitude) > 90 or abs(longitude) > 180 or (latitude, longitude) == (0, 0):
        return None
    return [round(latitude, 5), round(longitude, 5)]


def _degrees(gps: Mapping[int, Any], tag: int, ref: int, negative: str) -> float | None:
    value, side = gps.get(tag), gps.get(ref)
    if not isinstance(value, tuple) or len(value) != 3 or not isinstance(side, str | bytes):
        return None
    try:
        degrees, minutes, seconds = (float(part) for part in value)
    except (TypeError, ValueError, ZeroDivisionError, OverflowError):
        return None
    if not (0 <= minutes < 60 and 0 <= seconds < 60):
        return None
    whole = degrees + minutes / 60 + seconds / 3600
    letter = side.decode("ascii", "replace") if isinstance(side, bytes) else side
    return -whole if letter.strip("\0 ").upper() == negative else whole


def _time(value: object) -> str | None:
    if not isinstance(value, str):
        return None
    try:
        return dt.datetime.strptime(value.strip("\0 "), "%Y:%m:%d %H:%M:%S").isoformat()  # noqa: DTZ007
    except ValueError:
        return None
