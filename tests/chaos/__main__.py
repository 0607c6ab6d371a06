"""`make chaos` and `make outages`. Prints the seed and the figures; ends with 1 when something is there that must not
be."""

from __future__ import annotations

import argparse
import asyncio
import random
import signal
import sys
from pathlib import Path

from tests.chaos.outages import OUTAGES, outages
from tests.chaos.run import chaos


def main() -> int:
    """The command."""
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description="Everything goes wrong, by a seed.")
    parser.add_argument("--seed", type=int, default=None, help="the same seed gives the same plan (default: any)")
    parser.add_argument("--kills", type=int, default=100, help="kill -9 of each process (default 100: 34 minutes)")
    parser.add_argument("--people", type=int, default=500)
    parser.add_argument("--outages", action="store_true", help="Telegram, Rasa, the database away, one after another")
    parser.add_argument("--minutes", type=float, default=10, help="how long each outage lasts")
    parser.add_argument("--only", action="append", choices=tuple(OUTAGES), help="this outage alone; may be repeated")
    parser.add_argument("--rate", type=float, default=4.0, help="messages a second during the outages")
    parser.add_argument("--log", type=Path, default=Path("var/chaos.log"), help="what the processes printed")
    given = parser.parse_args()
    seed = random.SystemRandom().randrange(1_000_000) if given.seed is None else given.seed
    # Stopped in whatever way, it takes down what it started.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    if given.outages:
        outcome = asyncio.run(
            outages(seed, seconds=given.minutes * 60, rate=given.rate, only=given.only or tuple(OUTAGES))
        )
        lines, log, faults = outcome.lines(), outcome.log, outcome.faults
    else:
        result = asyncio.run(chaos(seed, kills=given.kills, count=given.people))
        lines, log, faults = result.lines(), result.log, result.verdict.faults
    print("\n".join(lines))
    # A run takes half an hour and no second one is the same: what it printed must be there when it found something.
    given.log.parent.mkdir(parents=True, exist_ok=True)
    given.log.write_text(log)
    print(f"log                 {given.log}")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
