"""Pictures without what their camera wrote into them: JPEG, PNG, WebP and GIF, losslessly, no pixel is decoded.

Each function takes a whole file and returns the file without metadata, and the Exif block it held. What is kept is
listed, so that a kind of metadata nobody thought of goes too, and so does whatever was hung on behind the end.
"""

from __future__ import annotations

import re
import struct

from bot.outbox.clean.position import orientation_of

type Cleaned = tuple[bytes, bytes | None]


class Malformed(Exception):
    """A file that does not follow its own format; nothing is claimed about what is in it."""


#: Where a JPEG's coded data ends: a marker that is neither a stuffed zero, nor a restart, nor a fill byte.
_AFTER_SCAN = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")
_EXIF = b"Exif\0\0"
PNG = b"\x89PNG\r\n\x1a\n"
#: Chunks without which a PNG looks different.
_PNG_KEPT = frozenset(
    {b"IHDR", b"PLTE", b"IDAT", b"IEND", b"tRNS", b"gAMA", b"cHRM", b"sRGB", b"iCCP", b"cICP", b"sBIT", b"bKGD",
     b"pHYs", b"acTL", b"fcTL", b"fdAT"}
)  # fmt: skip
_WEBP_KEPT = frozenset({b"VP8 ", b"VP8L", b"VP8X", b"ANIM", b"ANMF", b"ALPH", b"ICCP"})
_WEBP_EXIF_FLAG, _WEBP_XMP_FLAG = 0x08, 0x04
#: Applications whose GIF block says how often it repeats.
_GIF_KEPT = (b"NETSCAPE2.0", b"ANIMEXTS1.0")


def jpeg(data: bytes) -> Cleaned:
    """A JPEG without Exif, XMP, IPTC, comments, further pictures and trailers; still shown the right way up.

    Raises Malformed, or IndexError and struct.error where it ends too early.
    """
    kept: list[bytes] = []
    exif: bytes | None = None
    at = 2
    while True:
        marker, at = _jpeg_marker(data, at)
        if marker == 0xD9:
            break
        if marker == 0x01 or 0xD0 <= marker <= 0xD7:
            continue
        (length,) = struct.unpack_from(">H", data, at)
        body = data[at + 2 : at + length]
        if length < 2 or len(body) != length - 2:
            raise Malformed
        at += length
        if marker == 0xE1 and body.startswith(_EXIF) and exif is None:
            exif = body
        if _jpeg_keeps(marker, body):
            kept.append(bytes((0xFF, marker)) + struct.pack(">H", length) + body)
        if marker == 0xDA:
            end = _AFTER_SCAN.search(data, at)
            kept.append(data[at : end.start() if end else len(data)])
            if end is None:
                break  # cut off, as by a bad line: what is there can be looked at
            at = end.start()
    upright = orientation_of(exif)
    head = [b"\xff\xd8"]
    if kept and kept[0].startswith(b"\xff\xe0"):
        head.append(kept.pop(0))
    if upright != 1:
        head.append(_jpeg_orientation(upright))
    return b"".join([*head, *kept, b"\xff\xd9"]), exif


def _jpeg_marker(data: bytes, at: int) -> tuple[int, int]:
    """The marker at a place, and where its segment begins."""
    if data[at] != 0xFF:
        raise Malformed
    while data[at] == 0xFF:
        at += 1
    return data[at], at + 1


def _jpeg_keeps(marker: int, body: bytes) -> bool:
    if marker == 0xFE or 0xF0 <= marker <= 0xFD:  # comments and extensions
        return False
    if not 0xE0 <= marker <= 0xEF:
        return True
    # JFIF without a thumbnail, the colours' profile, how Adobe coded the colours.
    return (
        (marker == 0xE0 and body.startswith(b"JFIF\0") and len(body) == 14)
        or (marker == 0xE2 and body.startswith(b"ICC_PROFILE\0"))
        or (marker == 0xEE and body.startswith(b"Adobe"))
    )


def _jpeg_orientation(value: int) -> bytes:
    """The smallest Exif block that turns a picture the right way up."""
    tiff = b"MM\0*\0\0\0\x08" + struct.pack(">HHHIHHI", 1, 0x0112, 3, 1, value, 0, 0)
    return b"\xff\xe1" + struct.pack(">H", 2 + len(_EXIF) + len(tiff)) + _EXIF + tiff


def png(data: bytes) -> Cleaned:
    """A PNG of nothing but its picture. Texts are not even unpacked. Raises Malformed, struct.error."""
    kept, exif, at = [PNG], None, len(PNG)
    while True:
        length, kind = struct.unpack_from(">I4s", data, at)
        chunk = data[at : at + 12 + length]
        if len(chunk) != 12 + length:
            raise Malformed
        at += len(chunk)
        if kind == b"eXIf":
            exif = chunk[8:-4]
        if kind in _PNG_KEPT:
            kept.append(chunk)
        if kind == b"IEND":
            return b"".join(kept), exif


def webp(data: bytes) -> Cleaned:
    """A WebP without Exif and XMP. Raises Malformed, struct.error."""
    (size,) = struct.unpack_from("<I", data, 4)
    end, at = 8 + size, 12
    if end > len(data):
        raise Malformed
    kept, exif = [], None
    while at < end:
        kind, length = struct.unpack_from("<4sI", data, at)
        body = data[at + 8 : at + 8 + length]
        if len(body) != length or at + 8 + length > end:
            raise Malformed
        at += 8 + length + length % 2
        if kind == b"EXIF":
            exif = body
        if kind == b"VP8X":
            body = bytes((body[0] & ~(_WEBP_EXIF_FLAG | _WEBP_XMP_FLAG),)) + body[1:]
        if kind in _WEBP_KEPT:
            kept.append(struct.pack("<4sI", kind, length) + body + b"\0" * (length % 2))
    whole = b"WEBP" + b"".join(kept)
    return b"RIFF" + struct.pack("<I", len(whole)) + whole, exif


def gif(data: bytes) -> Cleaned:
    """A GIF without comments and what applications left in it. Raises Malformed, IndexError."""
    at = 13 + (3 << ((data[10] & 7) + 1) if data[10] & 0x80 else 0)
    kept = [data[:at]]
    while True:
        begin, block = at, data[at]
        if block == 0x3B:
            return b"".join([*kept, b"\x3b"]), None
        if block == 0x2C:
            flags = data[at + 9]
            at += 10 + (3 << ((flags & 7) + 1) if flags & 0x80 else 0) + 1
            at = _gif_blocks(data, at)
            kept.append(data[begin:at])
        elif block == 0x21:
            label = data[at + 1]
            at = _gif_blocks(data, at + 2)
            if label in {0x01, 0xF9} or (label == 0xFF and data[begin + 3 : begin + 14] in _GIF_KEPT):
                kept.append(data[begin:at])
        else:
            raise Malformed


def _gif_blocks(data: bytes, at: int) -> int:
    """Where a row of blocks ends."""
    while data[at]:
        at += 1 + data[at]
    return at + 1
