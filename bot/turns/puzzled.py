"""Whoever says no more than that they do not understand reports nothing, whatever the model makes of so few words."""

from __future__ import annotations

import re

from nlu.text import dialogue
from nlu.text.normalise import normalise

#: A longer message says more.
LONGEST = 80
_TONGUE = r"(?:khmer|cambodian|indonesian|indonesia|bahasa|(?:this|your|the) language)"
_WHAT = r"(?:it|this|that|anything|you|(?:your|the) (?:answer|message)s?|what you (?:say|said|mean|write))"
#: English, whose speakers we cannot answer in their own language: "sorry I don't understand khmer".
_ENGLISH = re.compile(
    r"(?:(?:sorry|hi|hello|hey|please|sir|bro|but)[ ,.!]*)*(?:i ?'?m|i am|i|we)? ?"
    r"(?:can ?not|can ?'?t|do not|don ?'?t|did not|didn ?'?t|not)"
    rf" (?:(?:understand|speak|read|know) {_TONGUE}|understand(?:ing)?(?: {_WHAT})?|get (?:it|this|you))"
    r"(?:[ ,.!]*(?:at all|well|much|very|sorry|please|sir|bro))*[ ,.!?]*"
)


def puzzled(text: str) -> bool:
    """Whether a message says that our answer or our language was not understood, and nothing else."""
    return dialogue.puzzled(text) or in_english(text)


def in_english(text: str) -> bool:
    """Whether it says so in English."""
    return 0 < len(text) <= LONGEST and _ENGLISH.fullmatch(normalise(text).text.replace("’", "'").strip()) is not None
