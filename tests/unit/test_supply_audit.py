"""The audit of locked packages: what fails it, what is only said aloud. The answers have pip-audit's form."""

from __future__ import annotations

import pytest
import yaml

from scripts import audit

LOCKED = {"app": {"aiohttp": frozenset({"3.14.5"})}, "rasa": {"pydantic": frozenset({"1.10.9"})}}
HOLE = {
    "id": "GHSA-mr82-8j83-vxmv",
    "lock": "rasa",
    "package": "pydantic",
    "version": "1.10.9",
    "fixed_in": "1.10.13",
    "exposed": "not: no address is parsed",
    "we_do": "nothing",
    "confirmed_in": "GitHub's advisory database",
    "checked": "2026-12",
}


def answer(*vulns: dict[str, object], name: str = "pydantic", version: str = "1.10.9") -> dict[str, object]:
    return {"dependencies": [{"name": name, "version": version, "vulns": list(vulns)}], "fixes": []}


def found(name: str, *aliases: str) -> dict[str, object]:
    return {"id": name, "fix_versions": ["1.10.13"], "aliases": list(aliases), "description": ""}


CLEAN = answer(name="aiohttp", version="3.14.5")
SKIPPED = {"dependencies": [{"name": "aiohttp", "skip_reason": "Dependency not found on PyPI"}], "fixes": []}


def test_a_hole_that_the_file_does_not_name_fails_the_audit(capsys):
    assert audit.verdict({"app": CLEAN, "rasa": answer(found("GHSA-aaaa-bbbb-cccc"))}, [HOLE], LOCKED) == 1
    assert "GHSA-aaaa-bbbb-cccc: pydantic 1.10.9 (rasa), fixed in 1.10.13" in capsys.readouterr().out


@pytest.mark.parametrize("aliases", [("GHSA-mr82-8j83-vxmv",), ("CVE-2024-3772", "GHSA-mr82-8j83-vxmv")])
def test_a_hole_is_known_by_any_of_its_names(aliases):
    assert audit.verdict({"app": CLEAN, "rasa": answer(found("PYSEC-2024-9999", *aliases))}, [HOLE], LOCKED) == 0


def test_a_hole_that_is_known_in_one_lock_is_not_known_in_the_other(capsys):
    assert audit.verdict({"app": answer(found(HOLE["id"])), "rasa": CLEAN}, [HOLE], LOCKED) == 1


def test_an_entry_of_a_package_that_was_renewed_fails_even_when_nobody_answers(capsys):
    renewed = {**LOCKED, "rasa": {"pydantic": frozenset({"1.10.13"})}}
    assert audit.verdict({"app": None, "rasa": None}, [HOLE], renewed) == 1
    assert "pydantic 1.10.9 is not in the rasa lock" in capsys.readouterr().out


@pytest.mark.parametrize("silence", [None, SKIPPED, {"dependencies": [], "fixes": []}])
def test_a_service_out_of_reach_is_said_aloud_and_fails_nothing(silence, capsys):
    assert audit.verdict({"app": silence, "rasa": answer(found(HOLE["id"]))}, [HOLE], LOCKED) == 0
    assert "WARNING: app: COULD NOT BE ASKED" in capsys.readouterr().out


@pytest.mark.parametrize(
    "change", [{"exposed": ""}, {"id": "somewhere"}, {"checked": "soon"}, {"lock": "docker"}, {"note": "more"}]
)
def test_an_entry_that_does_not_say_how_we_are_exposed_is_refused(change, tmp_path):
    path = tmp_path / "holes.yml"
    path.write_text(yaml.safe_dump({"holes": [{**HOLE, **change}]}))
    with pytest.raises(audit.HolesInvalid):
        audit.known_holes(path)


def test_our_own_list_of_known_holes_is_whole_and_speaks_of_what_is_locked():
    assert audit.stale_entries(audit.known_holes(), audit.locked_versions()) == []
