"""Finds the words of red flags in a text, and takes back those denied, warned of, or part of something harmless."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from bot.offers.phrases import PhraseList, View, Views
from bot.offers.rules import FlagRule, Rules
from nlu.text.words import words_of

_WORDS = words_of("offers")

_BREAK = re.compile(r"[\n!?;។៕]|\.(?!\d)")
#: "Paspor ditahan? Tidak.", "ទុកប៉ាស្ព័រទេ? ទេ": the offer itself answers no; "tidak masalah" is no such answer.
_ANSWERED_NO = re.compile(
    rf"[^\n?!.,។]{{0,12}}\?[\s\"”»*]*(?:(?:{_WORDS.refuses})"
    rf"(?:[\s]*(?:[.,!;)\n•]|$)| (?:{_WORDS.ever}))|{_WORDS.refuses_joined})"
)
#: "Tanpa biaya, cuma bayar admin 500rb": what is denied before it says nothing of what follows.
_BUT = re.compile(rf"[,.]? (?:{_WORDS.but})(?: |$)")
_CLAUSE = re.compile(rf"[,:()\n!?;]|\.(?!\d)|{_WORDS.but_clause}")


@dataclass(frozen=True)
class Sign:
    """Words that show a flag, and where they stand in the text as it was typed."""

    flag_id: str
    start: int
    end: int
    context: bool = False
    weak: bool = False
    #: The rule that found it, where that has a name of its own.
    rule: str = ""


def _sentence(view: View, start: int, end: int) -> tuple[int, int]:
    """The sentence around a place in a view."""
    begins, ends = _breaks(view.text)
    before, after = bisect_right(ends, start), bisect_left(begins, end)
    return ends[before - 1] if before else 0, begins[after] if after < len(begins) else len(view.text)


def _after_but(view: View, first: int, start: int) -> int:
    """Where what belongs to a sign begins: behind the last "but" in front of it, else with its sentence."""
    return max((match.end() for match in _BUT.finditer(view.text, first, start)), default=first)


@lru_cache(maxsize=8)
def _breaks(text: str) -> tuple[list[int], list[int]]:
    """Where the signs between sentences begin, and where they end."""
    spans = [match.span() for match in _BREAK.finditer(text)]
    return [begin for begin, _ in spans], [end for _, end in spans]


def _guarding(phrases: PhraseList, views: Views, negators: list[tuple[View, int, int]]) -> list[tuple[int, int]]:
    """Where guards stand; one that is denied itself ("gak boleh keluar") guards nothing."""
    return [
        view.span(match.start(), match.end())
        for view, match, _ in phrases.find(views)
        if not _denied(views, view, match.start(), negators)
    ]


def _meets(spans: Iterable[tuple[int, int]], start: int, end: int) -> bool:
    return any(a < end and start < b for a, b in spans)


def _denied(views: Views, view: View, start: int, negators: list[tuple[View, int, int]]) -> bool:
    """Whether a "no" stands just before, with no comma or "but" between."""
    for other, _, end in negators:
        if other is not view or not 0 <= start - end <= 24:
            continue
        between = view.text[end:start]
        if _CLAUSE.search(between):
            continue
        if view is views.khmer and view.at is not None:
            # Khmer spaces stand between phrases, not words: a "no" before one does not reach over it.
            typed = view.source.text[view.at[end - 1] + 1 : view.at[start]]
            if not between or (len(between) <= 10 and " " not in typed.strip()):
                return True
        elif len(between.split()) <= (1 if view is views.roman else 2):
            return True
    return False


def stated(phrases: PhraseList, views: Views, rules: Rules) -> bool:
    """Whether a phrase of a list occurs that no "no" in front of it, or within, takes back."""
    negators = [(view, m.start(), m.end()) for view, m, _ in rules.context["negators"].find(views)]
    return any(
        not _denied(views, view, match.start(), negators)
        and not any(other is view and match.start() <= start < match.end() for other, start, _ in negators)
        for view, match, _ in phrases.find(views)
    )


def find_signs(views: Views, rules: Rules) -> tuple[list[Sign], dict[str, list[tuple[int, int]]]]:
    """Every sign of a flag that the text states as its own, in no order; and where flags stand that it takes back."""
    found: list[Sign] = []
    taken_back: dict[str, list[tuple[int, int]]] = {}
    negators = [(view, m.start(), m.end()) for view, m, _ in rules.context["negators"].find(views)]
    warnings = [(view, m.start(), m.end()) for view, m, _ in rules.context["warning"].find(views)]
    for rule in rules.flags:
        stand, seen = _signs_of(rule, views, negators, warnings)
        found.extend(stand)
        if seen and not stand:
            taken_back.setdefault(rule.id, []).extend(seen)
    return found, taken_back


def _signs_of(
    rule: FlagRule,
    views: Views,
    negators: list[tuple[View, int, int]],
    warnings: list[tuple[View, int, int]],
) -> tuple[list[Sign], list[tuple[int, int]]]:
    """The signs of one flag that stand, and where its words or what guards against them occur at all."""
    hits = [
        (view, match, context, weak)
        for phrases, context, weak in (
            (rule.phrases, rule.critical == "context", False),
            (rule.context_phrases, True, False),
            (rule.weak, False, True),
        )
        for view, match, _ in phrases.find(views)
    ]
    if not hits:
        guards = (rule.guards_over, rule.guards_sentence)
        return [], [view.span(m.start(), m.end()) for phrases in guards for view, m, _ in phrases.find(views)]
    over = _guarding(rule.guards_over, views, negators)
    beside = _guarding(rule.guards_sentence, views, negators)
    found: list[Sign] = []
    for view, match, context, weak in hits:
        start, end = view.span(match.start(), match.end())
        first, last = _sentence(view, match.start(), match.end())
        if rule.negatable and (
            _denied(views, view, match.start(), negators) or _ANSWERED_NO.match(view.text, match.end())
        ):
            continue
        if any(other is view and first <= at <= match.start() for other, at, _ in warnings):
            continue
        if over and _meets(over, start, end):
            continue
        if beside and _meets(beside, *view.span(_after_but(view, first, match.start()), last)):
            continue
        found.append(Sign(rule.id, start, end, context, weak, rule.name))
    return found, [view.span(match.start(), match.end()) for view, match, _, _ in hits]
