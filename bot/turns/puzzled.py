"""Whoever says no more than that they do not understand reports nothing, whatever the model makes of so few words.

The words stand in data/lexicon/dialogue.yml.
"""

from __future__ import annotations

from nlu.understanding import dialogue
from nlu.understanding.reader import puzzled

__all__ = ["answer", "puzzled"]


def answer(text: str) -> tuple[str, ...]:
    """The text keys that answer such a message."""
    if dialogue.puzzled_in_english(text):
        return "language_which", "english_line"
    return ("voice_instead",) if dialogue.cannot_read(text) else ("answer_puzzled",)
