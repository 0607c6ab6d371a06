"""How long a person waits: the whole hotline, one person at a time, final replies on the screen.

    make bench

Prints the median and 95th percentile in milliseconds for each kind of message and language, and from one line of
distress to its card in the operators' group. No load: what load does is another measurement.
"""

from __future__ import annotations

import asyncio
import statistics
import sys
import time
from collections import defaultdict
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tests.e2e.people import VOICES
from tests.support.hotline import Hotline

ROUNDS = 20


async def measure() -> None:
    """Run the rounds and print the table."""
    waits: dict[tuple[str, str], list[float]] = defaultdict(list)
    async with Hotline.running() as hotline:
        print(f"ready after {hotline.ready_after_seconds:.1f} s")
        for number in range(ROUNDS):
            for voice in VOICES:
                person = await hotline.worker(f"{voice.name} {number}", voice.lang)
                await person.starts()
                await person.sees(voice.part("welcome"), 20)
                for kind, words in (("question", voice.question), ("offer", voice.offer), ("distress", voice.distress)):
                    seen = await hotline.topics_seen() if kind == "distress" else set()
                    began = time.monotonic()
                    await person.says(words)
                    await person.sees(lambda m: m["from"]["is_bot"], 20)
                    waits[kind, voice.lang].append(time.monotonic() - began)
                    if kind == "distress":
                        await hotline.case_topic(seen)
                        waits["distress to alert", voice.lang].append(time.monotonic() - began)
                    # Telegram's own pace in one chat is not what is measured here.
                    await asyncio.sleep(1)
    print(f"{'':<20}{'language':<10}{'median ms':>10}{'p95 ms':>10}{'n':>5}")
    for (kind, lang), found in sorted(waits.items()):
        p95 = statistics.quantiles(found, n=20)[-1]
        print(f"{kind:<20}{lang:<10}{statistics.median(found) * 1000:>10.0f}{p95 * 1000:>10.0f}{len(found):>5}")


if __name__ == "__main__":
    asyncio.run(measure())
