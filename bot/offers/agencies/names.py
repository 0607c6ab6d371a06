"""Names of companies, so that two spellings of one are the same and two companies are not."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from rapidfuzz import fuzz, process

from nlu.text.words import words_of

_WORDS = words_of("offers")

#: From this likeness (0-100) a name is shown as similar. Of 524 names on the list of September 2026 none is that near
#: to another that is not told apart by one word; "Kapodang" for "Kepodang" and "Kencana" for "Kentjana" are nearer.
SIMILAR = 88
#: Below this many letters only the same name is found: short names are all alike.
SHORTEST = 7

_INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]+")
_LEGAL = re.compile(
    rf"^(?:p\.? ?t|c\.? ?v|u\.? ?d)\b\.?[ .]*|^(?:{_WORDS.company_before})[ :]*"
    r"|[ ,(]*\b(?:tbk|persero|co\.?,? ?ltd|company limited|limited|ltd|plc|inc|co|corp(?:oration)?)\b[.)]*"
    rf"|[ ,(]*(?:{_WORDS.legal_form})[.)]*\s*$"
)
_SEPARATORS = re.compile(r"[^\w\u1780-\u17d3]+")
#: A name that was read out of running text ends before one of these.
_NOT_IN_A_NAME = re.compile(rf"[\s(]+(?:{_WORDS.not_in_a_name})\b.*$", re.I | re.S)

#: A dot after a word of some length ends a sentence; one after "PT" or "Co" does not.
_NEXT_SENTENCE = re.compile(r"(?<=\w{4})\.\s.*$", re.S)


def read(name: str) -> str:
    """A name on one line, cut where the sentence around it goes on."""
    line = " ".join(_INVISIBLE.sub("", name).split()).strip(" .,:;-«»“”\"'(")
    line = _NEXT_SENTENCE.sub("", _NOT_IN_A_NAME.sub("", line))
    if line.count("(") > line.count(")"):
        line = line.rpartition("(")[0]
    return line.strip(" .,:;-") if fold(line) else ""


def words(name: str) -> tuple[str, ...]:
    """The words of a name without its legal form, case, signs and spelling of signs."""
    plain = " ".join(unicodedata.normalize("NFKC", _INVISIBLE.sub("", name)).casefold().split())
    before = None
    while before != plain:
        before, plain = plain, _LEGAL.sub("", plain).strip()
    return tuple(_SEPARATORS.sub(" ", plain).split())


def fold(name: str) -> str:
    """What two spellings of one name have in common; empty when only a legal form is left."""
    return "".join(words(name))


@dataclass(frozen=True)
class Names:
    """A set of names to look in: by what is left of each when folded."""

    by_key: Mapping[str, str]

    @classmethod
    def of(cls, names: Iterable[str]) -> Names:
        """A set of these names."""
        return cls({key: name for name in names if (key := fold(name))})

    def same(self, name: str) -> str | None:
        """The name that is the same but for its spelling."""
        return self.by_key.get(fold(name))

    def similar(self, name: str) -> str | None:
        """The name most like it, the one that it begins with, or the shortest that begins with it; None when nothing is
        near. Never the same company.
        """
        said = words(name)
        key = "".join(said)
        if len(key) < SHORTEST:
            return None
        for length in range(len(said) - 1, 1, -1):
            begun = "".join(said[:length])
            if len(begun) >= SHORTEST and begun in self.by_key:
                return self.by_key[begun]
        if len(said) > 1:
            # People leave the last word away: on the list "International" stands behind "PT Bina Adidaya Mandiri".
            begin = (name for begun, name in self.by_key.items() if begun.startswith(key))
            longer = [name for name in begin if words(name)[: len(said)] == said]
            if longer:
                return min(longer, key=len)
        found = process.extractOne(key, self.by_key.keys(), scorer=fuzz.ratio, score_cutoff=SIMILAR)
        return self.by_key[found[0]] if found is not None else None
