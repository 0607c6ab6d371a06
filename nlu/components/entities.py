"""Rasa's entities: the places, sums and contacts that nlu.text finds. The actions read the message itself;
these are for people who look at what was understood."""

from __future__ import annotations

from typing import Any, Dict, List, Text

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.extractors.extractor import EntityExtractorMixin
from rasa.shared.nlu.constants import ENTITIES, TEXT
from rasa.shared.nlu.training_data.message import Message

from nlu.text.amounts import amounts
from nlu.text.contacts import contacts
from nlu.text.places import places


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
            text = message.get(TEXT) or ""
            message.set(ENTITIES, message.get(ENTITIES, []) + found(text), add_to_output=True)
        return messages


def found(text: Text) -> List[Dict[Text, Any]]:
    """Entities of a text as Rasa writes them."""
    entries = [("place", place.country or place.evidence, place) for place in places(text)]
    entries += [
        ("amount", f"{amount.amount_max:g} {amount.currency or ''}".strip(), amount) for amount in amounts(text)
    ]
    entries += [("contact", contact.value, contact) for contact in contacts(text)]
    return [
        {"entity": name, "value": value, "start": item.start, "end": item.end, "extractor": "HotlineEntityExtractor"}
        for name, value, item in entries
    ]
