"""The trained models of an installation: which there are, which one is in use, which ones training may remove.

A model is NAME.tar.gz in HOTLINE_HOME/models, with what is known of it in NAME.json. The file `in-use` there pins one;
without it the newest is used. Runs on Python 3.10 (training, Rasa) and 3.13 (the app); knows neither.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import json
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

#: Models that training keeps: the one it made, and two to go back to. A pinned one is kept besides.
KEPT = 3
PIN = "in-use"
UTC = dt.timezone.utc  # noqa: UP017 (Rasa's Python 3.10)
SUFFIX = ".tar.gz"
#: The folder beside a model into which its intent model is laid open, for all processes to share.
OPEN = ".open"
#: What `use` takes for "no pin: always the one trained last".
NEWEST = "newest"


class ModelUnknown(Exception):
    """There is no such model. The message says which there are."""


@dataclass(frozen=True)
class Model:
    """One trained model."""

    path: Path
    trained_at: dt.datetime
    #: Training messages by language; empty for a model trained before this was noted.
    messages: Mapping[str, int] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """As `use` takes it: the fingerprint of what it was trained on."""
        return self.path.name.removesuffix(SUFFIX)


def models(folder: Path) -> list[Model]:
    """Every model of a folder, the newest last."""
    return [_read(path) for path in sorted(folder.glob(f"*{SUFFIX}"), key=lambda path: path.stat().st_mtime)]


def _read(path: Path) -> Model:
    trained_at = dt.datetime.fromtimestamp(path.stat().st_mtime, UTC)
    messages: Mapping[str, int] = {}
    with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
        known = json.loads(_card(path).read_text(encoding="utf-8"))
        trained_at, messages = dt.datetime.fromisoformat(known["trained_at"]), dict(known["messages"])
    return Model(path, trained_at, messages)


def _card(path: Path) -> Path:
    return path.with_name(path.name.removesuffix(SUFFIX) + ".json")


def opened(path: Path) -> Path:
    """The folder into which a model's intent model is laid open."""
    return path.with_name(path.name.removesuffix(SUFFIX) + OPEN)


def describe(path: Path, messages: Mapping[str, int]) -> None:
    """Note beside a model just trained when that was, and on how many messages of each language."""
    known = {"trained_at": dt.datetime.now(UTC).isoformat(timespec="seconds"), "messages": dict(messages)}
    _write(_card(path), json.dumps(known) + "\n")


def pinned(folder: Path) -> str | None:
    """The name of the pinned model, whether it is there or not; None when the newest is used."""
    try:
        return (folder / PIN).read_text(encoding="utf-8").strip() or None
    except FileNotFoundError:
        return None


def in_use(folder: Path) -> Path | None:
    """The model to load: the pinned one, else the newest; None before the first training.

    Raises ModelUnknown when the pinned one is not there: another in its place would be a rollback undone in silence.
    """
    name = pinned(folder)
    if name is None:
        found = models(folder)
        return found[-1].path if found else None
    path = folder / f"{name}{SUFFIX}"
    if not path.exists():
        raise ModelUnknown(
            f"The pinned model {name} is not in {folder}. {_there(folder)} "
            f"Take one: `hotline model use NAME`; or the newest from now on: `hotline model use {NEWEST}`."
        )
    return path


def use(folder: Path, name: str) -> Model:
    """Pin a model by its name or an unmistakable beginning of it; `newest` takes the pin away. Returns what is used.

    Raises ModelUnknown, saying which models there are.
    """
    there = models(folder)
    if not there:
        raise ModelUnknown(f"There is no model in {folder}. Run `make train` first.")
    if name == NEWEST:
        (folder / PIN).unlink(missing_ok=True)
        return there[-1]
    name = name.removesuffix(SUFFIX)
    found = [model for model in there if model.name == name] or [m for m in there if name and m.name.startswith(name)]
    if len(found) != 1:
        why = f"Several models begin with {name}." if found else f"There is no model {name or 'without a name'}."
        raise ModelUnknown(f"{why} {_there(folder)} `hotline model use {NEWEST}` takes the one trained last.")
    _write(folder / PIN, found[0].name + "\n")
    return found[0]


def _there(folder: Path) -> str:
    names = [model.name for model in reversed(models(folder))]
    return f"There are, the newest first: {', '.join(names)}." if names else "There is none: run `make train`."


def remove_old(folder: Path, kept: int = KEPT) -> list[str]:
    """Remove all but the newest models and the pinned one. Returns the names of the removed."""
    pin = pinned(folder)
    old = [model for model in models(folder)[:-kept] if model.name != pin]
    for model in old:
        model.path.unlink(missing_ok=True)
        _card(model.path).unlink(missing_ok=True)
        shutil.rmtree(opened(model.path), ignore_errors=True)
    return [model.name for model in old]


def table(folder: Path) -> str:
    """Name, when trained, messages, in use or not: a line a model, the newest first."""
    there = models(folder)
    if not there:
        return f"There is no model in {folder}. Run `make train` first."
    pin = pinned(folder)
    chosen = pin or there[-1].name
    width = max(len(model.name) for model in there)
    lines = []
    for model in reversed(there):
        count = ", ".join(f"{number} {lang}" for lang, number in model.messages.items()) or "not noted"
        used = "" if model.name != chosen else "  in use, pinned" if pin else "  in use"
        lines.append(f"{model.name:<{width}}  {model.trained_at:%Y-%m-%d %H:%M} UTC  messages: {count}{used}")
    if pin is not None and chosen not in {model.name for model in there}:
        lines.append(f"Pinned is {pin}, which is not there: `hotline model use {NEWEST}`, or one of these.")
    return "\n".join(lines)


def _write(path: Path, text: str) -> None:
    """Write a small file whole or not at all."""
    draft = path.with_name(path.name + ".new")
    draft.write_text(text, encoding="utf-8")
    draft.replace(path)
