"""Whoever knows Rasa can use Rasa's own command as docs/rasa-users.md says."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from bot.settings import ROOT

MODELS = Path(os.environ.get("HOTLINE_MODELS", ROOT / "var" / "models"))
STORIES = ROOT / "tests" / "rasa" / "test_stories.yml"


def _rasa_test(stories: Path, out: Path) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": ".", "RASA_TELEMETRY_ENABLED": "false", "LOG_LEVEL": "ERROR"}
    command = ["nlu/.venv/bin/rasa", "test", "core", "-m", str(MODELS), "-s", str(stories), "--out", str(out)]
    command += ["--no-plot", "--fail-on-prediction-errors"]
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)


@pytest.mark.timeout(300)
def test_each_message_of_the_stories_gets_its_intent_and_its_action(tmp_path: Path) -> None:
    done = _rasa_test(STORIES, tmp_path / "right")
    assert done.returncode == 0, done.stderr[-2000:]
    wrong = tmp_path / "test_wrong.yml"
    wrong.write_text(STORIES.read_text(encoding="utf-8").replace("action_open_case", "action_small_talk"), "utf-8")
    assert _rasa_test(wrong, tmp_path / "wrong").returncode != 0, "a wrong story passes"
