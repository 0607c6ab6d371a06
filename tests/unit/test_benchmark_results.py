"""Every measurement in benchmarks/results.jsonl can be read by a program, and says what it measured and how."""

from __future__ import annotations

import json
import math
import re
from datetime import date
from typing import Any

from bot.settings import ROOT

FOLDER = ROOT / "benchmarks"
README = (FOLDER / "README.md").read_text(encoding="utf-8")
LINES = (FOLDER / "results.jsonl").read_text(encoding="utf-8").splitlines()
REQUIRED = {"date", "area", "on", "writing", "figures", "command", "machine", "beside", "commit"}
WRITINGS = {"id", "km", "km-Latn", "en", "mixed-km", "other", None}
UNITS = {"%", "count", "ratio", "ms", "s", "MB", "pages"}


def documented(field: str) -> str:
    """What the table of benchmarks/README.md says of a field."""
    (row,) = re.findall(rf"^\| `{field}` \| (.*) \|$", README, re.MULTILINE)
    return str(row)


def faults(line: str) -> list[str]:
    """What is wrong with one line."""
    row: dict[str, Any] = json.loads(line)
    if not REQUIRED <= row.keys() <= REQUIRED | {"note"}:
        return [f"fields differ: {sorted(row.keys() ^ REQUIRED)}"]
    checks = {
        "date": str(date.fromisoformat(row["date"])) == row["date"],
        "area": f"`{row['area']}`" in documented("area"),
        "writing": row["writing"] in WRITINGS,
        "machine": f"`{row['machine']}`" in documented("machine"),
        "beside": row["beside"] in {"nothing", "other work"},
        "commit": row["commit"] is None or re.fullmatch(r"[0-9a-f]{7,40}", row["commit"]) is not None,
        "words": all(isinstance(row.get(name, "-"), str) and row.get(name, "-") for name in ("on", "command", "note")),
        "figures": bool(row["figures"]) and all(is_figure(*one) for one in row["figures"].items()),
    }
    return [name for name, good in checks.items() if not good]


def is_figure(name: str, figure: list[Any]) -> bool:
    value, unit, *of = figure
    counted = not of or (len(of) == 1 and isinstance(of[0], int) and value >= 0 and of[0] > 0)
    # The third number of a percentage is the size of its sample, no bound.
    within = not of or unit == "%" or value <= of[0]
    return bool(re.fullmatch(r"[a-z0-9_]+", name)) and math.isfinite(value) and unit in UNITS and counted and within


def test_every_measurement_has_its_fields_and_figures_with_units() -> None:
    wrong = {number: found for number, line in enumerate(LINES, start=1) if (found := faults(line))}
    assert not wrong


def test_every_field_and_unit_is_documented() -> None:
    for field in (*REQUIRED, "note"):
        assert documented(field)
    for unit in UNITS:
        assert f"`{unit}`" in README


def test_measurements_stand_in_the_order_of_their_days_and_none_twice() -> None:
    days = [json.loads(line)["date"] for line in LINES]
    assert days == sorted(days)
    assert len(set(LINES)) == len(LINES)


def test_a_line_with_a_misspelt_field_or_unit_is_refused() -> None:
    row = json.loads(LINES[0])
    assert faults(json.dumps({**row, "comand": "make bench"}))
    assert faults(json.dumps({**row, "figures": {"reply_p95": [92, "msec"]}})) == ["figures"]
    assert faults(json.dumps({**row, "figures": {"urgent_found": [341, "count", 340]}})) == ["figures"]
