"""Trains the assistant when its data changed: `python -m nlu.rasa_server.train --models DIR [--force] [--ship]`.

The model that ships with the code is taken where it belongs to the data.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import json
import os
import shutil
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import TextIO

from nlu.checks import examples
from nlu.model import features, shipped
from nlu.model import registry as kept
from nlu.model.fingerprint import ROOT, digest, fingerprint, learned_from

#: Names a trained assistant whose intent model the classifier takes over instead of learning one.
#: Source: nlu/components/classifier.py.
KNOWN = "HOTLINE_LEARNED"
#: The folders that Rasa reads.
TRAINING = ("data/nlu", "data/rules", "data/stories")
#: One training message of so many is in the sample whose features a model's card records.
SAMPLED = 300


def sample() -> str:
    """A hash over the features of every 300th training message: it changes when a message is read in another way."""
    texts = [one.text for number, one in enumerate(examples.utterances()) if number % SAMPLED == 0]
    return digest(json.dumps(features.read(text), sort_keys=True).encode() for text in texts)


def train(models: Path, *, force: bool = False) -> Path:
    """The model of these sources: the one that is there, else the shipped one, else trained. Returns its path.

    A broken one is replaced. The last few models are kept to go back to, and a pinned one stays in use.
    """
    target = models / f"{fingerprint()}.tar.gz"
    if not force and (there := shipped.provide(models, fingerprint(), _say)) is not None:
        # `hotline run` takes the newest file.
        os.utime(there)
        _say(f"{there.name} belongs to this data")
        _tell_pinned(there)
        return there
    began = time.monotonic()
    models.mkdir(parents=True, exist_ok=True)
    known = None if force else _learned_before(models)
    with tempfile.TemporaryDirectory(dir=models, prefix=".training-") as workshop:
        made = _by_rasa(Path(workshop), known)
        shutil.rmtree(kept.opened(target), ignore_errors=True)
        made.replace(target)
    kept.describe(target, Counter(one.lang for one in examples.utterances()), learned_from(), sample())
    kept.remove_old(models)
    _say(f"{target.name} trained in {time.monotonic() - began:.0f} s")
    _tell_pinned(target)
    return target


def _by_rasa(workshop: Path, known: Path | None) -> Path:
    """Let Rasa train in a folder; returns the archive it made. `known`: a model whose intent model is taken over."""
    _say("starting Rasa")
    os.environ.update(
        RASA_TELEMETRY_ENABLED="false",
        OMP_NUM_THREADS="1",
        TF_CPP_MIN_LOG_LEVEL="3",
        RASA_MAX_CACHE_SIZE="0",
        RASA_CACHE_DIRECTORY=str(workshop),
        # Rasa's progress bars redraw themselves hundreds of times.
        LOG_LEVEL="ERROR",
    )
    if known is not None:
        _say(f"the messages are those of {known.name}: its intent model is kept, the rest is new")
        os.environ[KNOWN] = str(known)
    from nlu.rasa_server import logs

    logs.configure()
    from rasa.model_training import train as rasa_train

    logs.configure()
    os.chdir(ROOT)
    with contextlib.redirect_stdout(_OwnLines(sys.stdout)):
        result = rasa_train(
            domain="nlu/domain",
            config="nlu/config.yml",
            training_files=list(TRAINING),
            output=str(workshop),
            fixed_model_name="model.tar.gz",
            force_training=True,
        )
    made = workshop / "model.tar.gz"
    if result.code != 0 or not made.exists():
        raise SystemExit(
            "nlu-train: Rasa did not make a model. Run `make nlu-check` to find the line it stumbled over."
        )
    return made


def _learned_before(models: Path) -> Path | None:
    """A model whose intents were learned from the same messages and lexicon, read in the same way."""
    for model in (*reversed(kept.models(models)), *kept.models(shipped.FOLDER)):
        if model.learned_from == learned_from():
            with contextlib.suppress(kept.ModelBroken):
                kept.contents(model.path)
                return model.path
    return None


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
    parser.add_argument("--ship", action="store_true", help="make the model the one that ships with the code")
    given = parser.parse_args()
    target = train(given.models.resolve(), force=given.force)
    if given.ship:
        made = shipped.ship(target)
        _say(f"{made.relative_to(ROOT)} ships, {made.stat().st_size / 1e6:.1f} MB: commit it with the data")


if __name__ == "__main__":
    main()
