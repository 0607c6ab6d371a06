"""What a chat begins with, what says nothing yet, what asks for more: whatever the model makes of so few words.

The words stand in data/openers.yml. Runs on Python 3.10 and 3.13.
"""

from __future__ import annotations

import re
from functools import lru_cache

import yaml

from nlu.text.khmer import has_khmer
from nlu.text.normalise import normalise
from nlu.understanding import dialogue
from nlu.understanding.decision import DATA
from nlu.understanding.triage import triage

#: Parts of a name, and letters of a Khmer one: more may be a sentence.
NAME_PARTS, KHMER_LETTERS = 3, 10
#: "Nama saya dicatut" is done to a name.
_DONE = re.compile(r"(?:di|ter|ke)[a-z]{5,}")
_SIGNS = r"[?？!.,;:។៕]"


def opener(text: str) -> str | None:
    """The small-talk intent of a message that says nothing yet ("apa kabar", "tes", "nama saya Budi"); else None."""
    return dialogue.opener(text) or ("greet" if _tries(text) or introduces(text) else None)


def introduces(text: str) -> bool:
    """Whether a message tells the name of whoever writes it, and nothing else.

    A second part of a Latin name has to look like one: "Budi Santoso", not "budi lapar".
    """
    if not 0 < len(text) <= dialogue.BARE_CHARS:
        return False
    source = normalise(text)
    found = _pattern("called").search(source.text)
    if found is None or dialogue.says_more(source.text[: found.start()], "first_person", "beside_openers"):
        return False
    first, last = source.span(found.end(), len(source.text))
    name = re.sub(rf"{_SIGNS}+\s*$", "", text[first:last])
    parts = [part for part in name.split() if dialogue.says_more(normalise(part).text, "beside_openers")]
    if not 0 < len(parts) <= NAME_PARTS or dialogue.asks(text) or dialogue.demands(text):
        return False
    if has_khmer(name):
        like_a_name = sum(map(len, parts)) <= KHMER_LETTERS
    else:
        alone = len(parts) == 1 and not _DONE.fullmatch(name.strip())
        like_a_name = all(map(str.isalpha, parts)) and (alone or all(map(str.istitle, parts)))
    return like_a_name and re.search(_SIGNS, name) is None and triage(text).level == "none"


def asks_more(text: str) -> bool:
    """Whether a message asks how long, when or who pays, and does not say of what."""
    return dialogue.asks(text) and _is_only("more", text, "question_words", "fillers", "beside_openers")


def _tries(text: str) -> bool:
    return _is_only("tries", text, "beside_openers")


def _is_only(group: str, text: str, *beside: str) -> bool:
    """Whether a short message has a word of a group and, but for what may stand beside it, nothing else."""
    plain = normalise(text).text if len(text) <= dialogue.BARE_CHARS else ""
    rest = _pattern(group).sub(" ", plain)
    return rest != plain and not dialogue.says_more(rest, *beside)


@lru_cache(maxsize=3)
def _pattern(group: str) -> re.Pattern[str]:
    words = yaml.safe_load((DATA / "openers.yml").read_text(encoding="utf-8"))[group]
    return re.compile(dialogue.alternatives(tuple(words)))
