"""Where a fact comes from, and how its month is said to a reader."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from bot import texts
from bot.errors import ReferenceDataInvalid
from bot.settings import DATA
from bot.texts import Lang

_DATE = re.compile(r"\d{4}(-\d{2}(-\d{2})?)?")


@dataclass(frozen=True)
class Source:
    """One public page. `date` is YYYY-MM-DD, YYYY-MM, YYYY, or None for an undated page."""

    title: str
    url: str
    date: str | None


def month(date: str | dt.date, lang: Lang) -> str:
    """A date as month and year ("Jan 2026", ខែមករា ឆ្នាំ២០២៦), or the year alone when no more is known."""
    return texts.month(date, lang)


def per(date: str | None, lang: Lang) -> str:
    """ "per <month year>" of a source; honest words for an undated one."""
    if date is None:
        return texts.render("knowledge_undated", lang)
    return texts.render("knowledge_per", lang, month=month(date, lang))


def read(path: Path) -> Any:
    """A YAML file's content. Raises ReferenceDataInvalid when it cannot be read."""
    try:
        return yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
    except yaml.MarkedYAMLError as problem:
        line = problem.problem_mark.line + 1 if problem.problem_mark else None
        raise ReferenceDataInvalid(
            label(path), line, f"it is not YAML ({problem.problem}); a text with a colon in it stands in quotes"
        ) from problem


def label(path: Path) -> str:
    """How a file is named in an error: from the checkout when it lies there."""
    return str(path.relative_to(DATA.parent)) if path.is_relative_to(DATA.parent) else path.name


def parse_date(value: Any, where: str, what: str) -> str | None:
    """A source date as text, or None. Raises ReferenceDataInvalid for anything that is no date."""
    if value is None:
        return None
    text = str(value)
    if not _DATE.fullmatch(text):
        raise ReferenceDataInvalid(where, None, f"{what}: {text!r} is not YYYY, YYYY-MM or YYYY-MM-DD")
    try:
        dt.date.fromisoformat((text + "-01-01")[:10])
    except ValueError:
        raise ReferenceDataInvalid(where, None, f"{what}: there is no day {text}") from None
    return text


def parse_source(entry: Any, where: str, what: str) -> Source:
    """A source from a file. Raises ReferenceDataInvalid when title or address is missing or the date is none."""
    if not isinstance(entry, dict) or not entry.get("title") or not str(entry.get("url", "")).startswith("http"):
        raise ReferenceDataInvalid(where, None, f"{what}: a source needs a title and a web address")
    return Source(str(entry["title"]), str(entry["url"]), parse_date(entry.get("date"), where, what))


def parse_pair(entry: Any, where: str, what: str) -> dict[Lang, str]:
    """A sentence in every language. Raises ReferenceDataInvalid when one of them is missing."""
    if not isinstance(entry, dict) or set(entry) != set(texts.LANGS):
        raise ReferenceDataInvalid(where, None, f"{what} needs exactly {' and '.join(texts.LANGS)}")
    pair: dict[Lang, str] = {lang: str(entry[lang] or "").strip() for lang in texts.LANGS}
    for lang, text in pair.items():
        if not text:
            raise ReferenceDataInvalid(where, None, f"{what} has no {lang}")
    return pair
