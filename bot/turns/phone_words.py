"""What a message says of the phone itself: that another hand holds it, that nothing is to be sent now, that one thing
is to be deleted, in which hours writing is safe or dangerous.

Two judges: words that say it (data/phone/words.yml), and a small linear model of how people said it
(data/phone/learned.json, made by bot/turns/teach_phone.py). Pure: no database, so intake asks in the update's own
transaction. In which chats it counts is for the caller to say.
"""

from __future__ import annotations

import json
import math
from collections import Counter
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any, Final

import yaml

from bot.settings import DATA
from bot.turns import hours
from nlu.model import features
from nlu.text import language, languages
from nlu.text.fields import Field, fields_for
from nlu.text.matching import Match, PhraseSet
from nlu.understanding.triage import triage

FOLDER: Final = DATA / "phone"
LEARNED: Final = FOLDER / "learned.json"
READINGS: Final = ("other_hand", "stop_now", "delete_one")
WRITINGS: Final = languages.WRITINGS
#: A longer message is a story or an offer: whoever must be quick, or looks into a chat, writes less.
LONGEST: Final = 220
#: From this probability on the model alone is believed; from the lower one on it confirms words that say the same.
#: Chosen on messages that neither was made from: 40 of 45, 39 of 45 and 16 of 18 are found, of 421 others 12 are.
ALONE: Final = {"other_hand": 0.3, "stop_now": 0.2, "delete_one": 0.15}
CONFIRMS: Final = {"other_hand": 0.05, "stop_now": 0.03, "delete_one": 0.02}
#: "Do not send" in a message no longer than this needs no model.
PLAIN_LETTERS: Final = 90
#: In a message that tells of danger the model must be this sure: a plea speaks of bosses who come, too.
IN_DANGER: Final = 0.5
#: The same for a message that is itself a cry: "they are hitting me now" is answered, "they come, send nothing" is not.
SURE_IN_A_CRY: Final = 0.9
#: Signs of triage that are themselves words of "send nothing": they do not speak against one.
SAME_AS_STOP: Final = frozenset({"dont_reply", "secrecy"})
#: What a word of safety or danger beside hours weighs against the model, and within what the model is undecided.
CUE: Final = 0.5
UNDECIDED: Final = 0.8
_SOUND_GRAMS: Final = (3, 6)


@dataclass(frozen=True)
class Said:
    """What one message says of the phone."""

    #: Somebody asks whose chat this is, what was written, or what it is about.
    other_hand: bool = False
    #: Nothing is to be sent now.
    stop_now: bool = False
    #: One photo, message or number is to be deleted, not the chat.
    delete_one: bool = False
    #: Hours that are named as safe, or as dangerous.
    hours: hours.Named | None = None


@dataclass(frozen=True)
class _Line:
    """One line of `signs`: each group is found, at most `within` words apart."""

    groups: tuple[frozenset[str], ...]
    within: int | None
    sure: bool


class _Reading:
    """The concepts of one message in one writing, with the places where they stand."""

    def __init__(self, writing: str, field: Field) -> None:
        self.field = field
        self.found: dict[str, list[Match]] = {}
        for match in _phrases()[writing].find(field):
            self.found.setdefault(match.concept, []).append(match)

    def holds(self, line: _Line) -> bool:
        chosen: list[Match] = []
        for group in line.groups:
            near = [match for name in group for match in self.found.get(name, ()) if self._fits(match, chosen, line)]
            if not near:
                return False
            chosen.append(near[0])
        return True

    def _fits(self, match: Match, chosen: list[Match], line: _Line) -> bool:
        if any(match.start < one.end and one.start < match.end for one in chosen):
            return False
        word = self.field.word
        return line.within is None or all(abs(word[match.start] - word[one.start]) <= line.within for one in chosen)


@lru_cache(maxsize=256)
def read(text: str) -> Said:
    """What a message says of the phone."""
    if not 0 < len(text.strip()) <= LONGEST:
        return Said()
    readings = _readings(text)
    return Said(**{name: name == _judged(text, readings) for name in READINGS}, hours=_hours(text, readings))


def chance(text: str, reading: str) -> float:
    """The probability of one reading, as the model sees it."""
    return _chances(text)[reading]


def _judged(text: str, readings: list[_Reading]) -> str | None:
    """The one reading that words and model give a message; None for any other message."""
    chances = _chances(text)
    best = max(READINGS, key=chances.__getitem__)
    told = {name: any(one.holds(line) for line in _lines()[name] for one in readings) for name in READINGS}
    if told["delete_one"] and any("everything" in one.found for one in readings):
        told["delete_one"] = False
    sure = any(one.holds(line) for line in _lines()["stop_now"] if line.sure for one in readings)
    if sure and len(text) <= PLAIN_LETTERS and not told["delete_one"] and chances["other_hand"] < IN_DANGER:
        return "stop_now"
    if not (chances[best] >= ALONE[best] or (told[best] and chances[best] >= CONFIRMS[best])):
        return None
    if best == "delete_one" and not told["delete_one"]:
        # What is taken for it wrongly is hidden from whoever helps: words have to say it too.
        return None
    seen = triage(text)
    danger = any(reason.id not in SAME_AS_STOP for reason in seen.reasons)
    # A cry for help is answered, unless it says all but surely that nothing is to be sent.
    needed = SURE_IN_A_CRY if seen.level in ("emergency", "distress") else IN_DANGER
    if danger and chances[best] < needed:
        return None
    return best


def _hours(text: str, readings: list[_Reading]) -> hours.Named | None:
    """The hours a message names and whether they are given as safe; None where it says neither safe nor dangerous."""
    named = hours.named(text)
    if named is None:
        return None
    write, alone, danger = (
        sum(len(one.found.get(name, ())) for one in readings) for name in ("may_write", "alone", "danger_time")
    )
    leans = _leans(text) + CUE * (write + alone - danger)
    if not (write or alone or danger) and abs(leans) < UNDECIDED:
        return None
    return hours.Named("safe" if leans > 0 else "danger", named.start, named.end, plain=write > danger and leans > 0)


def features_of(text: str) -> list[str]:
    """What the model sees of a message: pieces of letters, words and pairs of words, and how Khmer sounds."""
    found = features.tokens(text)
    heard = " ".join(features.sounds(found, language.looks_khmer_latin(text)))
    return [
        *(f"l{piece}" for piece in features.pieces(text)),
        *(f"w{words}" for words in features.word_grams(found)),
        *(f"s{piece}" for piece in features.grams(heard, *_SOUND_GRAMS)),
    ]


def _chances(text: str) -> dict[str, float]:
    """The probability of each reading, as the model sees it."""
    scores = _scores(text)[:-1]
    top = max(scores)
    powers = [math.exp(score - top) for score in scores]
    return {name: power / sum(powers) for name, power in zip(_learned()["classes"], powers, strict=True)}


def _leans(text: str) -> float:
    """How much the model takes hours for safe ones, above 0, or for dangerous ones."""
    return _scores(text)[-1]


@lru_cache(maxsize=256)
def _scores(text: str) -> tuple[float, ...]:
    table = _learned()["features"]
    counts = Counter(features_of(text))
    known = {name: (1.0 + math.log(count)) * table[name][0] for name, count in counts.items() if name in table}
    size = math.sqrt(sum(value * value for value in known.values())) or 1.0
    scores = list(_learned()["intercept"])
    for name, value in known.items():
        for place, weight in enumerate(table[name][1:]):
            scores[place] += weight * value / size
    return tuple(scores)


def _readings(text: str) -> list[_Reading]:
    fields = fields_for(text, {name: _phrases()[name].vocabulary for name in WRITINGS})
    return [_Reading(name, field) for name, field in fields.items()]


@cache
def _learned() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(LEARNED.read_text(encoding="utf-8"))
    return found


@cache
def _words() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((FOLDER / "words.yml").read_text(encoding="utf-8"))
    return found


@cache
def _lines() -> dict[str, tuple[_Line, ...]]:
    return {
        what: tuple(
            _Line(
                tuple(frozenset(str(group).split("|")) for group in line["all"]),
                line.get("within"),
                bool(line.get("sure")),
            )
            for line in lines
        )
        for what, lines in _words()["signs"].items()
    }


@cache
def _phrases() -> dict[str, PhraseSet]:
    made = {}
    for writing in WRITINGS:
        raw = _words()[writing]
        phrases = PhraseSet(writing, spaced=languages.spaced(writing))
        for concept, lines in raw["concepts"].items():
            for phrase in lines:
                phrases.add(concept, str(phrase), raw.get("shorthand") or {})
        made[writing] = phrases
    return made
