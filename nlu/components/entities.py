"""Rasa's entities: what nlu.text finds. The actions read the message itself; these are for people who look at what was
understood."""

from __future__ import annotations

from typing import Any, Dict, List, Text

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.extractors.extractor import EntityExtractorMixin
from rasa.shared.nlu.constants import ENTITIES, TEXT
from rasa.shared.nlu.training_data.message import Message

from nlu.components.classifier import UNDERSTOOD, given
from nlu.understanding.entities import entities


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.ENTITY_EXTRACTOR, is_trainable=False)
class HotlineEntityExtractor(GraphComponent, EntityExtractorMixin):
    """Thin: no learning, no words of its own."""

    @classmethod
    def create(
        cls,
        config: Dict[Text, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> "HotlineEntityExtractor":
        """Rasa's way of making a component."""
        return cls()

    def process(self, messages: List[Message]) -> List[Message]:
        """Add what is found to each message."""
        for message in messages:
            read = given(message)
            named = entities(message.get(TEXT) or "") if read is None else read["entities"]
            message.set(ENTITIES, message.get(ENTITIES, []) + as_rasa(named), add_to_output=True)
            if read is not None:
                # Rasa keeps the metadata with the conversation; what was read stands in the event already.
                message.get("metadata").pop(UNDERSTOOD)
        return messages


def as_rasa(found: List[Dict[Text, Any]]) -> List[Dict[Text, Any]]:
    """Entities as Rasa writes them."""
    return [
        {
            "entity": one["entity"],
            "value": _value(one),
            "start": one["start"],
            "end": one["end"],
            "extractor": "HotlineEntityExtractor",
        }
        for one in found
    ]


def _value(one: Dict[Text, Any]) -> Any:
    """A country for a place where one is known, one string for a sum; the rest as it is found."""
    value = one["value"]
    if one["entity"] == "place":
        return one["country"] or value
    if one["entity"] == "amount":
        return f"{value['max']:g} {value['currency'] or ''}".strip()
    return value
