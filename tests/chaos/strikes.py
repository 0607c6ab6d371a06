"""Does to a running hotline what a plan says: kills, faults of Telegram, a full disk, a process that stands still."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import subprocess
import time
from collections import Counter, defaultdict
from pathlib import Path

import httpx

from bot.errors import DatabaseUnavailable
from bot.storage.embedded import EmbeddedPostgres
from tests.chaos.plan import VICTIMS, Kill, Plan, Strike
from tests.support.hotline import Hotline

#: Seconds a kill waits for its victim to be alive again.
PATIENCE_SECONDS = 60.0
#: Bytes of the small file system on which media are kept where one can be mounted.
DISK_BYTES = 32 * 1024 * 1024


class Disk:
    """The disk of the media folder, which can be filled.

    As root on Linux the folder is a small tmpfs, filled to its last byte: writing fails with ENOSPC, reading works.
    Elsewhere a plain file takes the folder's place, as when a volume is not mounted: neither works.
    """

    def __init__(self, home: Path) -> None:
        self.folder = home / "media"
        self.folder.mkdir(mode=0o700, exist_ok=True)
        done = subprocess.run(
            ["mount", "-t", "tmpfs", "-o", f"size={DISK_BYTES},mode=700", "tmpfs", str(self.folder)],
            capture_output=True,
            check=False,
        ) if os.getuid() == 0 and Path("/bin/mount").exists() else None  # fmt: skip
        self.mounted = done is not None and done.returncode == 0

    @property
    def how(self) -> str:
        """What a full disk is here."""
        return "a tmpfs filled to its last byte" if self.mounted else "a file in the folder's place"

    def fill(self) -> None:
        """No byte more fits."""
        if not self.mounted:
            self.folder.rename(self.folder.with_suffix(".away"))
            self.folder.touch()
            return
        with contextlib.suppress(OSError), (self.folder / "filler").open("wb", buffering=0) as filler:
            while True:
                filler.write(bytes(64 * 1024)) or filler.write(b"\0")

    def free(self) -> None:
        """There is room again."""
        if not self.mounted:
            if self.folder.is_file():
                self.folder.unlink()
                self.folder.with_suffix(".away").rename(self.folder)
            return
        (self.folder / "filler").unlink(missing_ok=True)

    def close(self) -> None:
        """Give the mount back."""
        self.free()
        if self.mounted:
            subprocess.run(["umount", "--lazy", str(self.folder)], check=False)


class Striker:
    """Carries out a plan. Counts what it did: a kill counts when a living process died of it."""

    def __init__(self, hotline: Hotline, plan: Plan, disk: Disk, began: float) -> None:
        self.hotline, self.plan, self.disk = hotline, plan, disk
        self._began = began
        self._postgres = EmbeddedPostgres(hotline.home)
        self.kills: Counter[str] = Counter()
        self.strikes: Counter[str] = Counter()
        #: When each was killed; the worker is who sends.
        self.killed_at: dict[str, list[float]] = defaultdict(list)
        self.last = time.time()

    async def run(self) -> None:
        """Carry out everything; returns once the last fault is over and no fault is left in the sandbox."""
        try:
            async with asyncio.TaskGroup() as group:
                for victim in VICTIMS:
                    group.create_task(self._kill_all(victim))
                for strike in self.plan.strikes:
                    group.create_task(self._strike(strike))
        finally:
            self.disk.free()
        await self.hotline.sandbox.clear_faults()
        self.last = time.time()

    async def _until(self, at: float) -> None:
        await asyncio.sleep(max(0.0, self._began + at - time.monotonic()))

    async def _kill_all(self, victim: str) -> None:
        last: int | None = None
        for kill in self.plan.kills_of(victim):
            await self._until(kill.at)
            last = await self._kill(kill, last)
        # One that ended by itself just before its kill was not killed: made up for, so that the count is the plan's.
        for kill in self.plan.kills_of(victim):
            if self.kills[victim] >= len(self.plan.kills_of(victim)):
                break
            last = await self._kill(kill, last)

    async def _kill(self, kill: Kill, last: int | None) -> int | None:
        """Kill one process once it is another than the last one killed, and alive. Returns its id."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < deadline:
            pid = await self.pid_of(kill.victim)
            if pid is not None and pid != last and (not kill.working or self._works(kill.victim, pid)):
                await asyncio.sleep(kill.lived)
                at = time.time()
                try:
                    os.kill(pid, signal.SIGKILL)
                except ProcessLookupError:
                    # It ended by itself meanwhile: the next one then.
                    last = pid
                    continue
                self.kills[kill.victim] += 1
                self.killed_at[kill.victim].append(at)
                return pid
            await asyncio.sleep(0.02)
        return last

    def _works(self, victim: str, pid: int) -> bool:
        """Whether this very process has said that it works."""
        try:
            return (self.hotline.home / "run" / f"{victim}.ready").read_text() == str(pid)
        except OSError:
            return False

    async def pid_of(self, victim: str) -> int | None:
        """The process as it runs now; None while there is none."""
        if victim == "database":
            if self._postgres.running():
                return self._postgres.pid
            try:
                await asyncio.to_thread(self._postgres.start)
            except (DatabaseUnavailable, OSError):
                return None
            return self._postgres.pid
        try:
            pid = self.hotline.pid(victim)
            state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        except (OSError, ValueError):
            return None
        return pid if state != "Z" else None

    async def _strike(self, strike: Strike) -> None:
        await self._until(strike.at)
        self.strikes[strike.fault.get("kind", strike.what)] += 1
        if strike.what == "telegram":
            with contextlib.suppress(httpx.HTTPError):
                await self.hotline.sandbox.ask("POST", "/faults", json=strike.fault)
        elif strike.what == "disk":
            self.disk.fill()
            await asyncio.sleep(strike.seconds)
            self.disk.free()
        elif strike.what == "clock" and strike.victim is not None:
            pid = await self.pid_of(strike.victim)
            if pid is not None:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGSTOP)
                await asyncio.sleep(strike.seconds)
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGCONT)
