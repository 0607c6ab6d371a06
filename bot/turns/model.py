"""What the intent model says of a message, read by this process without Rasa.

The model is a file of plain arrays, laid open beside the trained assistant: all processes share its pages of memory.
Intake asks it about every message, before anything else happens; a worker asks it about words on files.
"""

from __future__ import annotations

import time
from pathlib import Path

from bot import log as logs
from bot import trained
from bot.cases.rules import CASE_KINDS
from bot.settings import settings
from bot.turns import distress
from bot.turns.nlu import plain
from nlu import decision, openers, understanding
from nlu.components.intent_model import IntentModel
from nlu.text import dialogue, language
from nlu.text.triage import Triage, triage

log = logs.get(__name__)

#: Seconds after which it is looked up again which model is in use.
LOOK_SECONDS = 30.0


class _Reader:
    """The model in use, as far as this process knows."""

    def __init__(self) -> None:
        self.path: Path | None = None
        self.model: IntentModel | None = None
        self.looked_at = float("-inf")

    def get(self) -> IntentModel | None:
        now = time.monotonic()
        if now - self.looked_at >= LOOK_SECONDS:
            self.looked_at = now
            path = trained.in_use(settings())
            if path != self.path:
                self.model = IntentModel.from_archive(path) if path is not None else None
                self.path = path
        return self.model


_reader = _Reader()


def ranking(text: str) -> list[tuple[str, float]]:
    """Every intent with its probability, likeliest first; empty where no model is there or it cannot be read."""
    try:
        model = _reader.get()
        return model.ranking(text) if model is not None else []
    except Exception as problem:  # the lexicon alone must do
        log.warning("model_not_read", why=type(problem).__name__)
        return []


def warm() -> None:
    """Read lexicon, places and model now: it takes longer than a step of a busy process may."""
    language.detect("tolong")
    triage("tolong")
    distress.whereabouts("tolong", None)
    ranking("tolong")


def understand(text: str, found: Triage) -> decision.Decision:
    """What one message is; `found` is what the lexicon sees in it."""
    return understanding.understand(text, found, lambda part: ranking(plain(part)))


def hinted(text: str, *, passed_on: bool = False) -> bool:
    """Whether a message that no case was opened for has a hint of trouble too weak for one.

    An offer that somebody passes on is the recruiter's own words: the verdict on it says whom to tell.
    """
    how = dialogue.bare(text)
    if (
        not text
        or understanding.puzzled(text)
        or openers.opener(text)
        or (how is not None and how.asks and not how.first_person)
    ):
        # "Kalau di Myanmar?" and no word more goes on with the last question.
        return False
    found = _alone(text)
    return found.asks and not (passed_on and found.kind == "offer")


def urgent(text: str) -> decision.Decision | None:
    """The decision about words in which the model alone hears trouble; None for anything else, and without a model."""
    found = _alone(text)
    return found if found.opens_case and found.kind in CASE_KINDS[:3] else None


def _alone(text: str) -> decision.Decision:
    """The decision about a message in which the lexicon sees nothing."""
    return understand(text, Triage("none", framed=triage(text).framed))
