"""Every sentence a person reads, from data/texts/<lang>/<room>.yml. A key is a text key; placeholders are named."""

from __future__ import annotations

from functools import lru_cache
from string import Formatter
from typing import Final, Literal

import yaml

from bot.errors import ReferenceDataInvalid
from bot.settings import DATA

type Lang = Literal["id", "km"]
LANGS: Final[tuple[Lang, ...]] = ("id", "km")


@lru_cache
def catalogue(lang: Lang) -> dict[str, str]:
    """All texts of one language by key. Raises ReferenceDataInvalid for a doubled key or an entry without text."""
    found: dict[str, str] = {}
    for path in sorted((DATA / "texts" / lang).glob("*.yml")):
        entries = yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader) or {}
        for key, entry in entries.items():
            name = str(path.relative_to(DATA.parent))
            if not isinstance(entry, dict) or not str(entry.get("text", "")).strip():
                raise ReferenceDataInvalid(name, None, f"{key} has no text")
            if key in found:
                raise ReferenceDataInvalid(name, None, f"{key} stands twice")
            found[key] = str(entry["text"]).strip()
    return found


def render(key: str, lang: Lang, /, **values: object) -> str:
    """The text of a key in one language, its placeholders filled. Raises KeyError for a key that is not there."""
    return catalogue(lang)[key].format(**values)


def placeholders(text: str) -> set[str]:
    """The names of a text's placeholders."""
    return {name for _, name, _, _ in Formatter().parse(text) if name}


def reader(code: str | None) -> Lang:
    """The language a person is answered in: Khmer for km and km-Latn, Indonesian for everything else."""
    return "km" if code is not None and code.startswith("km") else "id"
