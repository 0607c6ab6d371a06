"""One line of benchmarks/results.jsonl: how it is made, and what is wrong with one. Fields: benchmarks/README.md."""

from __future__ import annotations

import datetime as dt
import json
import math
import os
import re
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
README = ROOT / "benchmarks" / "README.md"
REQUIRED = frozenset({"date", "area", "on", "writing", "figures", "command", "machine", "beside", "commit"})
WRITINGS = frozenset({"id", "km", "km-Latn", "en", "mixed-km", "other", None})
UNITS = frozenset({"%", "count", "ratio", "ms", "s", "MB", "pages"})
BESIDE = ("nothing", "other work")
#: Load average of the last minute up to which nothing else counts as running.
QUIET_LOAD = 0.5


def beside() -> str:
    """What shares the machine now. Ask before the measurement adds its own load."""
    return BESIDE[os.getloadavg()[0] > QUIET_LOAD]


def line(
    area: str, on: str, command: str, figures: Mapping[str, Sequence[float | str]], *, shared: str, machine: str
) -> str:
    """A measurement of the checked-out commit, made today (UTC)."""
    found = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    row = {
        "date": str(dt.datetime.now(dt.UTC).date()),
        "area": area,
        "on": on,
        "writing": None,
        "figures": figures,
        "command": command,
        "machine": machine,
        "beside": shared,
        "commit": found.stdout.strip() or None,
    }
    return json.dumps(row, ensure_ascii=False)


def documented(field: str) -> str:
    """What the table of benchmarks/README.md says of a field."""
    (row,) = re.findall(rf"^\| `{field}` \| (.*) \|$", README.read_text(encoding="utf-8"), re.MULTILINE)
    return str(row)


def faults(text: str) -> list[str]:
    """What is wrong with one line: names of fields, nothing if it is right."""
    row: dict[str, Any] = json.loads(text)
    if not REQUIRED <= row.keys() <= REQUIRED | {"note"}:
        return [f"fields differ: {sorted(row.keys() ^ REQUIRED)}"]
    checks = {
        "date": str(dt.date.fromisoformat(row["date"])) == row["date"],
        "area": f"`{row['area']}`" in documented("area"),
        "writing": row["writing"] in WRITINGS,
        "machine": f"`{row['machine']}`" in documented("machine"),
        "beside": row["beside"] in BESIDE,
        "commit": row["commit"] is None or re.fullmatch(r"[0-9a-f]{7,40}", row["commit"]) is not None,
        "words": all(isinstance(row.get(name, "-"), str) and row.get(name, "-") for name in ("on", "command", "note")),
        "figures": bool(row["figures"]) and all(_is_figure(*one) for one in row["figures"].items()),
    }
    return [name for name, good in checks.items() if not good]


def _is_figure(name: str, figure: Sequence[Any]) -> bool:
    value, unit, *of = figure
    counted = not of or (len(of) == 1 and isinstance(of[0], int) and value >= 0 and of[0] > 0)
    # The third number of a percentage is the size of its sample, no bound.
    within = not of or unit == "%" or value <= of[0]
    return bool(re.fullmatch(r"[a-z0-9_]+", name)) and math.isfinite(value) and unit in UNITS and counted and within
