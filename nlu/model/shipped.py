"""The trained model that ships with the code: one archive and its card in nlu/trained, named for its training data.

A fresh clone takes this model instead of training. `make ship-model` replaces it. Runs on Python 3.10 and 3.13.
"""

from __future__ import annotations

import contextlib
import gzip
import io
import json
import os
import shutil
import tarfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import yaml

from nlu.model import registry
from nlu.model.fingerprint import CONFIG, ROOT, class_of

FOLDER = ROOT / "nlu" / "trained"
METADATA = "metadata.json"


def provide(folder: Path, name: str, say: Callable[[str], None], shipped: Path = FOLDER) -> Path | None:
    """The model of this name in a folder of models; None when it must be trained.

    A broken one is removed, and one that is missing is copied from the shipped ones.
    """
    target = folder / f"{name}{registry.SUFFIX}"
    if target.exists():
        try:
            adapt(target)
            return target
        except registry.ModelBroken as problem:
            say(f"{problem} It is removed.")
            registry.remove(target)
    source = shipped / target.name
    if not source.exists():
        return None
    try:
        registry.contents(source)
    except registry.ModelBroken as problem:
        say(f"The shipped model cannot be used. {problem}")
        return None
    folder.mkdir(parents=True, exist_ok=True)
    shutil.rmtree(registry.opened(target), ignore_errors=True)
    with contextlib.suppress(FileNotFoundError):
        shutil.copyfile(registry.card(source), registry.card(target))
    draft = target.with_name(f"{target.name}.{os.getpid()}.new")
    shutil.copyfile(source, draft)
    adapt(draft)
    draft.replace(target)
    say(f"{target.name} comes with the code, nothing has to be trained")
    return target


def ship(model: Path, shipped: Path = FOLDER) -> Path:
    """Make a trained model the one that ships. Raises ModelBroken."""
    found = registry.contents(model)
    shipped.mkdir(exist_ok=True)
    target = shipped / model.name
    pack(found, target)
    shutil.copyfile(registry.card(model), registry.card(target))
    for other in shipped.glob(f"*{registry.SUFFIX}"):
        if other != target:
            registry.remove(other)
    return target


def pack(found: Mapping[str, bytes], target: Path) -> None:
    """Write an archive whose bytes follow from the files alone: no time, no owner, sorted names."""
    packed = io.BytesIO()
    with gzip.GzipFile(fileobj=packed, mode="wb", mtime=0) as squeezed, tarfile.open(fileobj=squeezed, mode="w") as tar:
        for name in sorted(found):
            entry = tarfile.TarInfo(name)
            entry.size, entry.mode = len(found[name]), 0o644
            tar.addfile(entry, io.BytesIO(found[name]))
    draft = target.with_name(f"{target.name}.{os.getpid()}.new")
    draft.write_bytes(packed.getvalue())
    draft.replace(target)


def adapt(model: Path) -> None:
    """Let Rasa find its components: it notes in an archive in which modules they stood when the model was trained.

    Where a module has moved since, the archive is written anew with the modules of nlu/config.yml. Raises ModelBroken.
    """
    found = registry.contents(model)
    metadata = json.loads(found[METADATA])
    if _moved(metadata):
        pack({**found, METADATA: json.dumps(metadata).encode()}, model)


def _moved(metadata: Mapping[str, Any]) -> bool:
    """Put the modules of nlu/config.yml into the metadata; whether that changed any."""
    pipeline = [str(step["name"]) for step in yaml.safe_load((ROOT / CONFIG).read_text(encoding="utf-8"))["pipeline"]]
    now = {class_of(name): name for name in pipeline}
    changed = False
    for schema in ("train_schema", "predict_schema"):
        for node in metadata.get(schema, {}).get("nodes", {}).values():
            name = now.get(class_of(node["uses"]), node["uses"])
            changed, node["uses"] = changed or name != node["uses"], name
    return changed
