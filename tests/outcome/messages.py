"""The messages of data/heldout/first_minutes: their writers knew neither the code nor its texts."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).resolve().parents[2] / "data" / "heldout" / "first_minutes"
WRITINGS = ("id", "km", "km-Latn")


@dataclass(frozen=True)
class Message:
    """One message: what set it belongs to, its words, and what its writer says of it (data/heldout/README.md)."""

    set: str
    text: str
    says: Mapping[str, Any]


def read(writing: str) -> list[Message]:
    """The messages of one writing, in the order of the files."""
    found = []
    for name in (writing, f"offers-{writing}"):
        for line in (FOLDER / f"{name}.jsonl").read_text(encoding="utf-8").splitlines():
            raw = json.loads(line)
            found.append(Message(raw.pop("set"), raw.pop("text"), raw))
    return found


def digest() -> str:
    """SHA-256 over the files, in the order of their names: 64 hexadecimal digits."""
    made = hashlib.sha256()
    for path in sorted(FOLDER.glob("*.jsonl")):
        made.update(path.read_bytes())
    return made.hexdigest()
