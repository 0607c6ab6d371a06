"""What several workers of the tests share, and where they write."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from bot.settings import ROOT
from tests.support import scratch, spread


def test_each_file_named_as_sharing_the_hotline_is_there_and_asks_for_it() -> None:
    for name in spread.ON_ONE_HOTLINE:
        assert "hotline: Hotline" in (ROOT / name).read_text(encoding="utf-8")


def test_the_files_on_the_one_hotline_go_to_one_worker_and_every_other_file_stays_whole() -> None:
    split = spread.Spread._split_scope
    shared = {split(None, f"{name}::test_a[id]") for name in spread.ON_ONE_HOTLINE}  # type: ignore[arg-type]
    assert len(shared) == 1
    assert split(None, "tests/unit/test_a.py::TestB::test_c[x::y]") == "tests/unit/test_a.py"  # type: ignore[arg-type]


def test_the_longest_go_first_and_each_file_keeps_its_order() -> None:
    names = [
        "unit/test_b.py::2",
        "unit/test_b.py::1",
        "contract/test_c.py::1",
        "e2e/test_a.py::1",
        "e2e/test_page.py::1",
    ]
    items = [SimpleNamespace(path=ROOT / "tests" / n.partition("::")[0], nodeid=f"tests/{n}") for n in names]
    spread.longest_first(items)  # type: ignore[arg-type]
    assert [item.nodeid.removeprefix("tests/") for item in items] == [
        *("e2e/test_page.py::1", "e2e/test_a.py::1", "contract/test_c.py::1"),
        *("unit/test_b.py::2", "unit/test_b.py::1"),
    ]


def test_who_says_where_temporary_files_go_is_heard(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TMPDIR", "/somewhere")
    assert scratch.make() is None


def test_without_room_in_memory_the_disk_is_written(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TMPDIR", raising=False)
    monkeypatch.setattr(scratch, "ROOM", 1024**5)
    assert scratch.make() is None
