"""The benchmark on other people's data: what it counts, and what it says of a file it cannot read."""

from __future__ import annotations

from pathlib import Path

import pytest

from nlu.evaluation import benchmark
from nlu.evaluation.benchmark import ExamplesInvalid, Labelled


class Fixed:
    """A model that always says the same."""

    def ranking(self, text: str) -> list[tuple[str, float]]:
        return [("a", 0.8), ("b", 0.2)]


def test_a_model_that_always_says_a_is_scored_by_hand() -> None:
    examples = [Labelled("1", "a"), Labelled("2", "a"), Labelled("3", "b"), Labelled("4", "b")]
    found = benchmark.scores(Fixed(), examples)
    assert found["accuracy"] == 0.5
    assert found["macro_f1"] == round((2 * 2 / (2 + 4) + 0) / 2, 4)
    assert found["calibration_error"] == 0.3


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b'{"text": "halo", "label": "greet"}\nhalo\n', "2: not a line like"),
        (b'{"text": "halo"}\n', "1: not a line like"),
        (b"[1, 2]\n", "1: not a line like"),
        (b"\xff\xfe", "UTF-8"),
        (b"\n\n", "holds no example"),
    ],
)
def test_a_file_that_cannot_be_read_is_named_with_its_line(tmp_path: Path, content: bytes, why: str) -> None:
    path = tmp_path / "train.jsonl"
    path.write_bytes(content)
    with pytest.raises(ExamplesInvalid, match=why):
        benchmark.read(path)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ExamplesInvalid, match="nowhere"):
        benchmark.read(tmp_path / "nowhere.jsonl")


@pytest.mark.parametrize("labels", [["fee", "hi"] * 6, ["fee", "hi", "visa"] * 3])
def test_examples_too_few_to_learn_from_are_refused_in_words(labels: list[str]) -> None:
    examples = [benchmark.Labelled(f"pesan {n}", label) for n, label in enumerate(labels)]
    with pytest.raises(benchmark.ExamplesInvalid, match="at least 3 labels are needed, with 4 messages each"):
        benchmark.trainable(examples, Path("a.jsonl"))
