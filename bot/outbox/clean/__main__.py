"""The child process in which a stranger's file is opened: `python -m bot.outbox.clean < file`.

It has hard limits of memory and time, can open no file of ours and start no program (bot/runtime/file_jail), and lives
for one file. It answers one line of JSON, then the bytes of the clean copy when there is one.
"""

from __future__ import annotations

import json
import sys
from typing import Any

from bot.runtime.file_jail.confine import confine

#: Bytes of address space: Python, Pillow, a file of 20 MB and its copies. Seconds of processor time.
MEMORY_BYTES = 512 * 1024 * 1024
CPU_SECONDS = 8


def look(data: bytes) -> tuple[dict[str, Any], bytes | None]:
    """What a file says of itself, and its clean copy when it differs. Raises for a file that breaks its own format."""
    from bot.outbox.clean import boxes, pictures, position

    if data.startswith((b"II*\0", b"MM\0*")):
        found = position.read(data)
        try:
            from bot.outbox.clean import remade

            return {"outcome": "clean", **found}, remade.tiff(data)
        except Exception:
            # Broken, too large, or a camera's raw picture.
            return {"outcome": "unclean", **found}, None
    if data.startswith(b"%PDF-"):
        from bot.outbox.clean import remade

        return {"outcome": "clean"}, remade.pdf(data)
    exif: bytes | None = None
    if data.startswith(b"\xff\xd8\xff"):
        clean, exif = pictures.jpeg(data)
    elif data.startswith(pictures.PNG):
        clean, exif = pictures.png(data)
    elif data.startswith(b"RIFF") and data[8:12] == b"WEBP":
        clean, exif = pictures.webp(data)
    elif data.startswith((b"GIF87a", b"GIF89a")):
        clean, exif = pictures.gif(data)
    elif data[4:8] == b"ftyp" and boxes.is_picture(data):
        clean, exif = boxes.picture(data)
    elif data[4:8] == b"ftyp":
        clean, described = boxes.video(data)
        return {"outcome": _outcome(clean, data), **position.in_video(described)}, clean
    else:
        return {"outcome": "unclean"}, None
    try:
        found = position.read(exif)
    except Exception:
        # A broken Exif block tells nothing; it is taken out all the same.
        found = {}
    return {"outcome": _outcome(clean, data), **found}, clean


def _outcome(clean: bytes, data: bytes) -> str:
    return "nothing" if clean == data else "clean"


def main() -> None:
    confine(MEMORY_BYTES, CPU_SECONDS)
    try:
        told, clean = look(sys.stdin.buffer.read())
    except Exception:
        told, clean = {"outcome": "unclean"}, None
    sys.stdout.buffer.write(json.dumps(told).encode("ascii") + b"\n")
    if told["outcome"] == "clean" and clean is not None:
        sys.stdout.buffer.write(clean)
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()
