"""Rasa's intent classifier: trains our intent model, and gives what nlu.understanding reads in a message."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, Dict, List, Optional, Text, Type

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.classifiers.classifier import IntentClassifier
from rasa.nlu.tokenizers.tokenizer import Tokenizer
from rasa.shared.nlu.constants import INTENT, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from nlu.model.intent_model import IntentModel
from nlu.understanding.reader import understand

#: Names the trained assistant that is served: its arrays are then shared with the other processes of the hotline.
ARCHIVE = "HOTLINE_MODEL"
#: Key of the metadata of a message under which the hotline sends what it read (Understanding.for_rasa).
UNDERSTOOD = "understood"
#: Names one that was learned from the same messages, while another is trained (nlu/rasa_server/train.py).
KNOWN = "HOTLINE_LEARNED"


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=True)
class HotlineIntentClassifier(GraphComponent, IntentClassifier):
    """A linear model of both languages. The ranking it leaves is complete: the probabilities add up to 1."""

    @classmethod
    def required_components(cls) -> List[Type]:
        """Words must be cut before."""
        return [Tokenizer]

    @staticmethod
    def get_default_config() -> Dict[Text, Any]:
        """Nothing to set: thresholds stand in data/decision.yml."""
        return {}

    def __init__(self, model_storage: ModelStorage, resource: Resource, model: Optional[IntentModel] = None) -> None:
        """Made by Rasa through `create` and `load`."""
        self._model_storage, self._resource, self._model = model_storage, resource, model

    @classmethod
    def create(
        cls,
        config: Dict[Text, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> "HotlineIntentClassifier":
        """Rasa's way of making an untrained component."""
        return cls(model_storage, resource)

    @classmethod
    def load(
        cls,
        config: Dict[Text, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> "HotlineIntentClassifier":
        """Rasa's way of making a trained component."""
        archive = os.environ.get(ARCHIVE)
        if archive:
            return cls(model_storage, resource, IntentModel.from_archive(Path(archive)))
        with model_storage.read_from(resource) as folder:
            return cls(model_storage, resource, IntentModel.load(folder))

    def train(self, training_data: TrainingData) -> Resource:
        """Fit the model and keep it; where one was learned from the same messages, keep that one."""
        if known := os.environ.get(KNOWN):
            self._model = IntentModel.from_archive(Path(known))
        else:
            examples = [e for e in training_data.intent_examples if e.get(INTENT) and e.get(TEXT)]
            self._model = IntentModel.fit(
                [e.get(TEXT) for e in examples],
                [e.get(INTENT) for e in examples],
                say=lambda line: print(f"nlu-train: {line}", flush=True),
            )
        with self._model_storage.write_to(self._resource) as folder:
            self._model.save(folder)
        return self._resource

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        """Nothing after us learns from our guesses."""
        return training_data

    def process(self, messages: List[Message]) -> List[Message]:
        """Set intent, ranking and questions of each message as nlu.understanding reads them; no rule stands here.

        The hotline sends along what it read when the message arrived; what comes from elsewhere (`rasa shell`,
        `rasa test`) is read here. The ranking of the latter is complete: its probabilities add up to 1.
        """
        for message in messages:
            found = given(message)
            if found is None:
                assert self._model is not None
                found = understand(message.get(TEXT) or "", rank=self._model.ranking).for_rasa()
            message.set("intent", found["intent"], add_to_output=True)
            message.set("intent_ranking", found["intent_ranking"], add_to_output=True)
            if found["questions"]:
                message.set("questions", found["questions"], add_to_output=True)
        return messages


def given(message: Message) -> Optional[Dict[Text, Any]]:
    """What the hotline read in a message when it arrived; None for a message that comes from elsewhere."""
    metadata = message.get("metadata")
    return metadata.get(UNDERSTOOD) if isinstance(metadata, dict) else None
