"""The trained model in use, and changing it: `hotline model use` also has a running hotline take the other one."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx

from bot.errors import HotlineError
from bot.settings import Settings
from nlu.model import registry, shipped
from nlu.model.fingerprint import fingerprint

#: Seconds a Rasa server may take to answer with another model.
TAKEN_SECONDS = 120.0


class ModelMissing(HotlineError):
    """The model is not there. `hotline model list` says which there are."""


def folder_of(config: Settings) -> Path:
    """Where the models of this installation are."""
    return config.hotline_home / "models"


def in_use(config: Settings) -> Path | None:
    """The model to load, pinned or newest; None before the first training. Raises ModelMissing when it is gone."""
    try:
        return registry.in_use(folder_of(config))
    except registry.ModelUnknown as problem:
        raise ModelMissing(str(problem)) from None


def provide(config: Settings, say: Callable[[str], None]) -> Path | None:
    """The model in use, after the one that ships with the code was put there if it is missing or broken.

    None when a model must be trained first. Raises ModelMissing when the model in use is gone or broken.
    """
    with contextlib.suppress(OSError):  # a folder that may only be read
        shipped.provide(folder_of(config), fingerprint(), say)
    model = in_use(config)
    if model is not None:
        try:
            registry.contents(model)
        except registry.ModelBroken as problem:
            raise ModelMissing(f"{problem} Run `make train`, or `hotline model use NAME` for another.") from None
    return model


def use(config: Settings, name: str, say: Callable[[str], None]) -> None:
    """Pin a model, or unpin with `newest`, and have the Rasa servers of this machine's hotline take it, one by one.

    Raises ModelMissing, saying which there are; nothing is changed then.
    """
    folder = folder_of(config)
    try:
        model = registry.use(folder, name)
    except registry.ModelUnknown as problem:
        raise ModelMissing(str(problem)) from None
    if registry.pinned(folder) is None:
        say(f"In use: {model.name}, the newest. Nothing is pinned.")
    else:
        say(f"In use: {model.name}, pinned until `hotline model use {registry.NEWEST}`.")
    running = list(_servers(config.hotline_home / "run"))
    for server in running:
        if server.serves() == model.path.name:
            continue
        say("A Rasa server takes it now; what is written meanwhile is answered when it is back.")
        server.restart(model.path.name)
    if not running:
        say("No Rasa runs from this folder; it is taken at the next start.")


@dataclass(frozen=True)
class _Server:
    """A Rasa server that `hotline run` started and will start again."""

    pid: int
    address: str

    def serves(self) -> str | None:
        """The file of the model it has loaded; None while it does not answer."""
        try:
            found = httpx.get(f"{self.address}/status", timeout=2).json()
            return str(found["model_file"])
        except (httpx.HTTPError, ValueError, KeyError, TypeError):
            return None

    def restart(self, model_file: str) -> None:
        """End it, and wait until the one in its place serves the model. Raises HotlineError."""
        os.kill(self.pid, signal.SIGTERM)
        deadline = time.monotonic() + TAKEN_SECONDS
        while self.serves() != model_file:
            if time.monotonic() > deadline:
                raise HotlineError("Rasa did not come back with this model. See the log of `hotline run`.")
            time.sleep(0.5)


def _servers(run: Path) -> Iterator[_Server]:
    """What the pid files of the supervisor name, if it is a Rasa of ours: a number may be another program's by now."""
    for file in sorted(run.glob("nlu*.pid")):
        try:
            pid = int(file.read_text(encoding="utf-8"))
            argv = Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace").split("\0")
        except (OSError, ValueError):
            continue
        if "nlu.rasa_server.server" in argv and "--port" in argv and "--host" in argv:
            host, port = argv[argv.index("--host") + 1], argv[argv.index("--port") + 1]
            yield _Server(pid, f"http://{host}:{port}")
