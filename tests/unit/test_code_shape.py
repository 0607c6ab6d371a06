"""A newcomer can read each module and function in one sitting. Complexity is held by ruff (C901)."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from bot.settings import ROOT

MODULE_LINES, FUNCTION_LINES = 500, 50


def modules() -> Iterator[Path]:
    """Every module of ours. Migrations are history: nobody rewrites them."""
    for package in ("bot", "nlu", "actions"):
        for path in sorted((ROOT / package).rglob("*.py")):
            if not {".venv", "versions"} & set(path.parts):
                yield path


def test_no_module_is_longer_than_500_lines() -> None:
    lines = {path.relative_to(ROOT): path.read_text(encoding="utf-8").count("\n") for path in modules()}
    assert len(lines) > 200
    assert not {str(path): n for path, n in lines.items() if n > MODULE_LINES}, "move what belongs together elsewhere"


def test_no_function_is_longer_than_50_lines() -> None:
    long = [
        f"{path.relative_to(ROOT)}: {node.name} has {node.end_lineno - node.lineno + 1} lines"
        for path in modules()
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and node.end_lineno is not None
        and node.end_lineno - node.lineno >= FUNCTION_LINES
    ]
    assert not long, "give a part of it a name of its own"
