"""The table of what the bot does: each meaning has an end, each rule says when it applies, the first one counts."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import pytest

from actions.actions import ByPolicy
from actions.server import actions
from bot.dialogue import policy, turn
from bot.dialogue.policy import TABLE, Rule
from bot.dialogue.turn import Event, Turn

MEANINGS = [action.meaning for action in actions() if issubclass(action, ByPolicy) and hasattr(action, "meaning")]


def test_every_meaning_has_an_action_and_a_last_rule_of_its_own() -> None:
    assert len(MEANINGS) == len(set(MEANINGS)) == 11
    assert set().union(*(rule.meanings for rule in TABLE)) == set(MEANINGS)
    for meaning in MEANINGS:
        last = [rule for rule in TABLE if meaning in rule.meanings][-1]
        assert last.meanings == {meaning}, meaning


def test_the_table_can_be_read() -> None:
    for rule in TABLE:
        assert rule.when and rule.then and not rule.when.endswith(".") and not rule.then.endswith(".")
    assert len({rule.when for rule in TABLE}) == len(TABLE)


async def test_the_first_rule_that_answers_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def says(name: str, events: list[Event] | None) -> Any:
        async def answer(_: Turn) -> list[Event] | None:
            asked.append(name)
            return events

        return answer

    one = frozenset({turn.QUESTION})
    table = (
        Rule("a", "a", frozenset({turn.OFFER}), says("another meaning", [])),
        Rule("b", "b", one, says("does not answer", None)),
        Rule("c", "c", one, says("answers", [turn.remember("x", 1)])),
        Rule("d", "d", one, says("is never asked", [])),
    )
    monkeypatch.setattr(policy, "TABLE", table)
    events = await policy.answer(cast(Turn, SimpleNamespace(meaning=turn.QUESTION)))
    assert asked == ["does not answer", "answers"] and events == [turn.remember("x", 1)]
