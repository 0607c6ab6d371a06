"""Scores are counted right, and nobody can make understanding worse without the build saying so."""

from __future__ import annotations

from pathlib import Path

from nlu.checks import examples
from nlu.evaluation import accepted
from nlu.evaluation.__main__ import TOGETHER, Scored, summary
from nlu.evaluation.scores import Guess, Scores, Share, score


def held(kind: str) -> examples.HeldOut:
    return examples.HeldOut(kind, kind, None, "id", "dev")


def guessed(**kinds: str) -> Scores:
    return score([held(kind) for kind in kinds], lambda m: Guess(kinds[m.text], None, kinds[m.text] != "question"))


def test_shares_carry_their_interval() -> None:
    assert str(Share(9, 10)) == "90.0% (9/10; 60%–98%)"
    assert str(Share(0, 0)) == "–"


def test_urgent_recall_counts_cases_that_open() -> None:
    found = guessed(emergency="distress", distress="question", question="distress", human="human")
    assert found.urgent_recall == Share(1, 2)
    assert found.false_alarms == Share(1, 1)
    assert found.kind == Share(1, 4)
    assert found.emergencies == Share(0, 1)


def test_of_a_hundred_messages_one_urgent_most_cases_are_false_even_with_few_false_alarms() -> None:
    found = Scores(Share(0, 0), Share(0, 0), Share(98, 100), Share(4, 100), {}, guessed().confusion)
    assert found.real_cases is not None
    assert round(found.real_cases, 3) == round(0.98 / (0.98 + 0.04 * 99), 3)


def test_the_first_table_has_a_row_a_writing_with_what_ordinary_messages_raise() -> None:
    cries = guessed(emergency="distress", question="question")
    calm = guessed(question="distress", smalltalk="question")
    found = [
        Scored("test", "km", [], 0, {TOGETHER: cries}),
        Scored("test", "en", [], 0, {TOGETHER: cries}),
        Scored("dev", "km", [], 0, {TOGETHER: calm}),
        Scored("ordinary", "km", [], 0, {TOGETHER: calm}),
    ]
    _, _, km, en = summary(found)
    assert [cell.strip() for cell in km.split("|")[1:-1]] == [
        "km",
        str(Share(1, 1)),
        str(Share(0, 1)),
        str(Share(0, 1)),
        str(calm.false_alarms),
        str(Share(1, 2)),
    ]
    assert en.startswith("| en |") and "| – |" in en


KNOWN = {
    "floors": {"id": {"kind": 0.8, "false_alarms": 0.08}},
    "best": {"id": {"kind": [90, 100], "false_alarms": [2, 100]}},
}


def failures(**shares: Share) -> list[str]:
    """What is said of Indonesian where these shares differ from the best report."""
    good = {"kind": Share(90, 100), "false_alarms": Share(2, 100)}
    return list(accepted.failures({"id": {**good, **shares}}, KNOWN))


def test_as_good_as_the_best_passes_and_so_does_what_chance_explains() -> None:
    assert not list(accepted.failures({"id": {"kind": Share(90, 100), "false_alarms": Share(2, 100)}}, KNOWN))
    assert not list(accepted.failures({"id": {"kind": Share(87, 100), "false_alarms": Share(4, 100)}}, KNOWN))


def test_below_the_floor_fails_though_chance_may_explain_it() -> None:
    (why,) = failures(kind=Share(7, 9))
    assert why.startswith("id: kind is 77.8%") and why.endswith("its limit is 80%")


def test_significantly_below_the_best_fails_though_above_the_floor() -> None:
    (why,) = failures(kind=Share(820, 1000))
    assert "the best accepted report had 90.0%" in why


def test_more_false_alarms_are_worse() -> None:
    (why,) = failures(false_alarms=Share(80, 1000))
    assert "the best accepted report had 2.0%" in why
    assert not failures(false_alarms=Share(0, 1000))


def test_what_has_a_floor_and_is_measured_no_more_fails() -> None:
    (gone,) = accepted.failures({"id": {"kind": Share(90, 100)}}, KNOWN)
    assert gone == "id: false_alarms has a floor, but nothing is held out to measure it by"
    assert len(list(accepted.failures({}, KNOWN))) == 2


def test_all_right_is_no_worse_than_all_right_before() -> None:
    for of in range(1, 200):
        known = {"floors": {}, "best": {"en": {"emergencies": [3, 3]}}}
        assert not list(accepted.failures({"en": {"emergencies": Share(of, of)}}, known)), of


def test_one_miss_after_all_right_is_chance_and_many_are_not() -> None:
    known = {"floors": {}, "best": {"km-Latn": {"urgent_recall": [107, 107]}}}
    assert not list(accepted.failures({"km-Latn": {"urgent_recall": Share(106, 107)}}, known))
    assert list(accepted.failures({"km-Latn": {"urgent_recall": Share(98, 107)}}, known))


def test_accepting_keeps_the_floors_and_their_comments(tmp_path: Path) -> None:
    path = tmp_path / "evaluation.yml"
    path.write_text("# why\nfloors:\n  id: {kind: 0.8}\nbest:\n  id: {}\n", encoding="utf-8")
    accepted.accept({"id": {"kind": Share(9, 10)}}, path)
    assert path.read_text(encoding="utf-8").startswith("# why\nfloors:\n")
    assert accepted.read(path) == {"floors": {"id": {"kind": 0.8}}, "best": {"id": {"kind": [9, 10]}}}
    assert accepted.change(Share(19, 20), [9, 10]) == "+5.0"
