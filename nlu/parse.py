"""Parse messages without a server: JSON lines in, intent ranking and entities out. For `hotline understand`.

nlu/.venv/bin/python -m nlu.parse --model MODEL < texts.jsonl
"""

from __future__ import annotations

import argparse
import asyncio
import json
import logging
import os
import sys
import warnings


def main() -> None:
    """Read {"text"} a line, write {"intent","confidence","ranking","entities"} a line, in the same order."""
    given = argparse.ArgumentParser(prog="python -m nlu.parse")
    given.add_argument("--model", required=True)
    model = given.parse_args().model
    os.environ.setdefault("RASA_TELEMETRY_ENABLED", "false")
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    warnings.simplefilter("ignore")
    logging.disable(logging.CRITICAL)
    # Libraries print where they like; standard output is for answers alone.
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    from rasa.core.agent import Agent

    agent = Agent.load(model)

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
            answers.write(json.dumps(answer) + "\n")
            answers.flush()

    asyncio.run(run())


if __name__ == "__main__":
    main()
