"""The jobs process: turns, sends, the desk, media, upkeep. It only imports the rooms; each job lives in its own."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from bot import guard
from bot import log as logs
from bot.cases import retention
from bot.desk import group
from bot.desk import jobs as _desk  # registers alerts and what follows a send
from bot.outbox import media as _media  # noqa: F401  registers media.fetch
from bot.outbox import send
from bot.storage import jobs
from bot.turns import nlu
from bot.turns import service as turns

log = logs.get(__name__)

#: Queues and how many of their jobs run at once. Turns wait for Rasa, sends for Telegram: both mostly wait.
PLAN = ((jobs.TURNS, 16), (jobs.SENDS, 24), (jobs.DESK, 4), (jobs.MEDIA, 2), (jobs.UPKEEP, 4))
#: Seconds between looks for lost jobs, rows without a job and unanswered turns, cases nobody saw, finished jobs.
REQUEUE_SECONDS, SWEEP_SECONDS, CARDS_SECONDS, PURGE_SECONDS = 1.0, 5.0, 30.0, 600.0
#: Seconds between looks for what is older than we keep it.
FORGET_SECONDS = 3600.0


async def run(ready: Callable[[], None], *, only_one: bool = True) -> None:
    """Work until cancelled; calls `ready` once jobs are taken.

    `only_one`: this is the machine's only worker, so what was running is lost for sure.
    """
    await _blame()
    if only_one:
        count = await jobs.requeue_all_running()
        log.info("worker_starts", requeued=count)
    async with asyncio.TaskGroup() as group:
        group.create_task(jobs.run_workers(PLAN))
        group.create_task(_every(REQUEUE_SECONDS, jobs.requeue_stalled))
        group.create_task(_every(SWEEP_SECONDS, send.sweep))
        group.create_task(_every(SWEEP_SECONDS, turns.sweep))
        group.create_task(_every(SWEEP_SECONDS, _answer_again))
        group.create_task(_every(CARDS_SECONDS, _desk.post_missing_cards))
        group.create_task(_every(PURGE_SECONDS, jobs.purge))
        group.create_task(_every(FORGET_SECONDS, retention.forget))
        ready()


async def _blame() -> None:
    """Count the death of the worker before this one against the update that was at work, and against nobody else."""
    guilty = list(guard.left_behind())
    for task, arguments in await jobs.suspects([job for job, _ in guilty]):
        failed = {"turns.take": turns.failed, "desk.take": group.failed}.get(task)
        if failed is not None:
            await failed(int(arguments["update"]), "WorkerDied")


async def _answer_again() -> None:
    """Rasa is back: answer what it could not."""
    if await turns.waiting_for_rasa() and await nlu.alive():
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
