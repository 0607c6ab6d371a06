"""Recognises distress in one message, before anything else looks at it.

The words are in `data/lexicon/triage_<writing>.yml`; this module only weighs them. When in doubt it says yes:
a false alarm costs an operator a minute. It says no to questions about others, news, films, jokes, things denied,
things long over, and pasted job offers.
"""

from __future__ import annotations

import itertools
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Literal

from nlu.text import language, languages
from nlu.text.ages import ages, ages_beside_trouble
from nlu.text.fields import Field, fields_for
from nlu.text.matching import Match
from nlu.text.normalise import normalise
from nlu.understanding import frames
from nlu.understanding.lexicon import LEVELS, Guard, Lexicon, Sign, lexicons

#: A longer message is read at its beginning and its end only, so that no message can hold triage up.
HEAD_CHARS, TAIL_CHARS = 8_000, 2_000
#: The model is told what stands in the beginning of a message only.
TRACE_CHARS = 2_000
#: How many earlier messages, and how many of their last characters, may complete a sign.
EARLIER_MESSAGES, EARLIER_CHARS = 3, 600
#: Matches of one concept kept from each end of a message: what is said thirty times is said.
KEPT_MATCHES = 12
#: Below this age a person is a minor. Source: Convention on the Rights of the Child, Article 1.
ADULT_AGE = 18
#: Somebody younger is a child at home whom a parent speaks of ("anak saya umur 3").
YOUNGEST_WORKER = 8

#: Concepts that may lie inside another part of a sign: "bantu kami pulang" names us and asks at once.
_CONTEXT = frozenset({"self", "kin", "here", "place", "help", "departed", "now"})


@dataclass(frozen=True)
class Reason:
    """Why a message is urgent: the sign found and the very words that gave it, at `start` up to `end`."""

    id: str
    level: str
    evidence: str
    start: int
    end: int
    lang: str
    #: A bare cry, or words that mean one thing only; or an earlier message belongs to it, which a reading of the last
    #: one alone would miss.
    sure: bool = False


#: one sort of sign, several sorts, or a sign that is beyond doubt
Strength = Literal["one", "several", "sure"]


@dataclass(frozen=True)
class Triage:
    """How urgent a message is; `minor` when somebody under 18 is named as its sender or victim."""

    level: str
    reasons: tuple[Reason, ...] = ()
    minor: bool = False
    #: How the whole message speaks of it where nobody seems to be in trouble now (data/lexicon/frames.yml).
    framed: Reason | None = None
    #: Where no sign stands, one that a guard holds back: it counts when the model is all but sure.
    held: Reason | None = None

    @property
    def all_reasons(self) -> tuple[Reason, ...]:
        """The signs, the one that is held back, and the frame that speaks against them."""
        return (*self.reasons, *(reason for reason in (self.held, self.framed) if reason is not None))

    @property
    def frame(self) -> str | None:
        """The name of the frame, as the decision takes it."""
        return self.framed.id if self.framed else None

    @property
    def strength(self) -> Strength:
        """How much the signs say: what no reading of the model takes back is `sure`."""
        if any(reason.sure for reason in self.reasons):
            return "sure"
        return "several" if len({reason.id for reason in self.reasons}) > 1 else "one"


@dataclass(frozen=True)
class _Hit:
    sign: Sign
    matches: tuple[Match, ...]
    start: int
    end: int


class _Reading:
    """One message in one writing, with everything the lexicon knows in it."""

    def __init__(self, lexicon: Lexicon, field: Field) -> None:
        self.lexicon, self.field = lexicon, field
        self.matches = lexicon.phrases.find(field)
        self.by_concept: dict[str, list[Match]] = {}
        for match in self.matches:
            self.by_concept.setdefault(match.concept, []).append(match)
        for concept, found in self.by_concept.items():
            if len(found) > 2 * KEPT_MATCHES:
                self.by_concept[concept] = found[:KEPT_MATCHES] + found[-KEPT_MATCHES:]

    def of(self, concepts: Iterable[str]) -> list[Match]:
        return [match for concept in concepts for match in self.by_concept.get(concept, ())]

    def gap(self, a: Match, b: Match) -> int:
        """Whole words between two matches; 0 when they touch or overlap."""
        word = self.field.word
        if a.start > b.start:
            a, b = b, a
        return max(0, word[b.start] - word[a.end - 1] - 1)

    def same_sentence(self, a: Match, b: Match) -> bool:
        return self.field.sentence[a.start] == self.field.sentence[b.start]

    @cached_property
    def hits(self) -> list[_Hit]:
        """Every sign whose parts stand close enough together, before any guard is asked."""
        found: list[_Hit] = []
        seen = self.by_concept.keys()
        for sign in self.lexicon.signs:
            if any(seen.isdisjoint(part) for part in sign.parts):
                continue
            if sign.at_least:
                gathered = self._gather(sign)
                if gathered:
                    start, end = min(m.start for m in gathered), max(m.end for m in gathered)
                    found.append(_Hit(sign, gathered, start, end))
                continue
            for anchor in self.of(sign.parts[0]):
                chosen = self._complete(sign, anchor)
                if chosen is None:
                    continue
                start, end = min(m.start for m in chosen), max(m.end for m in chosen)
                if sign.whole and not self._nothing_else(chosen):
                    continue
                found.append(_Hit(sign, chosen, start, end))
        return found

    def _gather(self, sign: Sign) -> tuple[Match, ...] | None:
        """Several different hints that none alone would do; each must stand on words of its own."""
        chosen: list[Match] = []
        for concept in sorted(sign.parts[0]):
            for match in self.by_concept.get(concept, ()):
                if all(match.end <= m.start or match.start >= m.end for m in chosen) and not self.denied_match(match):
                    chosen.append(match)
                    break
        return tuple(chosen) if len(chosen) >= sign.at_least else None

    def _complete(self, sign: Sign, anchor: Match) -> tuple[Match, ...] | None:
        chosen = [anchor]
        for part in sign.parts[1:]:
            near = [
                match
                for match in self.of(part)
                if (match.concept in _CONTEXT or all(match.end <= m.start or match.start >= m.end for m in chosen))
                and self.gap(anchor, match) <= sign.within
                and (sign.across or self.same_sentence(anchor, match))
            ]
            if not near:
                return None
            chosen.append(min(near, key=lambda match: self.gap(anchor, match)))
        return tuple(chosen)

    def _nothing_else(self, chosen: tuple[Match, ...]) -> bool:
        """Whether the message holds nothing but this sign, words of address and courtesy."""
        covered = [False] * len(self.field.letters)
        for match in (*chosen, *self.of(("filler",))):
            covered[match.start : match.end] = [True] * (match.end - match.start)
        for match in self.of({concept for hit in chosen for concept in (hit.concept,)}):
            covered[match.start : match.end] = [True] * (match.end - match.start)
        return all(covered)

    def denied(self, hit: _Hit) -> bool:
        """Whether a word like "not" stands directly before a part that may be denied ("tidak dipukul")."""
        return any(self.denied_match(match) for match in hit.matches)

    def denied_match(self, match: Match) -> bool:
        """Whether a word of `negation` leads into this match, without a condition ("kalau tidak, ...").

        What is denied may be found twice ("ke vay", "vay knhom"): with the first, all that begins inside it is denied.
        """
        if match.concept not in self.lexicon.negatable:
            return False
        alike = [m for m in self.by_concept.get(match.concept, ()) if m.start <= match.start < m.end]
        return any(self._leads_into(no, m) for no in self.of(("negation",)) for m in (match, *alike))

    def _leads_into(self, no: Match, match: Match) -> bool:
        """Whether a denial ends where the match begins or shares its first words ("min del trov" and "trov ke vay")."""
        if no.start >= match.start or no.end >= match.end:
            return False
        if not self.lexicon.phrases.spaced:
            return no.end >= match.start
        if self.field.word[match.start] - self.field.word[no.end - 1] > 1:
            return False
        if self.field.clause[no.start] != self.field.clause[match.start]:
            return False
        conditions = self.of(("condition", "target"))
        return not any(c.start <= no.start and (no.start < c.end or self.gap(c, no) <= 4) for c in conditions)

    def guarded(self, hit: _Hit) -> bool:
        """Whether something in the message speaks against this sign."""
        return self.denied(hit) or any(self._applies(guard, hit) for guard in self.lexicon.guards)

    def held_back(self, hit: _Hit) -> bool:
        """Whether a guard speaks against this sign that may be wrong: not a denial, nor one that cancels all signs."""
        against = [guard for guard in self.lexicon.guards if self._applies(guard, hit)]
        return bool(against) and not self.denied(hit) and not any(guard.cancels_firm for guard in against)

    def _applies(self, guard: Guard, hit: _Hit) -> bool:
        if (hit.sign.firm and not guard.cancels_firm) or (guard.only and hit.sign.id not in guard.only):
            return False
        if hit.sign.level == "human" and not guard.cancels_firm and not guard.only:
            return False

        def in_scope(match: Match) -> bool:
            if guard.scope == "sentence":
                return self.field.sentence[match.start] == self.field.sentence[hit.start]
            if guard.scope == "after":
                return match.start >= hit.start
            if guard.scope == "touch":
                return match.start < hit.end and hit.start < match.end
            return True

        against = {(m.start, m.end) for m in self.of(guard.when) if in_scope(m)}
        if len(against) < guard.at_least:
            return False
        if guard.also and not any(in_scope(m) for m in self.of(guard.also)):
            return False
        return not any(in_scope(match) for match in self.of(guard.unless))

    def subject(self, hit: _Hit) -> str | None:
        """Who it happens to: `self`, `kin`, `others`, or None when nobody is named; the nearest one counts."""
        kin = self.of(("kin",))
        best: tuple[float, str] | None = None
        for who in ("self", "kin", "others"):
            if who == "others" and best is not None:
                break  # people in general count only where nobody in particular is named
            for match in self.of((who,)):
                if not self.same_sentence(match, Match("", hit.start, hit.end)):
                    continue
                if who == "others" and match.start >= hit.start:
                    continue  # "menipu orang": the people are those it is done to
                if who != "kin" and any(k.start <= match.start and match.end <= k.end for k in kin):
                    continue
                inside = hit.start <= match.start and match.end <= hit.end
                distance = 0.0 if inside else float(self.gap(match, Match("", hit.start, hit.end)))
                if match.start > hit.start and not inside:
                    distance += 0.5
                if best is None or distance < best[0]:
                    best = (distance, who)
        return best[1] if best else None


def _level(reading: _Reading, hit: _Hit) -> str | None:
    """The level a hit has after asking whom it happens to; None when it is talk about people in general."""
    sign = hit.sign
    if not sign.personal:
        return sign.level
    subject = reading.subject(hit)
    if subject == "kin" and sign.level == "distress":
        return "third_party"
    if subject == "others" and not sign.firm and not reading.of(("help", "here")):
        return None
    return sign.level


@lru_cache(maxsize=4)
def _readings(text: str, is_khmer_latin: bool) -> dict[str, _Reading]:
    """A message as each lexicon reads it: it is looked at more than once."""
    books = lexicons()
    words = {code: known for code, known in _vocabularies().items() if code not in languages.BY_SOUND or is_khmer_latin}
    return {lang: _Reading(books[lang], field) for lang, field in fields_for(text, words).items() if field.letters}


@lru_cache(maxsize=1)
def _vocabularies() -> dict[str, frozenset[str]]:
    return {code: frozenset(book.phrases.vocabulary) for code, book in lexicons().items()}


def _read_piece(text: str, shift: int, is_khmer_latin: bool, new_from: int = 0) -> list[Reason]:
    reasons: list[Reason] = []
    weak: set[str] = set()
    for lang, reading in _readings(text, is_khmer_latin).items():
        if not reading.matches:
            continue
        for hit in reading.hits:
            if reading.guarded(hit):
                continue
            level = _level(reading, hit)
            if level is None:
                continue
            start, end = reading.field.span(hit.start, hit.end)
            if end <= new_from:
                continue
            sure = hit.sign.firm or hit.sign.whole or start < new_from
            start = max(start, new_from)
            reasons.append(Reason(hit.sign.id, level, text[start:end], start + shift, end + shift, lang, sure))
            if hit.sign.weak:
                weak.add(hit.sign.id)
    signs = {reason.id for reason in reasons}
    # One weak sign is left for the model to weigh, which sees it among the traces.
    return [] if signs == weak and len(signs) == 1 else reasons


def _held(text: str, is_khmer_latin: bool) -> Reason | None:
    """The first sign that a guard holds back, as a reason of level none."""
    for lang, reading in _readings(text, is_khmer_latin).items():
        for hit in reading.hits:
            if reading.held_back(hit) and _level(reading, hit) is not None:
                start, end = reading.field.span(hit.start, hit.end)
                return Reason(hit.sign.id, "none", text[start:end], start, end, lang)
    return None


def _tidy(reasons: list[Reason]) -> tuple[Reason, ...]:
    """The most urgent first, each sign once, at most a dozen."""
    best: dict[tuple[str, str], Reason] = {}
    for reason in reasons:
        known = best.get((reason.id, reason.lang))
        if known is None or LEVELS.index(reason.level) < LEVELS.index(known.level):
            best[(reason.id, reason.lang)] = reason
    return tuple(sorted(best.values(), key=lambda r: (LEVELS.index(r.level), r.start, r.id)))[:12]


def names_minor(text: str) -> bool:
    """Whether a message that opens a case names somebody under 18.

    Looser than `Triage.minor`, which also helps to decide whether a case opens: here a number of years, or a class at
    school, counts without a word that says whose it is. In an offer both are what a recruiter asks for.
    """
    is_khmer_latin = language.looks_khmer_latin(text[:HEAD_CHARS])
    light = normalise(text[:HEAD_CHARS]).text
    return (
        any(YOUNGEST_WORKER <= years < ADULT_AGE for years in ages_beside_trouble(light))
        or _speaks_of(text, is_khmer_latin, {"pupil"})
        or _names_minor(text, is_khmer_latin)
    )


def _names_minor(text: str, is_khmer_latin: bool, lang_reasons: Sequence[Reason] | None = None) -> bool:
    """Whether somebody under 18 is named. With reasons, romanised Khmer counts only where one of them is in it."""
    light = normalise(text[:HEAD_CHARS]).text
    if any(YOUNGEST_WORKER <= age.years < ADULT_AGE for age in ages(light)):
        return True
    counts = lang_reasons is None or any(reason.lang in languages.BY_SOUND for reason in lang_reasons)
    return _speaks_of(text, is_khmer_latin, {"minor"}, skipped=() if counts else languages.BY_SOUND)


def _speaks_of(text: str, is_khmer_latin: bool, wanted: set[str], skipped: Collection[str] = ()) -> bool:
    """Whether a message has one of the concepts, and none that says that nobody under 18 is meant."""
    for lang, reading in _readings(text[:HEAD_CHARS], is_khmer_latin).items():
        concepts = {match.concept for match in reading.matches} if lang not in skipped else set()
        if wanted & concepts and "not_minor" not in concepts:
            return True
    return False


def traces(text: str) -> Iterator[str]:
    """What the lexicon sees in a message, for the intent model to weigh: concepts, pairs, signs, and what denies them.

    Unlike `triage` it decides nothing; a sign that a guard holds back is told from one that stands.
    """
    head = text[:TRACE_CHARS]
    for reading in _readings(head, language.looks_khmer_latin(head)).values():
        seen = [match.concept for match in sorted(reading.matches, key=lambda match: (match.start, match.concept))]
        yield from seen
        for first, second in itertools.pairwise(seen):
            yield f"{first}>{second}"
        for hit in reading.hits:
            yield f"sign:{hit.sign.id}"
            yield f"level:{hit.sign.level}"
            yield f"held back:{hit.sign.id}" if reading.guarded(hit) else f"stands:{hit.sign.level}"


def frame_of(text: str, *, alone: bool = True) -> Reason | None:
    """The frame in which a message speaks of trouble that is not now, as a reason of level none.

    `alone` says that no sign of the lexicon stands in it.
    """
    if len(text) > frames.FRAME_CHARS:
        return None
    readings = _readings(text, language.looks_khmer_latin(text))
    found = frames.find({lang: reading.field for lang, reading in readings.items()}, alone=alone)
    if found is None:
        return None
    frame, lang, words = found
    start, end = readings[lang].field.span(words.start, words.end)
    return Reason(frame.id, "none", text[start:end], start, end, lang)


def triage(text: str, earlier: Sequence[str] = ()) -> Triage:
    """How urgent one message is; `earlier` are the person's last messages, which may complete a sign, never make one.

    Never raises for any string. A message of usual length takes about a millisecond; a long one is read at both ends.
    """
    if len(text) > HEAD_CHARS + TAIL_CHARS:
        pieces = [(text[:HEAD_CHARS], 0), (text[-TAIL_CHARS:], len(text) - TAIL_CHARS)]
    else:
        pieces = [(text, 0)]
    romanised = language.looks_khmer_latin(text[:HEAD_CHARS])
    reasons: list[Reason] = []
    for piece, shift in pieces:
        reasons.extend(_read_piece(piece, shift, romanised))
    if not reasons and earlier and len(text) <= EARLIER_CHARS:
        before = " ".join(message.strip() for message in earlier[-EARLIER_MESSAGES:])[-EARLIER_CHARS:] + " "
        joined = before + text
        reasons = _read_piece(joined, -len(before), language.looks_khmer_latin(joined), len(before))
        if reasons and _read_piece(before, 0, language.looks_khmer_latin(before)):
            reasons = []
    tidy = _tidy(reasons)
    level = tidy[0].level if tidy else "none"
    held = None if tidy else _held(pieces[0][0], romanised)
    return Triage(
        level, tidy, _names_minor(text, romanised, tidy), frame_of(text, alone=level in ("none", "human")), held
    )
