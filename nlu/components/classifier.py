"""Rasa's intent classifier: our intent model, then the explicit rule of nlu/decision.py."""

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

from nlu.components.intent_model import IntentModel
from nlu.decision import FALLBACK, decide
from nlu.questions import several
from nlu.text.triage import triage

#: Names the trained assistant that is served: its arrays are then shared with the other processes of the hotline.
ARCHIVE = "HOTLINE_MODEL"


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
        """Fit the model and keep it."""
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
        """Set each message's intent and the whole ranking; nlu_fallback stands on top when nothing is likely enough.

        A message that asks two questions gets the intent of the first, and both as `questions`.
        """
        for message in messages:
            text = message.get(TEXT) or ""
            assert self._model is not None
            ranking = [{"name": name, "confidence": chance} for name, chance in self._model.ranking(text)]
            chosen = decide("none", ranking, frame=triage(text).frame)
            intent = {"name": chosen.intent, "confidence": chosen.intent_confidence}
            asked = several(text, chosen, self._model.ranking)
            if asked:
                intent = {"name": asked[0].intent, "confidence": asked[0].confidence}
                found = [{"name": one.intent, "text": one.text} for one in asked]
                message.set("questions", found, add_to_output=True)
            elif chosen.intent == FALLBACK:
                ranking.insert(0, dict(intent))
            message.set("intent", intent, add_to_output=True)
            message.set("intent_ranking", ranking, add_to_output=True)
        return messages
