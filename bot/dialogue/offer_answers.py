"""Typed answers to the questions of the offer check. The words stand in data/offer_answers.yml."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache

import yaml

from bot.settings import DATA
from nlu.text.files import read_yaml
from nlu.text.khmer import fold_khmer
from nlu.text.normalise import normalise
from nlu.text.words import words_of
from nlu.understanding import controls, dialogue

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
        question: dont_know
        + [(_plain(phrase), answer) for group in groups for answer, phrases in group.items() for phrase in phrases]
        for question, groups in raw["questions"].items()
    }


@lru_cache
def _group(name: str) -> tuple[str, ...]:
    raw = yaml.safe_load((DATA / "offer_answers.yml").read_text(encoding="utf-8"))
    return tuple(_plain(phrase) for phrase in raw[name])


def read_answer(question: str, text: str) -> str | None:
    """The answer that typed words give to a question (visa pays contract employer); None when they give none.

    What the words take back is no answer: "bukan turis, kerja" and "bukan, visa kerja" are work, and "ga dipotong" says
    nothing of who pays.
    """
    if not text or len(text) > ANSWER_CHARS or "?" in text:
        return None
    plain = f" {_plain(_after_no(text))} "
    for phrase, answer in _words().get(question, ()):
        if any(not _taken_back(plain[:at]) for at in _places(phrase, plain)):
            return answer
    said = controls.yes_or_no(text)
    if said is not None and question in YES_NO:
        return YES_NO[question][0 if said else 1]
    return None


def only_answers(question: str, text: str) -> bool:
    """Whether a message is the answer to a question and no word more: "visa turis kak", not "saya kena jebak"."""
    left = f" {_plain(text)} "
    for phrase in sorted({*(known for known, _ in _words()[question]), *_group("beside")}, key=len, reverse=True):
        left = left.replace(phrase, " ") if _is_khmer(phrase) else left.replace(f" {phrase} ", "  ")
    return not left.strip()


def only_corrects(question: str, text: str) -> bool:
    """Whether a message takes something back, answers a question instead, and says no word more."""
    return only_answers(question, re.sub(_negators(), " ", dialogue.without_correction(text)))


def read_correction(given: Mapping[str, str], asked: str, text: str) -> tuple[str, str] | None:
    """An earlier answer that a message changes, and to what; None when it changes none.

    After "eh maksudku" the words are about what was answered before; after a mere "bukan" first about what is asked.
    """
    if not dialogue.corrects(text):
        return None
    words = dialogue.without_correction(text)
    said = words != _normal(text)
    if not said and read_answer(asked, text) is not None:
        return None
    for question in reversed([known for known in given if known != asked]):
        answer = read_answer(question, words)
        if answer is not None and answer != "unknown" and answer != given[question]:
            return question, answer
    return None


def _after_no(text: str) -> str:
    """A message without a "no" that stands by itself in front."""
    return re.sub(rf"^\s*{_negators()}\s*(?:{words_of('dialogue').no_behind})?\s*[,.!]", "", _normal(text))


@lru_cache(maxsize=1)
def _negators() -> str:
    return dialogue.alternatives(tuple(read_yaml("dialogue.yml")["negators"]))


def _places(phrase: str, plain: str) -> list[int]:
    """Where a phrase stands in a text: a Khmer one anywhere, another one as words of its own."""
    wanted = phrase if _is_khmer(phrase) else f" {phrase} "
    return [match.start() for match in re.finditer(f"(?={re.escape(wanted)})", plain)]


def _taken_back(before: str) -> bool:
    """Whether the words before a phrase take it back. A Khmer word needs no space before it, another one does."""
    if dialogue.taken_back(before):
        return True
    plain = f" {before.strip()}"
    return any(plain.endswith(word if _is_khmer(word) else f" {word}") for word in _group("not"))


def _normal(text: str) -> str:
    return normalise(text).text.strip()


def _plain(text: str) -> str:
    return _GAPS.sub(" ", fold_khmer(normalise(text).text)).strip()


def _is_khmer(phrase: str) -> bool:
    return any("\u1780" <= char <= "\u17ff" for char in phrase)
