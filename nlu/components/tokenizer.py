"""Cuts a message into words for Rasa: in one spelling, Khmer by nlu.text, places pointing into the text as typed."""

from __future__ import annotations

from typing import Any, Dict, List, Text

from rasa.engine.graph import ExecutionContext
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.tokenizers.tokenizer import Token, Tokenizer
from rasa.shared.nlu.training_data.message import Message

from nlu.components.classifier import given
from nlu.model import features


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.MESSAGE_TOKENIZER, is_trainable=False)
class HotlineTokenizer(Tokenizer):
    """One tokenizer for both languages."""

    @staticmethod
    def get_default_config() -> Dict[Text, Any]:
        """Rasa's own options of a tokenizer; none of them is ours."""
        return {"intent_tokenization_flag": False, "intent_split_symbol": "_", "token_pattern": None}

    @classmethod
    def create(
        cls,
        config: Dict[Text, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> "HotlineTokenizer":
        """Rasa's way of making a component."""
        return cls(config)

    def tokenize(self, message: Message, attribute: Text) -> List[Token]:
        """The words of a text; a text without any is one token, which Rasa needs."""
        text = message.get(attribute)
        if given(message) is not None:
            # Nothing behind reads the words of a message that was read already.
            return [Token(text, 0, len(text))]
        found = [Token(word.text, word.start, word.end) for word in features.cut(text)]
        return found or [Token(text, 0, len(text))]
