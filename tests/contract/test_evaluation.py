"""The trained model is no worse than the best accepted report, on messages it never saw."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from bot.cases.rules import CASE_KINDS
from bot.offers.evaluation.scores import LANGUAGES
from bot.offers.evaluation.scores import digest as digest_of
from bot.offers.evaluation.teach import fingerprint
from bot.settings import ROOT
from bot.turns import model
from nlu.checks import examples
from nlu.evaluation.__main__ import RASA_OFF, ways
from nlu.model import registry
from nlu.model.intent_model import IntentModel

MODELS = Path(os.environ.get("HOTLINE_MODELS", ROOT / "var" / "models"))
PYTHON = ROOT / "nlu" / ".venv" / "bin" / "python"


@pytest.mark.timeout(400)
def test_nothing_is_below_its_floor_or_the_best_accepted_report() -> None:
    found = subprocess.run(
        [PYTHON, "-m", "nlu.evaluation", "--check", "--models", MODELS],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert found.returncode == 0, found.stdout + found.stderr
    assert "nothing is below its floor" in found.stdout


def test_with_rasa_off_the_app_itself_finds_nine_in_ten_of_the_urgent(monkeypatch: pytest.MonkeyPatch) -> None:
    """By what intake asks about every message, as the row "Rasa off" of the report counts it."""
    path = registry.in_use(MODELS)
    assert path is not None
    trained = IntentModel.from_archive(path)
    monkeypatch.setattr(model, "ranking", trained.ranking)
    count = ways(trained)[RASA_OFF]
    dev = [one for lang in examples.LANGUAGES for one in examples.held_out(lang, "dev")]
    for writing in ("id", "km", "km-Latn"):
        cries = [one for one in dev if one.lang == writing and one.kind in CASE_KINDS[:3]]
        found = [_opened_without_rasa(one.text) for one in cries]
        assert found == [counted.kind if (counted := count(one)).opens_case else "none" for one in cries]
        assert sum(kind in CASE_KINDS[:3] for kind in found) >= 0.9 * len(cries), writing


def _opened_without_rasa(text: str) -> str:
    decided = model.understand(text).decision
    return decided.kind if decided.opens_case else "none"


def test_no_offer_figure_is_beyond_its_limit() -> None:
    found = subprocess.run(
        [sys.executable, "-m", "bot.offers.evaluation", "--check"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert found.returncode == 0, found.stdout + found.stderr
    assert "no offer figure is beyond its limit" in found.stdout


def test_the_written_report_is_of_the_data_that_is_committed() -> None:
    report = (ROOT / "docs" / "evaluation.md").read_text(encoding="utf-8")
    for lang in ("id", "km"):
        lines = (ROOT / "data" / "heldout" / "README.md").read_text(encoding="utf-8")
        digest = next(row.split("|")[3].strip() for row in lines.splitlines() if row.startswith(f"| messages_{lang}"))
        assert digest in report


def test_the_written_offer_report_is_of_the_offers_that_are_committed() -> None:
    report = (ROOT / "docs" / "offers-evaluation.md").read_text(encoding="utf-8")
    assert fingerprint() in report
    for lang in LANGUAGES:
        assert digest_of(lang) in report
        assert digest_of(lang) in (ROOT / "data" / "heldout" / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", ["evaluation.md", "offers-evaluation.md"])
def test_a_report_shows_one_table_first(name: str) -> None:
    opening, _, _ = (ROOT / "docs" / name).read_text(encoding="utf-8").partition("\n## ")
    assert [line.split("|")[1].strip() for line in opening.splitlines() if line.startswith("| ")][2:4] == ["id", "km"]
