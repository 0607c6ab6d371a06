"""The hotline with poison in it: turns that misbehave when a message says so.

`python -m tests.support.poisoned run` is `hotline run` whose every process goes through here. The product itself has no
such door.
"""

from __future__ import annotations

import asyncio
import os
import re
import signal
import sys
import time
from collections.abc import Awaitable, Callable
from typing import Any

from bot import cli
from bot.cases import service as cases
from bot.processes import supervisor
from bot.storage.models import Update
from bot.storage.session import session
from bot.turns import bundle, model, pipeline, rasa_turn

#: A message is poison when it begins so; the word behind it says which.
POISON = "racun "
MEGABYTE = 1024 * 1024


async def raises() -> None:
    """Raises, as a fault of ours does."""
    raise RuntimeError


async def waits() -> None:
    """Waits for what never comes."""
    await asyncio.Event().wait()


async def loops() -> None:
    """Computes for ever."""
    while True:
        pass


async def backtracks() -> None:
    """Meets a regular expression that would take longer than anybody lives."""
    re.match(r"(a+)+$", "a" * 60 + "b")


async def sleeps() -> None:
    """Blocks without computing."""
    time.sleep(3600)  # noqa: ASYNC251


async def swallows() -> None:
    """Computes for ever and catches whatever would end it."""
    while True:
        try:
            while True:
                pass
        except Exception:
            continue


async def clings() -> None:
    """Holds the interpreter from within C, where no signal is looked at."""
    sum(range(10**15))


async def hoards() -> None:
    """Takes memory without end, at once."""
    kept = []
    while True:
        kept.append(b"x" * (20 * MEGABYTE))


async def grows() -> None:
    """Takes memory without end, a little at a time, and lets others work meanwhile."""
    kept = []
    while True:
        kept.append(b"x" * (20 * MEGABYTE))
        await asyncio.sleep(0.05)


async def crashes() -> None:
    """Ends the process as a fault in C, or the kernel's memory killer, does."""
    os.kill(os.getpid(), signal.SIGKILL)


KINDS: dict[str, Callable[[], Awaitable[None]]] = {
    kind.__name__: kind for kind in (raises, waits, loops, backtracks, sleeps, swallows, clings, hoards, grows, crashes)
}


def poison_turns() -> None:
    """Make turns misbehave with the rows of their chat and case locked."""
    whole = pipeline.answer

    async def answer(s: Any, chat: Any, update: Any, parsed: Any, *more: Any) -> None:
        words = pipeline.words_of(parsed.effective_message) if parsed is not None and parsed.effective_message else ""
        if words.startswith(POISON):
            await cases.open_case_of(s, chat.id, lock=True)
            await KINDS[words.removeprefix(POISON).split()[0]]()
        await whole(s, chat, update, parsed, *more)

    ahead = rasa_turn.ask_ahead

    async def ask_ahead(s: Any, update_id: int) -> Any:
        """Poison is taken where everything is locked."""
        async with session() as apart:
            poison = bundle.words_of(await apart.get_one(Update, update_id)).startswith(POISON)
        return None if poison else await ahead(s, update_id)

    pipeline.answer = answer
    rasa_turn.ask_ahead = ask_ahead


def poison_triage() -> None:
    """Make the reading at intake misbehave."""
    whole = model.understand

    def understand(text: str, context: Any = None) -> Any:
        if text.startswith(f"triase {POISON}"):
            kind = KINDS[text.removeprefix(f"triase {POISON}").split()[0]]
            # None of these awaits anything.
            kind().__await__().send(None)  # type: ignore[attr-defined]
        return whole(text, context)

    model.understand = understand


def main() -> None:
    """`hotline`, with every process below it started through here."""
    command = [sys.executable, "-m", "tests.support.poisoned"]
    supervisor.hotline = lambda: command
    poison_turns()
    poison_triage()
    cli.main()


if __name__ == "__main__":
    main()
