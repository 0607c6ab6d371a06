"""How urgent a case is, and what it is asked."""

from __future__ import annotations

import itertools

import pytest

from bot.cases import rules


@pytest.mark.parametrize(
    ("kind", "minor", "priority"),
    [
        ("emergency", False, 1),
        ("distress", True, 1),
        ("third_party", True, 1),
        ("distress", False, 2),
        ("third_party", False, 3),
        ("human", False, 4),
        ("human", True, 4),
    ],
)
def test_a_child_in_distress_comes_before_everything_but_an_emergency(
    kind: rules.Kind, minor: bool, priority: int
) -> None:
    assert rules.priority_of(kind, minor=minor) == priority
    unsure = kind == "emergency" and not minor
    assert rules.priority_of(kind, minor=minor, found_by="model") == (2 if unsure else priority)
    assert rules.priority_of(kind, minor=minor, found_by="model", sure=True) == priority


def test_a_later_message_raises_a_case_and_never_lowers_it() -> None:
    for one, other in itertools.product(rules.CASE_KINDS, repeat=2):
        chosen = rules.more_urgent(one, other)
        assert rules.priority_of(chosen, minor=False) == min(
            rules.priority_of(one, minor=False), rules.priority_of(other, minor=False)
        )


def test_references_are_short_and_hold_no_letters_that_look_alike() -> None:
    refs = {rules.new_ref() for _ in range(500)}
    assert len(refs) > 490
    assert all(len(ref) == 6 and not set("01OIL") & set(ref[2:]) for ref in refs)
