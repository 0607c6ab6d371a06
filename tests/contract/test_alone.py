"""A second `hotline run` on the same home refuses, and says what to do."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from bot.errors import HotlineRunsAlready
from bot.processes.alone import alone
from bot.settings import ROOT


def test_a_second_run_on_the_same_home_refuses_with_a_sentence(tmp_path: Path) -> None:
    with alone(tmp_path):
        second = subprocess.run(
            [sys.executable, "-m", "bot.cli", "run"],
            cwd=ROOT,
            env={**os.environ, "HOTLINE_HOME": str(tmp_path), "DATABASE_URL": "", "TELEGRAM_BOT_TOKEN": ""},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
    assert second.returncode == 1
    assert "ready" not in second.stdout and "starting" not in second.stdout, "nothing was begun"
    (said,) = second.stderr.strip().splitlines()
    assert str(tmp_path) in said and f"kill {os.getpid()}" in said and "HOTLINE_HOME" in said


def test_another_home_is_another_hotline(tmp_path: Path) -> None:
    with alone(tmp_path / "one"), alone(tmp_path / "two"):
        pass


def test_what_the_first_one_started_does_not_keep_the_home(tmp_path: Path) -> None:
    with alone(tmp_path):
        left = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    try:
        with alone(tmp_path), pytest.raises(HotlineRunsAlready), alone(tmp_path):
            raise AssertionError
    finally:
        left.communicate(b"")
