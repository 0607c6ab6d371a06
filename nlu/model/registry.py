"""The trained models of an installation: which there are, which one is in use, which ones training may remove.

A model is NAME.tar.gz in HOTLINE_HOME/models, with what is known of it in NAME.json. The file `in-use` there pins one;
without it the newest is used. Runs on Python 3.10 (training, Rasa) and 3.13 (the app); knows neither.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import json
import shutil
import tarfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

#: Models that training keeps: the one it made, and two to go back to. A pinned one is kept besides.
KEPT = 3
PIN = "in-use"
UTC = dt.timezone.utc
SUFFIX = ".tar.gz"
#: The folder beside a model into which its intent model is laid open, for all processes to share.
OPEN = ".open"
#: What `use` takes for "no pin: always the one trained last".
NEWEST = "newest"
#: Files without which an archive is no model: Rasa's own, and the intent model's.
NEEDED = frozenset({"metadata.json", "intents.json", "keys.npy", "rarity.npy", "steps.npy", "weights.npy"})


class ModelUnknown(Exception):
    """There is no such model. The message says which there are."""


class ModelBroken(Exception):
    """The archive of a model cannot be read. The message says which."""


@dataclass(frozen=True)
class Model:
    """One trained model."""

    path: Path
    trained_at: dt.datetime
    #: Training messages by language; empty for a model trained before this was noted.
    messages: Mapping[str, int] = field(default_factory=dict)
    #: What the intents were learned from (nlu.rasa_server.train.learned_from), and how a sample of messages was read
    #: then.
    learned_from: str = ""
    sample: str = ""

    @property
    def name(self) -> str:
        """As `use` takes it: the fingerprint of what it was trained on."""
        return self.path.name.removesuffix(SUFFIX)


def models(folder: Path) -> list[Model]:
    """Every model of a folder, the newest last."""
    return [read(path) for path in sorted(folder.glob(f"*{SUFFIX}"), key=lambda path: path.stat().st_mtime)]


def read(path: Path) -> Model:
    """A model and what its card says of it."""
    trained_at = dt.datetime.fromtimestamp(path.stat().st_mtime, UTC)
    known: Mapping[str, Any] = {}
    with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
        known = json.loads(card(path).read_text(encoding="utf-8"))
        trained_at = dt.datetime.fromisoformat(known["trained_at"])
        return Model(
            path,
            trained_at,
            dict(known["messages"]),
            str(known.get("learned_from", "")),
            str(known.get("sample", "")),
        )
    return Model(path, trained_at)


def contents(path: Path) -> dict[str, bytes]:
    """Every file of a model's archive. Raises ModelBroken when it cannot be read to its end."""
    try:
        with tarfile.open(path, "r:gz") as packed:
            files = {member.name.lstrip("./"): packed.extractfile(member) for member in packed if member.isfile()}
            found = {name: file.read() for name, file in files.items() if file is not None}
    except (OSError, EOFError, KeyError, ValueError, tarfile.TarError, zlib.error) as problem:
        raise ModelBroken(f"The model {path.name} is broken ({type(problem).__name__}).") from None
    names = {name.rpartition("/")[2] for name in found}
    if missing := NEEDED - names:
        raise ModelBroken(f"The model {path.name} has no {min(missing)}: it is broken, or of an earlier release.")
    return found


def remove(path: Path) -> None:
    """Remove a model, its card and what was laid open of it."""
    path.unlink(missing_ok=True)
    card(path).unlink(missing_ok=True)
    shutil.rmtree(opened(path), ignore_errors=True)


def card(path: Path) -> Path:
    """The file beside a model that says when it was trained, and on what."""
    return path.with_name(path.name.removesuffix(SUFFIX) + ".json")


def opened(path: Path) -> Path:
    """The folder into which a model's intent model is laid open."""
    return path.with_name(path.name.removesuffix(SUFFIX) + OPEN)


def describe(path: Path, messages: Mapping[str, int], learned_from: str = "", sample: str = "") -> None:
    """Note beside a model just trained when that was, and on how many messages of each language."""
    known = {
        "trained_at": dt.datetime.now(UTC).isoformat(timespec="seconds"),
        "messages": dict(messages),
        "learned_from": learned_from,
        "sample": sample,
    }
    _write(card(path), json.dumps(known) + "\n")


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
        remove(model.path)
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
