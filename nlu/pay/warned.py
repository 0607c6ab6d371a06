"""Tells the sums that somebody warns of, teaches with or calls false from those that are offered."""

from __future__ import annotations

import re
from collections.abc import Mapping

from nlu.pay.cues import cue
from nlu.text.words import words_of

_WORDS = words_of("pay")

#: Behind a sum: what was said of it is not true.
CALLED_FALSE = re.compile(rf"[^\n.។]{{0,20}}(?:{_WORDS.called_false})")
_OPENING = re.compile(rf"⚠|{_WORDS.opening}")
#: The last words of a vacancy: "Hati2 penipuan mengatasnamakan perusahaan."
_CLOSING = re.compile(rf"(?<=.{{70}})(?:{_WORDS.closing})[^\n.]{{0,110}}[\s.!]*\Z", re.S)
_ASKS = re.compile(_WORDS.asks)
#: Somebody is wanted for work.
_WANTED = re.compile(rf"{_WORDS.wanted}|(?<![a-z])(?:{_WORDS.wanted_word})")
_QUOTED = re.compile(r"[\"“”«»„']")
#: Every branch begins with its sign: where none stands nothing is tried.
_QUOTATION = re.compile(r"«[^»]{0,240}»|“[^”]{0,240}”|\"[^\"]{0,240}\"|'(?<![a-z]')[^'\n]{0,120}'(?![a-z])")

#: Who asks what others think of it quotes an offer.
_ASKED = re.compile(
    rf"\A(?!.*(?:{_WORDS.answer})).*(?:{_WORDS.question_opens})|(?:\?|(?:{_WORDS.asked})[។! ]*)\s*\Z",
    re.S,
)

#: Somebody warns, teaches or tells the news: no sum in the text is anybody's offer.
WARNS = "warns"
#: The lists of data/lexicon/pay.yml that tell in what tone somebody writes.
_TONES = ("warned", "told", "past", "tale")


def denied(text: str) -> list[tuple[int, int]]:
    """The quotations of a text that calls them false: a sum inside is nobody's offer, whatever else is offered."""
    spans = [match.span() for match in _QUOTATION.finditer(text)]
    if not spans:
        return []
    rest = "".join(
        text[a:b] for a, b in zip([0, *(b for _, b in spans)], [*(a for a, _ in spans), len(text)], strict=True)
    )
    said = {match.group() for match in cue("denied").finditer(rest)}
    return spans if len(said) > (_ASKED.search(rest) is not None) else []


def _warns(text: str, words: Mapping[str, set[str]]) -> bool:
    """Whether somebody warns, teaches or tells the news, so that no sum in the text is anybody's offer."""
    seen, past, tale = words["warned"], words["past"], words["tale"]
    opening = _OPENING.search(text[:70])
    asks = len(set(_ASKS.findall(text)))
    if seen and opening and opening.start() <= 12 and _QUOTED.search(text):
        return True
    told = seen | words["told"]
    over = past | tale
    if (
        over
        and asks < 2
        and not _ASKED.search(text)
        and (
            len(told - over) + 2 * len(over) >= 3
            or (tale and not asks and not _WANTED.search(_QUOTATION.sub("", text)))
        )
    ):
        return True
    return (
        bool(seen and opening and asks < 2)
        or (len(seen) >= 2 and asks == 0)
        or (len(seen) >= 3 and asks < 2)
        or (len(told) >= 3 and asks < 2)
    )


def tone(text: str) -> list[str]:
    """What the words of a whole text say of the sums in it, by name: that somebody warns, tells, asks or hires."""
    text = _CLOSING.sub("", text)
    words = _words(text)
    named = [f"{name} {min(len(found), 3)}" for name, found in words.items() if found]
    named.append(f"asks {min(len(set(_ASKS.findall(text))), 3)}")
    seen = {"wanted": _WANTED.search(text), "asked": _ASKED.search(text), "opening": _OPENING.search(text[:70])}
    named += [name for name, found in seen.items() if found]
    return [*named, WARNS] if _warns(text, words) else named


def _words(text: str) -> dict[str, set[str]]:
    """The words of a text that tell in what tone somebody writes."""
    return {name: {match.group() for match in cue(name).finditer(text)} for name in _TONES}
