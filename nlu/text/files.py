"""Finds and reads the lexicon of the hotline; every file is read once and kept."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import yaml

#: Where the maintainers keep the word lists, found relative to this repository.
LEXICON = Path(__file__).resolve().parents[2] / "data" / "lexicon"

_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class LexiconInvalid(ValueError):
    """A lexicon file cannot be used; the message names the file, the entry and the reason."""


@cache
def read_yaml(name: str) -> Any:
    """Read one lexicon file by its name inside `data/lexicon`, cached for the life of the process."""
    return yaml.load((LEXICON / name).read_text(encoding="utf-8"), Loader=_Loader)


@cache
def read_lines(name: str) -> tuple[str, ...]:
    """Lines of a text file inside `data/lexicon`, without blanks and `#` comments."""
    lines = (line.strip() for line in (LEXICON / name).read_text(encoding="utf-8").splitlines())
    return tuple(line for line in lines if line and not line.startswith("#"))
