"""Control words: commands and short phrases that steer the chat whatever else is going on."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

import yaml

from nlu.text.normalise import normalise
from nlu.understanding.decision import DATA

#: A command alone; only /start may carry something (a deep link).
COMMAND = re.compile(r"^/(?:(start)(?:@\w+)?(?:\s.{0,64})?|([A-Za-z_]{1,32})(?:@\w+)?\s*)$")
#: Longest message that can be a control phrase, in characters.
LONGEST = 40


@lru_cache
def _lexicon() -> dict[str, Any]:
    raw = yaml.safe_load((DATA / "lexicon" / "control.yml").read_text(encoding="utf-8"))
    phrases = {_key(phrase): what for what, group in raw["phrases"].items() for phrase in group}
    said = {_key(word): True for word in raw["agrees"]} | {_key(word): False for word in raw["declines"]}
    return {"commands": raw["commands"], "phrases": phrases, "said": said}


def _key(text: str) -> str:
    """A phrase without what people vary: case, spaces, signs of punctuation."""
    return re.sub(r"[\s\u200b.,!?។៖\-_]+", "", normalise(text).text)


def match(text: str) -> str | None:
    """What a message steers: start erase lang:id lang:km human help about real source spare cancel, or None.

    An unknown command is no control: it is read as plain text.
    """
    if (command := COMMAND.match(text)) is not None:
        found: str | None = _lexicon()["commands"].get((command.group(1) or command.group(2)).lower())
        return found
    if not text or len(text) > LONGEST:
        return None
    phrase: str | None = _lexicon()["phrases"].get(_key(text))
    return phrase


def is_command(text: str) -> bool:
    """Whether a message is one of our commands and no word more: what menus write for people, so /help is no cry."""
    return text.startswith("/") and len(text.split()) == 1 and match(text) is not None


def yes_or_no(text: str) -> bool | None:
    """True for a plain yes, False for a plain no, None for anything longer or other."""
    if len(text) > LONGEST:
        return None
    said: bool | None = _lexicon()["said"].get(_key(text))
    return said
