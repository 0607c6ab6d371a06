"""Typed answers to the questions of the offer check. The words stand in data/offer_answers.yml."""

from __future__ import annotations

import re
from functools import lru_cache

import yaml

from bot.settings import DATA
from bot.turns import controls
from nlu.text.normalise import normalise

#: An answer is short; a longer message is something else.
ANSWER_CHARS = 60
#: What a plain yes or no answers.
YES_NO = {"contract": ("yes", "no"), "employer": ("known", "unknown")}
_GAPS = re.compile(r"[^\w\u1780-\u17d3]+")


@lru_cache(maxsize=1)
def _words() -> dict[str, list[tuple[str, str]]]:
    """For each question its (phrase, answer), in the order in which they are tried."""
    raw = yaml.safe_load((DATA / "offer_answers.yml").read_text(encoding="utf-8"))
    dont_know = [(_plain(phrase), "unknown") for phrase in raw["unknown"]]
    return {
        question: dont_know + [(_plain(phrase), answer) for answer, group in answers.items() for phrase in group]
        for question, answers in raw["questions"].items()
    }


def read_answer(question: str, text: str) -> str | None:
    """The answer that typed words give to a question (visa pays contract employer); None when they give none."""
    if not text or len(text) > ANSWER_CHARS or "?" in text:
        return None
    plain = _plain(text)
    for phrase, answer in _words().get(question, ()):
        if (phrase in plain) if phrase.strip() and _is_khmer(phrase) else f" {phrase} " in f" {plain} ":
            return answer
    said = controls.yes_or_no(text)
    if said is not None and question in YES_NO:
        return YES_NO[question][0 if said else 1]
    return None


def _plain(text: str) -> str:
    return _GAPS.sub(" ", normalise(text).text).strip()


def _is_khmer(phrase: str) -> bool:
    return any("\u1780" <= char <= "\u17ff" for char in phrase)
