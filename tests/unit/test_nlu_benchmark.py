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
        (b'{"text": null, "label": "greet"}\n', "1: not a line like"),
        (b'{"text": "halo", "label": "greet"}\n{"text": "  ", "label": "greet"}\n', "2: the text is empty; write one"),
        (b'{"text": "halo", "label": " "}\n', "1: the label is empty; write one"),
        (b"\xff\xfe", "UTF-8"),
        (b"\n\n", "holds no example"),
    ],
)
def test_a_file_that_cannot_be_read_is_named_with_its_line(tmp_path: Path, content: bytes, why: str) -> None:
    path = tmp_path / "train.jsonl"
    path.write_bytes(content)
    with pytest.raises(ExamplesInvalid, match=why):
        benchmark.read(path)


def test_a_file_of_another_computer_is_read_as_it_is_meant(tmp_path: Path) -> None:
    path = tmp_path / "train.jsonl"
    path.write_bytes(b'\xef\xbb\xbf{"text": "halo", "label": "greet"}\r\n{"text": "hai", "label": "greet"}\r\n')
    assert [one.text for one in benchmark.read(path)] == ["halo", "hai"]


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ExamplesInvalid, match="nowhere"):
        benchmark.read(tmp_path / "nowhere.jsonl")


@pytest.mark.parametrize(
    ("labels", "why"),
    [
        (["fee"] * 12, "at least 3 labels are needed, here is only: fee"),
        (["fee", "hi"] * 6, "at least 3 labels are needed, here is only: fee, hi"),
        (["fee", "hi", "visa"] * 3, "at least 4 messages of a label are needed, the commonest has 3"),
    ],
)
def test_examples_too_few_to_learn_from_are_refused_in_words(labels: list[str], why: str) -> None:
    examples = [Labelled(f"pesan {n}", label) for n, label in enumerate(labels)]
    with pytest.raises(ExamplesInvalid, match=why):
        benchmark.trainable(examples, Path("a.jsonl"))


def test_a_label_that_nobody_taught_is_named_with_its_line() -> None:
    train = [Labelled("halo", "greet", 1)]
    dev = [Labelled("hai", "greet", 1), Labelled("hujan", "weather", 3), Labelled("panas", "weather", 4)]
    with pytest.raises(
        ExamplesInvalid, match=r"dev.jsonl:3: no message of a.jsonl .*: weather; .* take the 2 lines out"
    ):
        benchmark.known(dev, Path("dev.jsonl"), train, Path("a.jsonl"))


def test_the_only_message_of_a_label_is_in_two_parts_when_the_scale_is_fitted() -> None:
    labels = ["fee", "hi", "visa"] * 4 + ["rain"]
    examples = [Labelled(f"pesan {n}", label, n) for n, label in enumerate(labels)]
    assert benchmark.trainable(examples, Path("a.jsonl")) == [*examples, examples[-1]]
