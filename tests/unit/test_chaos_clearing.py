"""How a backlog was cleared, counted on made-up ones."""

from __future__ import annotations

from tests.chaos.clearing import Waited, clearing


def test_the_figures_of_an_outage() -> None:
    found = clearing(
        "telegram",
        100.0,
        200.0,
        [
            Waited(90, 91),
            Waited(110, 112, urgency=1),
            Waited(120, 205, urgency=2),
            Waited(130, 203),
            Waited(140, 230),
            Waited(150, 220, urgency=2),
            Waited(210, 211),
        ],
    )
    assert (found.written, found.cries, found.backlog, found.backlog_cries) == (5, 3, 4, 2)
    assert (found.cries_cleared, found.cleared, found.longest_cry) == (20, 30, 85)
    assert found.before_last_cry == 1 and found.faults == []


def test_nothing_waited() -> None:
    found = clearing("rasa", 100.0, 200.0, [Waited(110, 111), Waited(120, 121, urgency=2)])
    assert (found.backlog, found.cries_cleared, found.cleared) == (0, 0, 0)


def test_a_younger_cry_before_an_older_one_is_found() -> None:
    waits = [Waited(110, 260, urgency=2, what="distress, done"), Waited(150, 210, urgency=2)]
    assert clearing("telegram", 100.0, 200.0, waits).faults == [
        "telegram: 1 cries of urgency 2 were settled before an older one as urgent or more; most passed one "
        "(distress, done) that was settled 60.0 s after the end"
    ]


def test_a_more_urgent_one_may_overtake_and_so_may_neighbours() -> None:
    waits = [Waited(110, 260, urgency=2), Waited(150, 210, urgency=1)]
    assert clearing("telegram", 100.0, 200.0, waits).faults == []
    neighbours = [Waited(110, 210.5, urgency=1), Waited(111, 210, urgency=1), Waited(112, 211, urgency=1)]
    assert clearing("telegram", 100.0, 200.0, neighbours).faults == []


def test_a_less_urgent_one_may_not_overtake() -> None:
    waits = [Waited(110, 260, urgency=1), Waited(150, 210, urgency=2)]
    assert "1 cries of urgency 2 were settled before an older one" in clearing("rasa", 100.0, 200.0, waits).faults[0]


def test_one_settled_while_it_lasted_may_not_overtake_either() -> None:
    waits = [Waited(110, 210, urgency=1), Waited(120, 121, urgency=1)]
    assert "1 cries of urgency 1 were settled before an older one" in clearing("rasa", 100.0, 200.0, waits).faults[0]
