"""The import contract in pyproject.toml names every room, and no module stands beside the rooms."""

from __future__ import annotations

import tomllib

from bot.settings import ROOT

CONTRACTS = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"]["contracts"]
LAYERS = {name.strip() for layer in CONTRACTS[0]["layers"] for name in layer.split("|")}


def test_every_module_is_in_a_layer_of_the_import_contract() -> None:
    rooms = {"actions"}
    for package in ("bot", "nlu"):
        found = {path.stem for path in (ROOT / package).glob("*.py")}
        found |= {path.parent.name for path in (ROOT / package).glob("[a-z]*/__init__.py")}
        rooms |= {f"{package}.{name}" for name in found - {"__init__"}}
    assert rooms == LAYERS


def test_only_what_every_room_needs_stands_beside_the_rooms() -> None:
    modules = {path.stem for path in (ROOT / "bot").glob("*.py")} - {"__init__"}
    assert modules == {"cli", "errors", "log", "settings", "texts"}
    assert {path.name for path in (ROOT / "nlu").glob("*.py")} == {"__init__.py"}
