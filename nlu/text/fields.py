"""Makes a *field* of a message: its letters without spaces, with the places where words and sentences begin and end."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import pairwise

from rapidfuzz import process
from rapidfuzz.distance import OSA

from nlu.text import khmer, phonetics
from nlu.text.files import read_yaml
from nlu.text.normalise import Normalised, normalise, plain

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


#: Spellings of Khmer words that chats mix freely: "give/let" is written three ways, "I" loses its vowel.
_KHMER_RESPELLED = (
    ("ឱ្យ", "ឲ្យ"),
    ("អោយ", "ឲ្យ"),
    ("ឪ្យ", "ឲ្យ"),
    ("អោ្យ", "ឲ្យ"),
    ("ខ្ញំ", "ខ្ញុំ"),
    ("ខ្ញុ", "ខ្ញុំ"),
    ("ខ្ងុំ", "ខ្ញុំ"),
    ("ខ្ញុំំ", "ខ្ញុំ"),
    ("មិិន", "មិន"),
    ("ហ្នុង", "ហ្នឹង"),
    ("នឹងៗ", "នឹង"),
)


def respell_khmer(text: str) -> str:
    """Common chat spellings of Khmer in one form; only for phrases of the lexicon, see `khmer_field` for messages."""
    for wrong, right in _KHMER_RESPELLED:
        text = text.replace(wrong, right) if wrong != "ខ្ញុ" else re.sub("ខ្ញុ(?!ំ)", right, text)
    return text


_KHMER_WRONG = re.compile("ឱ្យ|ឪ្យ|អោយ|ខ្ញំ|ខ្ញុ(?!ំ)|ខ្ងុំ")
_KHMER_RIGHT = {"ឱ្យ": "ឲ្យ", "ឪ្យ": "ឲ្យ", "អោយ": "ឲ្យ", "ខ្ញំ": "ខ្ញុំ", "ខ្ញុ": "ខ្ញុំ", "ខ្ងុំ": "ខ្ញុំ"}


def _respelled(source: Normalised) -> Normalised:
    """The message with common chat spellings of Khmer in one form, places kept."""
    if not _KHMER_WRONG.search(source.text):
        return source
    text: list[str] = []
    offsets: list[int] = []
    ends: list[int] = []
    done = 0
    for match in _KHMER_WRONG.finditer(source.text):
        text.append(source.text[done : match.start()])
        offsets.extend(source.offsets[done : match.start()])
        ends.extend(source.ends[done : match.start()])
        right = _KHMER_RIGHT[match.group()]
        first, last = source.span(*match.span())
        text.append(right)
        offsets.extend([first] * len(right))
        ends.extend([last] * len(right))
        done = match.end()
    text.append(source.text[done:])
    offsets.extend(source.offsets[done:])
    ends.extend(source.ends[done:])
    return Normalised("".join(text), tuple(offsets), tuple(ends))


def khmer_field(source: Normalised) -> Field:
    """The field of the Khmer script lexicon: no spaces at all, small signs dropped, Latin words kept."""
    source = _respelled(source)
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
    keyed = lang == "km-Latn"
    done = sentence = clause = size = 0
    tokens = re.finditer(r"[^\W_]+|[\U0001f000-\U0001faff\u2600-\u27bf]", source.text)
    for word, match in enumerate(tokens):
        first, last = match.span()
        if (between := source.text[done:first]) != " ":
            for char in between:
                if char in _END_OF_SENTENCE:
                    sentence += 1
                    clause += 1
                elif char in _COMMA:
                    clause += 1
        done = last
        token = match.group()
        typed.append(token)
        if keyed:
            token = phonetics.key(token)
        elif len(token) >= FUZZY_LETTERS and token not in vocabulary:
            token = _corrected(token, lang, vocabulary)
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
    fields: dict[str, Field] = {}
    if khmer.has_khmer(text) and "km" in vocabularies:
        fields["km"] = khmer_field(light)
    if re.search("[a-z\U0001f000-\U0001faff]", light.text):
        if "id" in vocabularies:
            fields["id"] = latin_field(plain(light), "id", vocabularies["id"])
        for lang in ("en", "km-Latn"):
            if lang in vocabularies:
                fields[lang] = latin_field(light, lang, vocabularies[lang])
    return fields
