"""Whether somebody advertises at the bot, rather than asks about an offer. Words stand in data/offers/adverts.yml."""

from __future__ import annotations

import re
from functools import lru_cache

import yaml

from bot.settings import DATA
from nlu.text import khmer
from nlu.text.normalise import normalise


@lru_cache(maxsize=1)
def _words() -> dict[str, re.Pattern[str]]:
    raw = yaml.safe_load((DATA / "offers" / "adverts.yml").read_text(encoding="utf-8"))
    return {group: _pattern([normalise(phrase).text for phrase in phrases]) for group, phrases in raw.items()}


def _pattern(phrases: list[str]) -> re.Pattern[str]:
    latin = "|".join(re.escape(phrase) for phrase in phrases if not khmer.has_khmer(phrase))
    in_khmer = "|".join(re.escape(phrase) for phrase in phrases if khmer.has_khmer(phrase))
    return re.compile(rf"(?<![^\W_])(?:{latin})(?![^\W_])|(?:{in_khmer})")


def addressed_to_us(text: str) -> bool:
    """Whether a message asks us to post, share or trade: then it is no offer that a worker wants judged."""
    plain = normalise(text).text
    words = _words()
    if words["asks_us"].search(plain):
        return True
    return words["offers_us"].search(plain) is not None and words["speaks_as"].search(plain) is not None
