"""Recognises the frame of a whole message: trouble that is supposed, told as news, over or denied.

The words are in `data/lexicon/frames.yml`. A frame alone decides nothing: nlu/understanding/decision.py weighs it, and
what a frame holds back is asked about. What speaks of now outweighs it, and a long message has more in it than one
frame.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from nlu.text import languages
from nlu.text.fields import Field
from nlu.text.files import LexiconInvalid, read_yaml
from nlu.text.matching import Match, PhraseSet

#: A longer message tells more than one thing; no frame is looked for.
FRAME_CHARS = 160


@dataclass(frozen=True)
class Frame:
    """One concept of every group in `all` and none of `unless`; `alone` when it bows to any sign of triage.

    Behind the words of the last group none of `unless_after` may stand.
    """

    id: str
    all: tuple[frozenset[str], ...]
    unless: frozenset[str]
    unless_after: frozenset[str]
    alone: bool


@lru_cache(maxsize=1)
def frames() -> tuple[Frame, ...]:
    """The frames in the order of the file. Raises LexiconInvalid for a concept that is not in every writing."""
    raw = read_yaml("frames.yml")
    found = []
    for entry in raw["frames"]:
        groups = tuple(frozenset(part.split("|")) for part in entry["all"])
        unless, after = frozenset(entry["unless"]), frozenset(entry.get("unless_after") or ())
        for lang, writing in raw["writings"].items():
            for name in unless.union(after, *groups) - writing["concepts"].keys():
                raise LexiconInvalid(f"frames.yml: frame {entry['id']}: no concept {name!r} in {lang}")
        found.append(Frame(entry["id"], groups, unless, after, bool(entry.get("alone"))))
    return tuple(found)


@lru_cache(maxsize=1)
def _phrases() -> dict[str, PhraseSet]:
    return {lang: _phrase_set(lang, writing) for lang, writing in read_yaml("frames.yml")["writings"].items()}


def _phrase_set(lang: str, writing: Mapping[str, Any]) -> PhraseSet:
    phrases = PhraseSet(lang, spaced=languages.spaced(lang))
    for concept, ways in writing["concepts"].items():
        for way in ways:
            phrases.add(concept, str(way), writing["shorthand"])
    return phrases


def find(fields: Mapping[str, Field], *, alone: bool) -> tuple[Frame, str, Match] | None:
    """The first frame of a message, with the writing and the words that give it away; `alone` when triage sees nothing.

    `fields` are those of the message by their writing, as `nlu.text.fields.fields_for` makes them.
    """
    seen: dict[str, list[Match]] = {}
    skipped = languages.skipped_writings(any(lang in languages.BY_SOUND for lang in fields))
    for lang, phrases in _phrases().items():
        if lang in fields and lang not in skipped:
            seen[lang] = phrases.find(fields[lang])
    everywhere = {match.concept for matches in seen.values() for match in matches}
    for frame in frames():
        if (frame.alone and not alone) or not frame.unless.isdisjoint(everywhere):
            continue
        for lang, matches in seen.items():
            if (words := _words(frame, matches)) is not None:
                return frame, lang, words
    return None


def _words(frame: Frame, matches: Sequence[Match]) -> Match | None:
    """The first words of a frame that stands in one writing."""
    parts = [[match for match in matches if match.concept in group] for group in frame.all]
    if not all(parts):
        return None
    last = min(match.end for match in parts[-1])
    if any(match.concept in frame.unless_after and match.start >= last for match in matches):
        return None
    return min(parts[0], key=lambda match: match.start)
