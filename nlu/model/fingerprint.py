"""The name of a trained model: a hash over what it is made from. Code is no part of it, so that modules may move.

Runs on Python 3.10 and 3.13.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[2]

#: The version of how a message is read (`nlu/model/features.py` and what it calls). Raise it with every change of
#: code after which a message has other features than before, then run `make ship-model`: the model must be trained
#: anew. tests/unit/test_nlu_shipped.py compares the features of a sample of messages with the shipped model's.
FEATURES = 1
#: What the intents are learned from: the messages, and the files of the lexicon by which a message is read.
LEARNED = (
    "data/nlu",
    "data/lexicon/language/words.yml",
    "data/lexicon/real_words.yml",
    "data/lexicon/spelling_id.yml",
    "data/lexicon/spelling_km.yml",
    "data/lexicon/triage_en.yml",
    "data/lexicon/triage_id.yml",
    "data/lexicon/triage_km-Latn.yml",
    "data/lexicon/triage_km.yml",
    "data/lexicon/words/*/ages.yml",
    "data/lexicon/words/*/numerals.yml",
)
#: What Rasa makes the assistant of besides.
ASSISTANT = ("data/rules", "data/stories", "nlu/domain")
CONFIG = "nlu/config.yml"


def learned_from(root: Path = ROOT) -> str:
    """The fingerprint of what the intents are learned from."""
    return digest([str(FEATURES).encode(), *_files(root, LEARNED)])


def fingerprint(root: Path = ROOT) -> str:
    """The name of the model that belongs to the data and configuration of a checkout.

    Of a component only its class counts, not the module where the class stands; of rules and domain not the comments.
    """
    config = yaml.safe_load((root / CONFIG).read_text(encoding="utf-8"))
    for step in config["pipeline"]:
        step["name"] = class_of(step["name"])
    return digest([learned_from(root).encode(), _plain(config), *(_plain(entries) for entries in _entries(root))])


def _plain(entries: object) -> bytes:
    return json.dumps(entries, sort_keys=True).encode()


def _entries(root: Path) -> Iterator[object]:
    """Name and entries of each file of the assistant."""
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    for path in files_of(ASSISTANT, root):
        yield str(path.relative_to(root)), yaml.load(path.read_text(encoding="utf-8"), Loader=loader)


def class_of(component: str) -> str:
    """The class of a component that is named with its module."""
    return component.rpartition(".")[2]


def digest(parts: Iterable[bytes]) -> str:
    """SHA-256, shortened to 16 digits."""
    found = hashlib.sha256()
    for part in parts:
        found.update(part + b"\0")
    return found.hexdigest()[:16]


def _files(root: Path, names: Iterable[str]) -> Iterator[bytes]:
    """Name and contents of each file."""
    for path in files_of(names, root):
        yield str(path.relative_to(root)).encode()
        yield path.read_bytes()


def files_of(names: Iterable[str], root: Path = ROOT) -> Iterator[Path]:
    """Each file of some files, patterns and folders, sorted by name."""
    for name in names:
        for start in sorted(root.glob(name)):
            yield from sorted(start.rglob("*.yml")) if start.is_dir() else [start]
