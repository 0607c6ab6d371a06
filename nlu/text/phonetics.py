"""A loose key for the sound of Khmer words: in Latin letters, which everybody spells as they like, and in script.

Both writings of a word share one key (`key("khnhom") == script_key("ខ្ញុំ")`), so that what is learned from one serves
the other.
"""

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
#: Letters of the script by the sound they share with the keys above. Vowel signs differ by series; the key does not.
_SCRIPT_CONSONANTS = {
    letter: sound
    for letters, sound in (
        ("កខគឃ", "k"),
        ("ង", "ŋ"),
        ("ចឆជឈ", "c"),
        ("ញណន", "n"),
        ("ដឋឌឍតថទធ", "t"),
        ("បផពភ", "p"),
        ("ម", "m"),
        ("យ", "i"),
        ("រ", "r"),
        ("លឡ", "l"),
        ("វ", "v"),
        ("សឝឞ", "s"),
        ("ហ", "h"),
        ("អ", ""),
    )
    for letter in letters
}
_SCRIPT_VOWELS = {
    letter: sound
    for letters, sound in (
        ("ា", "a"),
        ("ិីឹឺើឿៀេែឥឦឯ", "i"),
        ("ុូួោៅឧឩឪឱឲឳ", "o"),
        ("ៃឰ", "ai"),
        ("ឫឬ", "ri"),
        ("ឭឮ", "li"),
    )
    for letter in letters
}
_COENG, _NIKAHIT, _REAHMUK = "\u17d2", "\u17c6", "\u17c7"
#: Consonants with what hangs below them, small signs, a vowel, and the signs after it; or a vowel of its own.
_SYLLABLE = re.compile(
    "(?P<cluster>[\u1780-\u17a2](?:\u17d2[\u1780-\u17a2])*)[\u17c9-\u17d1\u17d3\u17dd]*(?P<vowel>[\u17b6-\u17c5]?)"
    "[\u17c9-\u17d1]*(?P<after>[\u17c6\u17c7]*)|(?P<alone>[\u17a3-\u17b3])"
)
_VOWEL_SOUNDS = "aio"
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
    out = _finish(out)
    return ("y" + out if initial_y else out) or word


@lru_cache(maxsize=8192)
def script_key(word: str) -> str:
    """The key of one word in Khmer script, empty without a letter; `ជួយ` has that of `chuoy`, `ផ្ទះ` that of `phteah`."""
    out = ""
    for match in _SYLLABLE.finditer(word):
        if match["alone"]:
            out += _SCRIPT_VOWELS.get(match["alone"], "")
            continue
        cluster, vowel, after = match["cluster"], match["vowel"], match["after"]
        sound = "".join(_SCRIPT_CONSONANTS.get(letter, "") for letter in cluster)
        if cluster == "យ" and not out:
            sound = "y"
        if vowel:
            out += sound + _SCRIPT_VOWELS.get(vowel, "") + ("m" if _NIKAHIT in after else "")
        elif after:
            out += sound + ("om" if _NIKAHIT in after else "a")
        elif out and out[-1] in _VOWEL_SOUNDS and (_COENG not in cluster or match.end() == len(word)):
            out += sound  # closes the syllable before
        else:
            out += sound + "o"
    return _finish(_LOST_V.sub("o", out))


def _finish(out: str) -> str:
    out = _SILENT_R.sub("", out)
    out = _FINAL.sub("", out)
    return _REPEATED.sub(r"\1", out)
