"""What one message is: one pure function, asked when it arrives, that intake, the turn and the reports share.

Runs on Python 3.10 (inside Rasa) and 3.13; knows neither.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from nlu import openers, questions
from nlu.decision import FALLBACK, ORDINARY, Decision, thresholds
from nlu.text import dialogue
from nlu.text.offered import offered
from nlu.text.triage import Triage

#: The intent of whoever wants an offer judged.
OFFER = "ask_offer_check"


def understand(text: str, found: Triage, rank: Callable[[str], Sequence[tuple[str, float]]]) -> Decision:
    """The decision about one message; `found` is the lexicon's triage, `rank` gives the model's ranking of a text.

    Where the lexicon sees nothing, a message that says nothing yet (a greeting, a try, "I do not understand") or only
    names topics reports nothing, whatever the model makes of so few words.
    """
    decided = questions.judged(text, found, rank)
    if _is_offer(text, found, decided):
        # Who is caught may quote the offer that did it: the person is asked all the same.
        asks = decided.opens_case or decided.asks
        return Decision("offer", 1.0, OFFER, decided.intent_confidence, None, opens_case=False, asks=asks)
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
