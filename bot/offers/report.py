"""The offer check for a terminal: the offer with its evidence underlined, the flags, the facts, what is missing."""

from __future__ import annotations

import re

from bot.offers.agencies.register import Listing
from bot.offers.assess import as_seen
from bot.offers.phrases import SEARCH_CHARS
from bot.offers.rules import rules
from bot.offers.terms import terms
from bot.offers.verdict import Assessment

_UNDERLINE, _BOLD, _END = "\x1b[4m", "\x1b[1m", "\x1b[0m"
_SIGN = {"high": "🔴", "medium": "🟠", "low": "🟡", "unknown": "⚪"}
_MEANS = {
    "high": "strong signs of a trafficking offer",
    "medium": "warning signs",
    "low": "no strong sign found; this does not mean safe",
    "unknown": "too little to judge; not knowing is not safe",
}
_KIND = {
    "empty": "It is empty.",
    "only_hidden": "It holds nothing but signs that cannot be seen.",
    "only_link": "It is only a link, and no link is opened: paste the words of the offer.",
    "only_contact": "It is only a number or the name of an account: paste the words of the offer.",
    "only_signs": "It holds emoji, figures or signs, and no words.",
    "other_script": "It is written in a script that is not read here.",
    "too_short": "Too short to judge: paste the whole offer.",
    "not_an_offer": "This does not read like a job offer.",
    "warning": "This reads like a warning or a report about offers, not like an offer.",
    "story": "This reads like something that happened to somebody, not like an offer.",
}
#: What could steer a terminal (escape sequences, direction marks) is not printed.
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_SHOWN_CHARS = 3_000


def _offer(text: str, assessment: Assessment, ansi: bool) -> str:
    if not ansi:
        return _CONTROL.sub("", text[:_SHOWN_CHARS])
    out, done = "", 0
    for flag in sorted((f for f in assessment.flags if f.start >= 0), key=lambda f: (f.start, -f.end)):
        if flag.start < done or flag.end > _SHOWN_CHARS:
            continue
        out += _CONTROL.sub("", text[done : flag.start])
        out += _UNDERLINE + _CONTROL.sub("", text[flag.start : flag.end]) + _END
        done = flag.end
    return out + _CONTROL.sub("", text[done:_SHOWN_CHARS])


def _of_lists(listing: Listing) -> list[str]:
    """What the lists say, each with its day and source. Never "safe"."""
    day = f"{listing.list}, {listing.as_of}" + (", OLD" if listing.old else "") if listing.as_of else listing.list
    says = {
        "listed": f"on the list as {listing.found}; that does not make the offer safe",
        "expired": f"on the list as {listing.found}, but only until {listing.valid_until}",
        "suspended": "licence suspended",
        "revoked": "licence revoked",
        "unlicensed": "an authority said that it has no licence",
        "similar": f"not on the list; similar to {listing.found}, which need not be the same",
        "not_listed": "not on the list",
        "not_checked": "not checked: there is no whole list",
        "ship_crew": "not checked: it names a licence for crews of ships, which stands on another ministry's list",
    }
    lines = [f"{listing.name} ({day}): {says[listing.state]}"] if listing.name is not None else []
    if listing.source is not None:
        lines.append(f"source: {listing.source}")
    if (note := listing.licence) is not None:
        states = {
            "matches": f"of {note.owner}",
            "other": f"of {note.owner}, not of the company in the offer",
            "not_listed": "on no line of the list",
            "unknown": f"of {note.owner}; the name was not read for sure" if note.owner else "cannot be compared",
        }
        lines.append(f"licence {note.licence.number} (list of {note.as_of}): {states[note.state]}")
    return lines


def report(text: str, assessment: Assessment, ansi: bool) -> str:
    """A readable report; `ansi` underlines the evidence, without it the text stays plain."""
    bold, end = (_BOLD, _END) if ansi else ("", "")
    risk = assessment.risk
    lines = [
        _offer(as_seen(text).rstrip(), assessment, ansi),
        "",
        f"{_SIGN[risk]} {bold}{risk.upper()}{end}  score {assessment.score}/100  {_MEANS[risk]}",
        f"   decided by: {assessment.decided_by}   language: {assessment.language}   "
        f"asker: {assessment.asker or 'not known'}",
    ]
    if len(text) > SEARCH_CHARS:
        lines.append(f"   only its first {SEARCH_CHARS:,} of {len(text):,} characters were read")
    if assessment.kind != "offer":
        return "\n".join([*lines, f"   {_KIND[assessment.decided_by]}"]) + "\n"
    lines += [*_flag_lines(assessment, ansi), *_pay_lines(assessment), *_fact_lines(text, assessment, ansi)]
    if assessment.listing is not None:
        lines += [
            "",
            f"{bold}Lists of agencies{end}",
            *(f"  {_CONTROL.sub('', line)}" for line in _of_lists(assessment.listing)),
        ]
    if (others := assessment.reported) is not None:
        sure = "confirmed by an operator" if others.confirmed else "not confirmed: it moves the score, not the verdict"
        lines += ["", f"{bold}Recruiter{end}", f"  its {others.kind} was reported by {others.senders} others; {sure}"]
    if assessment.missing:
        lines += ["", f"{bold}Missing{end}: " + ", ".join(assessment.missing)]
    return "\n".join(lines) + "\n"


def _flag_lines(assessment: Assessment, ansi: bool) -> list[str]:
    """Each red flag with its words, when it is normal, and its source; last, words that read like scams."""
    bold, end = (_BOLD, _END) if ansi else ("", "")
    normal = {rule.name: rule for rule in rules().flags}
    lines = ["", f"{bold}Red flags{end}"] if assessment.flags else ["", "No red flag found."]
    for flag in assessment.flags:
        shown = " ".join(_CONTROL.sub("", flag.evidence).split()) if flag.answer is None else f"answered {flag.answer}"
        rule = normal[flag.rule or flag.id]
        source = rule.sources[0]
        heard = "  (no phrase: heard in the whole offer, most of all here)" if flag.learned else ""
        lines.append(f"  {flag.weight}  {flag.id}: {_UNDERLINE if ansi else '“'}{shown}{_END if ansi else '”'}{heard}")
        lines.append(f"       normal when: {rule.when_normal}")
        lines.append(f"       source: {source.title} ({source.date or 'undated'})")
    if assessment.wording is not None:
        lines.append(f"  worded like scams: “{' '.join(_CONTROL.sub('', assessment.wording).split())}”")
    return lines


def _pay_lines(assessment: Assessment) -> list[str]:
    """The pay beside what work pays there, where it is too high."""
    pay = assessment.pay
    if pay is None:
        return []
    times = f"{pay.times} times what work pays there" if pay.times else "what scam offers promised"
    return [f"  pay: about US${pay.usd_month:,.0f} a month, {times} ({pay.source}, {pay.year or 'undated'})"]


def _fact_lines(text: str, assessment: Assessment, ansi: bool) -> list[str]:
    """What the offer says of the work; what it does not say has no line."""
    bold, end = (_BOLD, _END) if ansi else ("", "")
    facts = assessment.facts
    salary = facts.salary
    rows = {
        "country": facts.country,
        "place": facts.city,
        "role": facts.role,
        "pay": f"{salary.evidence} ≈ US${salary.usd_month:,.0f} a month" if salary and salary.usd_month else None,
        "employer": facts.employer,
        "agency": facts.agency,
        "visa": facts.visa,
        "who pays": facts.pays,
        "contract": facts.contract,
        "contacts": ", ".join(contact.value for contact in facts.contacts) or None,
        **{name: " ".join(words.split()) for name, words in terms(text, assessment.language).items()},
    }
    return [
        "",
        f"{bold}Facts{end}",
        *(f"  {name}: {_CONTROL.sub('', value)}" for name, value in rows.items() if value),
    ]
