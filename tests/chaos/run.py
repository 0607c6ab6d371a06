"""One whole run: the hotline, the crowd, the plan, the verdict."""

from __future__ import annotations

import asyncio
import contextlib
import random
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from tests.chaos import people, plan
from tests.chaos.crowd import Crowd
from tests.chaos.judge import GRACE_SECONDS, Verdict, judge
from tests.chaos.record import Watch, history, open_messages, tables
from tests.chaos.strikes import Disk, Striker
from tests.support.hotline import Hotline


@dataclass
class Result:
    """What a run did and what came of it."""

    seed: int
    kills: dict[str, int]
    strikes: dict[str, int]
    disk: str
    seconds: float
    verdict: Verdict
    log: str = field(repr=False)

    def lines(self) -> list[str]:
        """The run for a person at a terminal."""
        return [
            f"seed                {self.seed}",
            f"kill -9             {', '.join(f'{name} {count}' for name, count in self.kills.items())}",
            f"other faults        {', '.join(f'{name} {count}' for name, count in sorted(self.strikes.items()))}",
            f"a full disk is      {self.disk}",
            f"lasted              {self.seconds:.0f} s",
            *self.verdict.lines(),
        ]


async def chaos(
    seed: int, *, kills: int, count: int, lines: int = 7, round_seconds: float = plan.ROUND_SECONDS
) -> Result:
    """Run `count` people through the hotline while the plan of a seed strikes it."""
    planned = plan.make(seed, kills=kills, round_seconds=round_seconds)
    writers = people.crowd(seed, count, seconds=planned.seconds * 0.9, lines=lines)
    print(f"seed {seed}: {count} people, {kills} kills of each, {planned.seconds:.0f} s", flush=True)
    disks: list[Disk] = []

    @contextlib.contextmanager
    def with_disk(home: Path) -> Iterator[Disk]:
        disks.append(Disk(home))
        try:
            yield disks[0]
        finally:
            disks[0].close()

    async with Hotline.running(with_disk) as hotline, Watch(hotline) as watch:
        # Telegram's own limits, but for the group's: dozens of cases come within minutes here.
        await hotline.sandbox.limits(enabled=True, group_per_minute=600)
        began = time.monotonic()
        striker = Striker(hotline, planned, disks[0], began)
        crowd = Crowd(hotline, watch, began)
        operating = asyncio.create_task(crowd.operate(random.Random(f"operators:{seed}")))
        telling = asyncio.create_task(_tell(hotline, striker, crowd, began))
        try:
            await asyncio.gather(striker.run(), crowd.write(writers))
            await _settle(hotline, striker.last)
        finally:
            for task in (operating, telling):
                task.cancel()
        told = await history(
            hotline,
            watch,
            crowd.said,
            crowd.people,
            sender_kills=striker.killed_at["worker"],
            database_kills=striker.killed_at["database"],
            last_fault=striker.last,
        )
        return Result(
            seed,
            {victim: striker.kills[victim] for victim in plan.VICTIMS},
            dict(striker.strikes),
            disks[0].how,
            time.monotonic() - began,
            judge(told),
            hotline.log(),
        )


async def _settle(hotline: Hotline, last_fault: float) -> None:
    """Wait until everything is answered, a minute after the last fault at most."""
    while (left := last_fault + GRACE_SECONDS - time.time()) > 0:
        with contextlib.suppress(AssertionError):
            if (await hotline.sandbox.status())["pending_updates"] == 0 and not open_messages(await tables(hotline)):
                return
        await asyncio.sleep(min(2.0, max(0.1, left)))


async def _tell(hotline: Hotline, striker: Striker, crowd: Crowd, began: float) -> None:
    """Say now and then how far the run is."""
    while True:
        await asyncio.sleep(60)
        status = await hotline.sandbox.status()
        print(
            f"{time.monotonic() - began:5.0f} s: {len(crowd.said)} messages, kills {dict(striker.kills)}, "
            f"{status['pending_updates']} updates wait",
            flush=True,
        )
