"""What one message is: one pure function, called when it arrives, whose result everything behind it reads.

Runs on Python 3.10 (inside Rasa) and 3.13; knows neither.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace

from nlu.text import language, languages
from nlu.text.offered import offered
from nlu.understanding import citizens, controls, dialogue, openers, questions
from nlu.understanding.decision import CASE_KINDS, FALLBACK, ORDINARY, Decision, registry, thresholds
from nlu.understanding.entities import entities, people_named
from nlu.understanding.found import Context, Understanding
from nlu.understanding.position import bare_place, position
from nlu.understanding.triage import Triage, names_minor, triage

#: Gives every intent with its probability, likeliest first; nothing where no model is there.
Rank = Callable[[str], Sequence["tuple[str, float]"]]

#: The intent of whoever wants an offer judged.
OFFER = "ask_offer_check"
#: The languages of the hotline as they are written.
WRITINGS = frozenset(languages.SPOKEN)
#: A shorter message in Latin letters ("tolong", "ok") is read as what the chat, or the phone, speaks.
SENTENCE_LETTERS = 16
#: Characters that are read: Telegram's own bound of a message.
LONGEST = 4096
#: What Rasa would take for an intent, however it is spaced.
_LEADING = re.compile(r"^[\s/\uff0f\u200b-\u200f\ufeff]+")
_NONE = Triage("none")


def no_model(_: str) -> Sequence[tuple[str, float]]:
    """What ranks a text where no model is there."""
    return ()


def understand(text: str, context: Context | None = None, rank: Rank = no_model) -> Understanding:
    """Read one message. `rank` is the trained model; without it the lexicon decides alone."""
    context = context or Context()
    text = text[:LONGEST]

    def ranked(part: str) -> Sequence[tuple[str, float]]:
        return rank(plain(part))

    is_command = controls.is_command(text)
    found = _NONE if is_command else triage(text, earlier=context.earlier)
    ranking = tuple(ranked(text)) if text and not is_command else ()
    control = controls.match(text)
    decided = decide(text, found, _remembered(text, ranking, ranked))
    asked = questions.several(plain(text), decided, ranked) if text and not is_command else []
    if len(asked) == 1:
        # "No, the passport" is the question that it asks instead.
        decided = replace(_question(asked[0]), asks=decided.asks)
    opens = decided.kind if decided.opens_case and not (control and found.level == "none") else None
    cries = opens in CASE_KINDS[:3]
    quiet, opener, how = puzzled(text), openers.opener(text), dialogue.bare(text)
    return Understanding(
        language=_language(text, context.prior),
        control=control,
        triage=found,
        decision=decided,
        ranking=ranking,
        questions=tuple(asked),
        opens=opens,
        asks=decided.asks and (_seen_by_lexicon(found) or not (quiet or opener or _goes_on(how))),
        minor=names_minor(text) if cries else found.minor,
        puzzled=quiet,
        opener=opener,
        offered=offered(text).is_offer,
        position=position(text),
        places=dialogue.named(text),
        bare_place=bare_place(text),
        bare=how,
        entities=tuple(entities(text)),
        people=people_named(text),
        citizen=citizens.said(text),
    )


def _remembered(text: str, ranking: tuple[tuple[str, float], ...], rank: Rank) -> Rank:
    """The model, which is not asked twice about the whole message."""
    return lambda part: ranking if part == text else rank(part)


def _question(asked: questions.Asked) -> Decision:
    topic = registry()[asked.intent].topic
    return Decision("question", asked.confidence, asked.intent, asked.confidence, topic, opens_case=False)


def _language(text: str, prior: str | None) -> language.Language:
    heard = language.detect(text, prior=prior)
    if prior in WRITINGS and heard.code in languages.LATIN_WRITINGS and len(text) < SENTENCE_LETTERS:
        return language.Language(prior, heard.confidence)
    return heard


def _seen_by_lexicon(found: Triage) -> bool:
    return found.level in CASE_KINDS or found.framed is not None or found.held is not None


def _goes_on(how: dialogue.Bare | None) -> bool:
    """Whether a message goes on with the last question and says no word more ("kalau di Myanmar?")."""
    return how is not None and how.asks and not how.first_person


def plain(text: str) -> str:
    """A text as Rasa and the model may see it: a leading slash would be taken for an intent and is dropped.

    Half characters of a broken client cannot be sent, and no message of Telegram is longer than LONGEST.
    """
    sendable = text[:LONGEST].encode("utf-8", "replace").decode("utf-8").replace("\0", " ")
    return _LEADING.sub("", sendable).strip()


def decide(text: str, found: Triage, rank: Rank) -> Decision:
    """The decision about one message; `found` is the lexicon's triage, `rank` gives the model's ranking of a text.

    Where the lexicon sees nothing, a message that says nothing yet (a greeting, a try, "I do not understand") or only
    names topics reports nothing, whatever the model makes of so few words.
    """
    decided = questions.judged(text, found, rank)
    if _is_offer(text, found, decided):
        # Who is caught may quote the offer that did it: the person is asked all the same.
        asks = decided.opens_case or decided.asks
        return Decision("offer", 1.0, OFFER, 1.0, None, opens_case=False, asks=asks)
    if found.level != "none":
        return decided
    decided = questions.as_listed(text, decided)
    if puzzled(text):
        return Decision(ORDINARY, 0.0, FALLBACK, 0.0, None, opens_case=False)
    if (decided.opens_case or decided.kind == ORDINARY) and (small := openers.opener(text)) is not None:
        return Decision("smalltalk", 1.0, small, decided.intent_confidence, None, opens_case=False)
    return decided


def _is_offer(text: str, found: Triage, decided: Decision) -> bool:
    """Whether a message is a recruiter's: what it tells of passports and gates is what the work is like, and no cry.

    Danger now, a sign that is never doubted, and whoever is under 18 are no offer, whatever the words are like.
    """
    if decided.kind == "emergency" or found.strength == "sure" or found.minor:
        return False
    surely_a_cry = decided.opens_case and decided.kind_confidence > thresholds().offer_until and decided.kind != "human"
    return decided.kind != "offer" and not surely_a_cry and offered(text).is_offer


def puzzled(text: str) -> bool:
    """Whether a message says that our answer, language or letters were not understood, and nothing else."""
    return dialogue.puzzled(text) or dialogue.puzzled_in_english(text) or dialogue.cannot_read(text)
