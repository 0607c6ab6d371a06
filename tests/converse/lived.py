"""Run by `python -m tests.converse` in pytest, for its database: no test of the suite."""

from __future__ import annotations

import json
import os
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from bot.settings import ROOT
from bot.turns import model, rasa_client
from nlu.model import registry
from nlu.model.intent_model import IntentModel
from tests.converse.__main__ import read, scored
from tests.converse.play import Rules, play
from tests.support.rooms import Rooms

ONLY = os.environ.get("CONVERSE_ONLY", "")
FOUND = read(os.environ["CONVERSE_HALF"]) if "CONVERSE_HALF" in os.environ else []


@pytest.mark.parametrize(
    "one", [one for one in FOUND if not ONLY or one["id"] in ONLY.split(",")], ids=lambda one: one["id"]
)
async def test_lives_through(one: dict[str, Any], rooms: Rooms, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rasa_client, "ask", Rules().ask)
    monkeypatch.setattr(model._reader, "get", trained)
    lived = await play(rooms, one, user=41)
    _write(json.dumps(scored(one, lived), ensure_ascii=False, default=str))


@cache
def trained() -> IntentModel:
    """The model that `make train` made: a test's home has none."""
    path = registry.in_use(Path(os.environ.get("HOTLINE_MODELS") or ROOT / "var" / "models"))
    assert path is not None, "run `make train` first"
    return IntentModel.from_archive(path)


def _write(line: str) -> None:
    with Path(os.environ["CONVERSE_FOUND"]).open("a", encoding="utf-8") as file:
        file.write(line + "\n")
