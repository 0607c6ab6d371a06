"""Makes a *field* of a message: its letters without spaces, with the places where words and sentences begin and end."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, field, replace
from functools import lru_cache
from itertools import pairwise

from rapidfuzz import process
from rapidfuzz.distance import OSA

from nlu.text import alternation, khmer, languages, phonetics
from nlu.text.addresses import masked
from nlu.text.files import read_yaml
from nlu.text.normalise import Normalised, has_chat_spelling, normalise, plain, rewritten, unmask

#: Khmer letters counted as one word when the distance between phrases is measured.
KHMER_WORD_LETTERS = 4
#: A typing slip is forgiven in words of at least this many letters, one letter wrong, missing, added or swapped.
FUZZY_LETTERS = 7

_END_OF_SENTENCE = frozenset(".!?\n។៕;…")
_COMMA = frozenset(',:()"–—')


@dataclass(frozen=True)
class Field:
    """The letters of a message without spaces, with their words, sentences and places."""

    letters: str
    source: Normalised
    at: tuple[int, ...]
    word: tuple[int, ...]
    sentence: tuple[int, ...]
    clause: tuple[int, ...]
    starts: frozenset[int]
    ends: frozenset[int]
    spaced: bool
    #: Where the words after each letter's word begin, used to step over a gap.
    word_starts: tuple[int, ...] = field(default=())
    #: The words as typed, where every word is compared by its sound.
    tokens: tuple[str, ...] = field(default=())

    def span(self, start: int, end: int) -> tuple[int, int]:
        """The place in the typed text of the letters from `start` up to `end`."""
        if start >= end:
            return 0, 0
        return self.source.span(min(self.at[start:end]), max(self.at[start:end]) + 1)


@lru_cache(maxsize=1)
def _khmer_spelling() -> tuple[re.Pattern[str], dict[str, str], tuple[str, ...]]:
    """All that data/lexicon/spelling_km.yml undoes: a pattern, the plain word of each form, words that a 2 doubles."""
    raw = read_yaml("spelling_km.yml")
    plain_of = {normalise(str(form)).text: str(word) for word, forms in raw["words"].items() for form in forms}
    plain_of["2"] = "ៗ"
    forms = alternation.any_of(sorted(plain_of, key=lambda form: (-len(form), form)))
    return re.compile(f"(?:{forms})(?![\u17b6-\u17d3])"), plain_of, tuple(normalise(str(w)).text for w in raw["twice"])


def respell_khmer(source: Normalised) -> Normalised:
    """Normalised Khmer with common chat spellings in one form, places kept."""
    pattern, plain_of, twice = _khmer_spelling()
    text = source.text

    def stands(start: int, end: int) -> bool:
        before, after = text[start - 1 : start], text[end : end + 1]
        if text[start] == "2":
            return text.endswith(twice, 0, start) and not after.isdigit() and after not in (":", "/")
        if text[start] < "\u1780":
            return not (before.isascii() and before.isalpha()) and not (after.isascii() and after.isalpha())
        return before != khmer.COENG

    found = (match for match in pattern.finditer(text) if stands(*match.span()))
    return rewritten(source, ((match.span(), plain_of[match.group()]) for match in found))


def khmer_field(source: Normalised) -> Field:
    """The field of the Khmer script lexicon: no spaces at all, small signs dropped, Latin words kept."""
    source = respell_khmer(source)
    letters: list[str] = []
    at: list[int] = []
    sentences: list[int] = []
    sentence = 0
    for index, char in enumerate(source.text):
        if char in _END_OF_SENTENCE:
            sentence += 1
        elif (char.isalnum() or "\u17b4" <= char <= "\u17d2" or _is_emoji(char)) and khmer.skeleton_keeps(char):
            letters.append(char)
            at.append(index)
            sentences.append(sentence)
    size = len(letters)
    return Field(
        "".join(letters),
        source,
        tuple(at),
        tuple(i // KHMER_WORD_LETTERS for i in range(size)),
        tuple(sentences),
        tuple(sentences),
        frozenset(),
        frozenset(),
        False,
    )


def _is_emoji(char: str) -> bool:
    return char >= "\U0001f000" or "\u2600" <= char <= "\u27bf"


def latin_field(source: Normalised, lang: str, vocabulary: Set[str]) -> Field:
    """The field of a lexicon in Latin letters: words corrected or keyed, then joined."""
    letters: list[str] = []
    at: list[int] = []
    words: list[int] = []
    sentences: list[int] = []
    clauses: list[int] = []
    starts: list[int] = []
    ends: list[int] = []
    typed: list[str] = []
    done = sentence = clause = size = 0
    tokens = re.finditer(r"[^\W_]+|[\U0001f000-\U0001faff\u2600-\u27bf]", source.text)
    for word, match in enumerate(tokens):
        first, last = match.span()
        if (between := source.text[done:first]) != " ":
            ended = sum(char in _END_OF_SENTENCE for char in between)
            sentence += ended
            clause += ended + sum(char in _COMMA for char in between)
        done = last
        typed.append(match.group())
        token = _compared_as(match.group(), lang, vocabulary)
        length = len(token)
        starts.append(size)
        letters.append(token)
        # A corrected or keyed word may be shorter or longer than the typed one: its last letter stands for the rest.
        at.extend(range(first, min(first + length, last) - 1))
        at.extend([last - 1] * (length - len(at) + size))
        words.extend([word] * length)
        sentences.extend([sentence] * length)
        clauses.extend([clause] * length)
        size += length
        ends.append(size)
    return Field(
        "".join(letters),
        source,
        tuple(at),
        tuple(words),
        tuple(sentences),
        tuple(clauses),
        frozenset(starts),
        frozenset(ends),
        True,
        tuple(starts),
        tuple(typed),
    )


def _compared_as(token: str, lang: str, vocabulary: Set[str]) -> str:
    """The letters that stand for a typed word: its sound in romanised Khmer, else the word without a slip."""
    if lang in languages.BY_SOUND:
        return phonetics.key(token)
    if len(token) >= FUZZY_LETTERS and token not in vocabulary:
        return _corrected(token, lang, vocabulary)
    return token


#: Letters that stand beside each other on a phone's keyboard: a thumb that slips hits one of these.
_KEYS = ("qwertyuiop", "asdfghjkl", "zxcvbnm")
_BESIDE = frozenset(
    frozenset(pair)
    for row, below in zip(_KEYS, (*_KEYS[1:], ""), strict=True)
    for pair in (*pairwise(row), *zip(row, below, strict=False), *zip(row[1:], below, strict=False))
)
_VOWELS = frozenset("aeiou")
#: Vowels that Indonesian, Malay and regional speech swap in one word: "dikosih", "dipeksa", "kampong".
_SWAPPED = frozenset(map(frozenset, ("ae", "ao", "ei", "ou")))

_corrections: dict[tuple[str, str], str] = {}


@lru_cache(maxsize=1)
def _real_words() -> frozenset[str]:
    """Words that look like a slip of a lexicon word and are none."""
    return frozenset(map(str, read_yaml("real_words.yml")["words"]))


def _is_slip(typed: str, word: str) -> bool:
    """Whether a slip or a way of speaking turns `word` into `typed`; any other letter makes another word."""
    if len(typed) != len(word):
        return True  # a letter left out or typed twice
    wrong = [{a, b} for a, b in zip(typed, word, strict=True) if a != b]
    if len(wrong) != 1:
        return True  # two letters swapped
    pair = frozenset(wrong[0])
    return pair in (_SWAPPED if pair <= _VOWELS else _BESIDE)


def _corrected(token: str, lang: str, vocabulary: Set[str]) -> str:
    """The long word of the lexicon that a mistyped word differs from by one slip, or the word itself."""
    cache_key = (lang, token)
    known = _corrections.get(cache_key)
    if known is not None:
        return known
    answer = token
    if token.isalpha() and token not in _real_words():
        near = process.extract(token, _sorted(lang, frozenset(vocabulary)), scorer=OSA.distance, score_cutoff=1)
        answer = next((word for word, _, _ in near if word[0] == token[0] and _is_slip(token, word)), token)
    if len(_corrections) > 20_000:
        _corrections.clear()
    _corrections[cache_key] = answer
    return answer


@lru_cache(maxsize=8)
def _sorted(lang: str, vocabulary: frozenset[str]) -> Sequence[str]:
    return sorted(vocabulary)


def fields_for(text: str, vocabularies: Mapping[str, Set[str]]) -> dict[str, Field]:
    """The fields of a message for the lexicons (named by the keys) that its script makes possible."""
    light = normalise(text)
    light = replace(light, text=masked(light.text))
    fields: dict[str, Field] = {}
    if khmer.has_khmer(text) and khmer.WRITING in vocabularies:
        fields[khmer.WRITING] = khmer_field(light)
    if re.search("[a-z\U0001f000-\U0001faff]", light.text):
        clear = unmask(light)
        for lang in (*languages.WITH_SPELLING, *languages.BY_SOUND):
            if lang in vocabularies:
                source = plain(light) if has_chat_spelling(lang) else clear
                fields[lang] = latin_field(source, lang, vocabularies[lang])
    return fields
