"""The words of which the code makes its patterns: data/lexicon/words, a folder a language, a file a subject.

The code holds what is the same in every language (digits, signs, what stands beside what); the words come from here.
"""

from __future__ import annotations

import re
from functools import cache
from typing import Any

from nlu.text import files
from nlu.text.files import LexiconInvalid, read_yaml

FOLDER = "words"
#: Which entries a language has to say, with what each means.
ENTRIES = f"{FOLDER}/entries.yml"
#: What an entry becomes that no language says in any word: it matches nowhere.
_NOTHING = "(?!)"


@cache
def languages() -> tuple[str, ...]:
    """The languages whose words are here, by the names of their folders."""
    return tuple(sorted(path.name for path in (files.LEXICON / FOLDER).iterdir() if path.is_dir()))


class Words:
    """The words of one subject. An entry is an attribute: its words in every language, as branches of a pattern."""

    def __init__(self, subject: str) -> None:
        self._subject = subject
        wanted = read_yaml(ENTRIES)[subject]
        self._said = {language: _read(language, subject, wanted) for language in languages()}

    def __getattr__(self, entry: str) -> str:
        return "|".join(self.each(entry)) or _NOTHING

    def each(self, entry: str) -> tuple[str, ...]:
        """The words of an entry one by one, language after language."""
        found = [word for said in self._said.values() for word in self._of(said, entry)]
        return tuple(dict.fromkeys(found))

    def not_behind(self, entry: str, *gaps: str) -> str:
        """What keeps a pattern from matching behind a word of an entry, with any of `gaps` between."""
        return "".join(f"(?<!{word}{gap})" for word in self.each(entry) for gap in gaps or ("",))

    def meanings(self, entry: str) -> dict[str, Any]:
        """An entry whose words each have a meaning, as `{word: what it means}`."""
        return {word: meaning for said in self._said.values() for word, meaning in self._of(said, entry).items()}

    def _of(self, said: dict[str, Any], entry: str) -> Any:
        if entry not in said:
            raise AttributeError(f"data/lexicon/{ENTRIES} has no entry {entry!r} under {self._subject!r}: add it there")
        return said[entry]


def _read(language: str, subject: str, wanted: dict[str, str]) -> dict[str, Any]:
    """What one language says of a subject. Raises LexiconInvalid where that is not every entry, and no other."""
    file = f"{FOLDER}/{language}/{subject}.yml"
    where = f"data/lexicon/{file}"
    if not (files.LEXICON / file).is_file():
        raise LexiconInvalid(f"{where} is missing: copy the file of another language, and put this one's words in it")
    said = read_yaml(file) or {}
    for entry, means in wanted.items():
        if entry not in said:
            raise LexiconInvalid(f"{where} has no {entry!r} ({means}): add its words, or write `{entry}: []` for none")
    for entry, words in said.items():
        if entry not in wanted:
            raise LexiconInvalid(f"{where}: nothing reads {entry!r}: delete it, or name it in data/lexicon/{ENTRIES}")
        for word in words:
            _compiles(word, f"{where}: {entry}")
    return said


def _compiles(word: object, where: str) -> None:
    if not isinstance(word, str) or not word:
        raise LexiconInvalid(f"{where}: {word!r} is no word: put it in quotes")
    try:
        re.compile(word)
    except re.error as problem:
        raise LexiconInvalid(
            f"{where}: {word!r} is no pattern ({problem}): mend it, or write \\ before the sign"
        ) from None


@cache
def words_of(subject: str) -> Words:
    """The words of one subject, read once."""
    return Words(subject)
