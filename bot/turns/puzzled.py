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
#: Somebody who cannot read or write, or not these letters: in Indonesian, Khmer and romanised Khmer.
_NO_LETTERS = re.compile(
    r"(?:(?:maaf|tapi|soalnya|kak|bang|min|mas|mbak|pak|bu|saya|aku|sy|gue|gw|orang)[ ,.]*)*"
    r"(?:(?:(?:tidak|tdk|ga|gak|gk|nggak|ngga|enggak)(?: (?:bisa|bs|pandai|lancar|pinter))+|susah|sulit|kurang bisa) "
    r"(?:mem)?(?:baca|nulis|menulis)"
    r"(?: (?:dan|tulis|nulis|menulis|tulisan|huruf|aksara|khmer|latin|indonesia|ini|kak|bang))*"
    r"|buta huruf)[ .,!]*"
    r"|(?:ខ្ញុំ|ញុំ|អូន|បង|សុំទោស|\s)*(?:(?:មិន|អត់)(?:សូវ)?ចេះ(?:អក្សរ|អាន|សរសេរ|ខ្មែរ|\s)+|អាន(?:មិន|អត់)(?:ដាច់|ចេះ))"
    r"(?:ទេ|បង|\s|[.!។])*"
    r"|(?:(?:knhom|khnhom|nhom|nyom|oun|bong) )*(?:min|mn|ot|ort|at) (?:sov )?(?:jes|jess|ches|cheh|jeh|chheh) "
    r"(?:aksor|akson|aksar|an|sorser|sose)(?: khmer)?(?: te| bong)*[ .!]*"
)


def puzzled(text: str) -> bool:
    """Whether a message says that our answer, language or letters were not understood, and nothing else."""
    return dialogue.puzzled(text) or in_english(text) or cannot_read(text)


def answer(text: str) -> tuple[str, ...]:
    """The text keys that answer such a message."""
    if in_english(text):
        return "language_which", "english_line"
    return ("voice_instead",) if cannot_read(text) else ("answer_puzzled",)


def in_english(text: str) -> bool:
    """Whether it says so in English."""
    return 0 < len(text) <= LONGEST and _ENGLISH.fullmatch(normalise(text).text.replace("’", "'").strip()) is not None


def cannot_read(text: str) -> bool:
    """Whether somebody says that they cannot read or write, or not in these letters, and nothing else."""
    return 0 < len(text) <= LONGEST and _NO_LETTERS.fullmatch(normalise(text).text.strip()) is not None
