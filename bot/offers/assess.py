"""Judges one offer. Pure: text in, verdict out; what it knows stands in data/offers, or is given to it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from bot.offers import kind as kinds
from bot.offers import outside
from bot.offers.adjust import Weighed, critical, flag_of
from bot.offers.facts import Reading, paid_as_at_home, read_facts
from bot.offers.flags import Sign, find_signs
from bot.offers.learned import linear
from bot.offers.outside import Known
from bot.offers.pay import cut_from_pay, describe_pay
from bot.offers.phrases import Views, look_at
from bot.offers.rules import Rules, rules
from bot.offers.scoring import Situation, decide
from bot.offers.verdict import MISSING_KEYS, Asker, Assessment, Facts, Flag, Kind, PayNote
from nlu.text import languages
from nlu.text.language import detect, looks_khmer_latin
from nlu.text.normalise import normalise

__all__ = ["as_seen", "assess", "told_of"]

#: "\u202eajobmaK\u202c" is seen as "Kamboja".
_TURNED = re.compile("\u202e([^\u202a-\u202e\n]*)(\u202c?)")
#: Lists of context.yml that tell whose words a text is: a recruiter's, or somebody's who warns of him.
_VOICES = ("soliciting", "warning", "warning_opening", "news", "story")
#: Characters of an offer from which the learned model is believed, and from which it adds flags, and is believed if it
#: is sure of a scam: a few words are like one in nothing but what they leave out.
_ENOUGH_TEXT, _SOME_TEXT = 100, 50
#: Characters by which the model is told how long an offer is: a short one shows fewer flags.
_LENGTHS = (60, 100, 150, 220, 320, 450, 650)
#: Somebody else's words.
_QUOTED = re.compile(r'"[^"\n]{3,200}"|“[^”\n]{3,200}”|«[^»\n]{3,200}»')
#: The beginning of an offer tells its language.
LANGUAGE_CHARS = 200
#: What only words that name it can show: in other words it would be said of a place where nobody reported anything.
_ONLY_NAMED = frozenset({"high_risk_place"})


def assess(
    text: str,
    asker: Asker | None = None,
    answers: Mapping[str, str] = {},
    known_outside: Known | None = None,
    *,
    by_phrases: bool = False,
) -> Assessment:
    """The verdict on a pasted or described offer. Never raises for any text.

    `asker` is who would go, by nationality; without it an Indonesian text counts as an Indonesian and a Khmer one as a
    Cambodian. `answers` maps a key of `Assessment.missing` to the button the person pressed. `by_phrases` leaves the
    learned model out, to measure what it adds. `known_outside` are the lists of agencies and the reports of others;
    without it nobody looked.
    """
    look = _look(as_seen(text), asker)
    if look.kind == "no_text":
        return replace(_no_offer(look, look.kind, known_outside), decided_by=kinds.instead(look.views, look.reading))
    opinion = linear.Opinion() if by_phrases else _opinion(look)
    limits, kind = rules().scoring.learned, look.kind
    if opinion.scam is not None:
        # Of a few words a phrase or a contact must say so too: a joke at dinner is like a scam in what it leaves out.
        shown = look.flags or look.reading.facts.contacts or len(look.views.original) >= _ENOUGH_TEXT
        if kind != "offer" and opinion.scam >= limits.offer_at and shown and not look.surely_told:
            kind = "offer"
        elif kind == "offer" and _tells_of_others(look, opinion):
            kind = "warning"
    if kind != "offer":
        return _no_offer(look, kind, known_outside)
    if opinion.scam is not None and opinion.as_offer is not None and opinion.reported < limits.reported_hint:
        # Where no phrase speaks too, both likenesses must.
        opinion = replace(opinion, scam=opinion.as_offer if look.flags else min(opinion.as_offer, opinion.scam))
    return _judge(look, opinion, answers, known_outside)


def as_seen(text: str) -> str:
    """What direction marks turn round, in the order in which it is seen; every other letter keeps its place."""
    return _TURNED.sub(lambda turned: f"\u200b{turned[1][::-1]}{turned[2] and chr(0x200B)}", text)


def _opinion(look: _Look) -> linear.Opinion:
    """What the learned model makes of an offer; of a short one what it is like only if it is a scam beyond doubt."""
    length = len(look.views.original)
    if length < _SOME_TEXT:
        return linear.Opinion()
    found = linear.learned().opinion(look.views.original, _told(look))
    if length >= _ENOUGH_TEXT:
        return found
    limits = rules().scoring.learned
    # Of a few words a phrase is the better witness: there the model adds flags, and drops none.
    flags = {flag: chance for flag, chance in found.flags.items() if chance >= limits.flags_at}
    if min(found.scam or 0.0, found.as_offer or 0.0) < limits.short_surely:
        return linear.Opinion(flags=flags, clauses=found.clauses)
    return replace(found, flags=flags)


def _tells_of_others(look: _Look, opinion: linear.Opinion) -> bool:
    """Whether a text warns of offers, or tells of them, in words that would be signs if a recruiter wrote them.

    In doubt it is an offer: it must show that it tells of others, and ask nobody to apply. What it is like decides
    alone only where it reads like no scam at all: who warns of swindlers and who is one use the same words.
    """
    limits = rules().scoring.learned
    scam = opinion.scam or 0.0
    if look.solicits:
        return False
    if opinion.reported >= limits.reported_alone and scam < limits.alone_below:
        return True
    if not look.reported or scam >= limits.reported_below:
        return False
    return opinion.reported >= (limits.reported_surely if critical(look.flags, rules()) else limits.reported_at)


def told_of(text: str, asker: Asker | None) -> list[str]:
    """What phrases and facts say of an offer, as the learned model is given it."""
    return _told(_look(text, asker))


@dataclass(frozen=True)
class _Look:
    """What the phrases and facts of an offer say, before anything is weighed."""

    views: Views
    language: str
    asker: Asker | None
    kind: Kind
    reading: Reading
    flags: dict[str, Flag] = field(default_factory=dict)
    #: Flags whose words are there, but denied or part of something harmless, and where.
    taken_back: Mapping[str, Sequence[tuple[int, int]]] = field(default_factory=dict)
    pay: PayNote | None = None
    #: The work is in the asker's own country; in a country of `closed_countries` that is not.
    home: bool = False
    closed: bool = False
    #: A state programme; how many different signs of a licence.
    official: bool = False
    registered: int = 0
    #: It quotes, warns or tells news or a story, which alone says little of whose words it is.
    reported: bool = False
    #: A line of news about what the compounds did, or what happened to somebody: full of their words, and no offer.
    surely_told: bool = False
    #: It asks to apply, and says where.
    solicits: bool = False
    #: Flags whose words stand in quotation marks.
    quoted: frozenset[str] = frozenset()


def _look(text: str, asker: Asker | None) -> _Look:
    known = rules()
    language = detect(text[:LANGUAGE_CHARS]).code
    # By sound "buku" is Bokor, and "di Phnom" to walk through the mountains: only Khmer is listened to.
    views = look_at(text, known.book, by_sound=language not in languages.WITH_SPELLING or looks_khmer_latin(text))
    asker = asker or languages.country_of(language)
    bare = kinds.LINK_OR_NAME.sub(" ", views.original)
    reading = read_facts(views, known, asker)
    # As it is looked for: letters in boxes are letters.
    lettered = kinds.LETTERS.search(bare) or kinds.LETTERS.search(normalise(bare).text)
    if not lettered or kinds.in_other_script(bare):
        return _Look(views, language, asker, "no_text", reading)
    signs, taken_back = find_signs(views, known)
    facts = reading.facts
    home = _at_home(reading, signs, views, asker, known)
    closed = facts.country in known.scoring.closed_countries and facts.country != asker
    flags = _flags(signs, reading, views, known, home)
    _add_risk_areas(flags, reading, known, views)
    official = known.context["official"].occurs(views)
    registered = known.context["register"].count(views)
    weighed = Weighed(flags, reading, known, views, asker, home=home, closed=closed, registered=registered)
    guarded = flags.get("isolation")
    pay = weighed.all(official=official)
    if guarded is not None and "isolation" not in flags:
        # The model is not asked again about a gate that somebody is hired to guard.
        taken_back.setdefault("isolation", []).append((guarded.start, guarded.end))
    quotes = [match.span() for match in _QUOTED.finditer(views.original)]
    quoted = frozenset(flag.id for flag in flags.values() if any(a <= flag.start < b for a, b in quotes))
    voices = (known.context[name].occurs(views) for name in _VOICES if name != "soliciting")
    kind = kinds.kind_of(views, bare, reading, signs, known)
    told = kinds.surely_told(views, reading, known) if kind != "story" else None
    return _Look(
        views,
        language,
        asker,
        kind=told or kind,
        reading=reading,
        flags=flags,
        taken_back=taken_back,
        pay=pay,
        home=home,
        closed=closed,
        official=official,
        registered=registered,
        reported=bool(quotes) or any(voices),
        surely_told=told is not None,
        solicits=bool(facts.contacts) and known.context["soliciting"].occurs(views),
        quoted=quoted,
    )


def _at_home(reading: Reading, signs: Sequence[Sign], views: Views, asker: Asker | None, known: Rules) -> bool:
    """Whether the work is in the asker's own country."""
    country = reading.facts.country
    if asker is None:
        return False
    if country is not None:
        return country == asker
    if asker == "ID" and {sign.flag_id for sign in signs} <= known.scoring.home_weights.keys():
        # With nothing worse in it than what small honest shops say too.
        return paid_as_at_home(reading, views)
    return asker == "KH" and not reading.says_abroad


def _flags(signs: Sequence[Sign], reading: Reading, views: Views, known: Rules, home: bool) -> dict[str, Flag]:
    """One flag for each kind of sign: its own words before words of its surroundings, the first before later ones."""
    flags: dict[str, Flag] = {}
    for sign in sorted(
        signs, key=lambda sign: (sign.context, sign.rule == sign.flag_id, sign.start, sign.start - sign.end)
    ):
        if not sign.weak or _counts(sign, reading, known, home):
            flags.setdefault(sign.flag_id, flag_of(sign, views, known))
    return flags


def _told(look: _Look) -> list[str]:
    named = linear.told(look.flags, look.reading.facts, look.asker, official=look.official, registered=look.registered)
    context = rules().context
    named += [f"{name} {min(2, kinds.tally(context[name], look.views))}" for name in _VOICES]
    named += [f"denied {flag}" for flag in look.taken_back]
    named += [f"quoted {flag}" for flag in look.quoted]
    facts, reading = look.reading.facts, look.reading
    named += describe_pay(facts.salary, facts.country, facts.role, rules().benchmarks)
    stands = {
        "pay too high": look.pay is not None,
        "can be looked up": reading.can_be_looked_up,
        "vague role": reading.role is not None and reading.role.vague,
        "no contact": not facts.contacts,
        "place named": bool(reading.places),
        "says abroad": reading.says_abroad,
        "closed country": look.closed,
        "home": look.home,
        "solicits": look.solicits,
        "reported": look.reported,
    }
    named += [name for name, there in stands.items() if there]
    named += [f"longer than {chars}" for chars in _LENGTHS if len(look.views.original) >= chars]
    alone = _judge(look, linear.Opinion(), {}) if look.kind == "offer" else None
    if alone is None:
        return [*named, f"kind {look.kind}"]
    return [*named, f"phrases say {alone.risk}", f"decided by {alone.decided_by}"]


def _no_offer(look: _Look, kind: Kind, known_outside: Known | None) -> Assessment:
    """What is no offer is not judged; who is named in it may be known all the same."""
    reported = outside.reported(known_outside, look.reading, None, rules()) if known_outside is not None else None
    nothing = Assessment("unknown", 10, (), look.reading.facts, MISSING_KEYS, look.language, kind, kind, look.asker)
    return replace(nothing, reported=reported)


def _judge(
    look: _Look, opinion: linear.Opinion, answers: Mapping[str, str], known_outside: Known | None = None
) -> Assessment:
    known = rules()
    reading, facts = look.reading, look.reading.facts
    flags = dict(look.flags)
    _weigh_by_learned(flags, look, opinion, known)
    listing = false_licence = others = None
    if known_outside is not None:
        listing = outside.listing(known_outside, reading, look.asker, look.views.original)
        false_licence = outside.false_licence(listing, known)
        others = outside.reported(known_outside, reading, listing, known)
    # Words of a licence soften nothing where the licence itself is false.
    if false_licence is None:
        flags = _softened(flags, look, opinion, known)
    if false_licence is not None:
        flags[false_licence.id] = false_licence
    facts = _facts_from_flags(facts, flags)
    facts, employer_known = _apply_answers(facts, flags, answers, known, reading, look.official)
    missing = _missing(facts, employer_known, look.home)
    readable = (len(MISSING_KEYS) - len(missing)) + (facts.role is not None) + (facts.salary is not None)
    ordered = _weightiest_first(flags, known)
    situation = Situation(
        home=look.home,
        abroad=not look.home and (facts.country is not None or reading.says_abroad or look.asker != "KH"),
        closed_country=look.closed,
        known_asker=look.asker is not None,
        readable=readable,
        scam=opinion.scam,
        confirmed=others is not None and others.confirmed,
        reported=others.senders if others is not None else 0,
    )
    verdict = decide(ordered, situation, known)
    return Assessment(
        risk=verdict.risk,
        score=verdict.score,
        flags=tuple(ordered),
        facts=facts,
        missing=missing,
        language=look.language,
        decided_by=verdict.decided_by,
        asker=look.asker,
        pay=look.pay if "salary_too_high" in flags else None,
        wording=_wording(look, opinion) if verdict.decided_by == "reads_like_scams" else None,
        answered_unknown=tuple(key for key in missing if answers.get(key) == "unknown"),
        listing=listing,
        reported=others,
    )


def _softened(flags: dict[str, Flag], look: _Look, opinion: linear.Opinion, known: Rules) -> dict[str, Flag]:
    """The flags without those that a licence or a state programme takes away."""
    scoring, facts = known.scoring, look.reading.facts
    if look.closed or critical(flags, known):
        return flags
    receiving = facts.country in scoring.receiving_countries or look.home or facts.country is None
    papers = facts.visa == "work" or facts.contract == "yes"
    licensed = receiving and (look.registered >= 2 or (look.registered == 1 and papers))
    if not licensed and not (look.official and receiving):
        return flags
    softened = scoring.official_removes if look.official and receiving else scoring.licensed_removes
    # The model was told of the licence too: what it still holds for likely stays.
    surely = {flag for flag, chance in opinion.flags.items() if chance >= scoring.learned.flags_at}
    return {key: flag for key, flag in flags.items() if key in surely or key not in softened}


def _missing(facts: Facts, employer_known: bool, home: bool) -> tuple[str, ...]:
    """What an offer leaves open, in the order of MISSING_KEYS."""
    stands = (
        ("visa", facts.visa is not None or home),
        ("pays", facts.pays is not None),
        ("contract", facts.contract is not None),
        ("employer", employer_known),
    )
    return tuple(key for key, there in stands if not there)


def _weightiest_first(flags: Mapping[str, Flag], known: Rules) -> list[Flag]:
    """Flags in the order in which they are told: those of phrases, then acts, then by weight and place."""
    scope = {rule.id: rule.critical for rule in known.flags}
    return sorted(
        flags.values(),
        key=lambda f: (f.learned, scope[f.id] not in ("act", "mixed") or f.context, -f.weight, f.start),
    )


def _wording(look: _Look, opinion: linear.Opinion) -> str | None:
    """The words by which a text reads like a scam."""
    start, end = opinion.evidence([linear.SCAM]).get(linear.SCAM, (0, 0))
    return look.views.original[start:end] or None


def _weigh_by_learned(flags: dict[str, Flag], look: _Look, opinion: linear.Opinion, known: Rules) -> None:
    """Drop flags whose words mean something else here, add those that are said in ways no phrase knows.

    An act that honest recruiters never do must be as unlikely as the scam: "do you keep passports? no". The clause that
    speaks most for an added one is its evidence.
    """
    limits = known.scoring.learned
    acts = {rule.id for rule in known.flags if rule.critical in ("act", "mixed")}
    for flag_id in [name for name in flags if opinion.flags.get(name, 1.0) < limits.flags_at]:
        chance = max(opinion.flags[flag_id], 1.0 if opinion.scam is None else opinion.scam)
        if flag_id not in acts or chance < limits.acts_below:
            del flags[flag_id]
    closed = look.flags.keys() | look.taken_back | _ONLY_NAMED
    likely = [name for name, chance in opinion.flags.items() if name not in closed and chance >= limits.flags_at]
    if not likely or (opinion.scam is not None and opinion.scam < limits.flags_from):
        return
    # A pay and a contact are words of their own; of other flags the clause that speaks most for them is shown.
    named = {"salary_too_high": look.reading.salary_span}
    contacts = [(contact.start, contact.end) for contact in look.reading.facts.contacts]
    if contacts:
        named["informal_contact"] = contacts[0]
    denied = [span for spans in look.taken_back.values() for span in spans]
    aside = [*contacts, *filter(None, [look.reading.salary_span]), *denied]
    for flag_id, clause in opinion.evidence(likely, aside).items():
        start, end = named.get(flag_id) or clause
        flags[flag_id] = replace(flag_of(Sign(flag_id, start, end), look.views, known), learned=True)


def _counts(sign: Sign, reading: Reading, known: Rules, home: bool) -> bool:
    """Whether something else in the offer makes a weak sign one: a vague title, or work far from home."""
    rule = next(rule for rule in known.flags if rule.id == sign.flag_id)
    if rule.weak_when == "vague_role":
        return not home and (reading.role is None or reading.role.vague)
    pay = reading.facts.salary
    return not home or (pay is not None and pay.currency not in (None, "USD", "KHR", "IDR"))


def _add_risk_areas(flags: dict[str, Flag], reading: Reading, known: Rules, views: Views) -> None:
    """The risk areas of the lexicon of places are named areas too."""
    for place in reading.places:
        if place.risk and "high_risk_place" not in flags:
            sign = Sign("high_risk_place", place.start, place.end, context=True)
            flags["high_risk_place"] = flag_of(sign, views, known)


def _facts_from_flags(facts: Facts, flags: Mapping[str, Flag]) -> Facts:
    """What a flag says about visa, costs and contract outweighs a friendlier word elsewhere."""
    if "tourist_visa" in flags:
        facts = replace(facts, visa="tourist")
    if "no_contract" in flags:
        facts = replace(facts, contract="no")
    if "upfront_fee" in flags:
        cut = cut_from_pay(flags["upfront_fee"].evidence)
        facts = replace(facts, pays="salary_cut" if cut else "me")
    elif "free_travel" in flags and facts.pays is None:
        facts = replace(facts, pays="company")
    return facts


def _apply_answers(
    facts: Facts,
    flags: dict[str, Flag],
    answers: Mapping[str, str],
    known: Rules,
    reading: Reading,
    official: bool,
) -> tuple[Facts, bool]:
    """Let the buttons move facts and flags; unknown keys and values change nothing, no critical flag is taken back."""
    employer_known = facts.employer is not None or facts.agency is not None or official
    for key, value in answers.items():
        effect = known.scoring.answers.get(key, {}).get(value)
        if effect is None:
            continue
        if key == "employer":
            employer_known = employer_known or value == "known"
        elif effect.fact is not None and key == "visa":
            facts = replace(facts, visa=effect.fact)
        elif effect.fact is not None and key == "pays":
            facts = replace(facts, pays=effect.fact)
        elif effect.fact is not None and key == "contract":
            facts = replace(facts, contract=effect.fact)
        for flag_id in effect.clears:
            flags.pop(flag_id, None)
        if (
            effect.flag is not None
            and (effect.flag not in flags or flags[effect.flag].learned)
            and not (key == "employer" and reading.can_be_looked_up)
        ):
            flags[effect.flag] = Flag(effect.flag, known.weight(effect.flag), "", -1, -1, answer=f"{key}_{value}")
    return facts, employer_known
