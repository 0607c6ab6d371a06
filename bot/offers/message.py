"""The worker's answer as text keys with their values: verdict, reasons in their words, what is missing, what to do."""

from __future__ import annotations

import re

from bot.offers.model import MISSING_KEYS, Assessment, Flag
from bot.offers.rules import rules
from bot.texts import Lang, render

type Part = tuple[str, dict[str, str]]

EVIDENCE_CHARS = 60
REASONS = 3
#: Buttons of each question, in their order.
ANSWERS: dict[str, tuple[str, ...]] = {
    "visa": ("work", "tourist", "unknown"),
    "pays": ("company", "me", "salary_cut", "unknown"),
    "contract": ("yes", "no", "unknown"),
    "employer": ("known", "unknown"),
}
_INVISIBLE = re.compile("[\x00-\x1f\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]+")


def clip(evidence: str, limit: int = EVIDENCE_CHARS) -> str:
    """Evidence on one line, cut at a word where it can be; never inside a Khmer syllable."""
    line = " ".join(_INVISIBLE.sub(" ", evidence).split())
    if len(line) <= limit:
        return line
    cut = line[: limit - 1]
    space = cut.rfind(" ")
    if space > limit // 2:
        return cut[:space].rstrip() + "…"
    end = len(cut)
    while end > 1 and ("\u17b4" <= line[end] <= "\u17d3" or line[end - 1] == "\u17d2"):
        end -= 1
    return cut[:end].rstrip() + "…"


def _why(flag: Flag) -> Part:
    if flag.answer is not None:
        return f"offer_answered_{flag.answer}", {}
    return f"offer_flag_{flag.id}_why", {"evidence": clip(flag.evidence)}


def verdict(assessment: Assessment, lang: Lang) -> list[Part]:
    """Which texts make the short answer, in their order, with the values of their placeholders."""
    if assessment.kind == "no_text":
        return [("offer_no_text", {})]
    if assessment.kind == "too_short":
        return [("offer_too_short", {})]
    if assessment.kind in ("not_an_offer", "warning", "story"):
        return [("offer_not_an_offer", {})]
    parts: list[Part] = [(f"offer_verdict_{assessment.risk}", {})]
    parts += [_why(flag) for flag in assessment.flags[:REASONS]]
    if assessment.missing:
        names = [render(f"offer_missing_{key}", lang) for key in MISSING_KEYS if key in assessment.missing]
        parts.append(("offer_missing_intro", {"missing": ", ".join(names)}))
    parts.append((f"offer_next_step_{assessment.risk}", {}))
    return parts


def explain(assessment: Assessment, lang: Lang) -> list[Part]:
    """What the button "explain" answers: what to ask the recruiter about each of the strongest reasons."""
    parts: list[Part] = [("offer_explain", {})]
    parts += [(f"offer_flag_{flag.id}_ask", {}) for flag in assessment.flags[:REASONS]]
    return parts if len(parts) > 1 else [("offer_explain_nothing", {})]


def next_question(
    assessment: Assessment, asked: tuple[str, ...] = ()
) -> tuple[str, tuple[tuple[str, str], ...]] | None:
    """The next short question, as (text key, ((answer, label key), ...)), or None when nothing is left to ask.

    `asked` are keys asked before. The three that matter most are asked; a verdict that is already high asks nothing:
    no answer could make it better.
    """
    if assessment.kind != "offer" or assessment.risk == "high" or len(asked) >= 3:
        return None
    for key in MISSING_KEYS:
        if key in assessment.missing and key not in asked and key not in assessment.answered_unknown:
            return f"offer_ask_{key}", tuple((value, f"offer_answer_{key}_{value}") for value in ANSWERS[key])
    return None


def sources(assessment: Assessment) -> list[tuple[str, str, str | None]]:
    """(title, address, date) of one source for each reason shown."""
    shown = {flag.id for flag in assessment.flags[:REASONS]}
    found = [rule.sources[0] for rule in rules().flags if rule.id in shown]
    return [(source.title, source.url, source.date) for source in found]
