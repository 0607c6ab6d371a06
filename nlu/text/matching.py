"""Finds the phrases of the lexicon in a message, however it is spaced.

A message becomes a *field*: its letters without spaces, with the places where words begin and end. A phrase of the
lexicon is letters without spaces too. In Latin script it has to begin and end where a word does, so `di setrum`,
`disetrum` and `d i s e t r u m` are one; in Khmer, which has no spaces, it may stand anywhere.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import chain, pairwise
from typing import Any

from nlu.text import khmer, languages, phonetics
from nlu.text.fields import FUZZY_LETTERS, Field, respell_khmer
from nlu.text.files import LexiconInvalid
from nlu.text.grammar import parse
from nlu.text.normalise import has_chat_spelling, normalise, plain

#: Where every word is compared by its sound, only words of this many sounds may be typed in two pieces or run together:
#: "kar ngear" is one word, "kert ot" is not "ke toat".
SOUNDS_TO_SPLIT = 6
_COENG = "\u17d2"
#: Words a gap (`~`) in a phrase may jump over; in Khmer, where words are not spaced, letters.
GAP_WORDS, GAP_KHMER_LETTERS = 3, 14

_LETTERS = re.compile(r"[^\W_]+", re.UNICODE)


@dataclass(frozen=True)
class Match:
    """A concept found in a field at the letters `start` up to `end`."""

    concept: str
    start: int
    end: int


@dataclass(frozen=True)
class _Option:
    """One way to say a part of a phrase: its letters, where words begin in them, and words to be spelled just so."""

    letters: str
    open_end: bool
    cuts: tuple[int, ...]
    exact: tuple[tuple[int, str], ...]


#: One word or group of alternatives inside a phrase, by first letter; whether it may be missing; whether a gap may
#: come before it.
@dataclass(frozen=True)
class _Slot:
    choices: dict[str, tuple[_Option, ...]]
    optional: bool
    gap: bool


#: A concept and what of its phrase must follow.
_Rest = tuple[str, tuple[_Slot, ...]]


@dataclass
class _Turnoff:
    """The phrases that begin with the same words, by what may come next: hardly ever does one of them."""

    option: _Option
    #: Phrases of nothing more.
    ends: list[str] = field(default_factory=list)
    #: The others, by the letter that may follow at once, and by the letter that may follow behind a gap.
    nearby: dict[str, list[_Rest]] = field(default_factory=dict)
    behind_gap: dict[str, list[_Rest]] = field(default_factory=dict)

    def add(self, concept: str, rest: tuple[_Slot, ...]) -> None:
        """Keep a phrase by every letter that may come next; an optional word may be jumped over."""
        for slot in rest:
            letters = self.behind_gap if slot.gap else self.nearby
            for letter in slot.choices:
                letters.setdefault(letter, []).append((concept, rest))
            if not slot.optional:
                return
        self.ends.append(concept)


class PhraseSet:
    """Phrases of one language: the first words in a tree of letters, what follows tried from there."""

    def __init__(self, lang: str, spaced: bool) -> None:
        self.lang, self.spaced = lang, spaced
        self._root: dict[str, Any] = {}
        self.vocabulary: set[str] = set()
        self._letters: dict[str, str] = {}

    def add(self, concept: str, phrase: str, shorthand: dict[str, str]) -> None:
        """Add one phrase of the grammar: `(a|b)` choice, `(a)?` optional, `{name}`, `word*`, `=word`, `~` a gap."""
        slots = self._slots(concept, phrase, shorthand)
        if not slots or all(optional for _, optional, _ in slots):
            raise LexiconInvalid(
                f"triage_{self.lang}.yml: concept {concept}: phrase {phrase!r} has nothing that must occur"
            )
        for first in range(len(slots)):
            options, optional, _ = slots[first]
            rest = tuple(self._slot(*slot) for slot in slots[first + 1 :])
            for option in options:
                node = self._root
                for char in option.letters:
                    node = node.setdefault(char, {})
                alike = (option.open_end, option.cuts, option.exact)
                node.setdefault("", {}).setdefault(alike, _Turnoff(option)).add(concept, rest)
            if not optional:
                break

    def _slots(self, concept: str, phrase: str, shorthand: dict[str, str]) -> list[tuple[list[_Option], bool, bool]]:
        slots: list[tuple[list[_Option], bool, bool]] = []
        gap = False
        for group, optional in parse(phrase, shorthand):
            if group == "~":
                gap = True
                continue
            options: list[_Option] = []
            for option in group.split("|"):
                words = option.split()
                if not words:
                    continue
                letters = ""
                cuts: list[int] = []
                exact: list[tuple[int, str]] = []
                for word in words:
                    if letters:
                        cuts.append(len(letters))
                    if word.startswith("="):
                        exact.append((len(letters), word.strip("=*")))
                    letters += self._known_letters(word.strip("=*"))
                if not letters:
                    raise LexiconInvalid(f"triage_{self.lang}.yml: {concept}: {phrase!r}: {option!r} has no letters")
                options.append(_Option(letters, words[-1].endswith("*"), tuple(cuts), tuple(exact)))
            slots.append((options, optional, gap))
            gap = False
        return slots

    @staticmethod
    def _slot(options: list[_Option], optional: bool, gap: bool) -> _Slot:
        choices: dict[str, list[_Option]] = {}
        for option in options:
            choices.setdefault(option.letters[0], []).append(option)
        return _Slot({char: tuple(found) for char, found in choices.items()}, optional, gap)

    def _known_letters(self, word: str) -> str:
        if word not in self._letters:
            letters = self.letters(word)
            self._letters[word] = letters
            if self.lang in languages.WITH_SPELLING and len(letters) >= FUZZY_LETTERS:
                self.vocabulary.add(letters)
        return self._letters[word]

    def letters(self, token: str) -> str:
        """A word of the lexicon in the same form as a field's letters."""
        if not languages.spaced(self.lang):
            return "".join(c for c in respell_khmer(normalise(token)).text if c != " " and khmer.skeleton_keeps(c))
        clear = plain(token) if has_chat_spelling(self.lang) else normalise(token)
        text = "".join(_LETTERS.findall(clear.text)) or token.strip()
        return phonetics.key(text) if self.lang in languages.BY_SOUND else text

    def find(self, message: Field) -> list[Match]:
        """Every phrase in the message; of one concept, a match inside a longer one is left out."""
        found: dict[tuple[str, int], int] = {}
        letters, size = message.letters, len(message.letters)
        #: The letters that a gap leads to, by where it begins.
        behind: dict[int, set[str]] = {}
        positions: Iterable[int] = sorted(message.starts) if self.spaced else range(size)
        for start in positions:
            if start and letters[start - 1] == _COENG:
                continue  # the middle of a Khmer syllable
            node = self._root
            at = start
            while at < size:
                step = node.get(letters[at])
                if step is None:
                    break
                node = step
                at += 1
                turnoffs = node.get("")
                if turnoffs is None:
                    continue
                for turnoff in turnoffs.values():
                    if not self._fits(message, start, turnoff.option):
                        continue
                    end = self._through(message, at, turnoff.option.open_end)
                    if turnoff.ends and (not self.spaced or end in message.ends):
                        for concept in turnoff.ends:
                            if found.get((concept, start), -1) < end:
                                found[(concept, start)] = end
                    if end == size:
                        continue
                    for concept, rest in self._going_on(message, end, turnoff, behind):
                        last = self._follow(message, end, rest, 0)
                        if last is not None and found.get((concept, start), -1) < last:
                            found[(concept, start)] = last
        return _longest(found)

    def _going_on(self, message: Field, end: int, turnoff: _Turnoff, behind: dict[int, set[str]]) -> Iterable[_Rest]:
        """The phrases that may go on at `end`, at once or over a gap; `behind` keeps the letters that gaps lead to."""
        letters = message.letters
        nearby = turnoff.nearby.get(letters[end], ())
        if not turnoff.behind_gap:
            return nearby
        if end not in behind:
            behind[end] = {letters[place] for place in self._gap(message, end)}
        return chain(nearby, *(turnoff.behind_gap[char] for char in behind[end] & turnoff.behind_gap.keys()))

    def _fits(self, message: Field, start: int, option: _Option) -> bool:
        """Whether the letters from `start` are words of their own: no half syllable, no half of a short word."""
        letters, end = message.letters, start + len(option.letters)
        if not self.spaced:
            if start and letters[start - 1] == _COENG:  # after a gap
                return False
            return end >= len(letters) or not khmer.is_mark(letters[end])
        if self.lang not in languages.BY_SOUND:
            return True
        for offset, raw in option.exact:
            if start + offset not in message.starts or message.tokens[message.word[start + offset]] != raw:
                return False
        for at in (start, *(start + cut for cut in option.cuts)):
            if at not in message.starts and self._sounds(message, at) < SOUNDS_TO_SPLIT:
                return False
        if message.word[start] == message.word[end - 1]:
            return True
        bounds = (0, *option.cuts, len(option.letters))
        for left, right in pairwise(bounds):
            if right - left < SOUNDS_TO_SPLIT and message.word[start + left] != message.word[start + right - 1]:
                return False
        return True

    @staticmethod
    def _sounds(message: Field, at: int) -> int:
        """How many letters the word at this letter has."""
        word = message.word[at]
        following = message.word_starts[word + 1] if word + 1 < len(message.word_starts) else len(message.letters)
        return following - message.word_starts[word]

    def _through(self, message: Field, at: int, open_end: bool) -> int:
        """The end of the word that `at` stands in, where the phrase leaves its ending open."""
        if open_end and self.spaced and at not in message.ends:
            word, size = message.word[at - 1], len(message.letters)
            while at < size and message.word[at] == word:
                at += 1
        return at

    def _follow(self, message: Field, end: int, rest: tuple[_Slot, ...], index: int) -> int | None:
        """The furthest end of a phrase whose beginning ends at `end`, or None."""
        best: int | None = None
        if index == len(rest):
            return end if not self.spaced or end in message.ends else None
        slot = rest[index]
        if slot.optional:
            best = self._follow(message, end, rest, index + 1)
        letters = message.letters
        places: Iterable[int] = (end,) if not slot.gap else self._gap(message, end)
        for start in places:
            if start >= len(letters) or message.sentence[start] != message.sentence[end - 1]:
                continue
            for option in slot.choices.get(letters[start], ()):
                if letters.startswith(option.letters, start) and self._fits(message, start, option):
                    reached = self._through(message, start + len(option.letters), option.open_end)
                    last = self._follow(message, reached, rest, index + 1)
                    if last is not None and (best is None or last > best):
                        best = last
            if best is not None:
                break
        return best

    def _gap(self, message: Field, end: int) -> Iterable[int]:
        size = len(message.letters)
        if end >= size:
            return
        sentence = message.sentence[end - 1]
        if not self.spaced:
            limit = min(size, end + GAP_KHMER_LETTERS + 1)
            yield from (at for at in range(end, limit) if message.sentence[at] == sentence)
            return
        first = bisect_right(message.word_starts, end - 1)
        for at in message.word_starts[first : first + GAP_WORDS + 1]:
            if message.sentence[at] == sentence:
                yield at


def _longest(found: Mapping[tuple[str, int], int]) -> list[Match]:
    """The matches, given as (concept, start) and end, that lie in no longer match of their concept, in order."""
    out: list[Match] = []
    reach: dict[str, int] = {}
    for (concept, start), end in sorted(found.items(), key=lambda item: (item[0][1], -item[1])):
        if end > reach.get(concept, -1):
            reach[concept] = end
            out.append(Match(concept, start, end))
    return out
