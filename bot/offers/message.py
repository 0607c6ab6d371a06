"""The worker's answer as text keys with their values: verdict, reasons in their words, what is missing, what to do."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping

from bot.offers.agencies.register import Listing
from bot.offers.pay import cut_from_pay
from bot.offers.rules import rules
from bot.offers.verdict import MISSING_KEYS, Assessment, Facts, Flag
from bot.texts import Lang, month, render

type Part = tuple[str, dict[str, str]]

EVIDENCE_CHARS = 60
SOURCE_CHARS = 100
REASONS = 3
#: Letters of a quotation that say something, beside numbers to call and pay.
_LEAST_LETTERS = 6
#: Flags of what an offer leaves out: where only the model hears them, in the whole, no clause of it proves them, and
#: none is quoted.
_LEFT_OUT = frozenset({"unlicensed_agency", "vague_job"})
#: From so many times the usual pay on the number itself is told.
LEAST_TIMES = 2.0
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


def _why(flag: Flag, listing: Listing | None, lang: Lang) -> Part:
    if flag.licence is not None and listing is not None and listing.licence is not None:
        values = {
            "list": render(f"offer_list_{listing.list}", lang),
            "month": month(listing.licence.as_of, lang),
            "evidence": clip(flag.evidence),
        }
        if flag.licence == "other":
            return "offer_licence_other_why", {**values, "owner": clip(listing.licence.owner or "")}
        return "offer_licence_not_listed_why", values
    if flag.answer is not None:
        return f"offer_answered_{flag.answer}", {}
    if _left_out(flag):
        return f"offer_flag_{flag.id}_left_out", {}
    return f"offer_flag_{_said(flag)}_why", {"evidence": clip(flag.evidence)}


def _left_out(flag: Flag) -> bool:
    return flag.learned and flag.id in _LEFT_OUT


def _said(flag: Flag) -> str:
    """The name of a flag's texts: its rule, and a name of its own for a cost that is taken from the pay."""
    if flag.id == "upfront_fee" and flag.answer is None and cut_from_pay(flag.evidence):
        return "salary_cut"
    return flag.rule or flag.id


def _what(kind: str, lang: Lang) -> dict[str, str]:
    return {"what": render(f"offer_what_{kind}", lang)}


def _list(listing: Listing, lang: Lang) -> dict[str, str]:
    return {
        "list": render(f"offer_list_{listing.list}", lang),
        "month": month(listing.as_of, lang) if listing.as_of else "",
    }


def agency(listing: Listing, lang: Lang) -> list[Part]:
    """What a list says of the agency, with its month; never that an offer is safe."""
    known = _list(listing, lang)
    office = render(f"offer_office_{listing.list}", lang)
    note = listing.licence
    parts: list[Part] = []
    if listing.name is not None:
        name = clip(listing.name)
        if listing.state in ("not_checked", "ship_crew"):
            parts.append((f"offer_agency_{listing.state}", {"name": name, "list": known["list"], "office": office}))
        elif listing.state in ("suspended", "revoked", "unlicensed"):
            source = clip(listing.source or known["list"], SOURCE_CHARS)
            values = {"name": name, "source": source, "month": known["month"], "office": office}
            parts.append((f"offer_agency_{listing.state}", values))
        elif listing.state == "expired":
            until = month(listing.valid_until, lang) if listing.valid_until else ""
            parts.append(("offer_agency_expired", {**known, "name": name, "until": until, "office": office}))
        elif listing.state == "similar":
            found = clip(listing.found or "")
            parts.append(("offer_agency_similar", {**known, "name": name, "found": found, "office": office}))
        else:
            old = "_old" if listing.old else ""
            parts.append((f"offer_agency_{listing.state}{old}", {**known, "name": name, "office": office}))
    if note is not None and listing.name is None and note.owner is None and note.state == "unknown":
        values = {"number": clip(note.licence.number), "list": known["list"], "office": office}
        parts.append(("offer_agency_number_not_checked", values))
    if note is not None and note.state == "unknown" and note.owner is not None:
        values = {"list": known["list"], "month": month(note.as_of, lang), "number": clip(note.licence.number)}
        parts.append(("offer_agency_licence_owner", {**values, "owner": clip(note.owner)}))
    return parts


def _times(flag: Flag, assessment: Assessment) -> Part | None:
    """A pay that is so many times what such work pays there, where a figure of that place is known."""
    pay = assessment.pay
    if flag.id != "salary_too_high" or pay is None or pay.times is None or pay.times < LEAST_TIMES:
        return None
    old = "_old" if pay.year and int(pay.year[-4:]) < dt.datetime.now(dt.UTC).year else ""
    values = {"evidence": clip(flag.evidence), "times": str(round(pay.times)), "year": pay.year or "?"}
    return f"offer_pay_times{old}", values


def reasons(assessment: Assessment) -> list[Flag]:
    """The flags that are shown, strongest first. What only the model says is no second reason in the same words, nor in
    those of the wording that decided; a phrase in words that are shown already comes after other phrases, unless it is
    an act of its own. What the offer leaves out comes last; who sends people is not left out where they are on a list.
    """
    acts = {rule.id for rule in rules().flags if rule.critical in ("act", "mixed")}
    by_phrase = [flag for flag in assessment.flags if not flag.learned]
    shown: list[Flag] = []
    again: list[Flag] = []
    for flag in by_phrase:
        said = flag.start >= 0 and any(one.start <= flag.start and flag.end <= one.end for one in shown)
        (again if said and flag.id not in acts else shown).append(flag)
    shown += again
    for flag in assessment.flags:
        met = any(flag.start < one.end and one.start < flag.end for one in shown[:REASONS])
        if not flag.learned or _left_out(flag) or met or flag.evidence == assessment.wording:
            continue
        if _says_something(flag, assessment.facts):
            shown.append(flag)
    listed = assessment.listing is not None and assessment.listing.state == "listed"
    shown += (flag for flag in assessment.flags if _left_out(flag) and not (listed and flag.id == "unlicensed_agency"))
    return shown[:REASONS]


def _says_something(flag: Flag, facts: Facts) -> bool:
    """Whether words are quoted for what the model alone says: a number to call shows no unclear job."""
    if flag.id in ("salary_too_high", "informal_contact"):
        return True
    pay = [(facts.salary.start, facts.salary.end)] if facts.salary is not None else []
    others = [*pay, *((one.start, one.end) for one in facts.contacts)]
    letters = (place for place, sign in enumerate(flag.evidence, flag.start) if sign.isalpha())
    return sum(not any(a <= place < b for a, b in others) for place in letters) >= _LEAST_LETTERS


def _reported(assessment: Assessment, lang: Lang) -> list[Part]:
    """What others reported of the recruiter, if anything."""
    if assessment.reported is None:
        return []
    return [
        (
            f"offer_reported_{'confirmed' if assessment.reported.confirmed else 'others'}",
            _what(assessment.reported.kind, lang),
        )
    ]


def _by_wording(assessment: Assessment) -> bool:
    """Whether its wording is among the reasons that are shown: not where they quote the same words."""
    shown, words = reasons(assessment), assessment.wording
    if words is None or len(shown) >= REASONS:
        return False
    quoted = [flag.evidence for flag in shown if flag.evidence and not _left_out(flag)]
    return not any(evidence in words or words in evidence for evidence in quoted)


def verdict(assessment: Assessment, lang: Lang) -> list[Part]:
    """Which texts make the short answer, in their order, with the values of their placeholders."""
    if assessment.kind != "offer":
        # What it is instead, and what to do next: no two of these share a sentence.
        said: list[Part] = [*_reported(assessment, lang), (f"offer_{assessment.decided_by}", {})]
        return [*said, ("english_line", {})] if assessment.decided_by == "other_script" else said
    parts: list[Part] = [(f"offer_verdict_{assessment.risk}", {})]
    known = _reported(assessment, lang)
    if assessment.reported is not None and assessment.reported.confirmed:
        parts += known
    parts += [_times(flag, assessment) or _why(flag, assessment.listing, lang) for flag in reasons(assessment)]
    if _by_wording(assessment):
        parts.append(("offer_reads_like_scams", {"evidence": clip(assessment.wording or "")}))
    if assessment.decided_by == "foreigner_bound_for_closed_country_alone" and not assessment.flags:
        parts.append(("offer_closed_country", {}))
    if assessment.listing is not None:
        parts += agency(assessment.listing, lang)
    if assessment.reported is not None and not assessment.reported.confirmed:
        parts += known
    if assessment.missing:
        names = [render(f"offer_missing_{key}", lang) for key in MISSING_KEYS if key in assessment.missing]
        parts.append(("offer_missing_intro", {"missing": ", ".join(names)}))
    parts.append((f"offer_next_step_{assessment.risk}", {}))
    return parts


def of_contact(assessment: Assessment, lang: Lang) -> list[Part]:
    """What is known of a number or account that somebody doubts, and what to send so that more can be told."""
    return [*(_reported(assessment, lang) or [("offer_contact_unknown", {})]), ("offer_only_contact", {})]


def explain(assessment: Assessment) -> list[Part]:
    """What the button "explain" answers: what to ask the recruiter about each reason shown, and where the figure of a
    usual pay is from."""
    asks: list[Part] = [(f"offer_flag_{_said(flag)}_ask", {}) for flag in reasons(assessment)]
    if _by_wording(assessment) or (assessment.risk in ("medium", "high") and not asks):
        asks.append(("offer_wording_ask", {}))
    if not asks:
        return [("offer_explain_nothing", {})]
    pay = assessment.pay
    if pay is not None and any(_times(flag, assessment) for flag in reasons(assessment)):
        asks.append(("offer_pay_source", {"source": clip(pay.source, SOURCE_CHARS), "year": pay.year or "?"}))
    return [("offer_explain", {}), *asks]


def packed(answers: Mapping[str, str]) -> str:
    """The answers a person gave, as digits for a button: one for each key, 0 for one that was not asked."""
    digits = []
    for key in MISSING_KEYS:
        given = answers.get(key)
        digits.append(str(ANSWERS[key].index(given) + 1) if given in ANSWERS[key] else "0")
    return "".join(digits)


def unpacked(digits: str) -> dict[str, str]:
    """The answers behind a button's digits; what no button of ours carries is left out."""
    found = {}
    for key, digit in zip(MISSING_KEYS, digits, strict=False):
        if digit.isdecimal() and 1 <= int(digit) <= len(ANSWERS[key]):
            found[key] = ANSWERS[key][int(digit) - 1]
    return found


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
    shown = {flag.rule or flag.id for flag in reasons(assessment)}
    found = [rule.sources[0] for rule in rules().flags if rule.name in shown]
    return [(source.title, source.url, source.date) for source in found]
