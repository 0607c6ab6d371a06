"""What triage of one message costs, in each writing: processor time over the training messages, each read once.

    .venv/bin/python scripts/bench_triage.py [--messages 2000] [--profile km-Latn]

Processor time of this thread, so that others on the machine count little; wall time is what intake waits.
"""

from __future__ import annotations

import argparse
import cProfile
import pstats
import random
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from nlu.checks.examples import utterances
from nlu.text import khmer, language
from nlu.understanding.triage import triage


def by_writing() -> dict[str, list[str]]:
    """The training messages in Indonesian, in Khmer script and in romanised Khmer."""
    found: dict[str, list[str]] = {"id": [], "km": [], "km-Latn": []}
    for one in utterances():
        if one.lang == "id" or khmer.has_khmer(one.text):
            found[one.lang].append(one.text)
        elif language.looks_khmer_latin(one.text):
            found["km-Latn"].append(one.text)
    return found


def timed(texts: list[str]) -> list[float]:
    """Milliseconds of processor for each message, in rising order."""
    took = []
    for text in texts:
        began = time.thread_time()
        triage(text)
        took.append((time.thread_time() - began) * 1000)
    return sorted(took)


def main() -> None:
    """Measure each writing, or profile one."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--messages", type=int, default=2000, help="of each writing")
    parser.add_argument("--profile", choices=["id", "km", "km-Latn"], help="show where the time goes instead")
    given = parser.parse_args()
    for writing, texts in by_writing().items():
        texts = random.Random(1).sample(texts, min(given.messages, len(texts)))
        if given.profile not in {None, writing}:
            continue
        timed(texts[:50])
        if given.profile:
            with cProfile.Profile() as profile:
                timed(texts[50:])
            pstats.Stats(profile).sort_stats("tottime").print_stats(25)
            continue
        took = timed(texts[50:])
        p50, p95 = (took[int(len(took) * part)] for part in (0.5, 0.95))
        print(f"{writing:<8}{len(took):>6} messages: p50 {p50:.2f}, p95 {p95:.2f}, longest {took[-1]:.1f} ms")


if __name__ == "__main__":
    main()
