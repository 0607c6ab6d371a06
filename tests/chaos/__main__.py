"""`make chaos` and `make outages`. Prints the seed and the figures; ends with 1 when something is there that must not
be."""

from __future__ import annotations

import argparse
import asyncio
import random
import sys
from pathlib import Path

from tests.chaos.run import chaos


def main() -> int:
    """The command."""
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description="Everything goes wrong, by a seed.")
    parser.add_argument("--seed", type=int, default=None, help="the same seed gives the same plan (default: any)")
    parser.add_argument("--kills", type=int, default=100, help="kill -9 of each process (default 100: 34 minutes)")
    parser.add_argument("--people", type=int, default=500)
    parser.add_argument("--log", type=Path, default=None, help="keep what the processes printed in this file")
    given = parser.parse_args()
    seed = random.SystemRandom().randrange(1_000_000) if given.seed is None else given.seed
    result = asyncio.run(chaos(seed, kills=given.kills, count=given.people))
    print("\n".join(result.lines()))
    if given.log is not None:
        given.log.write_text(result.log)
    return 1 if result.verdict.faults else 0


if __name__ == "__main__":
    sys.exit(main())
