"""What else an offer says of itself: papers asked, age, looks, route, departure, housing, rules, penalties.

Shown in the report for whoever reads it, in the words of the offer; the verdict does not look at them.
"""

from __future__ import annotations

from functools import cache

import yaml

from bot.offers.phrases import Book, PhraseList, look_at, read_phrases
from bot.offers.rules import OFFERS
from nlu.text import languages

#: So many different words are shown of one term: papers come in lists.
MOST = 5


@cache
def _phrases() -> dict[str, PhraseList]:
    raw = yaml.safe_load((OFFERS / "terms.yml").read_text(encoding="utf-8"))
    return {name: read_phrases(block, {}) for name, block in raw.items() if name != "schema_version"}


@cache
def _book() -> Book:
    return Book(_phrases().values())


def terms(text: str, language: str) -> dict[str, str]:
    """The words of the offer for each term it names, in the order of data/offers/terms.yml; at most `MOST` of one."""
    # "saat" is a moment in Indonesian and beautiful in Khmer.
    views = look_at(text, _book(), by_sound=language not in languages.WITH_SPELLING)
    found = {}
    for name, phrases in _phrases().items():
        said: list[str] = []
        done = 0
        for start, end in sorted(view.span(match.start(), match.end()) for view, match, _ in phrases.find(views)):
            words = views.original[start:end].strip(" ,.")
            if start >= done and words.casefold() not in map(str.casefold, said):
                said.append(words)
                done = end
        if said:
            found[name] = ", ".join(said[:MOST])
    return found
