"""Everything that is read in one message, as plain values that can be stored as JSON and read again.

Runs on Python 3.10 (inside Rasa) and 3.13; knows neither.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, Optional

from nlu.text.language import Language
from nlu.text.places import Place
from nlu.understanding.decision import CASE_KINDS, FALLBACK, Decision
from nlu.understanding.dialogue import Bare
from nlu.understanding.position import Position
from nlu.understanding.questions import Asked
from nlu.understanding.triage import Reason, Triage

#: Raised when the meaning of a stored field changes: what another version stored is read again from the words.
VERSION = 1
#: Probabilities below this are not stored: no rule looks at them.
LEAST_CHANCE = 0.001


@dataclass(frozen=True)
class Context:
    """What was known before a message was read."""

    #: The chat's messages before this one, oldest first: an earlier one may complete a sign of distress.
    earlier: tuple[str, ...] = ()
    #: The language the chat, or else the phone, writes: id, km, km-Latn; None where nobody knows.
    prior: Optional[str] = None  # noqa: UP045 (read at run time on Python 3.10)


@dataclass(frozen=True)
class Understanding:
    """What one message is, whom it is about, what it names, and why a case is opened."""

    language: Language
    #: The control word that the message consists of (nlu/understanding/controls.py), or None.
    control: str | None
    #: Distress as the lexicon sees it, with its evidence.
    triage: Triage
    #: What lexicon and model together make of the message.
    decision: Decision
    #: Intents with their probability, likeliest first; empty where no model was there.
    ranking: tuple[tuple[str, float], ...]
    #: The questions of the message in its order, where it asks several or asks one instead of another.
    questions: tuple[Asked, ...]
    #: The kind of the case that the message opens by itself; None for any other message.
    opens: str | None
    #: The person is to be asked whether they are in trouble: a sign is there, and too weak for a case.
    asks: bool
    #: Somebody under 18 is named as whoever writes, or as the person it is about.
    minor: bool
    #: It says that our answer, language or letters were not understood, and nothing else.
    puzzled: bool
    #: The small-talk intent of a message that says nothing yet ("apa kabar"), or None.
    opener: str | None
    #: It reads as a recruiter's offer.
    offered: bool
    #: Coordinates or a link to a map, where the message consists of them.
    position: Position | None
    #: Countries and towns it means; what it takes back ("bukan Bavet") is left out.
    places: tuple[Place, ...]
    #: The one place that the message names without saying anything else.
    bare_place: Place | None
    #: How it goes on from the last question, where it names a place and says no word more ("kalau ke Korea?").
    bare: Bare | None
    #: Places, sums, contacts, people, ages, hours, papers, injuries (nlu/understanding/entities.py).
    entities: tuple[dict[str, Any], ...]
    #: How many people it is about.
    people: int | None
    #: Whose citizen the writer says to be: ID, KH or None.
    citizen: str | None

    @property
    def intent(self) -> str:
        """The intent that is answered: that of the only question asked instead of another, else of the decision."""
        return self.questions[0].intent if self.questions else self.decision.intent

    @property
    def confidence(self) -> float:
        """The probability of `intent`."""
        return self.questions[0].confidence if self.questions else self.decision.intent_confidence

    @property
    def reasons(self) -> list[dict[str, str]]:
        """The lexicon's evidence as it is stored and shown to the holder of a case."""
        return [{"id": reason.id, "evidence": reason.evidence} for reason in self.triage.all_reasons]

    @property
    def seen_by_lexicon(self) -> bool:
        """Whether the lexicon sees a sign, also one that a guard holds back or a frame speaks against."""
        return self.triage.level in CASE_KINDS or self.triage.framed is not None or self.triage.held is not None

    @property
    def reports(self) -> bool:
        """Whether it reports trouble, and is no mere wish for a person."""
        return self.opens in CASE_KINDS[:3]

    def for_rasa(self) -> dict[str, Any]:
        """What Rasa's pipeline makes of the message, so that it need not read it again.

        `intent_ranking` has every intent, the likeliest first, and nlu_fallback on top where nothing is likely.
        """
        intent = {"name": self.intent, "confidence": self.confidence}
        ranking = [{"name": name, "confidence": chance} for name, chance in self.ranking]
        if self.intent == FALLBACK:
            ranking.insert(0, dict(intent))
        questions = [{"name": one.intent, "text": one.text} for one in self.questions]
        return {"intent": intent, "intent_ranking": ranking, "questions": questions, "entities": list(self.entities)}

    def to_json(self) -> dict[str, Any]:
        """The shape in which it is stored with its update and handed to Rasa; `from_json` reads it again."""
        likely = [[name, round(chance, 4)] for name, chance in self.ranking if chance >= LEAST_CHANCE]
        return {"version": VERSION, **asdict(self), "ranking": likely}

    @staticmethod
    def from_json(stored: object) -> Understanding | None:
        """A stored understanding; None where there is none, or one of another version."""
        if not isinstance(stored, Mapping) or stored.get("version") != VERSION:
            return None
        raw = {field.name: stored[field.name] for field in fields(Understanding)}
        triage, position, bare_place = raw["triage"], raw["position"], raw["bare_place"]
        raw.update(
            language=Language(**raw["language"]),
            triage=Triage(
                triage["level"],
                tuple(Reason(**reason) for reason in triage["reasons"]),
                triage["minor"],
                _reason(triage["framed"]),
                _reason(triage["held"]),
            ),
            decision=Decision(**raw["decision"]),
            ranking=tuple((name, chance) for name, chance in raw["ranking"]),
            questions=tuple(Asked(**asked) for asked in raw["questions"]),
            position=position and Position(position["typed"], position["at"] and tuple(position["at"])),
            places=tuple(Place(**place) for place in raw["places"]),
            bare_place=bare_place and Place(**bare_place),
            bare=raw["bare"] and Bare(**raw["bare"]),
            entities=tuple(raw["entities"]),
        )
        return Understanding(**raw)


def _reason(stored: Mapping[str, Any] | None) -> Reason | None:
    return Reason(**stored) if stored is not None else None
