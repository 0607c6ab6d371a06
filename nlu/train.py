"""Trains the assistant when its data changed: `python -m nlu.train --models DIR [--force]`."""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import io
import os
import shutil
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import TextIO

from nlu import data
from nlu import models as kept

ROOT = Path(__file__).resolve().parents[1]

#: Everything that decides what a model understands. The folders that Rasa reads come first.
TRAINING = ("data/nlu", "data/rules", "data/stories")
SOURCES = (*TRAINING, "nlu/config.yml", "nlu/domain", "nlu/components", "nlu/text", "data/lexicon")
SUFFIXES = frozenset({".yml", ".py", ".txt", ".json"})


def fingerprint(root: Path = ROOT) -> str:
    """SHA-256 over names and contents of all sources, shortened to 16 digits."""
    digest = hashlib.sha256()
    for name in SOURCES:
        start = root / name
        files = sorted(start.rglob("*")) if start.is_dir() else [start]
        for path in files:
            if path.is_file() and path.suffix in SUFFIXES and "__pycache__" not in path.parts:
                digest.update(str(path.relative_to(root)).encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()[:16]


def train(models: Path, *, force: bool = False) -> Path:
    """Train if there is no model of these sources yet; returns the model's path.

    The last few models are kept to go back to, and a pinned one stays in use.
    """
    target = models / f"{fingerprint()}.tar.gz"
    if target.exists() and not force:
        # `hotline run` takes the newest file.
        os.utime(target)
        _say(f"nothing changed, {target.name} stays")
        _tell_pinned(target)
        return target
    began = time.monotonic()
    _say("starting Rasa")
    models.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=models, prefix=".training-") as workshop:
        os.environ.update(
            RASA_TELEMETRY_ENABLED="false",
            OMP_NUM_THREADS="1",
            TF_CPP_MIN_LOG_LEVEL="3",
            RASA_MAX_CACHE_SIZE="0",
            RASA_CACHE_DIRECTORY=workshop,
            # Rasa's progress bars redraw themselves hundreds of times.
            LOG_LEVEL="ERROR",
        )
        from nlu import logs

        logs.configure()
        from rasa.model_training import train as rasa_train

        logs.configure()
        os.chdir(ROOT)
        with contextlib.redirect_stdout(_OwnLines(sys.stdout)):
            result = rasa_train(
                domain="nlu/domain",
                config="nlu/config.yml",
                training_files=list(TRAINING),
                output=workshop,
                fixed_model_name="model.tar.gz",
                force_training=True,
            )
        made = Path(workshop) / "model.tar.gz"
        if result.code != 0 or not made.exists():
            raise SystemExit(
                "nlu-train: Rasa did not make a model. Run `make nlu-check` to find the line it stumbled over."
            )
        shutil.rmtree(kept.opened(target), ignore_errors=True)
        made.replace(target)
    kept.describe(target, Counter(one.lang for one in data.utterances()))
    kept.remove_old(models)
    _say(f"{target.name} trained in {time.monotonic() - began:.0f} s")
    _tell_pinned(target)
    return target


def _tell_pinned(target: Path) -> None:
    """Say that another model than the one just trained stays in use, and how to change that."""
    pin = kept.pinned(target.parent)
    if pin is not None and f"{pin}{kept.SUFFIX}" != target.name:
        _say(f"{pin} is pinned and stays in use. To take what was trained last: hotline model use {kept.NEWEST}")


class _OwnLines(io.TextIOBase):
    """Lets our own lines pass and keeps Rasa's to itself."""

    def __init__(self, out: TextIO) -> None:
        self._out = out

    def write(self, text: str) -> int:
        """Write a line of ours; swallow another."""
        if text.startswith("nlu-train:"):
            self._out.write(text.rstrip("\n") + "\n")
            self._out.flush()
        return len(text)


def _say(line: str) -> None:
    print(f"nlu-train: {line}", flush=True)


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--models", type=Path, default=Path(os.environ.get("HOTLINE_HOME", ROOT / "var")) / "models")
    parser.add_argument("--force", action="store_true", help="train even if nothing changed")
    given = parser.parse_args()
    train(given.models.resolve(), force=given.force)


if __name__ == "__main__":
    main()
