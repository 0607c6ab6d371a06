"""The jobs in two processes: sends, the desk, media and upkeep in one, the turns in the other.

It only imports the rooms; each job lives in its own. A turn reads what strangers wrote: one that blocks its process, or
ends it, holds up no message that is to be sent, the first answer to a cry for help above all.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

from bot import log as logs
from bot.alarm import jobs as alarm
from bot.cases import lease as leases
from bot.cases import retention
from bot.desk import facts, group, lease
from bot.desk import jobs as _desk  # registers alerts and what follows a send
from bot.outbox import bots, media, send, sender
from bot.runtime import measure, run_files, watchdog
from bot.runtime.circuit_breaker import ASK_SECONDS
from bot.settings import settings
from bot.storage import jobs, stuck
from bot.storage.lease import Lease
from bot.turns import attachments, rasa_client  # noqa: F401  registers turns.read_file
from bot.turns import service as turns
from bot.watch import beats, server
from bot.watch import service as watch

log = logs.get(__name__)

#: Queues and how many of their jobs run at once. Turns wait for Rasa, sends for Telegram: both mostly wait.
#: One file is read at a time: it takes a processor for seconds, and must not hold up the fetching of evidence.
PLAN = ((jobs.DESK, 4), (jobs.MEDIA, 2), (jobs.READING, 1), (jobs.UPKEEP, 4), (jobs.ALARMS, 4))
#: What only the worker that holds the sender's lease runs.
SENDING = ((jobs.SENDS, 24),)
TURNS_PLAN = ((jobs.TURNS, 16),)
#: What the name of a connection of the turns ends with.
TURNS = "turns"
#: Seconds between looks for lost jobs, rows without a job and unanswered turns, cases nobody saw, finished jobs.
REQUEUE_SECONDS, SWEEP_SECONDS, CARDS_SECONDS, PURGE_SECONDS = 1.0, 5.0, 30.0, 600.0
#: Seconds between counts of what happened (docs/watching.md).
COUNT_SECONDS = 20.0
#: Seconds between looks for P1 cases past their time, and for the weekly test of the alarm.
ALARM_SECONDS = 5.0
#: Seconds after the start, or after Telegram was away, before held cases are looked at: what operators wrote meanwhile
#: comes first, and may be the answer.
CATCH_UP_SECONDS = 60.0
#: Seconds between looks for what is older than we keep it.
FORGET_SECONDS = 3600.0
#: Seconds between looks for numbers and answers that are hidden, or soon; a desk is told once a day.
FACTS_SECONDS = 900.0
#: Seconds between looks whether the disk has room for files that were left.
ROOM_SECONDS = 600.0


async def run(ready: Callable[[], None], name: str = "worker") -> None:
    """Work until cancelled, alone or beside other workers; calls `ready` once jobs are taken, turns too."""
    # A table that cannot be read stops the start.
    leases.minutes()
    sending = sender.lease()
    await sending.connect()
    await _pick_up(sending, sender.ROLE, (*SENDING, *PLAN))
    home, turns_name = settings().hotline_home, turns_beside(name)
    await bots.arrive()
    await _desk.follow_groups()
    async with asyncio.TaskGroup() as group:
        group.create_task(jobs.run_workers(PLAN))
        group.create_task(_every(REQUEUE_SECONDS, stuck.requeue_stalled))
        group.create_task(beats.keep("worker", rasa_client.alive))
        group.create_task(server.run(run_files.measures_folder(home, turns_name)))
        group.create_task(sending.hold(_as_the_one))
        await _until_there(run_files.ready_file(home, turns_name))
        ready()


def turns_beside(worker: str) -> str:
    """The name of the turns that belong to a worker: turns-2 to worker-2."""
    return worker.replace("worker", TURNS, 1)


async def _as_the_one() -> None:
    """What one worker does for all: sending, whose limits are counted in memory, and the upkeep."""
    await send.recall_last_minute()
    async with asyncio.TaskGroup() as group:
        group.create_task(jobs.run_workers(SENDING))
        group.create_task(_every(SWEEP_SECONDS, send.sweep))
        group.create_task(_every(ASK_SECONDS, send.ask_whether_back))
        group.create_task(_every(SWEEP_SECONDS, turns.sweep))
        group.create_task(_every(SWEEP_SECONDS, _answer_again))
        group.create_task(_every(CARDS_SECONDS, _desk.post_missing_cards))
        group.create_task(_every(ALARM_SECONDS, alarm.look))
        group.create_task(_every(ALARM_SECONDS, _held_cases(time.monotonic())))
        group.create_task(_every(PURGE_SECONDS, jobs.purge))
        group.create_task(_every(FORGET_SECONDS, retention.forget))
        group.create_task(_every(FACTS_SECONDS, facts.tell))
        group.create_task(_every(ROOM_SECONDS, media.fetch_where_room))
        group.create_task(_every(COUNT_SECONDS, watch.count))


async def run_turns(ready: Callable[[], None]) -> None:
    """The turns alone, until cancelled: the process beside the worker."""
    seen = Lease(TURNS, TURNS)
    await seen.connect()
    await _pick_up(seen, TURNS, TURNS_PLAN)
    measure.begin()
    ready()
    await jobs.run_workers(TURNS_PLAN)


async def _pick_up(seen: Lease, role: str, plan: Sequence[tuple[str, int]]) -> None:
    """Blame whoever ended the process before this one, and give back what it was doing if nobody else does the same."""
    guilty = [job for job, _ in watchdog.left_behind()]
    await _blame(guilty)
    count = await stuck.requeue_if_alone(seen.holder, role, [name for name, _ in plan])
    log.info("worker_starts", role=role, requeued=count)
    await stuck.put_off(guilty)


async def _until_there(file: Path) -> None:
    while True:
        if file.exists():
            return
        await asyncio.sleep(0.05)


async def _blame(guilty: Sequence[int]) -> None:
    """Count the death of the process before this one against the update that was at work, and against nobody else."""
    for task, arguments in await stuck.suspects(guilty):
        failed = {"turns.take": turns.failed, "desk.take": group.failed}.get(task)
        if failed is not None:
            await failed(int(arguments["update"]), "WorkerDied")


def _held_cases(began: float) -> Callable[[], Awaitable[None]]:
    """What looks for messages that the holder of a case does not answer, once all is here that operators wrote."""
    there_since = began

    async def held_cases() -> None:
        nonlocal there_since
        if send.telegram_away():
            there_since = time.monotonic()
        elif time.monotonic() - there_since >= CATCH_UP_SECONDS:
            await lease.look()

    return held_cases


async def _answer_again() -> None:
    """Rasa is back: answer what it could not."""
    if await turns.waiting_for_rasa() and await rasa_client.alive():
        await turns.replay_unanswered()


async def _every(seconds: float, do: object) -> None:
    assert callable(do)
    while True:
        try:
            await do()
        except asyncio.CancelledError:
            raise
        except Exception as problem:
            log.warning("upkeep_waits", job=getattr(do, "__name__", "?"), error=type(problem).__name__)
        await asyncio.sleep(seconds)
