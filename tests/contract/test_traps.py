"""Messages that look like what they are not, and how the shipped decision takes them: tests/contract/traps.yml."""

from __future__ import annotations

import os
from collections import Counter
from functools import lru_cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from bot.settings import ROOT
from nlu.checks import examples
from nlu.model import registry
from nlu.model.intent_model import IntentModel
from nlu.understanding import questions
from nlu.understanding.triage import triage

MODELS = Path(os.environ.get("HOTLINE_MODELS", ROOT / "var" / "models"))
TRAPS: dict[str, list[dict[str, Any]]] = yaml.safe_load(
    Path(__file__).with_name("traps.yml").read_text(encoding="utf-8")
)
WRITINGS = ("id", "km", "km-Latn")


@lru_cache(maxsize=1)
def _model() -> IntentModel:
    path = registry.in_use(MODELS)
    assert path is not None, f"there is no model in {MODELS}: run `make train`"
    return IntentModel.from_archive(path)


def _rows() -> list[Any]:
    later = pytest.mark.xfail(reason="known to be wrong", strict=True)
    return [
        pytest.param(row, id=f"{name}-{row['lang']}-{number}", marks=[later] if row.get("known") == "wrong" else [])
        for name, rows in TRAPS.items()
        for number, row in enumerate(rows, start=1)
    ]


@pytest.mark.parametrize("row", _rows())
def test_a_message_is_taken_for_what_it_is(row: dict[str, Any]) -> None:
    found = triage(row["text"])
    decided = questions.judged(row["text"], found, _model().ranking)
    told = f"{decided.kind} by {decided.found_by}, lexicon {found.level} ({found.strength})"
    assert decided.opens_case is row["opens"], told
    assert decided.kind == row.get("kind", decided.kind), told


def test_every_sort_of_trap_is_set_three_times_in_each_writing() -> None:
    for name, rows in TRAPS.items():
        counted = Counter(row["lang"] for row in rows)
        assert all(counted[writing] >= 3 for writing in WRITINGS), name


def test_no_trap_was_taught() -> None:
    taught = {examples.key(one.text) for one in examples.utterances()}
    assert not [row["text"] for rows in TRAPS.values() for row in rows if examples.key(row["text"]) in taught]
