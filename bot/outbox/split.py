"""Cutting a long text into parts that Telegram takes, at paragraphs or sentences where possible."""

from __future__ import annotations

import unicodedata

#: UTF-16 code units Telegram takes in one message. Source: Bot API, sendMessage.
MESSAGE_UNITS = 4096
#: A coeng joins the letter behind it to the one before; a zero-width joiner joins emoji.
GLUE = ("\u17d2", "\u200d")
#: Where a part may end, best first: a paragraph, a line, a sentence (Indonesian or Khmer), a word.
BREAKS = ("\n\n", "\n", "។ ", "។", "៕", ". ", "! ", "? ", " ")


def units(text: str) -> int:
    """Length as Telegram counts it: UTF-16 code units."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def split(text: str, limit: int = MESSAGE_UNITS) -> list[str]:
    """Parts of at most `limit` UTF-16 units whose words, joined, are the text's. An empty text gives no part."""
    parts: list[str] = []
    rest = text.strip()
    while units(rest) > limit:
        window = _prefix(rest, limit)
        cut = _between_letters(rest, len(window))
        for mark in BREAKS:
            found = window.rfind(mark)
            # A break in the first third would leave a stub of a message.
            if found > len(window) // 3:
                cut = found + len(mark)
                break
        parts.append(rest[:cut].strip())
        rest = rest[cut:].strip()
    if rest:
        parts.append(rest)
    return [part for part in parts if part]


def _between_letters(text: str, cut: int) -> int:
    """A little before `cut`, where no mark, Khmer subscript or joined emoji is torn from its letter."""
    for place in range(cut, max(cut - 24, 0), -1):
        before, after = text[place - 1], text[place : place + 1]
        torn = before in GLUE or after in GLUE or (after and unicodedata.category(after).startswith("M"))
        if not torn:
            return place
    return cut


def _prefix(text: str, limit: int) -> str:
    """The longest beginning of a text within the limit, never half of a character."""
    low, high = 0, min(len(text), limit)
    while low < high:
        middle = (low + high + 1) // 2
        if units(text[:middle]) <= limit:
            low = middle
        else:
            high = middle - 1
    return text[:low]
