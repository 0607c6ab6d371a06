"""Candidates are compared by hand-checked figures, and read what they say they read."""

from __future__ import annotations

import pytest

from nlu.checks import examples
from nlu.evaluation import candidates


class Fixed:
    """A model that is sure of distress for a cry and of a question for anything else."""

    def ranking(self, text: str) -> list[tuple[str, float]]:
        likely, other = ("report_distress", "ask_visa") if "tolong" in text else ("ask_visa", "report_distress")
        return [(likely, 0.9), (other, 0.1)]


def held(text: str, kind: str) -> examples.HeldOut:
    return examples.HeldOut(text, kind, None, "id", "dev")


def test_recall_is_told_where_few_alarms_are_false() -> None:
    messages = [held("tolong", "distress"), held("diam saja", "distress"), *[held("visa apa", "question")] * 30]
    kind, recall, calibration, _ = candidates._score(Fixed(), messages)  # type: ignore[arg-type]
    assert (kind, recall) == ("96.9%", "50.0%")
    assert calibration == f"{31 / 32 - 0.9:.3f}"


def test_khmer_spaces_count_only_for_the_candidate_that_keeps_them() -> None:
    spaced, joined = "ខ្ញុំ ចង់ ទៅ", "ខ្ញុំចង់ទៅ"
    letters = candidates.only("letters")
    assert letters(spaced) == letters(joined)
    assert candidates.with_khmer_spaces(spaced)["letters"] != candidates.with_khmer_spaces(joined)["letters"]


def test_a_wrong_name_is_answered_with_the_right_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.argv", ["candidates", "diet"])
    with pytest.raises(SystemExit, match="there are: words; letters"):
        candidates.main()


@pytest.mark.parametrize("share", ["0", "1.5"])
def test_a_share_that_is_none_is_refused(monkeypatch: pytest.MonkeyPatch, share: str) -> None:
    monkeypatch.setattr("sys.argv", ["candidates", "words", "--share", share])
    with pytest.raises(SystemExit, match="between 0 and 1"):
        candidates.main()
