"""Who is held together with somebody is held too: "aku sama istriku dikurung" is no report of somebody else.

The words stand in data/together.yml. Runs on Python 3.10 and 3.13.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache

import yaml

from nlu.text.khmer import COENG
from nlu.text.normalise import normalise
from nlu.understanding.decision import DATA
from nlu.understanding.dialogue import alternatives


def together(text: str) -> bool:
    """Whether whoever writes names themselves and, right behind, somebody who is with them."""
    plain = normalise(text).text
    return any(pattern.search(plain) for pattern in _patterns())


@lru_cache(maxsize=1)
def _patterns() -> tuple[re.Pattern[str], ...]:
    """One pattern a language: "deng" is "with" in Ambon and "know" in Khmer."""
    raw = yaml.safe_load((DATA / "together.yml").read_text(encoding="utf-8"))
    return tuple(map(_pattern, raw.values()))


def _pattern(words: Mapping[str, Sequence[str]]) -> re.Pattern[str]:
    owned = "".join(f"(?<!{word})(?<!{word} )" for word in (re.escape(normalise(w).text) for w in words["owned"]))
    first, joined, apart = (alternatives(tuple(words[name])) for name in ("first", "joined", "not_with"))
    return re.compile(rf"{owned}(?<!{COENG}){first} ?{joined} ?(?!{apart})\w")
