"""`hotline review`: the maintainer's terminal around a review, and what is done with its result."""

from __future__ import annotations

import datetime as dt
import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import TextIO

from bot.errors import HotlineError
from bot.learning import patch, unclear
from bot.learning.review import Decided, Review, groups, intents
from bot.learning.unclear import Kept
from bot.settings import DATA, Settings
from bot.storage import audit
from bot.storage.session import session
from nlu.checks.examples import key, utterances

#: Folder of the patches under HOTLINE_HOME.
FOLDER = "reviews"


async def load() -> list[Kept]:
    """What waits for a maintainer, the oldest first."""
    async with session() as s:
        kept = await unclear.waiting(s)
        if kept:
            audit.record(s, "unclear_read", messages=len(kept))
        await s.commit()
    return kept


def listed(kept: Sequence[Kept], *, jsonl: bool) -> str:
    """What waits, for a person or for a script: a JSON object a line, those alike with the same `group`."""
    lines = []
    for number, group in enumerate(groups(kept), start=1):
        for one in group:
            if jsonl:
                likely = [{"intent": name, "confidence": chance} for name, chance in one.likely]
                shown = {"id": one.id, "group": number, "lang": one.lang, "at": one.at.isoformat(timespec="seconds")}
                lines.append(json.dumps({**shown, "text": one.text, "likely": likely}, ensure_ascii=False))
            else:
                likely_names = ", ".join(f"{name} {chance:.2f}" for name, chance in one.likely)
                lines.append(f"{number:>3}  {one.lang}  {one.at:%Y-%m-%d}  {one.text}  ({likely_names})")
    if not jsonl and not lines:
        lines = ["Nothing waits: everything was understood, or reviewed."]
    return "\n".join(lines)


def ask_about(kept: Sequence[Kept], stdin: TextIO) -> Decided:
    """Hold the review in this terminal. Ctrl-C and Ctrl-D end it; what was decided by then counts."""
    known = {key(one.text): one.place for one in utterances()}
    terminal = stdin.isatty()
    if terminal:
        _complete()

    def ask(prompt: str, text: str) -> str | None:
        try:
            if terminal:
                return _edited(prompt, text).strip()
            print(prompt, end="", flush=True)
            line = stdin.readline()
            print(flush=True)
            return line.strip() if line else None
        except (EOFError, KeyboardInterrupt):
            print()
            return None

    return Review(known, ask, print).over(groups(kept))


def _complete() -> None:
    """The tabulator completes names of intents."""
    import readline

    names = intents()
    readline.set_completer(lambda text, n: [*(name for name in names if name.startswith(text)), None][n])
    readline.parse_and_bind("tab: complete")
    # What people wrote is not kept in anybody's history.
    readline.set_auto_history(False)


def _edited(prompt: str, text: str) -> str:
    """A line of the terminal, beginning with a text that can be changed."""
    import readline

    readline.set_startup_hook((lambda: readline.insert_text(text)) if text else None)
    try:
        return input(prompt)
    finally:
        readline.set_startup_hook(None)


async def carry_out(config: Settings, decided: Decided, today: dt.date) -> str:
    """Write the patch, then delete what was reviewed. Returns what was done, and what to do next.

    Whoever erased their chat, objected or got a case while the review went on is left out.
    """
    async with session() as s:
        wanted = [*decided.deleted, *(one for _, alike, _ in decided.taken for one in alike)]
        still = {one.id for one in await unclear.waiting(s, wanted, lock=True)}
        taken = [(alike, taught) for shown, alike, taught in decided.taken if shown in still]
        gone = len(decided.taken) - len(taken)
        path: Path | None = None
        if taken:
            made = patch.unified([taught for _, taught in taken], f"review-{today:%Y-%m}")
            path = _write(config.hotline_home / FOLDER, f"review-{today:%Y-%m-%d}", made)
        done = {*decided.deleted, *(one for alike, _ in taken for one in alike)} & still
        await unclear.drop(s, done)
        if done:
            audit.record(s, "unclear_reviewed", messages=len(done), taken=len(taken))
        await s.commit()
    lines = [f"{len(taken)} to be learnt, {len(done)} messages done with, {decided.left} left for another time."]
    if gone:
        lines.append(f"{gone} left out: erased meanwhile, or the person is with the desk now.")
    if path is not None:
        lines += [
            f"Written: {path}",
            f"Look at it, then in {DATA.parent}:",
            f"    git apply {path} && make nlu-check train evaluate",
        ]
    return "\n".join(lines)


def _write(folder: Path, name: str, content: str) -> Path:
    """Write a patch, for its owner alone, under a name that is free. It is on the disk when this returns."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    for number in range(1, 1000):
        path = folder / (f"{name}.patch" if number == 1 else f"{name}-{number}.patch")
        try:
            handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            continue
        except OSError as problem:
            raise HotlineError(f"Cannot write {path}: {problem.strerror}. Nothing was changed.") from None
        with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        return path
    raise HotlineError(f"{folder} is full of patches of today. Put them away, then review again.")
