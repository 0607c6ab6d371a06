"""What a message says that does not show in the whole: two questions, one instead of another, a cry behind swearing.

Found by cheap rules on words, believed only when the model is sure of the part alone.

Runs on Python 3.10 (inside Rasa) and 3.13; knows neither. The limit stands in data/decision.yml.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import pairwise

import yaml

from nlu.text.files import read_yaml
from nlu.text.khmer import has_khmer
from nlu.text.normalise import normalise
from nlu.text.places import places
from nlu.text.whom import named
from nlu.understanding import dialogue
from nlu.understanding.companions import together
from nlu.understanding.decision import (
    CASE_KINDS,
    DATA,
    FALLBACK,
    Decision,
    Thresholds,
    decide,
    intent_of,
    registry,
    thresholds,
)
from nlu.understanding.triage import Triage, triage

#: Questions of one message that are answered at once; the others are offered as buttons.
ANSWERED = 2
#: Join two names of topics as a word does.
_SIGNS = r"[?？!.,;:។៕&+/\n]+"
#: The topic of what no other covers: half a question often looks like it.
ANYTHING = "other"
#: What "no, the passport" may look like as a whole. A cry for help or an offer is never taken apart.
MAY_TAKE_BACK = frozenset({"question", "smalltalk", "control", "out_of_scope"})


@dataclass(frozen=True)
class Asked:
    """One of the questions of a message: its meaning, and the words it is asked in."""

    intent: str
    confidence: float
    text: str


def judged(text: str, found: Triage, rank: Callable[[str], Sequence[tuple[str, float]]]) -> Decision:
    """The decision about a message in which the lexicon may see something; `rank` gives the ranking of a text.

    Swearing drowns what else is said: where the model takes a message for abuse and the lexicon sees trouble in it,
    each clause is judged alone ("babi lu semua, gue dipukulin tiap hari").
    """
    held = found.held is not None
    ranking = rank(text)
    limits, strength = thresholds(), found.strength
    if found.minor:
        limits = replace(limits, open_case_at=limits.open_minor_at)
        strength = "sure" if strength == "several" else strength
    whole = decide(found.level, ranking, limits, strength=strength, frame=found.frame, held=held)
    if whole.kind == "abuse" and whole.asks:
        for part in dialogue.clauses(text):
            seen = triage(part)
            if seen.level in CASE_KINDS[:3]:
                one = decide(seen.level, rank(part), strength=seen.strength, frame=seen.frame)
                if one.opens_case:
                    return with_whom(text, one, ranking)
    return with_whom(text, whole, ranking)


def with_whom(text: str, decided: Decision, ranking: Sequence[tuple[str, float]]) -> Decision:
    """The decision, knowing whom it is about: whoever writes, unless they name another person.

    Whoever names nobody else, or is held together with somebody, reports no third party, whatever the model makes of
    the message. Another person who is named first is the one where the model hears of another person at all; one who
    is named later, where it hears more of that person than of whoever writes.
    """
    if not decided.opens_case or decided.kind not in CASE_KINDS[:3]:
        return decided
    who, chances = named(text), dict(ranking)
    reported, own = chances.get("report_third_party", 0.0), chances.get("report_distress", 0.0)
    first = who.another_first and reported >= own * thresholds().first_other_share
    another = who.another and (decided.kind == "third_party" or first or reported > own)
    if (another or (who.pronoun and reported > own)) and not together(text):
        return replace(decided, about="other")
    if decided.kind != "third_party":
        return decided
    if not who.another and not who.writer and reported >= thresholds().unnamed_other_at:
        # "Sinta, 22, terakhir kontak November": named in no word that is known here.
        return replace(decided, about="other")
    return replace(decided, kind="distress", intent=intent_of("distress"))


def several(
    text: str,
    whole: Decision,
    rank: Callable[[str], Sequence[tuple[str, float]]],
    limits: Thresholds | None = None,
) -> list[Asked]:
    """The questions of a message, in its order, or the one it asks instead; empty when it is taken as a whole.

    `rank` gives the ranking of a text; it is asked only when a rule on words finds something. A message that as a whole
    is a cry for help or an offer is never taken apart, unless it says nothing but the names of topics.
    """
    limits = limits or thresholds()
    named, alone = _listing(text)
    if as_listed(text, whole, limits) is not whole:
        return list(named)
    if whole.kind != "question" and whole.intent != FALLBACK:
        return _instead(text, whole, rank, limits)
    parts = dialogue.questions(text)
    if (parts and not alone) or whole.intent not in {one.intent for one in named}:
        # "Visa dan paspor ditanggung siapa?" may ask for something else than either.
        named = ()
    found: list[Asked] = []
    topics: set[str | None] = {ANYTHING}
    for part in parts:
        one = decide("none", rank(part), limits)
        if one.opens_case:
            return []
        if one.kind != "question" or one.intent_confidence < limits.question_at or one.topic in topics:
            continue
        topics.add(one.topic)
        found.append(Asked(one.intent, one.intent_confidence, part))
    found = found if len(found) >= len(named) else list(named)
    return found if len(found) > 1 else _instead(text, whole, rank, limits)


def as_listed(text: str, whole: Decision, limits: Thresholds | None = None) -> Decision:
    """The decision, or a question where a message names topics and says nothing else ("gaji, visa sama paspor?").

    That is no offer, and no report unless the model is as sure of one as of a question and nothing says that it is
    asked; what may be one is asked about. The words stand in data/topics.yml.
    """
    named, alone = _listing(text)
    sure = whole.opens_case and whole.kind_confidence >= (limits or thresholds()).question_at
    sure = sure and _words().asking.search(normalise(text).text) is None
    if not alone or sure or (whole.kind == "question" and whole.intent != FALLBACK):
        return whole
    first, asks = registry()[named[0].intent], whole.asks or whole.opens_case
    return Decision("question", 1.0, first.name, 1.0, first.topic, False, asks=asks)


@lru_cache(maxsize=64)
def _listing(text: str) -> tuple[tuple[Asked, ...], bool]:
    """The topics that a short message names one beside the other, in its order, and whether that is all it says.

    One alone counts where it is asked for ("trus gajinya").
    """
    if not 0 < len(text) <= dialogue.BARE_CHARS:
        return (), False
    letters = list(text)
    for place in places(text):
        letters[place.start : place.end] = " " * (place.end - place.start)
    plain = normalise("".join(letters)).text
    words = _words()
    named = [one for one in words.names.finditer(plain) if not dialogue.taken_back(plain[: one.start()])]
    # Of three names the first two often stand side by side; of two, one may belong to the other ("biaya paspor").
    many = len({words.intents[one.group()] for one in named}) > 2
    found: dict[str, Asked] = {}
    for one, other in pairwise(named):
        gap = plain[one.end() : other.start()]
        if (many or words.joined.search(gap)) and not _says_more(gap):
            for intent in (words.intents[one.group()], words.intents[other.group()]):
                found.setdefault(intent, Asked(intent, 1.0, text))
    if len(named) == 1 and (dialogue.asks(text) or words.asking.search(plain) or words.going_on.search(plain)):
        intent = words.intents[named[0].group()]
        found[intent] = Asked(intent, 1.0, text)
    return tuple(found.values()), bool(found) and not _says_more(words.names.sub(" ", plain))


def _says_more(plain: str) -> bool:
    """Whether anything is left of what stands beside the names of topics."""
    words = _words()
    rest = words.asker.sub(" ", plain) if words.asking.search(plain) else plain
    rest = words.beside.sub(" ", rest)
    return dialogue.says_more(rest, "corrections", "joiners", "question_words", "what_about", "fillers")


@dataclass(frozen=True)
class _Words:
    """data/topics.yml: patterns in one spelling."""

    names: re.Pattern[str]
    #: The intent that each name asks.
    intents: dict[str, str]
    joined: re.Pattern[str]
    beside: re.Pattern[str]
    #: Who asks, and that they do.
    asker: re.Pattern[str]
    asking: re.Pattern[str]
    #: "And ...?"
    going_on: re.Pattern[str]


@lru_cache(maxsize=1)
def _words() -> _Words:
    raw = yaml.safe_load((DATA / "topics.yml").read_text(encoding="utf-8"))
    intents = {
        normalise(name + ending).text: intent
        for intent, names in raw["names"].items()
        for name in names
        for ending in (("",) if has_khmer(name) else ("", "nya"))
    }
    said = read_yaml("dialogue.yml")
    joiners = (*said["joiners"], *raw["between"])
    return _Words(
        names=re.compile(dialogue.alternatives(tuple(intents))),
        intents=intents,
        joined=re.compile(rf"{_SIGNS}|{dialogue.alternatives(joiners)}"),
        beside=re.compile(rf"{_SIGNS}|{dialogue.alternatives((*raw['between'], *raw['beside'], *raw['asking']))}"),
        asker=re.compile(dialogue.alternatives(tuple(raw["asker"]))),
        asking=re.compile(dialogue.alternatives(tuple(raw["asking"]))),
        going_on=re.compile(dialogue.alternatives(tuple(said["what_about"]))),
    )


def _instead(
    text: str, whole: Decision, rank: Callable[[str], Sequence[tuple[str, float]]], limits: Thresholds
) -> list[Asked]:
    """The question of "no, the passport", which as a whole looks like a denial, or like what it takes back."""
    rest = dialogue.instead(text) if whole.kind in MAY_TAKE_BACK or whole.intent == FALLBACK else ""
    if not rest:
        return []
    named, alone = _listing(rest)
    if alone and len(named) > 1:
        return [Asked(other.intent, other.confidence, text) for other in named]
    one = decide("none", rank(rest), limits)
    sure = one.kind == "question" and one.intent_confidence >= limits.ask_below and one.topic != ANYTHING
    return [Asked(one.intent, one.intent_confidence, text)] if sure and one.intent != whole.intent else []
