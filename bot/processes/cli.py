"""`hotline run`: everything in the foreground, or one part of it."""

from __future__ import annotations

import asyncio
from typing import Annotated

import typer

from bot import log as logs
from bot.settings import settings
from bot.storage.here import database

run_app = typer.Typer(invoke_without_command=True, help="Run everything, or one part.")


@run_app.callback()
def run(
    context: typer.Context,
    gateways: Annotated[int | None, typer.Option(min=1, max=20, help="How many gateways.")] = None,
    workers: Annotated[int | None, typer.Option(min=1, max=20, help="How many workers.")] = None,
    rasa: Annotated[int | None, typer.Option(min=1, max=20, help="How many Rasa servers.")] = None,
) -> None:
    """Run every process in the foreground. Prints `ready` once a message would be answered; Ctrl-C stops all."""
    counts = {"gateways": gateways, "workers": workers, "rasa_servers": rasa}
    config = settings().model_copy(update={name: count for name, count in counts.items() if count is not None})
    logs.configure(context.invoked_subcommand or "run", config.log_format)
    if context.invoked_subcommand is None:
        from bot.processes.supervisor import Supervisor

        asyncio.run(Supervisor(config).run())


#: What one of several parts of a kind is called in the log and under HOTLINE_HOME/run.
Name = Annotated[str, typer.Option("--name", hidden=True)]


@run_app.command("chat")
def run_chat(name: Name = "chat") -> None:
    """The Telegram gateway alone."""
    _keep(name)


@run_app.command("worker")
def run_worker(name: Name = "worker") -> None:
    """The jobs alone: turns, sends, alerts, media."""
    _keep(name)


@run_app.command("actions")
def run_actions() -> None:
    """The action server alone."""
    _keep("actions")


@run_app.command("parts", hidden=True)
def run_parts(names: list[str]) -> None:
    """Several of the parts above, by their names."""
    _keep(*names)


def _keep(*names: str) -> None:
    from bot.processes import roles

    roles.keep(names)


@run_app.command("nlu")
def run_nlu() -> None:
    """Rasa alone, with the model in use."""
    from bot.processes.supervisor import Supervisor
    from bot.storage import rasa_role, session

    config = settings()

    async def run() -> None:
        async with database(config) as url:
            key = await session.tracker_key()
            rasa = await asyncio.to_thread(rasa_role.address, url, key)
        await Supervisor(config).run_rasa(rasa, key)

    asyncio.run(run())


@run_app.command("sandbox")
def run_sandbox() -> None:
    """The sandbox alone."""
    from bot.sandbox.config import SandboxConfig
    from bot.sandbox.server import serve

    serve(SandboxConfig(token=settings().token), "127.0.0.1", settings().sandbox_port)
