"""A loose key for Khmer in Latin letters, which everybody spells in a way of their own."""

from __future__ import annotations

import re
from functools import lru_cache

#: Sounds spelled in several ways, the longer spelling first. Basis: the romanised forms in the project's glossary
#: (chuoy, juoy, chuy; khnhom, knhom; thaoke, tawke) and ordinary usage; there is no standard.
_CONSONANTS: tuple[tuple[str, str], ...] = (
    ("chh", "c"),
    ("ch", "c"),
    ("j", "c"),
    ("z", "c"),
    ("kh", "k"),
    ("kgn", "kn"),
    ("ngh", "ŋ"),
    ("ng", "ŋ"),
    ("gn", "n"),
    ("nh", "n"),
    ("ny", "n"),
    ("g", "k"),
    ("q", "k"),
    ("ph", "p"),
    ("b", "p"),
    ("f", "p"),
    ("th", "t"),
    ("d", "t"),
    ("w", "v"),
    ("sh", "s"),
    ("x", "s"),
)
_VOWELS: tuple[tuple[str, str], ...] = (
    ("eay", "ai"),
    ("eai", "ai"),
    ("aeu", "i"),
    ("aoe", "i"),
    ("oeu", "i"),
    ("eoy", "oi"),
    ("aey", "i"),
    ("ea", "a"),
    ("ia", "a"),
    ("aa", "a"),
    ("ae", "i"),
    ("eu", "i"),
    ("oe", "i"),
    ("ue", "i"),
    ("ie", "i"),
    ("ei", "i"),
    ("ey", "i"),
    ("ee", "i"),
    ("oa", "o"),
    ("ao", "o"),
    ("au", "o"),
    ("ou", "o"),
    ("uo", "o"),
    ("oo", "o"),
    ("uu", "o"),
    ("y", "i"),
    ("e", "i"),
    ("u", "o"),
)
_CONSONANT_RE = re.compile("|".join(re.escape(a) for a, _ in _CONSONANTS))
_CONSONANT_MAP = dict(_CONSONANTS)
_VOWEL_RE = re.compile("|".join(re.escape(a) for a, _ in _VOWELS))
_VOWEL_MAP = dict(_VOWELS)
_LOST_V = re.compile(r"[ao]v(?![aeiouy])")
_SILENT_R = re.compile(r"(?<=[aio])r(?=[^aio]|$)")
_FINAL = re.compile(r"(?<=[aio])[hsv]+$")
_REPEATED = re.compile(r"(.)\1+")


@lru_cache(maxsize=8192)
def key(word: str) -> str:
    """The key of one lower-case word: `chuoy`, `juoy` and `jouy` share one, as do `phteah`, `pteah` and `ptas`."""
    if not word.isascii() or not word.isalpha():
        return word
    out = _CONSONANT_RE.sub(lambda m: _CONSONANT_MAP[m.group()], word)
    initial_y = out.startswith("y") and len(out) > 1
    if initial_y:
        out = out[1:]
    out = _LOST_V.sub("o", out)
    out = _VOWEL_RE.sub(lambda m: _VOWEL_MAP[m.group()], out)
    out = _SILENT_R.sub("", out)
    out = _FINAL.sub("", out)
    out = _REPEATED.sub(r"\1", out)
    return ("y" + out if initial_y else out) or word
