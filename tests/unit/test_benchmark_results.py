"""Every measurement in benchmarks/results.jsonl can be read by a program, and says what it measured and how."""

from __future__ import annotations

import json

from tests.load import result

LINES = (result.ROOT / "benchmarks" / "results.jsonl").read_text(encoding="utf-8").splitlines()


def test_every_measurement_has_its_fields_and_figures_with_units() -> None:
    wrong = {number: found for number, line in enumerate(LINES, start=1) if (found := result.faults(line))}
    assert not wrong


def test_every_field_and_unit_is_documented() -> None:
    for field in (*result.REQUIRED, "note"):
        assert result.documented(field)
    for unit in result.UNITS:
        assert f"`{unit}`" in result.README.read_text(encoding="utf-8")


def test_measurements_stand_in_the_order_of_their_days_and_none_twice() -> None:
    days = [json.loads(line)["date"] for line in LINES]
    assert days == sorted(days)
    assert len(set(LINES)) == len(LINES)


def test_a_line_with_a_misspelt_field_or_unit_is_refused() -> None:
    row = json.loads(LINES[0])
    assert result.faults(json.dumps({**row, "comand": "make bench"}))
    assert result.faults(json.dumps({**row, "figures": {"reply_p95": [92, "msec"]}})) == ["figures"]
    assert result.faults(json.dumps({**row, "figures": {"urgent_found": [341, "count", 340]}})) == ["figures"]


def test_the_line_that_a_load_run_prints_may_be_added_as_it_is() -> None:
    figures = {"reply_p95": [92, "ms"], "unanswered": [0, "count", 1800]}
    printed = result.line(
        "load",
        "30 messages a second for 60 s, 300 chats",
        "scripts/bench_load.py --rate 30 --seconds 60",
        figures,
        shared=result.beside(),
        machine="vm2",
    )
    assert result.faults(printed) == []
