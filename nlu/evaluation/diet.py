"""Rasa's own DIET classifier, to be set beside our model: the transformer that Rasa's handbook recommends.

It reads our words (Khmer has no spaces) and letters inside words, one to four long, and learns intents alone.
"""

from __future__ import annotations

import asyncio
import os
import tarfile
import tempfile
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml

PIPELINE = [
    {"name": "nlu.components.tokenizer.HotlineTokenizer"},
    {"name": "CountVectorsFeaturizer", "min_df": 2},
    {"name": "CountVectorsFeaturizer", "analyzer": "char_wb", "min_ngram": 1, "max_ngram": 4, "min_df": 3},
    {
        "name": "DIETClassifier",
        "epochs": 30,
        "entity_recognition": False,
        "constrain_similarities": True,
        "ranking_length": 0,
        "random_seed": 0,
    },
]


class Diet:
    """A trained DIET."""

    def __init__(self, archive: Path) -> None:
        from rasa.core.agent import Agent

        self._agent = Agent.load(str(archive))
        self._loop = asyncio.new_event_loop()

    def ranking(self, text: str) -> list[tuple[str, float]]:
        """Every intent with its probability, likeliest first."""
        found: dict[str, Any] = self._loop.run_until_complete(self._agent.parse_message(text.lstrip("/")))
        return [(str(one["name"]), float(one["confidence"])) for one in found["intent_ranking"]]

    @staticmethod
    def fit(texts: Sequence[str], intents: Sequence[str]) -> tuple[Diet, int]:
        """Train on messages with their intents, which takes long; gives the model, and its bytes on disk unpacked."""
        os.environ.update(RASA_TELEMETRY_ENABLED="false", TF_CPP_MIN_LOG_LEVEL="3", RASA_MAX_CACHE_SIZE="0")
        from nlu.rasa_server import logs

        logs.configure()
        from rasa.model_training import train_nlu

        logs.configure()  # importing Rasa undoes it
        examples: dict[str, list[str]] = defaultdict(list)
        for text, intent in zip(texts, intents, strict=True):
            examples[intent].append(" ".join(text.split()))
        with tempfile.TemporaryDirectory(prefix="diet-") as name:
            folder = Path(name)
            known = [{"intent": intent, "examples": _as_list(found)} for intent, found in sorted(examples.items())]
            (folder / "nlu.yml").write_text(
                yaml.safe_dump({"version": "3.1", "nlu": known}, allow_unicode=True), "utf-8"
            )
            config = {"recipe": "default.v1", "assistant_id": "diet", "language": "id", "pipeline": PIPELINE}
            (folder / "config.yml").write_text(yaml.safe_dump(config), "utf-8")
            made = train_nlu(str(folder / "config.yml"), str(folder / "nlu.yml"), output=name, fixed_model_name="diet")
            if made is None:
                raise SystemExit("diet: Rasa made no model; its own lines above say why")
            with tarfile.open(made) as archive:
                size = sum(member.size for member in archive.getmembers())
            return Diet(Path(made)), size


def _as_list(found: Sequence[str]) -> str:
    """Examples as Rasa's files hold them, with what it would read as an entity or a synonym taken out."""
    return "".join(f"- {text.translate(_MARKS)}\n" for text in found)


_MARKS = str.maketrans(dict.fromkeys("[](){}", " "))
