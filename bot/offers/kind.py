"""What kind of text an offer check is given: an offer, a warning, a story, something else, or nothing to read."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

from bot.offers.facts import Reading
from bot.offers.flags import Sign, stated
from bot.offers.phrases import PhraseList, Views
from bot.offers.rules import Rules
from bot.offers.verdict import Kind
from nlu.text.normalise import normalise

#: A text with fewer Latin words and Khmer letters than these says nothing that could be judged.
_MIN_WORDS, _MIN_KHMER_LETTERS = 3, 10
LETTERS = re.compile(r"[^\W\d_]")
#: Letters of Latin and of Khmer.
_READ = re.compile(r"[a-z\u00df-\u024f\u1780-\u17d3\u1e00-\u1eff]+")
_KHMER_LETTERS = re.compile(r"[\u1780-\u17b3]")
#: A site is looked for where a word begins, or a long run of dots would be searched from each of them.
_LINK = re.compile(r"https?://\S+|www\.\S+|(?<!\S)\S+\.(?:me|com|ly|id|link)/\S*", re.I)
LINK_OR_NAME = re.compile(rf"{_LINK.pattern}|@\w+", re.I)
_WARNING_OPENS_WITHIN = 60
#: An advert says first what it sells; "papa harus jual motor" comes later.
_SOLD_WITHIN = 30
#: Characters of a line of news that somebody passes on, and of what happened to somebody; more show by several phrases
#: what they are.
_HEADLINE_CHARS, _OVER_CHARS = 300, 200
#: Flags that are also ordinary words of songs and family quarrels: alone, without a word of work, they are no offer.
_NEEDS_A_JOB = frozenset(
    {
        "secrecy", "urgency", "isolation", "profile_targeting", "no_requirements", "high_risk_place",
        "irregular_route", "debt_bond", "free_travel", "document_request", "informal_contact", "scam_sector",
    }
)  # fmt: skip


def in_other_script(text: str) -> bool:
    """Whether most of it is written in letters that no phrase here knows: Chinese, Thai, Arabic."""
    return _unread(text) and _unread(normalise(text).text)


def _unread(text: str) -> bool:
    read = len("".join(_READ.findall(text)))
    # No text has more letters than signs: most need not be counted.
    return len(text) > 2 * read and len(LETTERS.findall(text)) > 2 * read


def instead(views: Views, reading: Reading) -> str:
    """What stands where no words can be read: empty other_script only_hidden only_link only_contact only_signs."""
    text = views.original
    if not text.strip():
        return "empty"
    if in_other_script(text):
        return "other_script"
    if not any(unicodedata.category(sign)[0] in "LNPSM" for sign in text):
        return "only_hidden"
    if _LINK.search(text):
        return "only_link"
    return "only_contact" if reading.facts.contacts or "@" in text else "only_signs"


def tally(phrases: PhraseList, views: Views) -> int:
    """How many different wordings of a list occur."""
    return len({match.group() for _, match, _ in phrases.find(views)})


def surely_told(views: Views, reading: Reading, known: Rules) -> Kind | None:
    """A line of news is a `warning`, what happened to somebody a `story`. In doubt it is neither: it asks nobody."""
    context = known.context
    if reading.facts.contacts or len(views.original) > _HEADLINE_CHARS:
        return None
    if _headline(views, reading, known):
        return "warning"
    over = len(views.original) <= _OVER_CHARS and "?" not in views.original and not context["still_open"].occurs(views)
    return "story" if over and stated(context["over"], views, known) else None


def _headline(views: Views, reading: Reading, known: Rules) -> bool:
    """Whether this is a line of news: it speaks to nobody, and offers nothing."""
    context = known.context
    if any(context[name].occurs(views) for name in ("soliciting", "speaking")):
        return False
    if reading.facts.salary is not None and not context["promised"].occurs(views):
        return False
    return stated(context["headline"], views, known)


def kind_of(views: Views, bare: str, reading: Reading, signs: list[Sign], known: Rules) -> Kind:
    """Whether this is an offer at all, and whose words it is."""
    context = known.context
    asks_to_apply = tally(context["soliciting"], views)
    reachable = any(contact.kind != "email" for contact in reading.facts.contacts)
    opening = context["warning_opening"].first(views)
    if opening and opening[0] <= _WARNING_OPENS_WITHIN and not (reachable and asks_to_apply >= 2):
        return "warning"
    news = tally(context["news"], views)
    if (news >= 3 and not (reachable and asks_to_apply >= 2)) or (news >= 2 and not reachable and not asks_to_apply):
        return "warning"
    if tally(context["story"], views) >= 2 and not reachable and asks_to_apply <= 1:
        return "story"
    works = context["job"].occurs(views) or reading.role is not None
    sold = None if works else context["sells"].first(views)
    if sold and sold[0] <= _SOLD_WITHIN and not _shows_act(signs, known):
        return "not_an_offer"
    about_work = works or reading.facts.salary is not None
    if not about_work and not any((sign.rule or sign.flag_id) not in _NEEDS_A_JOB for sign in signs):
        short = len(bare.split()) < _MIN_WORDS and len(_KHMER_LETTERS.findall(bare)) < _MIN_KHMER_LETTERS
        return "too_short" if short else "not_an_offer"
    if not signs and len(bare.split()) < _MIN_WORDS and len(_KHMER_LETTERS.findall(bare)) < _MIN_KHMER_LETTERS:
        return "too_short"
    return "offer"


def _shows_act(signs: Sequence[Sign], known: Rules) -> bool:
    """Whether something is done that honest people never do: a kidney is sold too."""
    acts = {rule.name for rule in known.flags if rule.critical in ("act", "mixed")}
    return any((sign.rule or sign.flag_id) in acts for sign in signs)
