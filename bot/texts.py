"""Every sentence a person reads, from data/texts/<lang>/<room>.yml. A key is a text key; placeholders are named."""

from __future__ import annotations

import datetime as dt
from collections.abc import Hashable, Iterable, Mapping
from functools import lru_cache
from string import Formatter
from typing import Any, Final

import yaml

from bot.errors import ReferenceDataInvalid
from bot.settings import DATA
from nlu.text import languages

#: The code of a language we answer in (data/languages.yml).
type Lang = str
LANGS: Final[tuple[Lang, ...]] = languages.LANGUAGES


@lru_cache
def catalogue(lang: Lang) -> dict[str, str]:
    """All texts of one language by key. Raises ReferenceDataInvalid for a doubled key or an entry without text."""
    found: dict[str, str] = {}
    for path in sorted((DATA / "texts" / lang).glob("*.yml")):
        name = str(path.relative_to(DATA.parent))
        try:
            entries = yaml.load(path.read_text(encoding="utf-8"), Loader=_Once) or {}
        except yaml.MarkedYAMLError as problem:
            line = problem.problem_mark.line + 1 if problem.problem_mark else None
            raise ReferenceDataInvalid(name, line, str(problem.problem)) from None
        for key, entry in entries.items():
            text = entry.get("text") if isinstance(entry, dict) else None
            if not isinstance(text, str) or not text.strip():
                raise ReferenceDataInvalid(name, None, f"{key} has no text")
            if key in found:
                raise ReferenceDataInvalid(name, None, f"{key} stands twice")
            found[key] = text.strip()
    return found


class _Once(yaml.CSafeLoader):
    """YAML in which a key stands once: the library would silently keep the last of two."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        seen = set()
        for key, _ in node.value:
            if key.value in seen:
                raise yaml.constructor.ConstructorError(None, None, f"{key.value} stands twice", key.start_mark)
            seen.add(key.value)
        return super().construct_mapping(node, deep)


def render(key: str, lang: Lang, /, **values: object) -> str:
    """The text of a key in one language, its placeholders filled. Raises KeyError for a key that is not there."""
    return catalogue(lang)[key].format(**values)


def joined(parts: Iterable[tuple[str, Mapping[str, object]]], lang: Lang) -> str:
    """Several texts, as (key, values of its placeholders), each as a paragraph of one message."""
    return "\n".join(render(key, lang, **values) for key, values in parts)


def placeholders(text: str) -> set[str]:
    """The names of a text's placeholders."""
    return {name for _, name, _, _ in Formatter().parse(text) if name}


def reader(code: str | None) -> Lang:
    """The language a person is answered in: that of a writing, the first one for everything else."""
    return languages.language_of(code) or languages.DEFAULT


@lru_cache
def _month_names(lang: Lang) -> tuple[str, ...]:
    return tuple(render("knowledge_months", lang).split("|"))


def year(number: int, lang: Lang) -> str:
    """A year in the digits of the language: 2025, ២០២៥."""
    return str(number).translate(languages.ANSWERED[lang].digits)


def month(date: str | dt.date, lang: Lang) -> str:
    """A date as month and year ("Jan 2026", ខែមករា ឆ្នាំ២០២៦), or the year alone when no more is known."""
    parts = str(date).split("-")
    named = year(int(parts[0]), lang)
    if len(parts) == 1:
        return render("knowledge_year", lang, year=named)
    return render("knowledge_month", lang, month=_month_names(lang)[int(parts[1]) - 1], year=named)
