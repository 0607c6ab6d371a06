"""The languages of the hotline and their writings, from data/languages.yml. No other module lists languages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

FILE = Path(__file__).resolve().parents[2] / "data" / "languages.yml"


class LanguagesInvalid(ValueError):
    """data/languages.yml cannot be used; the message says what to write."""


@dataclass(frozen=True)
class Writing:
    """One way in which people write a language."""

    code: str
    language: str
    #: Spaces stand between its words.
    spaced: bool
    #: No other writing has its letters, so that one letter tells the language.
    own_letters: bool
    #: It has no fixed spelling: words are compared by their sound.
    by_sound: bool


@dataclass(frozen=True)
class Language:
    """A language in which the hotline answers."""

    code: str
    #: The country whose citizens write it (ISO 3166 alpha-2). A worker who names another nationality overrides it.
    country: str
    writings: tuple[Writing, ...]
    #: Words of the chat's menu, each with the key of the text that explains it.
    commands: Mapping[str, str]
    #: Names in the sandbox: of an operator and of a worker.
    demo: Mapping[str, str]
    #: Latin digits to its own digits, for `str.translate`; empty where the language has no digits of its own.
    digits: Mapping[int, int]

    @property
    def latin_writing(self) -> str:
        """The code of its writing in Latin letters."""
        return next((writing.code for writing in self.writings if not writing.own_letters), self.code)


def _read(code: str, entry: Mapping[str, Any]) -> Language:
    try:
        writings = tuple(
            Writing(name, code, bool(how["spaced"]), bool(how["own_letters"]), bool(how["by_sound"]))
            for name, how in entry["writings"].items()
        )
        digits = str.maketrans("0123456789", entry["digits"]) if "digits" in entry else {}
        return Language(code, entry["country"], writings, entry["commands"], entry["demo"], digits)
    except (AttributeError, KeyError, TypeError, ValueError) as problem:
        raise LanguagesInvalid(
            f"data/languages.yml: {code}: {problem} is missing or wrong; the head of the file explains each entry"
        ) from problem


_RAW = yaml.safe_load(FILE.read_text(encoding="utf-8"))
#: The languages in which the hotline answers, by code, in the order of the file.
ANSWERED: Mapping[str, Language] = {code: _read(code, entry) for code, entry in _RAW["answered"].items()}
LANGUAGES = tuple(ANSWERED)
#: The language for a person whose language is unknown.
DEFAULT = LANGUAGES[0]
_WRITINGS = {writing.code: writing for language in ANSWERED.values() for writing in language.writings}
#: The writings of these languages.
SPOKEN = tuple(_WRITINGS)
#: The same, and the writings that are understood but not answered in (English).
WRITINGS = (*SPOKEN, *_RAW["understood"])
#: The same, and "other": all that the detector may say.
HEARD = (*WRITINGS, "other")
#: Writings without a fixed spelling (romanised Khmer).
BY_SOUND = tuple(code for code, writing in _WRITINGS.items() if writing.by_sound)
_OWN_LETTERS = frozenset(code for code, writing in _WRITINGS.items() if writing.own_letters)
#: Writings in Latin letters with a fixed spelling (Indonesian, English).
WITH_SPELLING = tuple(code for code in WRITINGS if code not in BY_SOUND and code not in _OWN_LETTERS)
#: The writing in Latin letters of each language.
LATIN_WRITINGS = frozenset(language.latin_writing for language in ANSWERED.values())


def language_of(code: str | None) -> str | None:
    """The language of a writing ("km-Latn") or of an app ("km-KH"); None if the hotline does not answer in it."""
    if code in _WRITINGS:
        return _WRITINGS[code].language
    start = (code or "").partition("-")[0]
    return start if start in ANSWERED else None


def country_of(code: str | None) -> str | None:
    """The country of a language or writing; None if the hotline does not answer in it."""
    language = language_of(code)
    return None if language is None else ANSWERED[language].country


def home_of(code: str | None) -> str:
    """The country of a language or writing; the default language's country if the hotline does not answer in it."""
    return country_of(code) or ANSWERED[DEFAULT].country


def language_of_country(country: str | None) -> str | None:
    """The language of a country's citizens; None if the hotline does not answer in it."""
    return next((code for code, language in ANSWERED.items() if language.country == country), None)


def latin_writing(code: str | None) -> str:
    """The writing of a person who speaks a language and types Latin letters; any other code as it is."""
    if code is None:
        return ""
    return ANSWERED[code].latin_writing if code in ANSWERED else code


def spaced(writing: str) -> bool:
    """Whether spaces stand between the words of a writing."""
    return writing not in _WRITINGS or _WRITINGS[writing].spaced


def own_letters(writing: str) -> bool:
    """Whether one letter of a writing tells its language."""
    return writing in _OWN_LETTERS


def skipped_writings(is_romanised: bool) -> frozenset[str]:
    """The writings whose words must not be searched for in a message.

    Indonesian words are found by chance in romanised Khmer ("pi", "kan"), and romanised Khmer in everything else.
    """
    in_latin = (code for code in SPOKEN if not own_letters(code))
    return frozenset(code for code in in_latin if (code not in BY_SOUND) == is_romanised)
