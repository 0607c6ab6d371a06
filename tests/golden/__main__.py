"""Freezes or compares what is made of every message: `python -m tests.golden [--write]`. Five minutes on two cores.

Without `--write` it prints the lines that differ from tests/golden/*.tsv, as (file, digest, frozen, now), counts them,
and ends with 1 if there are any. A change that is meant is listed with its reason in tests/golden/README.md.
"""

from __future__ import annotations

import argparse
import sys
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from tests.golden import play

FOLDER = Path(__file__).parent


def main() -> int:
    """The command."""
    options = argparse.ArgumentParser(prog="python -m tests.golden", description=__doc__)
    options.add_argument("--write", action="store_true", help="freeze what is made of the messages now")
    given = options.parse_args()
    differ = 0
    with ProcessPoolExecutor(2) as pool:
        for name, texts in play.sources().items():
            differ += _settle(name, list(pool.map(play.line, texts, chunksize=50)), write=given.write)
        verdicts = pool.map(play.verdict_line, play.building(), chunksize=50)
        differ += _settle("verdicts", list(verdicts), write=given.write)
        differ += _settle("conversations", list(play.conversations()), write=given.write)
    sys.stdout.write(f"golden: {differ} lines differ\n")
    return 1 if differ and not given.write else 0


def _settle(name: str, lines: list[str], *, write: bool) -> int:
    """Write or compare one file. Returns how many lines differ from what is frozen."""
    path = FOLDER / f"{name}.tsv"
    frozen = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    now = dict(line.split("\t", 1) for line in lines)
    before = dict(line.split("\t", 1) for line in frozen)
    changed = [key for key in {**before, **now} if before.get(key) != now.get(key)]
    if write:
        path.write_text("".join(f"{key}\t{now[key]}\n" for key in now), encoding="utf-8")
    else:
        for key in changed:
            sys.stdout.write(f"{name}\t{key}\n  frozen  {before.get(key)}\n  now     {now.get(key)}\n")
    return len(changed)


if __name__ == "__main__":
    sys.exit(main())
