"""Looking into a stranger's file, safely: by its first bytes here, by a parser only in a child process of its own."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import PurePath
from typing import Any

from bot import log as logs
from bot.errors import FileNotConfined
from bot.runtime import file_jail

log = logs.get(__name__)

#: Seconds a child may take for one file, on a busy machine. Then it is killed.
CHILD_SECONDS = 15.0
#: Kinds of message whose files come as their maker made them. Telegram makes photos and voice notes anew.
UNTOUCHED = frozenset({"document", "video", "animation", "audio"})
#: How files begin that run as programs: Windows, Linux, macOS, Android's code.
_PROGRAMS = (b"MZ", b"\x7fELF", b"\xcf\xfa\xed\xfe", b"\xca\xfe\xba\xbe", b"dex\n", b"#!")
#: Endings of files that run, or run something, when they are opened.
_RUNS = frozenset({
    "apk", "apks", "apkm", "xapk", "aab", "ipa", "exe", "msi", "msix", "bat", "cmd", "com", "scr", "pif", "dll", "cpl",
    "lnk", "hta", "js", "jse", "vbs", "vbe", "wsf", "ps1", "jar", "sh", "run", "app", "dmg", "pkg", "deb", "rpm", "iso",
    "img", "vhd", "docm", "xlsm", "pptm", "html", "htm", "svg", "url", "reg",
})  # fmt: skip


@dataclass(frozen=True)
class Looked:
    """What came of looking into a file."""

    #: other (never opened) | nothing (no metadata) | clean (a copy without) | unclean (it is still in) | program |
    #: unopened (its reader could not be confined)
    outcome: str
    #: The copy without metadata.
    clean: bytes | None = field(default=None, repr=False)
    #: {"position": [latitude, longitude], "taken": time of the camera} as far as the file says.
    found: dict[str, Any] = field(default_factory=dict, repr=False)


async def look(content: bytes) -> Looked:
    """Take the metadata out of a picture, video or PDF. Never raises for what is in it; never opens anything else."""
    head = content[:16]
    if head.startswith(_PROGRAMS):
        return Looked("program")
    if not _is_known(head):
        return Looked("other")
    try:
        out, code = await file_jail.look("bot.outbox.clean", content, CHILD_SECONDS)
        line, _, clean = out.partition(b"\n")
        told = json.loads(line)
    except FileNotConfined:
        log.error("file_not_confined")
        return Looked("unopened")
    except (TimeoutError, OSError, ValueError) as problem:
        log.warning("file_not_cleaned", error=type(problem).__name__)
        return Looked("unclean")
    outcome = told.pop("outcome")
    if outcome == "clean" and (code != 0 or not clean):
        return Looked("unclean", found=told)
    return Looked(outcome, clean if outcome == "clean" else None, told)


def _is_known(head: bytes) -> bool:
    return (
        head.startswith((b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"GIF87a", b"GIF89a", b"II*\0", b"MM\0*", b"%PDF-"))
        or (head.startswith(b"RIFF") and head[8:12] == b"WEBP")
        or head[4:8] == b"ftyp"
    )


def runs(name: str | None, mime: str | None) -> bool:
    """Whether a file's name or declared type is one that runs something when it is opened."""
    if mime in {"application/vnd.android.package-archive", "application/x-msdownload", "application/javascript"}:
        return True
    # Signs that turn the direction of writing hide an ending from the eye, not from the phone.
    return PurePath((name or "").rstrip(" .")).suffix.lower().lstrip(".") in _RUNS
