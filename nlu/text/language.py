"""Says in which language a message is written: script first, then n-gram profiles and words of our own.

N-grams and profiles are langdetect's. Its detector draws n-grams by lot until it is sure, which a message of three
words does not give it; here all of them are added up, so that the answer is the same every time.
`nlu.evaluation.languages` compares the two.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from langdetect.utils.lang_profile import LangProfile
from langdetect.utils.ngram import NGram

from nlu.text import khmer, languages, phonetics
from nlu.text.files import LEXICON, read_lines, read_yaml
from nlu.text.normalise import normalise, unmask

#: The languages the detector chooses between; `km` is decided by script alone.
CODES = ("id", "km-Latn", "en", "other")
#: The regional languages of Indonesia and Malay: they count as `id`, whose profile would drown them.
REGIONAL = "regional"
#: Languages not served, each with a profile of its own: one for all of them fits none.
OTHERS = ("ar", "de", "es", "fr", "hi", "it", "ja", "my", "pt", "sla", "sw", "th", "tl", "tr", "vi", "zh")
#: Only the beginning of a long message is looked at.
READ_CHARS = 240
#: Part of the letters that must be Khmer for a long mixed message to be Khmer.
KHMER_SHARE = 0.15
#: In a message of so many letters one Khmer syllable is enough: nobody else types them.
KHMER_SHORT_LETTERS = 80
#: Part of the words that must be romanised Khmer for its triage lexicon to be asked.
ROMANISED_SHARE = 0.25
#: Sizes of n-grams in the profiles.
SIZES = (1, 2, 3)
#: Counted for an n-gram that a profile lacks, and of how many n-grams one is.
UNSEEN, GRAMS = 0.1, 8_000
#: Log odds that a word gives to the language whose own it is. This and what follows was chosen on the dev half.
WORD_WEIGHT = 12.0
#: Log odds before a letter is read. Profiles of languages not served are small: what they hold they seem sure of.
BEFORE = {"id": 1.0, REGIONAL: -6.0, "other": -10.0}
#: Log odds that the language of the chat adds.
PRIOR_WEIGHT = 2.0
#: A word or two that no list knows, with no more than this lead in log odds, stays in the language of the chat: a name.
NAME_LEAD, NAME_WORDS = 8.0, 2
#: Log odds are divided by this before they become a confidence: neighbouring n-grams say the same thing twice.
COOLING = 2.0
#: So many words are judged by the word list alone when all are Indonesian.
SHORT_WORDS = 3
PROFILES = (*(code for code in CODES if code != "other"), REGIONAL, *OTHERS)
_LATIN_WORD = re.compile(r"[a-zà-ɏ]+")
_LATIN = re.compile(r"[a-zà-ɏ]")
_SYLLABLE = re.compile("[\u1780-\u17b3][\u17b6-\u17d3\u1780-\u17b3]")
#: Laughing, humming, crying for help: everybody's sounds.
_SOUND = re.compile(r"(?:(?:ha|he|hi|ho|hu|xi)+h?|[hk]{1,4}|a{1,4}h*|o+h+|uh+|hm+|lol|huft|ups|wow|sos)")
_LINKS = re.compile(r"(?:https?://|www\.)\S+|\S+@\S+|@\w+")


#: langdetect carries no types.
_reader: Any = NGram
_LangProfile: Any = LangProfile


@dataclass(frozen=True)
class Language:
    """A language code (`id`, `km`, `km-Latn`, `en`, `other`) and how sure we are, 0 to 1."""

    code: str
    confidence: float


def grams(light: str) -> Iterator[str]:
    """langdetect's n-grams of a normalised text, word by word with the spaces around each."""
    reader = _reader()
    for char in f"{light} ":
        reader.add_char(char)
        for size in SIZES:
            gram = reader.get(size)
            if gram:
                yield gram


def _profile(raw: dict[str, Any]) -> Any:
    return _LangProfile(raw["name"], raw["freq"], raw["n_words"])


@lru_cache(maxsize=1)
def _table() -> tuple[dict[str, int], np.ndarray]:
    """The row of each n-gram, and in each row its log probability in every profile; the last is of one never seen."""
    folder = LEXICON / "language" / "profiles"
    profiles = [_profile(json.loads((folder / f"{code}.json").read_text(encoding="utf-8"))).freq for code in PROFILES]
    rows = {gram: row for row, gram in enumerate(sorted({gram for freq in profiles for gram in freq}))}
    counts = np.zeros((len(rows) + 1, len(PROFILES)))
    for column, freq in enumerate(profiles):
        counts[[rows[gram] for gram in freq], column] = list(freq.values())
    totals = np.log([sum(freq.values()) + UNSEEN * GRAMS for freq in profiles])
    return rows, np.log(counts + UNSEEN) - totals


@lru_cache(maxsize=1)
def _own() -> dict[str, frozenset[str]]:
    """The languages of words that are (nearly) only used in one, and those that `words.yml` gives."""
    raw = read_yaml("language/words.yml")
    nobodys = frozenset(str(word) for word in raw["ambiguous"])
    learned = json.loads((LEXICON / "language" / "profiles" / "vocabulary.json").read_text(encoding="utf-8"))
    own: dict[str, set[str]] = {}
    for code in CODES:
        for word in {*learned[code], *(str(word) for word in raw.get(code, ()))} - nobodys:
            own.setdefault(word, set()).add(code)
    return {word: frozenset(codes) for word, codes in own.items()}


@lru_cache(maxsize=1)
def _words() -> dict[str, dict[str, float]]:
    """Weight of known words per language: 1 for a word of its own, less for one shared with another language."""
    raw = read_yaml("language/words.yml")
    return {code: {str(word): 1.0 for word in raw[code]} for code in CODES if code in raw}


@lru_cache(maxsize=1)
def _names() -> frozenset[str]:
    return frozenset(str(name) for name in read_yaml("language/words.yml")["names"])


@lru_cache(maxsize=1)
def _khmer_keys() -> frozenset[str]:
    raw = read_yaml("language/words.yml")
    return frozenset(phonetics.key(str(word)) for word in raw["km-Latn"])


@lru_cache(maxsize=1)
def _not_khmer() -> frozenset[str]:
    raw = read_yaml("language/words.yml")
    spelling = {form for forms in read_yaml("spelling_id.yml")["words"].values() for form in forms}
    return frozenset(str(word) for code in ("id", "en", "ambiguous") for word in raw[code]) | frozenset(spelling)


@lru_cache(maxsize=8192)
def _is_khmer_word(word: str) -> bool:
    words = _words()["km-Latn"]
    if len(word) >= 7 and word not in _not_khmer() and phonetics.key(word).startswith("knom"):
        return True  # "knhomjabkhom": words run together after "I"
    return word in words or (len(word) >= 3 and word not in _not_khmer() and phonetics.key(word) in _khmer_keys())


def looks_khmer_latin(text: str) -> bool:
    """Whether a message has enough romanised Khmer words to be read as such; one ambiguous word is never enough."""
    return _looks_khmer_latin(text[: 4 * READ_CHARS])


@lru_cache(maxsize=256)
def _looks_khmer_latin(head: str) -> bool:
    tokens = _LATIN_WORD.findall(unmask(normalise(head)).text)
    if not tokens:
        return False
    known = sum(_is_khmer_word(token) for token in tokens)
    foreign = sum(token in _words()["id"] or token in _words()["en"] for token in tokens)
    return known > 0 and known >= ROMANISED_SHARE * len(tokens) and known >= foreign


def writing_of_letters(text: str) -> str | None:
    """The writing whose own letters a text has; None for a text in Latin letters."""
    return khmer.WRITING if khmer.has_khmer(text) else None


def detect(text: str, prior: str | None = None) -> Language:
    """The language of a message; `prior` is what the chat was written in so far and decides when little is to be seen.

    Malay and the regional languages of Indonesia count as `id`. A message without letters, or of sounds like "haha",
    has the prior, or `other` with confidence 0. The same message always gets the same answer.
    """
    light = unmask(normalise(_LINKS.sub(" ", text[: 4 * READ_CHARS]))).text[:READ_CHARS]
    in_khmer = khmer.count_khmer_letters(light)
    letters = sum(char.isalpha() for char in light)
    if _is_khmer(light, in_khmer, letters):
        return Language(khmer.WRITING, round(min(1.0, 0.9 + 0.1 * in_khmer / max(1, letters)), 3))
    latin = len(_LATIN.findall(light))
    if not letters:
        return Language(prior, 0.0) if prior else Language("other", 0.0)
    if latin < 0.5 * letters:
        return Language("other", 0.95)
    tokens = _LATIN_WORD.findall(light)
    in_latin = languages.latin_writing(prior)
    sounds = {token for token in tokens if _SOUND.fullmatch(token)}
    if prior and tokens and _names().union(sounds).issuperset(tokens):
        return Language(in_latin, 0.0)
    if tokens and sounds.issuperset(tokens):
        return Language("other", 0.0)
    short = _short(light, prior)
    if short:
        return Language(short, 0.9)
    scores = _log_odds(light)
    if prior and len(tokens) <= NAME_WORDS and not any(token in _own() for token in tokens):
        first, second = sorted(scores.values(), reverse=True)[:2]
        if first - second <= NAME_LEAD:
            return Language(in_latin, 0.0)
    if in_latin in scores and in_latin != "other":
        scores[in_latin] += PRIOR_WEIGHT
    code = max(sorted(scores), key=lambda name: scores[name])
    total = sum(math.exp((score - scores[code]) / COOLING) for score in scores.values())
    return Language(code, round(1 / total, 3))


def _is_khmer(light: str, in_khmer: int, letters: int) -> bool:
    if letters <= KHMER_SHORT_LETTERS and _SYLLABLE.search(light):
        return True
    return in_khmer > 0 and (in_khmer >= 2 or in_khmer == letters) and in_khmer >= KHMER_SHARE * letters


def _short(light: str, prior: str | None) -> str | None:
    """The language of up to three words that are all Indonesian or borrowed everywhere: n-grams cannot judge so few."""
    tokens = _LATIN_WORD.findall(light)
    if not tokens or len(tokens) > SHORT_WORDS:
        return None
    words, shared = _words(), frozenset(read_yaml("language/words.yml")["shared"])
    own = {t for t in tokens if t in words["id"] and t not in words["en"] and t not in words["km-Latn"]}
    if not all(token in own or token in shared for token in tokens):
        return None
    if own or prior is None:
        return "id"
    return languages.latin_writing(prior)


def _log_odds(light: str) -> dict[str, float]:
    """Log odds of every code by the n-grams and the words; of the languages not served the likeliest counts."""
    rows, table = _table()
    sums = table[[rows.get(gram, -1) for gram in grams(light)]].sum(axis=0)
    scores: dict[str, float] = {}
    for name, value in zip(PROFILES, sums.tolist(), strict=True):
        code = counts_as(name)
        before = BEFORE.get(name, BEFORE.get(code, 0.0))
        scores[code] = max(scores.get(code, -math.inf), value + before)
    spelling = read_spelling()
    for token in _LATIN_WORD.findall(light):
        codes = set(_own().get(token, ()))
        if token in spelling:
            codes.add("id")
        if "km-Latn" not in codes and _is_khmer_word(token):
            codes.add("km-Latn")
        for code in codes:
            scores[code] += WORD_WEIGHT / len(codes)
    return scores


@lru_cache(maxsize=1)
def read_spelling() -> frozenset[str]:
    """Indonesian chat spellings of two letters and more, which only Indonesians write."""
    ambiguous = frozenset(str(word) for word in read_yaml("language/words.yml")["ambiguous"])
    forms = {form for forms in read_yaml("spelling_id.yml")["words"].values() for form in forms}
    return frozenset(form for form in forms if len(form) >= 2) - ambiguous


def counts_as(profile: str) -> str:
    """The code that a profile speaks for."""
    return "id" if profile == REGIONAL else "other" if profile in OTHERS else profile


def training_lines(code: str) -> tuple[str, ...]:
    """The sentences the profile of a language is trained on."""
    return read_lines(f"language/{'other/' if code in OTHERS else ''}{code}.txt")
