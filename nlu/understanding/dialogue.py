"""How a message goes on from the one before: two questions at once, "and to Korea?", "no, not there".

Cheap rules on words, no model. The words stand in data/lexicon/dialogue.yml.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache, lru_cache

from nlu.text import khmer
from nlu.text.files import read_yaml
from nlu.text.normalise import normalise
from nlu.text.places import Place, places
from nlu.text.words import words_of

#: A longer message is a story or an offer, not two questions.
QUESTIONS_CHARS = 200
#: Groups of clauses that are looked at in search of two questions.
GROUPS = 3
#: A longer message says more than where.
BARE_CHARS = 80
#: Characters before a word in which it may be taken back.
_LOOK_BACK = 24
_SIGNS = r"[?？!.,;:។៕\n]+"
_STOPS = "?!.,;:។៕"
#: What is taken back, up to the word that ends it in Khmer.
_NEGATED = rf"[^{_STOPS}]{{1,30}}?(?:{words_of('dialogue').negation_ends})"
_NOTHING = re.compile(r"[\s?？!.,;:។៕៖\-–()\"'…]+")


@dataclass(frozen=True)
class Bare:
    """A message that names places and says nothing else about them."""

    #: "What about ...?", or no more than a name with a question mark.
    asks: bool
    #: It takes something back.
    corrects: bool
    #: It is about where the speaker is.
    first_person: bool


@cache
def _pattern(group: str) -> str:
    return alternatives(tuple(map(str, read_yaml("dialogue.yml")[group])))


@cache
def alternatives(words: tuple[str, ...]) -> str:
    """A pattern for any of these words, longest first: Latin ones alone, Khmer ones anywhere."""
    forms = sorted({normalise(word).text for word in words}, key=lambda w: (-len(w), w))
    latin = "|".join(re.escape(form) for form in forms if not khmer.has_khmer(form))
    in_khmer = "|".join(re.escape(form) for form in forms if khmer.has_khmer(form))
    parts = [rf"(?<![^\W_])(?:{latin})(?![^\W_])"] * bool(latin) + [f"(?:{in_khmer})"] * bool(in_khmer)
    return f"(?:{'|'.join(parts)})"


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern)


def _find(group: str, text: str) -> re.Match[str] | None:
    return _compiled(_pattern(group)).search(text)


def questions(text: str) -> list[str]:
    """The questions of a message, each in the words it was typed in, at most three; empty unless it may ask several.

    A rule on words alone: whether they are questions of different topics is for the model to say.
    """
    if not 0 < len(text) <= QUESTIONS_CHARS:
        return []
    source = normalise(text)
    groups: list[tuple[int, int]] = []
    start: int | None = None
    at = 0
    for cut in [*_compiled(rf"{_SIGNS}|{_pattern('joiners')}").finditer(source.text), None]:
        end = cut.start() if cut is not None else len(source.text)
        if source.text[at:end].strip():
            start = at if start is None else start
            asked = cut is not None and "?" in cut.group()
            if asked or _find("question_words", source.text[start:end]):
                groups.append((start, end))
                start = None
        at = cut.end() if cut is not None else end
    if len(groups) < 2:
        return []
    found = [source.span(*group) for group in groups[:GROUPS]]
    return [text[first:last].strip() for first, last in found]


def clauses(text: str) -> list[str]:
    """What stands between the signs of punctuation of a message, at most its first 400 characters."""
    return [part for part in _compiled(_SIGNS).split(text[:400]) if part.strip()]


def says_more(plain: str, *groups: str) -> bool:
    """Whether a normalised text holds anything but words of these groups of data/lexicon/dialogue.yml."""
    for group in groups:
        plain = _compiled(_pattern(group)).sub(" ", plain)
    return _NOTHING.sub("", plain) != ""


def opener(text: str) -> str | None:
    """The small-talk intent of a message that says nothing yet ("apa kabar", "mau tanya kak"); None for any other."""
    plain = _short(text)
    for intent, words in read_yaml("dialogue.yml")["openers"].items():
        rest = _compiled(alternatives(tuple(words))).sub(" ", plain)
        if rest != plain and not says_more(rest, "first_person", "beside_openers"):
            return str(intent)
    return None


def puzzled(text: str) -> bool:
    """Whether a message says that an answer was not understood, and nothing else."""
    plain = _short(text)
    return _find("puzzled", plain) is not None and not says_more(
        plain, "puzzled", "our_answer", "first_person", "fillers"
    )


def puzzled_in_english(text: str) -> bool:
    """Whether a message says in English that our language or words were not understood, and nothing else."""
    plain = _short(text)
    unable = rf"{_pattern('unable_in_english')} (?:(?:any|the|this|your) )?{_pattern('our_languages')}"
    said = _compiled(rf"{unable}|{_pattern('puzzled_in_english')}").search(plain)
    return (
        said is not None
        and not plain[: said.start()].endswith("you ")
        and not says_more(plain, "puzzled_in_english", "unable_in_english", "our_languages", "beside_in_english")
    )


def cannot_read(text: str) -> bool:
    """Whether a message says that somebody cannot read or write, or not in these letters, and nothing else."""
    plain = _short(text)
    said = _compiled(rf"{_pattern('unable')} ?{_pattern('letters')}|{_pattern('cannot_read')}")
    rest = said.sub(" ", plain)
    return rest != plain and not says_more(rest, "letters", "first_person", "beside_letters")


def _short(text: str) -> str:
    """A message in one spelling; a longer one, which says more, is empty."""
    return normalise(text).text if 0 < len(text) <= BARE_CHARS else ""


def asks(text: str) -> bool:
    """Whether a message has a word or a sign of a question."""
    return "?" in text or _find("question_words", normalise(text).text) is not None


def asks_how(text: str) -> bool:
    """Whether a message asks how something is done."""
    return _find("how", normalise(text).text) is not None


def demands(text: str) -> bool:
    """Whether a message has a word of asking for something to be done, or done soon."""
    return _find("please", normalise(text).text) is not None


def asks_leave(text: str) -> bool:
    """Whether a message asks if something can be or may be: "bisa dihapus ga"."""
    plain = normalise(text).text
    may = _find("may", plain)
    return may is not None and _find("or_not", plain[may.end() :]) is not None


def about_erasing(text: str) -> bool:
    """Whether a message names erasing."""
    return _find("erasing", normalise(text).text) is not None


def taken_back(before: str) -> bool:
    """Whether the words before another one take it back: in "bukan ke korea" what stands before "korea"."""
    plain = normalise(before[-_LOOK_BACK:]).text
    return _compiled(rf"{_pattern('negators')}\s*(?:{_pattern('between')}\s*)*$").search(plain) is not None


@lru_cache(maxsize=64)
def named(text: str) -> tuple[Place, ...]:
    """The places a message means: those it takes back are left out."""
    return tuple(place for place in places(text) if not taken_back(text[: place.start]))


def corrects(text: str) -> bool:
    """Whether a message takes something back ("eh maksudku ...", "bukan ...")."""
    plain = normalise(text).text
    return _find("corrections", plain) is not None or _find("negators", plain) is not None


def without_correction(text: str) -> str:
    """A message without the words that announce a correction: "eh maksud saya turis" is "turis"."""
    return _compiled(_pattern("corrections")).sub(" ", normalise(text).text).strip()


def instead(text: str) -> str:
    """What a message says instead of what it takes back: "eh bukan biaya, gajinya" is "gajinya", in one spelling.

    Empty when it takes nothing back, says nothing else, or is long.
    """
    plain = _short(text)
    before = rf"{_pattern('negators')}\s*(?:{_pattern('between')}\s+)*"
    taken = rf"{before}(?:{_NEGATED}|[^\s{_STOPS}]+|(?=[{_STOPS}]))"
    rest = _compiled(rf"{taken}|{_pattern('corrections')}").sub(" ", plain)
    return "" if rest == plain else rest.strip(f" {_STOPS}")


@lru_cache(maxsize=64)
def bare(text: str) -> Bare | None:
    """How a message that names places and nothing else goes on; None when it says anything else, or names none."""
    if not 0 < len(text) <= BARE_CHARS:
        return None
    found = places(text)
    if not found:
        return None
    rest = list(text)
    for place in found:
        rest[place.start : place.end] = " " * (place.end - place.start)
    plain = normalise("".join(rest)).text
    if says_more(plain, "what_about", "corrections", "negators", "first_person", "fillers"):
        return None
    return Bare(
        asks=_find("what_about", plain) is not None or "?" in plain,
        corrects=corrects(text),
        first_person=_find("first_person", without_correction(plain)) is not None,
    )


def corrects_place(text: str) -> bool:
    """Whether a message says no more than that somebody is elsewhere than they said before."""
    how = bare(text)
    return how is not None and how.corrects and bool(named(text))
