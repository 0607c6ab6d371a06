"""Five minutes of a surge in real time: the whole hotline against the sandbox with Telegram's limits on.

    make surge            (or: .venv/bin/python scripts/surge.py MINUTES)

24 people a minute report in both languages; two operators take the next case once a minute. Prints how often the group
refused a message, the fullest minute, and how long after its report a case was first seen in the group.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import re
import statistics
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from bot.desk.budget import REF
from tests.e2e.people import VOICES
from tests.support.hotline import Hotline
from tests.support.sandbox import Operator

A_MINUTE = 24
#: Every so many reports are a P1: about 15 in a hundred.
P1_EVERY = 7
COUNTED = (
    "sendMessage",
    "copyMessage",
    "sendLocation",
    "createForumTopic",
    "editMessageText",
    "editMessageReplyMarkup",
)


async def measure(minutes: float) -> None:
    """Play the surge, then read in the sandbox's record and in the database what came of it."""
    async with Hotline.running(GROUP_MESSAGES_PER_MINUTE="20") as hotline:
        await hotline.sandbox.limits(enabled=True)
        operators = [await hotline.sari(), await hotline.dara()]
        began = time.monotonic()
        async with asyncio.TaskGroup() as group:
            for number in range(int(minutes * A_MINUTE)):
                group.create_task(_reports(hotline, number, began))
            for place, operator in enumerate(operators):
                group.create_task(_takes(operator, began + 30 + 10 * place, began + minutes * 60))
        await asyncio.sleep(75)
        await _tell(hotline)


async def _reports(hotline: Hotline, number: int, began: float) -> None:
    await asyncio.sleep(max(0.0, began + number * 60 / A_MINUTE - time.monotonic()))
    voice = VOICES[number % 2]
    person = await hotline.worker(f"{voice.name} {number}", voice.lang)
    await person.says(voice.emergency if number % P1_EVERY == 3 else voice.distress)


async def _takes(operator: Operator, first: float, end: float) -> None:
    while (now := time.monotonic()) < end:
        await asyncio.sleep(max(0.0, first - now))
        await operator.posts("/next")
        first += 60


async def _tell(hotline: Hotline) -> None:
    group = hotline.sandbox.group.id
    calls = [call for name in COUNTED for call in await hotline.sandbox.calls(name, chat_id=group)]
    refused = [call for call in calls if call["error_code"] == 429]
    done = sorted((call for call in calls if call["ok"]), key=lambda call: call["at"])
    times = [_seconds(call["at"]) for call in done]
    fullest = max(sum(begin <= at < begin + 60 for at in times) for begin in times)
    seen: dict[str, float] = {}
    for call in done:
        for ref in re.findall(REF, str(call["params"].get("text", ""))):
            seen.setdefault(ref.rstrip("!"), _seconds(call["at"]))
    rows = await hotline.query("select ref, priority, extract(epoch from opened_at), topic_id is not null from cases")
    print(f"{len(rows)} cases, {len(done)} messages in the group, fullest minute {fullest}, refused {len(refused)}")
    print(f"{'':<6}{'cases':>6}{'median s':>10}{'longest s':>11}{'with topic':>12}{'never seen':>12}")
    for priority in sorted({row[1] for row in rows}):
        some = [row for row in rows if row[1] == priority]
        waits = [seen[row[0]] - float(row[2]) for row in some if row[0] in seen]
        print(
            f"P{priority:<5}{len(some):>6}{statistics.median(waits):>10.1f}{max(waits):>11.1f}"
            f"{sum(bool(row[3]) for row in some):>12}{len(some) - len(waits):>12}"
        )


def _seconds(at: float | str) -> float:
    return float(at) if isinstance(at, int | float) else dt.datetime.fromisoformat(at).timestamp()


if __name__ == "__main__":
    asyncio.run(measure(float(sys.argv[1]) if len(sys.argv) > 1 else 5))
