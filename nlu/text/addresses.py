"""Finds what is an address letter for letter: links, mail addresses, @names. Nothing in them is a misspelling."""

from __future__ import annotations

import re
from functools import lru_cache

EMAIL = re.compile(r"[A-Za-z0-9._%+\-]{1,64}@[A-Za-z0-9\-]{1,63}(?:\.[A-Za-z0-9\-]{1,63})*\.[A-Za-z]{2,24}")
LINK = re.compile(
    r"(?:https?://|www\.)[^\s<>\"'，។]{3,300}|\b(?:t\.me|telegram\.me|wa\.me|bit\.ly|s\.id|linktr\.ee|"
    r"chat\.whatsapp\.com|facebook\.com|fb\.com|m\.me|line\.me|instagram\.com|tiktok\.com|zalo\.me)/[^\s<>\"'，។]{1,300}",
    re.I,
)
#: A site named without more: too much like the end of a sentence to be somebody's contact, but no misspelling either.
_ENDINGS = "com|net|org|info|site|online|xyz|shop|link|top|vip|app|gl|id|kh|my"
SITE = re.compile(
    rf"(?<![\w.@\-])[a-z0-9][a-z0-9\-]{{0,62}}(?:\.[a-z0-9\-]{{1,63}}){{0,4}}\.(?:{_ENDINGS})\b(?:/[^\s<>\"'，។]{{0,300}})?",
    re.I,
)
#: A name with an @. Shorter ones are words with an @ for their first letter ("@ku", "@yah").
#: Source: a Telegram username has at least five characters (core.telegram.org/method/account.checkUsername).
HANDLE = re.compile(r"(?<![\w.@/])@(?=[A-Za-z][A-Za-z0-9_.]{4})[A-Za-z0-9_]+(?:\.[A-Za-z0-9_]+)*")
#: One of these is in every address: most messages need no further look. Each begins with a letter of its own, for which
#: Python looks before it tries them.
SIGN = re.compile(rf"@|://|w(?i:ww\.)|W(?i:ww\.)|\.(?i:{_ENDINGS}|me|ly|ee)\b")


@lru_cache(maxsize=16)
def addresses(text: str) -> tuple[tuple[int, int], ...]:
    """Where the addresses of a text stand, in order, none overlapping; the full stop behind one is none of it."""
    if SIGN.search(text) is None:
        return ()
    found: list[tuple[int, int]] = []
    spans = sorted(match.span() for pattern in (LINK, EMAIL, SITE, HANDLE) for match in pattern.finditer(text))
    for start, end in spans:
        end = start + len(text[start:end].rstrip(".,;:!?)»"))
        if not found or start >= found[-1][1]:
            found.append((start, end))
    return tuple(found)


#: What somebody pasted, as against typed: a link or the name of an account. Letters that no link has end it, for Khmer
#: is written on without a space.
_PASTED = re.compile(rf"(?:{LINK.pattern})|(?:{EMAIL.pattern})|(?:{HANDLE.pattern})", re.I)
_LETTER = re.compile(r"[A-Za-z0-9]")


def masked(text: str) -> str:
    """The text with 0 for every letter of a link, mail address or @name: they say nothing of who sent them."""
    if SIGN.search(text) is None:
        return text
    return _PASTED.sub(lambda match: _LETTER.sub("0", match.group()), text)
