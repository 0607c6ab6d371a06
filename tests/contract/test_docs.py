"""The guides name what exists: files, make targets, commands, tables."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import typer
from sqlalchemy import JSON, LargeBinary, String

from bot.alarm import channels
from bot.cli import app
from bot.processes import doctor
from bot.settings import ROOT, Settings
from bot.storage import crypto
from bot.storage.models import Base

GUIDES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")])
TEXT = {path: path.read_text(encoding="utf-8") for path in GUIDES}
ALL = "\n".join(TEXT.values())


def targets() -> set[str]:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    return set(re.findall(r"^([a-z-]+):.*## ", makefile, re.MULTILINE))


def commands(group: typer.Typer = app, prefix: str = "hotline") -> set[str]:
    found = {
        f"{prefix} {command.name or command.callback.__name__.replace('_', '-')}"
        for command in group.registered_commands
        if command.callback is not None
    }
    for inner in group.registered_groups:
        assert inner.typer_instance is not None
        found |= commands(inner.typer_instance, f"{prefix} {inner.name}")
    return found


@pytest.mark.parametrize("path", GUIDES, ids=lambda path: path.name)
def test_links_lead_to_files_that_exist(path: Path) -> None:
    for link in re.findall(r"\]\(([^)#]+)", TEXT[path]):
        # The picture is made by hand from the running sandbox.
        if "://" not in link and not link.endswith(".png"):
            assert (path.parent / link).exists(), link


def anchors(path: Path) -> set[str]:
    """The anchors that GitHub gives the headings of a guide."""
    headings = re.findall(r"^#+ (.+)$", path.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("path", GUIDES, ids=lambda path: path.name)
def test_links_lead_to_headings_that_exist(path: Path) -> None:
    for link, anchor in re.findall(r"\]\(([^)#:]*)#([^)]+)\)", TEXT[path]):
        assert anchor in anchors(path.parent / link if link else path), f"{link}#{anchor}"


@pytest.mark.parametrize("path", GUIDES, ids=lambda path: path.name)
def test_code_that_the_guides_name_exists(path: Path) -> None:
    named = re.findall(r"`((?:bot|nlu|actions|scripts|tests|docs)/[\w./-]*[\w/])`", TEXT[path])
    missing = [name for name in named if not (ROOT / name).exists()]
    assert not missing


def test_architecture_has_one_row_for_each_room() -> None:
    packages = (*ROOT.glob("bot/**/__init__.py"), *ROOT.glob("nlu/[a-z]*/__init__.py"))
    rooms = {str(found.parent.relative_to(ROOT)) for found in packages} - {"bot"} | {"actions", "nlu"}
    section = TEXT[ROOT / "docs" / "architecture.md"].partition("## Rooms")[2].partition("\n## ")[0]
    assert sorted(re.findall(r"^\| `([\w/]+)` \| ", section, re.MULTILINE)) == sorted(rooms)


def test_code_that_cites_the_benchmarks_stands_in_their_table_of_numbers() -> None:
    numbers = TEXT[ROOT / "docs" / "benchmarks.md"].partition("## Numbers in the code")[2]
    named = set(re.findall(r"`([\w./]+\.(?:py|yml))`", numbers))
    # nlu/.venv is left out.
    files = (
        path for folder in ("bot/**", "actions", "data/**", "nlu", "nlu/[a-z]*/**") for path in ROOT.glob(f"{folder}/*")
    )
    citing = {
        str(path.relative_to(ROOT))
        for path in files
        if path.suffix in {".py", ".yml"} and "docs/benchmarks.md" in path.read_text(encoding="utf-8")
    }
    assert citing == named


@pytest.mark.parametrize("path", GUIDES, ids=lambda path: path.name)
def test_make_targets_exist(path: Path) -> None:
    assert set(re.findall(r"\bmake ([a-z][a-z-]+)`", TEXT[path])) <= targets()


def test_every_make_target_is_listed_by_make_help() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    assert set(re.findall(r"^([a-z-]+):", makefile, re.MULTILINE)) == targets()


def test_every_command_is_documented() -> None:
    missing = {command for command in commands() if command not in ALL}
    assert not missing


def test_settings_named_in_the_guides_exist() -> None:
    known = {name.upper() for name in Settings.model_fields}
    named = set(re.findall(r"`((?:TELEGRAM|OPERATORS|HOTLINE|DATABASE|RASA|ACTIONS|ALERT|LIVE|NLU)_[A-Z_]+)", ALL))
    known |= set(channels.VARIABLES)
    assert named - known <= {"RASA_TELEMETRY_ENABLED", "HOTLINE_APT", "HOTLINE_MODELS"}


@pytest.mark.parametrize("table", sorted(Base.metadata.tables))
def test_privacy_lists_every_table_and_every_column_that_can_hold_words(table: str) -> None:
    rows = [line for line in TEXT[ROOT / "docs" / "privacy.md"].splitlines() if line.startswith(f"| `{table}`")]
    assert len(rows) == 1, f"docs/privacy.md needs one row for {table}"
    encrypted, clear = rows[0].split("|")[2:4]
    for column in Base.metadata.tables[table].columns:
        if isinstance(column.type, (crypto.EncryptedText, crypto.EncryptedJSON)):
            assert f"`{column.name}`" in encrypted, column.name
        elif isinstance(column.type, (String, JSON, LargeBinary)):
            assert f"`{column.name}`" in clear, column.name
    named = re.findall(r"`(\w+)`", encrypted + clear)
    assert set(named) <= {*Base.metadata.tables[table].columns.keys(), *Base.metadata.tables}, "no column of that name"


def test_doctor_finds_what_a_fresh_installation_lacks(tmp_path: Path, config: Settings) -> None:
    lines = {line.name: line for line in doctor.report()}
    assert lines["HOTLINE_HOME"].ok is True
    assert lines["model"].ok is False and lines["model"].what_to_do == "make train"
    assert lines["keys"].ok is None
    assert lines["Telegram token"].ok is None
    assert not list(tmp_path.iterdir()), "a look must change nothing"
