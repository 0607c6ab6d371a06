"""Who is held together with somebody is held too: "aku sama istriku dikurung" is no report of somebody else.

The words stand in data/together.yml. Runs on Python 3.10 and 3.13.
"""

from __future__ import annotations

import re
from functools import lru_cache

import yaml

from nlu.decision import DATA
from nlu.text.dialogue import alternatives
from nlu.text.khmer import COENG
from nlu.text.normalise import normalise


def together(text: str) -> bool:
    """Whether whoever writes names themselves and, right behind, somebody who is with them."""
    return _pattern().search(normalise(text).text) is not None


@lru_cache(maxsize=1)
def _pattern() -> re.Pattern[str]:
    raw = yaml.safe_load((DATA / "together.yml").read_text(encoding="utf-8"))
    owned = "".join(f"(?<!{word})(?<!{word} )" for word in map(re.escape, map(_plain, raw["owned"])))
    first, joined, apart = (alternatives(tuple(raw[name])) for name in ("first", "joined", "not_with"))
    return re.compile(rf"{owned}(?<!{COENG}){first} ?{joined} ?(?!{apart})\w")


def _plain(word: str) -> str:
    return normalise(word).text
