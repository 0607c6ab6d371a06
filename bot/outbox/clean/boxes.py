"""Videos (MP4, MOV, 3GP) and HEIC pictures: made of boxes. What describes them is blanked where it stands.

Nothing moves, so every offset in the file stays true and nothing is coded anew. Source: ISO/IEC 14496-12 (boxes) and
23008-12 (items of HEIC).
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from bot.outbox.clean.pictures import Malformed

#: Boxes that hold boxes in which metadata may stand.
_HOLDERS = frozenset({b"moov", b"trak", b"mdia", b"moof", b"traf"})
#: Boxes of metadata: of users, of Apple, of Adobe, of anybody.
_DESCRIBES = frozenset({b"udta", b"meta", b"uuid", b"XMP_", b"skip", b"free"})
#: What a track may be. Any other kind may follow the camera's position second by second.
_TRACKS = frozenset({b"vide", b"soun", b"hint", b"sbtl", b"subt", b"text", b"tmcd", b"auxv", b"clcp"})
_PICTURES = frozenset({b"heic", b"heix", b"heim", b"heis", b"mif1", b"msf1", b"avif", b"avis", b"hevc", b"hevx"})
#: Items of a picture that describe it.
_ITEMS = frozenset({b"Exif", b"mime", b"uri "})
_DEEPEST = 6


@dataclass(frozen=True)
class Box:
    """One box: its kind, and from where to where its content goes."""

    kind: bytes
    start: int
    body: int
    end: int


def is_picture(data: bytes) -> bool:
    """Whether a file of boxes is a picture rather than a video."""
    return data[8:12] in _PICTURES


def video(data: bytes) -> tuple[bytes, bytes]:
    """A video without its metadata, and that metadata. Raises Malformed."""
    copy, described = bytearray(data), bytearray()
    for box in _boxes(data, 0, len(data)):
        _blank(data, copy, described, box, 0)
    return bytes(copy), bytes(described)


def _blank(data: bytes, copy: bytearray, described: bytearray, box: Box, depth: int) -> None:
    if box.kind in _DESCRIBES:
        described += data[box.body : box.end]
        copy[box.start + 4 : box.start + 8] = b"free"
        copy[box.body : box.end] = bytes(box.end - box.body)
    elif box.kind == b"hdlr" and data[box.body + 8 : box.body + 12] not in _TRACKS:
        raise Malformed
    elif box.kind in _HOLDERS and depth < _DEEPEST:
        for inner in _boxes(data, box.body, box.end):
            _blank(data, copy, described, inner, depth + 1)


def picture(data: bytes) -> tuple[bytes, bytes | None]:
    """A HEIC or AVIF picture without Exif and XMP, and its Exif block. Raises Malformed."""
    copy, exif = bytearray(data), None
    for box in _boxes(data, 0, len(data)):
        if box.kind in {b"uuid", b"udta", b"free", b"skip"}:
            copy[box.body : box.end] = bytes(box.end - box.body)
        if box.kind == b"moov":
            _blank(data, copy, bytearray(), box, 0)  # a live picture
        if box.kind != b"meta":
            continue
        inside = {inner.kind: inner for inner in _boxes(data, box.body + 4, box.end)}
        kinds = _item_kinds(data, inside[b"iinf"]) if b"iinf" in inside else {}
        wanted = {number: kind for number, kind in kinds.items() if kind in _ITEMS}
        if not wanted:
            continue
        if b"iloc" not in inside:
            raise Malformed
        idat = inside[b"idat"].body if b"idat" in inside else None
        for number, start, length in _extents(data, inside[b"iloc"], idat, set(wanted)):
            if start < 0 or start + length > len(data):
                raise Malformed
            if wanted[number] == b"Exif" and exif is None:
                (skip,) = struct.unpack_from(">I", data, start)
                exif = data[start + 4 + skip : start + length]
            copy[start : start + length] = bytes(length)
    return bytes(copy), exif


def _boxes(data: bytes, at: int, end: int) -> Iterator[Box]:
    while at < end:
        if end - at < 8:
            if any(data[at:end]):
                raise Malformed
            return
        size, kind = struct.unpack_from(">I4s", data, at)
        body = at + 8
        if size == 1:
            (size,) = struct.unpack_from(">Q", data, body)
            body += 8
        elif size == 0:
            size = end - at
        if size < body - at or at + size > end:
            raise Malformed
        yield Box(kind, at, body, at + size)
        at += size


def _item_kinds(data: bytes, box: Box) -> dict[int, bytes]:
    version = data[box.body]
    at = box.body + (6 if version == 0 else 8)
    found = {}
    for entry in _boxes(data, at, box.end):
        if entry.kind != b"infe":
            raise Malformed
        wide = data[entry.body] >= 3
        (number,) = struct.unpack_from(">I" if wide else ">H", data, entry.body + 4)
        at = entry.body + (10 if wide else 8)
        found[number] = data[at : at + 4]
    return found


def _extents(data: bytes, box: Box, idat: int | None, wanted: set[int]) -> Iterator[tuple[int, int, int]]:
    """(item, start, length) of the parts of some items. Raises Malformed for parts elsewhere than in this file."""
    version = data[box.body]
    sizes = struct.unpack_from(">BB", data, box.body + 4)
    offset_size, length_size, base_size = sizes[0] >> 4, sizes[0] & 15, sizes[1] >> 4
    index_size = sizes[1] & 15 if version in {1, 2} else 0
    at = box.body + 6

    def take(size: int) -> int:
        nonlocal at
        if size not in {0, 2, 4, 8} or at + size > box.end:
            raise Malformed
        at += size
        return int.from_bytes(data[at - size : at], "big")

    for _ in range(take(4 if version == 2 else 2)):
        number = take(4 if version == 2 else 2)
        method = take(2) & 15 if version in {1, 2} else 0
        elsewhere = take(2)
        base = take(base_size)
        for _ in range(take(2)):
            take(index_size)
            start, length = base + take(offset_size), take(length_size)
            if number not in wanted:
                continue
            if elsewhere or method > 1 or (method == 1 and idat is None) or length == 0:
                raise Malformed
            yield number, start + (idat or 0 if method == 1 else 0), length
