"""The commands that maintainers and other programs call, on the trained model."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from bot.runtime import model_in_use
from bot.settings import Settings
from bot.turns import understand
from nlu.checks import examples
from nlu.understanding.reader import understand as read
from tests.support.sandbox import REPOSITORY

RASA_PYTHON = REPOSITORY / "nlu" / ".venv" / "bin" / "python"
SHAPE = {
    "text",
    "language",
    "kind",
    "kind_confidence",
    "triage",
    "intent",
    "intent_confidence",
    "topic",
    "entities",
    "opens_case",
    "priority",
    "asks_about",
    "answer",
}


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """A home that has nothing but the trained model."""
    models = Path(os.environ.get("HOTLINE_MODELS", REPOSITORY / "var" / "models"))
    (tmp_path / "models").symlink_to(models)
    return {**os.environ, "HOTLINE_HOME": str(tmp_path)}


def command(environment: dict[str, str], *words: str, given: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "bot.cli", *words],
        input=given,
        capture_output=True,
        text=True,
        cwd=REPOSITORY,
        env=environment,
        check=False,
    )


def test_each_message_is_decided_on_a_line_of_its_own_and_a_bad_line_stops_nothing(
    environment: dict[str, str],
) -> None:
    texts = [
        "paspor saya diambil bos, kami tidak boleh keluar",
        "ថៅកែយកលិខិតឆ្លងដែនខ្ញុំ គេមិនឲ្យចេញក្រៅ",
        "berapa biaya paspor?",
        "ធ្វើលិខិតឆ្លងដែនអស់លុយប៉ុន្មាន?",
        "",
        "\u0000\ud800 😭",
        "a" * 100_000,
    ]
    lines = [json.dumps({"text": text}) for text in texts]
    lines.insert(2, "not json")
    done = command(environment, "understand", "--jsonl", given="\n".join(lines) + "\n")
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert done.returncode == 1, "a bad line is no success"
    assert answers[2] == {"error": 'expected {"text": "..."}', "line": 3}
    decided = answers[:2] + answers[3:]
    assert len(decided) == len(texts)
    assert all(set(one) == SHAPE for one in decided)
    assert [one["opens_case"] for one in decided[:4]] == [True, True, False, False]
    assert [one["triage"]["level"] for one in decided[:2]] == ["distress", "distress"]
    assert [one["topic"] for one in decided[2:4]] == ["passport", "passport"]
    assert [one["language"]["code"] for one in decided[:4]] == ["id", "km", "id", "km"]


#: What Rasa's own pipeline says of texts: a JSON list in, a ranking for each out.
ASK_RASA = """
import asyncio, json, logging, os, sys, warnings
warnings.simplefilter("ignore"); logging.disable(logging.CRITICAL)
answers = os.fdopen(os.dup(1), "w"); os.dup2(2, 1)
from rasa.core.agent import Agent
agent = Agent.load(sys.argv[1])
async def main():
    for text in json.load(sys.stdin):
        found = await agent.parse_message(text)
        ranking = {one["name"]: one["confidence"] for one in found["intent_ranking"] if one["name"] != "nlu_fallback"}
        answers.write(json.dumps(ranking) + "\\n")
asyncio.run(main())
"""


@pytest.mark.skipif(not RASA_PYTHON.exists(), reason="Rasa's environment is not set up")
def test_what_the_command_says_without_rasa_is_what_rasa_says(environment: dict[str, str]) -> None:
    known = list(examples.utterances())
    texts = [*(one.text for one in known[:: len(known) // 200]), "", "x", "a" * 4000, "😭 tolong"]
    config = Settings(hotline_home=Path(environment["HOTLINE_HOME"]))
    path = model_in_use.in_use(config)
    asked = subprocess.run(
        [str(RASA_PYTHON), "-c", ASK_RASA, str(path)],
        input=json.dumps(texts),
        capture_output=True,
        text=True,
        cwd=REPOSITORY,
        env={**environment, "PYTHONPATH": str(REPOSITORY), "RASA_TELEMETRY_ENABLED": "false"},
        check=False,
    )
    assert asked.returncode == 0, asked.stderr[-2000:]
    theirs = [json.loads(line) for line in asked.stdout.splitlines()]
    model = understand.load(config)
    assert len(theirs) == len(texts) > 200
    for text, wanted in zip(texts, theirs, strict=True):
        assert dict(read(text, rank=model.ranking).ranking) == pytest.approx(wanted, abs=1e-5), text[:80]


def test_each_offer_is_judged_on_a_line_of_its_own(environment: dict[str, str]) -> None:
    given = (
        json.dumps({"text": "Loker admin Sihanoukville gaji 15jt, paspor dipegang kantor, tanpa pengalaman"}) + "\n{}\n"
    )
    done = command(environment, "check-offer", "--jsonl", given=given)
    first, second = (json.loads(line) for line in done.stdout.splitlines())
    assert first["risk"] == "high"
    assert {"passport_surrender", "high_risk_place"} <= {flag["id"] for flag in first["flags"]}
    assert first["facts"]["salary"]["currency"] == "IDR"
    assert second["line"] == 2


def test_the_doctor_names_what_is_missing(environment: dict[str, str]) -> None:
    done = command(environment, "doctor", given="")
    assert "model" in done.stdout.lower()
    assert "Traceback" not in done.stderr
