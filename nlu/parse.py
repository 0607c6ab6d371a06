"""Parse messages without a server: JSON lines in, intent ranking and entities out. For `hotline understand`.

nlu/.venv/bin/python -m nlu.parse --model MODEL [--explain] < texts.jsonl
"""

from __future__ import annotations

import argparse
import asyncio
import json
import logging
import os
import sys
import warnings
from pathlib import Path
from typing import Any

#: Intents that are explained, and features that are named for each.
EXPLAINED, BECAUSE = 3, 6


def main() -> None:
    """Read {"text"} a line, write {"intent","confidence","ranking","entities"} a line, in the same order.

    With --explain also {"normalised","tokens","top"}: the likeliest intents with the features that spoke for them most.
    """
    parser = argparse.ArgumentParser(prog="python -m nlu.parse")
    parser.add_argument("--model", required=True)
    parser.add_argument("--explain", action="store_true")
    given = parser.parse_args()
    model = given.model
    os.environ.setdefault("RASA_TELEMETRY_ENABLED", "false")
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    warnings.simplefilter("ignore")
    logging.disable(logging.CRITICAL)
    # Libraries print where they like; standard output is for answers alone.
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    from rasa.core.agent import Agent

    agent = Agent.load(model)
    explain = _explainer(Path(model)) if given.explain else None

    async def run() -> None:
        for line in sys.stdin:
            # Half a character from a broken client would stop the model.
            text = json.loads(line)["text"].encode("utf-16", "surrogatepass").decode("utf-16", "replace")
            found = await agent.parse_message(text.lstrip("/"))
            answer = {
                "intent": found["intent"]["name"],
                "confidence": found["intent"]["confidence"],
                "ranking": found.get("intent_ranking", []),
                "entities": found.get("entities", []),
            }
            if explain is not None:
                answer.update(explain(text))
            answers.write(json.dumps(answer) + "\n")
            answers.flush()

    asyncio.run(run())


def _explainer(model: Path) -> Any:
    from nlu.components import features
    from nlu.components.intent_model import IntentModel
    from nlu.text.normalise import normalise

    known = IntentModel.from_archive(model)

    def explain(text: str) -> dict[str, Any]:
        top = [
            {
                "intent": intent,
                "confidence": chance,
                "because": [
                    {"sort": sort, "feature": name, "weight": round(weight, 3)}
                    for sort, name, weight in known.reasons(text, intent, BECAUSE)
                ],
            }
            for intent, chance in known.ranking(text)[:EXPLAINED]
        ]
        return {"normalised": normalise(text).text, "tokens": features.tokens(text), "top": top}

    return explain


if __name__ == "__main__":
    main()
