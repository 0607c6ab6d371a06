"""Asks for known holes in both locked environments: `make audit`.

pip-audit asks the vulnerability service of PyPI about every package of both lock files; we set its answer beside
`docs/known-holes.yml`. The audit fails on a hole that the file does not name and on an entry whose package is no
longer locked in that version. It says aloud, and does not fail, what the service could not be asked about.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[1]
HOLES = ROOT / "docs" / "known-holes.yml"
#: Folder of each project with a lock file.
PROJECTS = {"app": ".", "rasa": "nlu"}
#: What each entry must say, and nothing else.
FIELDS = ("id", "lock", "package", "version", "fixed_in", "exposed", "we_do", "confirmed_in", "checked")
ANSWER_SECONDS = 600


class HolesInvalid(ValueError):
    """The file of known holes has an entry that cannot be used."""


Locked = Mapping[str, Mapping[str, frozenset[str]]]  # lock, package: versions


def known_holes(path: Path = HOLES) -> list[dict[str, str]]:
    """The entries of the file. Raises HolesInvalid naming the entry and the field."""
    entries = yaml.safe_load(path.read_text(encoding="utf-8"))["holes"]
    for entry in entries:
        name = entry.get("id", "an entry without id")
        for field in FIELDS:
            if not isinstance(entry.get(field), str) or not entry[field].strip():
                raise HolesInvalid(f"{name}: {field} must be a text")
        if extra := set(entry) - set(FIELDS):
            raise HolesInvalid(f"{name}: nobody reads {', '.join(sorted(extra))}")
        if entry["lock"] not in PROJECTS:
            raise HolesInvalid(f"{name}: lock is one of {', '.join(PROJECTS)}")
        if not re.fullmatch(r"(GHSA(-[0-9a-z]{4}){3}|CVE-\d{4}-\d{4,}|PYSEC-\d{4}-\d+)", entry["id"]):
            raise HolesInvalid(f"{name}: id is that of an advisory: GHSA, CVE or PYSEC")
        if not re.fullmatch(r"20\d\d-(0[1-9]|1[0-2])", entry["checked"]):
            raise HolesInvalid(f"{name}: checked is a month, as '2026-12'")
    seen = [(entry["lock"], entry["id"], entry["package"]) for entry in entries]
    if twice := {one for one in seen if seen.count(one) > 1}:
        raise HolesInvalid(f"named twice: {', '.join(sorted(one[1] for one in twice))}")
    return entries


def locked_versions(root: Path = ROOT) -> Locked:
    """Versions of every package in each lock file."""
    found: dict[str, dict[str, frozenset[str]]] = {}
    for lock, folder in PROJECTS.items():
        packages = tomllib.loads((root / folder / "uv.lock").read_text(encoding="utf-8"))["package"]
        found[lock] = {}
        for one in packages:
            found[lock][one["name"]] = found[lock].get(one["name"], frozenset()) | {one.get("version", "")}
    return found


def stale_entries(holes: Iterable[Mapping[str, str]], locked: Locked) -> list[str]:
    """A sentence for each entry whose package is not locked in that version any more."""
    return [
        f"{one['id']}: {one['package']} {one['version']} is not in the {one['lock']} lock; take the entry out"
        for one in holes
        if one["version"] not in locked[one["lock"]].get(one["package"], ())
    ]


def unnamed_holes(lock: str, answer: Mapping[str, Any], holes: Iterable[Mapping[str, str]]) -> list[str]:
    """A sentence for each hole in pip-audit's answer that the file does not name, by its id or an alias."""
    named = {(one["package"], one["version"], one["id"]) for one in holes if one["lock"] == lock}
    return [
        f"{hole['id']}: {one['name']} {one['version']} ({lock}), fixed in {', '.join(hole['fix_versions']) or 'none'}"
        for one in answer["dependencies"]
        for hole in one.get("vulns", ())
        if not any((one["name"], one["version"], name) in named for name in (hole["id"], *hole.get("aliases", ())))
    ]


def not_asked(answer: Mapping[str, Any] | None) -> str:
    """What the service said nothing about, as a sentence; empty when it answered for every package."""
    if answer is None or not answer["dependencies"]:
        return "COULD NOT BE ASKED: the vulnerability service gave no answer"
    skipped = [one["name"] for one in answer["dependencies"] if "skip_reason" in one]
    if not skipped:
        return ""
    some = ", ".join(skipped[:5]) + (", ..." if len(skipped) > 5 else "")
    return f"COULD NOT BE ASKED about {len(skipped)} of {len(answer['dependencies'])} packages: {some}"


def ask(folder: str, root: Path = ROOT) -> Mapping[str, Any] | None:
    """pip-audit's answer about one lock file, packages for other systems too; None when there is none."""
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as wanted:
        packages = tomllib.loads((root / folder / "uv.lock").read_text(encoding="utf-8"))["package"]
        wanted.writelines(f"{one['name']}=={one['version']}\n" for one in _one_each(packages))
        wanted.flush()
        command = [sys.executable, "-m", "pip_audit", "--format", "json", "--progress-spinner", "off"]
        command += ["--disable-pip", "--no-deps", "-r", wanted.name]
        try:
            done = subprocess.run(command, capture_output=True, text=True, timeout=ANSWER_SECONDS, check=False)
            # pip-audit ends with 1 both when it found a hole and when it failed; only the first prints an answer.
            answer: Mapping[str, Any] = json.loads(done.stdout)
        except (subprocess.TimeoutExpired, json.JSONDecodeError):
            return None
        return answer


def _one_each(packages: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Packages from the registry, each name once: pip-audit takes no second version of one."""
    return list({one["name"]: one for one in packages if "registry" in one["source"]}.values())


def verdict(answers: Mapping[str, Mapping[str, Any] | None], holes: list[dict[str, str]], locked: Locked) -> int:
    """Print what was found; 1 when a hole is unnamed or an entry is stale."""
    faults = stale_entries(holes, locked)
    for lock, answer in answers.items():
        if answer is not None:
            faults += unnamed_holes(lock, answer, holes)
        if silent := not_asked(answer):
            print(f"audit: WARNING: {lock}: {silent}. Nothing is proven for them.")
        else:
            print(f"audit: {lock}: the service answered for all packages")
    for fault in faults:
        print(f"audit: {fault}")
    print(f"audit: {len(faults)} faults; {len(holes)} holes are known (docs/known-holes.yml)")
    return 1 if faults else 0


def main() -> int:
    """The command."""
    return verdict({lock: ask(folder) for lock, folder in PROJECTS.items()}, known_holes(), locked_versions())


if __name__ == "__main__":
    sys.exit(main())
