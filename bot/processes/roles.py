"""The parts of the hotline that are Python of ours: what each reads before it is forked, and what it runs then.

Modules are imported only for the parts a process keeps: a gateway needs no action, and its start no libraries of one.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import uvloop

from bot import log as logs
from bot.processes import forking
from bot.runtime import garbage, http_client, run_files, watchdog
from bot.settings import Settings, settings
from bot.storage.here import database

#: The library's variable that names the folder into which a process writes what it measures (bot/runtime/measure.py).
#: prometheus_client looks at it when it is imported.
MEASURES = "PROMETHEUS_MULTIPROC_DIR"


@dataclass(frozen=True)
class Kind:
    """What a part reads ahead, and what it does until it is cancelled, calling `ready` once it works."""

    warm: Callable[[], None]
    run: Callable[[str, Callable[[], None]], Awaitable[None]]
    thinks: bool = False


def _chat() -> Kind:
    from bot.chat import gateway
    from bot.turns import model

    return Kind(model.warm, lambda _, ready: gateway.run(ready))


def _worker() -> Kind:
    from bot.processes import worker

    return Kind(lambda: None, lambda name, ready: worker.run(ready, name))


def _turns() -> Kind:
    from bot.offers import service
    from bot.processes import worker
    from bot.turns import model

    def warm() -> None:
        # Words on a photo, and all words while Rasa is away, are triaged here.
        model.warm()
        service.warm()

    return Kind(warm, lambda _, ready: worker.run_turns(ready), thinks=True)


def _actions() -> Kind:
    from actions import server

    config = settings()
    return Kind(server.warm, lambda _, ready: server.run(config.actions_host, config.actions_port, ready), thinks=True)


KINDS: dict[str, Callable[[], Kind]] = {"chat": _chat, "worker": _worker, "turns": _turns, "actions": _actions}


def keep(names: Sequence[str]) -> None:
    """Run parts by their names (chat, worker-2, actions) until SIGTERM or SIGINT. A worker brings its turns along."""
    config = settings()
    logs.configure(names[0] if len(names) == 1 else "parts", config.log_format)
    home = config.hotline_home
    turns = [name.replace("worker", "turns", 1) for name in names if name.startswith("worker")]
    for name in turns:
        shutil.rmtree(run_files.measures_folder(home, name), ignore_errors=True)
    _measure_into(run_files.measures_folder(home, "parts"))
    kinds = {kind: KINDS[kind]() for kind in dict.fromkeys(name.partition("-")[0] for name in (*names, *turns))}
    _read_ahead()
    for kind in kinds.values():
        kind.warm()
    forking.keep(
        [forking.Part(name, partial(_work, name, kinds[name.partition("-")[0]], config)) for name in (*turns, *names)],
        home,
    )


def _read_ahead() -> None:
    """What every part says and asks: texts, desks, facts. Read once, before any of them is forked."""
    from bot import texts
    from bot.cases.sites import sites
    from bot.knowledge.facts import facts

    for lang in texts.LANGS:
        texts.catalogue(lang)
    sites()
    facts()


def _measure_into(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    os.environ[MEASURES] = str(folder)


def _work(name: str, kind: Kind, config: Settings) -> None:
    """The life of a fork, on the faster event loop: most of its time goes into sockets."""
    if kind.thinks:
        forking.give_way()
    logs.configure(name, config.log_format)
    _measure_into(run_files.measures_folder(config.hotline_home, name))
    asyncio.run(_process(name, kind.run, config), loop_factory=uvloop.new_event_loop)


async def _process(name: str, run: Callable[[str, Callable[[], None]], Awaitable[None]], config: Settings) -> None:
    """Database and queue opened, walls around the work, ended in good order by SIGINT or SIGTERM."""
    from bot.knowledge import confirmed
    from bot.offers.agencies import current
    from bot.storage import jobs

    task = asyncio.current_task()
    assert task is not None
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, task.cancel)
    folder = config.hotline_home / "run"

    def ready() -> None:
        garbage.settle()
        run_files.mark_ready(config.hotline_home, name)

    try:
        # Ending would cost a pause on top of the database's own.
        async with database(config, migrated=False, patient=True) as url:
            await jobs.open_queue(url)
            try:
                async with (
                    confirmed.followed(),
                    current.followed(),
                    watchdog.standing(folder, name, config.worker_memory_mb, patient=name.startswith("chat")),
                ):
                    await run(name, ready)
            finally:
                await jobs.close_queue()
    except asyncio.CancelledError:
        return
    finally:
        await http_client.close_all()
