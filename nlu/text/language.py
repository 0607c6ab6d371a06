"""Says in which language a message is written: script first, then our own small langdetect profiles and word lists."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from langdetect import detector_factory

from nlu.text import khmer, phonetics
from nlu.text.files import LEXICON, read_lines, read_yaml
from nlu.text.normalise import normalise

#: The languages the detector chooses between; `km` is decided by script alone.
CODES = ("id", "km-Latn", "en", "other")
#: Only the beginning of a long message is looked at.
READ_CHARS = 240
#: Part of the letters that must be Khmer for a mixed message to be Khmer.
KHMER_SHARE = 0.15
#: Part of the words that must be romanised Khmer for its triage lexicon to be asked.
ROMANISED_SHARE = 0.25
#: Weight of one known word against the n-gram profiles; three known words outweigh them.
WORD_WEIGHT = 0.35
#: So many words are judged by the word list alone when all are Indonesian.
SHORT_WORDS = 3
_SEED = 20_26
_LATIN_WORD = re.compile(r"[a-zà-ɏ]+")
_LATIN = re.compile(r"[a-zà-ɏ]")
_LINKS = re.compile(r"(?:https?://|www\.)\S+|\S+@\S+|@\w+")


@dataclass(frozen=True)
class Language:
    """A language code (`id`, `km`, `km-Latn`, `en`, `other`) and how sure we are, 0 to 1."""

    code: str
    confidence: float


@lru_cache(maxsize=1)
def _factory() -> Any:
    create: Any = detector_factory.DetectorFactory
    factory = create()
    factory.set_seed(_SEED)
    folder = LEXICON / "language" / "profiles"
    factory.load_json_profile([(folder / f"{code}.json").read_text(encoding="utf-8") for code in CODES])
    return factory


@lru_cache(maxsize=1)
def _words() -> dict[str, dict[str, float]]:
    """Weight of known words per language: 1 for a word of its own, less for one shared with another language."""
    raw = read_yaml("language/words.yml")
    return {code: {str(word): 1.0 for word in raw[code]} for code in CODES if code in raw}


@lru_cache(maxsize=1)
def _khmer_keys() -> frozenset[str]:
    raw = read_yaml("language/words.yml")
    return frozenset(phonetics.key(str(word)) for word in raw["km-Latn"])


@lru_cache(maxsize=1)
def _not_khmer() -> frozenset[str]:
    raw = read_yaml("language/words.yml")
    spelling = {form for forms in read_yaml("spelling_id.yml")["words"].values() for form in forms}
    return frozenset(str(word) for code in ("id", "en", "ambiguous") for word in raw[code]) | frozenset(spelling)


def _is_khmer_word(word: str) -> bool:
    words = _words()["km-Latn"]
    if len(word) >= 7 and word not in _not_khmer() and phonetics.key(word).startswith("knom"):
        return True  # "knhomjabkhom": words run together after "I"
    return word in words or (len(word) >= 3 and word not in _not_khmer() and phonetics.key(word) in _khmer_keys())


def looks_khmer_latin(text: str) -> bool:
    """Whether a message has enough romanised Khmer words to be read as such; one ambiguous word is never enough."""
    tokens = _LATIN_WORD.findall(normalise(text[: 4 * READ_CHARS]).text)
    if not tokens:
        return False
    known = sum(_is_khmer_word(token) for token in tokens)
    foreign = sum(token in _words()["id"] or token in _words()["en"] for token in tokens)
    return known > 0 and known >= ROMANISED_SHARE * len(tokens) and known >= foreign


def detect(text: str, prior: str | None = None) -> Language:
    """The language of a message; `prior` is what the chat was written in so far and decides when little is to be seen.

    Malay and the regional languages of Indonesia count as `id`. A message without letters has the prior, or `other`
    with confidence 0. The same message always gets the same answer.
    """
    light = normalise(_LINKS.sub(" ", text[: 4 * READ_CHARS])).text[:READ_CHARS]
    in_khmer = khmer.count_khmer_letters(light)
    letters = sum(char.isalpha() for char in light)
    if in_khmer and (in_khmer >= 2 or in_khmer == letters) and in_khmer >= KHMER_SHARE * letters:
        return Language("km", round(min(1.0, 0.9 + 0.1 * in_khmer / max(1, letters)), 3))
    latin = len(_LATIN.findall(light))
    if not letters:
        return Language(prior, 0.0) if prior else Language("other", 0.0)
    if latin < 0.5 * letters:
        return Language("other", 0.95)
    short = _short(light, prior)
    if short:
        return Language(short, 0.9)
    scores = _profile_scores(light)
    for code, votes in _votes(light).items():
        scores[code] = scores.get(code, 0.0) + WORD_WEIGHT * votes
    if prior in ("id", "km-Latn", "en"):
        scores[prior] = scores.get(prior, 0.0) + 0.15
    elif prior == "km":
        scores["km-Latn"] = scores.get("km-Latn", 0.0) + 0.15
    total = sum(scores.values())
    if total <= 0:
        return Language(prior, 0.0) if prior else Language("other", 0.0)
    code = max(sorted(scores), key=lambda name: scores[name])
    return Language(code, round(scores[code] / total, 3))


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
    return {"km": "km-Latn"}.get(prior, prior)


def _profile_scores(light: str) -> dict[str, float]:
    detector = _factory().create()
    detector.n_trial = 2
    detector.append(light)
    try:
        return {found.lang: float(found.prob) for found in detector.get_probabilities()}
    except Exception:  # langdetect raises when it knows no n-gram of the text
        return {}


def _votes(light: str) -> dict[str, float]:
    """Known words per language, a share of all words times a measure of how many there are."""
    tokens = _LATIN_WORD.findall(light)
    if not tokens:
        return {}
    votes: dict[str, float] = {}
    spelling = read_spelling()
    for token in tokens:
        if token in _words()["en"]:
            votes["en"] = votes.get("en", 0.0) + 1
        if token in _words()["id"] or token in spelling:
            votes["id"] = votes.get("id", 0.0) + 1
        if _is_khmer_word(token):
            votes["km-Latn"] = votes.get("km-Latn", 0.0) + 1
    size = len(tokens)
    return {code: min(count, 6.0) * (0.4 + count / size) for code, count in votes.items()}


@lru_cache(maxsize=1)
def read_spelling() -> frozenset[str]:
    """Indonesian chat spellings of two letters and more, which only Indonesians write."""
    ambiguous = frozenset(str(word) for word in read_yaml("language/words.yml")["ambiguous"])
    forms = {form for forms in read_yaml("spelling_id.yml")["words"].values() for form in forms}
    return frozenset(form for form in forms if len(form) >= 2) - ambiguous


def training_lines(code: str) -> tuple[str, ...]:
    """The sentences the profile of a language is trained on."""
    return read_lines(f"language/{code}.txt")
