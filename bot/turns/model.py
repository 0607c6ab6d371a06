"""What the intent model says of a message, read by this process without Rasa.

The model is a file of plain arrays, laid open beside the trained assistant: all processes share its pages of memory.
Intake asks it about every message, before anything else happens; a worker asks it about words on files.
"""

from __future__ import annotations

import time
from pathlib import Path

from bot import log as logs
from bot.cases.rules import CASE_KINDS
from bot.runtime import model_in_use
from bot.settings import settings
from bot.storage.models import Update
from bot.turns import bundle, person
from nlu.model.intent_model import IntentModel
from nlu.understanding import decision, reader
from nlu.understanding.found import Context, Understanding
from nlu.understanding.triage import Triage, triage

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
            path = model_in_use.in_use(settings())
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
    person.whereabouts("tolong", None)
    understand("tolong")


def understand(text: str, context: Context | None = None) -> Understanding:
    """What one message is and tells, by the lexicon and the model in use."""
    return reader.understand(text, context, ranking)


def of(update: Update) -> Understanding:
    """What was read in the words of an update when it arrived.

    They are read now where nobody has done so: intake failed, had no model, or another version of it stored the update.
    """
    stored = Understanding.from_json(update.understood)
    if stored is not None and (stored.ranking or _reader.get() is None):
        return stored
    return understand(bundle.words_of(update))


def unaided(text: str) -> decision.Decision | None:
    """The decision about words in which the model alone hears trouble; None for anything else, and without a model."""
    decided = reader.decide(text, Triage("none", framed=triage(text).framed), lambda part: ranking(reader.plain(part)))
    return decided if decided.opens_case and decided.kind in CASE_KINDS[:3] else None
